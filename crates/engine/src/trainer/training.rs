//! The training loop: batches, loss, gradients, optimizer steps, and an evaluation after each epoch.

use std::rc::Rc;
use std::time::Instant;

use assay_datasets::DataError;
use assay_models::{DropoutMasks, Network};
use assay_runs::{CellId, CurvePoint, Outcome, TrainingConfig, random_stream};
use burn::tensor::{DType, Device, FloatDType, Tensor, TensorData};

use super::callback::{Control, TrainingCallback, TrainingEnd, TrainingError};
use super::checkpoint::{Snapshot, TrainingProgress};
use super::frozen_features::{FrozenFeatureCache, cacheable_layers};
use super::optimizer::LrStep;
use super::{
    ClassPrior, HardLabels, LabeledBatches, Objective, Sampler, Sgd, ShuffledSampler, evaluate,
};

/// A training in progress: network, optimizer, objective and data.
pub struct Training {
    network: Network,
    optimizer: Sgd,
    schedule: TrainingConfig,
    owner: CellId,
    objective: Box<dyn Objective>,
    sampler: Box<dyn Sampler>,
    train: LabeledBatches,
    evaluation: LabeledBatches,
    evaluate_every: u32,
    cached_layers: usize,
    loss_sum: Tensor<1>,
    order: Vec<u32>,
    progress: TrainingProgress,
    device: Device,
}

impl Training {
    /// Starts a training on the labels.
    ///
    /// Frozen layers of `network` do not change. The learning curve is measured on the second of the two
    /// sets of images, every `evaluate_every` epochs and after the last.
    #[must_use]
    pub fn new(
        network: Network,
        schedule: &TrainingConfig,
        owner: CellId,
        (train, evaluation): (LabeledBatches, LabeledBatches),
        evaluate_every: u32,
    ) -> Self {
        let device = network.layers()[0].weight().device().inner();
        Self {
            optimizer: Sgd::new(schedule, network.layers().len()),
            schedule: schedule.clone(),
            owner,
            objective: Box::new(HardLabels),
            sampler: Box::new(ShuffledSampler { images: train.labels.len() as u32 }),
            train,
            evaluation,
            evaluate_every,
            cached_layers: 0,
            loss_sum: Tensor::zeros([1], (&device, DType::F32)),
            order: Vec::new(),
            progress: TrainingProgress::default(),
            device,
            network,
        }
    }

    /// Replaces the objective, which is cross-entropy with the labels by default.
    #[must_use]
    pub fn with_objective(self, objective: Box<dyn Objective>) -> Self {
        Self { objective, ..self }
    }

    /// Replaces the sampler, which draws each image once per epoch by default.
    #[must_use]
    pub fn with_sampler(self, sampler: Box<dyn Sampler>) -> Self {
        Self { sampler, ..self }
    }

    /// The device, without autodiff.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Checks that this training can be resumed from `progress` and has steps left.
    ///
    /// # Errors
    /// Returns what is inconsistent.
    pub fn check(&self, progress: &TrainingProgress) -> Result<(), String> {
        progress.check(self.steps_per_epoch(), self.schedule.epochs)
    }

    /// Continues from a snapshot. The same layers are frozen as before.
    #[must_use]
    pub fn resume(mut self, snapshot: Snapshot) -> Self {
        let frozen = self.network.layers().iter().take_while(|layer| !layer.is_trained()).count();
        let depth = self.network.layers().len();
        self.network = self.network.transplant(&snapshot.network, depth).freeze(frozen);
        self.optimizer = self.optimizer.with_velocities(&snapshot.velocities);
        let loss = f32::from_bits(snapshot.progress.loss_bits);
        let loss = TensorData::new(vec![loss], [1]);
        self.loss_sum = Tensor::from_data(loss, (&self.device, DType::F32));
        self.progress = snapshot.progress;
        self
    }

    /// Caches the output of as many frozen layers as fit into `budget` bytes. Does nothing if no layer is
    /// frozen, or if there are fewer epochs than views: an epoch uses one view of each image, so computing all of
    /// them would take longer.
    ///
    /// # Errors
    /// Returns an error if an image cannot be read.
    pub fn cache_frozen_features(mut self, budget: u64) -> Result<Self, DataError> {
        if self.schedule.epochs < self.train.views {
            return Ok(self);
        }
        let rows = self.train.source.rows() + self.evaluation.source.rows();
        self.cached_layers = cacheable_layers(&self.network, rows, budget);
        if self.cached_layers > 0 {
            let (layers, batch) = (self.cached_layers, self.batch());
            for images in [&mut self.train, &mut self.evaluation] {
                let features =
                    FrozenFeatureCache::compute(&self.network, layers, &*images.source, batch);
                images.source = Rc::new(features?);
            }
        }
        Ok(self)
    }

    /// The number of first layers whose output is cached.
    #[must_use]
    pub fn cached_layers(&self) -> usize {
        self.cached_layers
    }

    /// The current network.
    #[must_use]
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// How far the training is.
    #[must_use]
    pub fn progress(&self) -> &TrainingProgress {
        &self.progress
    }

    /// The progress, so that the caller can add devices, times and inputs.
    pub fn progress_mut(&mut self) -> &mut TrainingProgress {
        &mut self.progress
    }

    /// The batch size: that of the schedule, or the number of images if that is smaller.
    #[must_use]
    pub fn batch(&self) -> usize {
        (self.schedule.batch as usize).min(self.train.labels.len())
    }

    fn steps_per_epoch(&self) -> u64 {
        self.sampler.steps(self.batch()) as u64
    }

    fn steps(&self) -> u64 {
        self.steps_per_epoch() * u64::from(self.schedule.epochs)
    }

    /// Trains to the end of the schedule, or until the callback stops the training.
    ///
    /// # Errors
    /// Returns an error if a snapshot cannot be saved or an image cannot be read. If a training image cannot
    /// be read, the steps before it are saved first.
    pub fn run(
        &mut self,
        callback: &mut dyn TrainingCallback,
    ) -> Result<TrainingEnd, TrainingError> {
        let per_epoch = self.steps_per_epoch();
        let mut started = Instant::now();
        while self.progress.step < self.steps() {
            if let Err(error) = self.step() {
                self.progress.seconds.train += started.elapsed().as_secs_f64();
                // If saving fails as well, the first error is the one to report.
                let _ = callback.save(self.snapshot());
                return Err(error.into());
            }
            self.progress.step += 1;
            let control = callback.after_step(self.progress.step, self.steps());
            if self.progress.step.is_multiple_of(per_epoch) {
                self.progress.seconds.train += started.elapsed().as_secs_f64();
                let point = self.finish_epoch()?;
                callback.after_epoch(&point);
                if !point.is_finite() {
                    return Ok(TrainingEnd::Finished(Outcome::Diverged { epoch: point.epoch }));
                }
                started = Instant::now();
            }
            if control != Control::Continue && self.progress.step < self.steps() {
                self.progress.seconds.train += started.elapsed().as_secs_f64();
                callback.save(self.snapshot())?;
                started = Instant::now();
                if control == Control::Stop {
                    return Ok(TrainingEnd::Stopped);
                }
            }
        }
        Ok(TrainingEnd::Finished(self.outcome()))
    }

    /// Does one step. Changes nothing if an image cannot be read.
    fn step(&mut self) -> Result<(), DataError> {
        let per_epoch = self.steps_per_epoch();
        let (epoch, within) =
            (self.progress.step / per_epoch, (self.progress.step % per_epoch) as usize);
        let batch = self.batch();
        if within == 0 || self.order.is_empty() {
            let mut rng = random_stream(&self.owner, &format!("order of epoch {epoch}"));
            let images = self.sampler.draw(batch, &mut rng);
            self.order = self.train.random_view_rows(images, &mut rng);
            let rest = &self.order[within * batch..per_epoch as usize * batch];
            self.train.source.prefetch(rest)?;
        }
        let rows = &self.order[within * batch..(within + 1) * batch];
        let images = self.train.source.batch(rows)?;
        let labels = self.train.labels(rows, &self.device);
        let mut masks = DropoutMasks::new(random_stream(
            &self.owner,
            &format!("dropout {}", self.progress.step),
        ));
        let logits = self.network.forward_layers(
            self.cached_layers..self.network.layers().len(),
            images.clone(),
            Some(&mut masks),
        );
        // The loss is computed in f32 on every device.
        let logits = logits.flatten(1, 3).cast(FloatDType::F32);
        let loss = self.objective.loss(logits, labels, &images, rows, epoch);
        let mut gradients = loss.backward();
        self.loss_sum = self.loss_sum.clone() + loss.inner();
        let share = self.progress.step as f64 / self.steps() as f64;
        let rates = LrStep::from_schedule(&self.schedule, share, epoch);
        self.optimizer.step(&mut self.network, &mut gradients, rates);
        Ok(())
    }

    /// Evaluates the network if it is time, and adds a point to the learning curve.
    fn finish_epoch(&mut self) -> Result<CurvePoint, DataError> {
        let per_epoch = self.steps_per_epoch();
        let epoch = (self.progress.step / per_epoch) as u32;
        let started = Instant::now();
        let is_last = epoch == self.schedule.epochs;
        let evaluates = epoch.is_multiple_of(self.evaluate_every) || is_last;
        let train_loss = f64::from(self.loss()) / per_epoch as f64;
        let evaluation = (evaluates && train_loss.is_finite())
            .then(|| evaluate(&self.network, self.cached_layers, &self.evaluation, self.batch()))
            .transpose()?;
        self.progress.seconds.evaluate += started.elapsed().as_secs_f64();
        self.loss_sum = Tensor::zeros([1], (&self.device, DType::F32));
        let point = CurvePoint { epoch, train_loss, evaluation };
        // JSON has no infinity. The outcome says that the training diverged; the curve does not.
        if point.is_finite() {
            self.progress.curve.push(point);
        }
        Ok(point)
    }

    /// The sum of the losses of this epoch's steps. Waits for the device.
    fn loss(&self) -> f32 {
        self.loss_sum.clone().into_scalar()
    }

    fn snapshot(&self) -> Snapshot {
        Snapshot {
            network: self.network.frozen(),
            velocities: self.optimizer.velocities(&self.network),
            progress: TrainingProgress {
                loss_bits: self.loss().to_bits(),
                ..self.progress.clone()
            },
        }
    }

    fn outcome(&self) -> Outcome {
        let labels =
            self.order.iter().map(|row| self.train.labels[(row / self.train.views) as usize]);
        let prior = ClassPrior::from_labels(labels, &self.evaluation.labels);
        match self.progress.curve.last() {
            Some(point) if self.objective.did_not_learn(point, prior) => Outcome::DidNotLearn,
            _ => Outcome::Trained,
        }
    }
}
