//! The loop: batches, loss, gradients, step; a look at the test images after an epoch.

use std::rc::Rc;
use std::time::Instant;

use assay_datasets::DataError;
use assay_models::{DropoutMasks, Network};
use assay_runs::{CellId, CurvePoint, Outcome, Schedule, stream};
use burn::tensor::{DType, Device, FloatDType, Tensor, TensorData};

use super::checkpoint::{CheckpointError, Progress, Snapshot};
use super::features::{Features, cached_layers};
use super::optimizer::LrStep;
use super::{
    HardLabels, LabeledBatches, Objective, Prior, Sampler, Sgd, ShuffledSampler, evaluate,
};

/// A network, what it is to learn, and how far it is.
pub struct Training {
    network: Network,
    optimizer: Sgd,
    schedule: Schedule,
    owner: CellId,
    objective: Box<dyn Objective>,
    sampler: Box<dyn Sampler>,
    train: LabeledBatches,
    test: LabeledBatches,
    evaluate_every: u32,
    kept: usize,
    loss_sum: Tensor<1>,
    order: Vec<u32>,
    progress: Progress,
    device: Device,
}

/// What is to happen after a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// The next step.
    Continue,
    /// A snapshot, then the next step.
    Save,
    /// A snapshot, then nothing more.
    Stop,
}

/// Somebody who watches a training and may stop it.
pub trait TrainingCallback {
    /// Called after every step with the number of steps done and of all steps.
    fn after_step(&mut self, done: u64, all: u64) -> Control;
    /// Called after every epoch.
    fn after_epoch(&mut self, point: &CurvePoint);
    /// Called with a snapshot that was asked for.
    ///
    /// # Errors
    /// When it cannot be saved.
    fn save(&mut self, snapshot: Snapshot) -> Result<(), CheckpointError>;
}

/// A training that cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum TrainingError {
    /// A snapshot could not be saved.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// An image could not be read.
    #[error(transparent)]
    Data(#[from] DataError),
}

/// How a training ended.
#[derive(Debug, Clone, PartialEq)]
pub enum TrainingEnd {
    /// It went through its schedule, or diverged.
    Finished(Outcome),
    /// It was stopped, and saved.
    Stopped,
}

impl Training {
    /// A training on hard labels, at its beginning. Layers of `network` that are frozen stay as they
    /// are. A learning curve shows how it does on the second of the two sets of images.
    #[must_use]
    pub fn new(
        network: Network,
        schedule: &Schedule,
        owner: CellId,
        (train, test): (LabeledBatches, LabeledBatches),
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
            test,
            evaluate_every,
            kept: 0,
            loss_sum: Tensor::zeros([1], (&device, DType::F32)),
            order: Vec::new(),
            progress: Progress::default(),
            device,
            network,
        }
    }

    /// The same training with something else to learn than hard labels.
    #[must_use]
    pub fn towards(self, objective: Box<dyn Objective>) -> Self {
        Self { objective, ..self }
    }

    /// The same training with its images drawn otherwise than each once an epoch.
    #[must_use]
    pub fn sampled_by(self, sampler: Box<dyn Sampler>) -> Self {
        Self { sampler, ..self }
    }

    /// Where it is trained.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Whether this training can be as far as that, and have more to do.
    ///
    /// # Errors
    /// What cannot be, in words.
    pub fn check(&self, progress: &Progress) -> Result<(), String> {
        progress.check(self.steps_per_epoch(), self.schedule.epochs)
    }

    /// Goes on from a snapshot; its network is frozen as far as this one's is.
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

    /// Computes the output of the frozen layers once, as far as it never changes and fits into
    /// `budget` bytes; without effect where nothing is frozen.
    ///
    /// # Errors
    /// When an image cannot be read.
    pub fn cache_frozen_features(mut self, budget: u64) -> Result<Self, DataError> {
        let rows = self.train.source.rows() + self.test.source.rows();
        self.kept = cached_layers(&self.network, rows, budget);
        if self.kept > 0 {
            let batch = self.batch();
            for images in [&mut self.train, &mut self.test] {
                let features = Features::compute(&self.network, self.kept, &*images.source, batch);
                images.source = Rc::new(features?);
            }
        }
        Ok(self)
    }

    /// How many of the first layers are computed once and kept.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.kept
    }

    /// The network as it is now.
    #[must_use]
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// How far the training is.
    #[must_use]
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// The progress, for what the caller metrics in it.
    pub fn progress_mut(&mut self) -> &mut Progress {
        &mut self.progress
    }

    /// Images a step: the schedule's, or all of them where they are fewer.
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

    /// Trains to the end of the schedule, or until the callback stops it.
    ///
    /// # Errors
    /// When a snapshot cannot be saved, or an image cannot be read. Where that is a training image, the
    /// steps before it are saved first.
    pub fn run(
        &mut self,
        callback: &mut dyn TrainingCallback,
    ) -> Result<TrainingEnd, TrainingError> {
        let per_epoch = self.steps_per_epoch();
        let mut started = Instant::now();
        while self.progress.step < self.steps() {
            if let Err(error) = self.step() {
                self.progress.seconds.train += started.elapsed().as_secs_f64();
                // Of two troubles the first is the one to tell of.
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

    /// One step; where an image cannot be read nothing has changed.
    fn step(&mut self) -> Result<(), DataError> {
        let per_epoch = self.steps_per_epoch();
        let (epoch, within) =
            (self.progress.step / per_epoch, (self.progress.step % per_epoch) as usize);
        let batch = self.batch();
        if within == 0 || self.order.is_empty() {
            let mut rng = stream(&self.owner, &format!("order of epoch {epoch}"));
            let images = self.sampler.draw(batch, &mut rng);
            self.order = self.train.in_some_view(images, &mut rng);
            let rest = &self.order[within * batch..per_epoch as usize * batch];
            self.train.source.read_ahead(rest)?;
        }
        let rows = &self.order[within * batch..(within + 1) * batch];
        let images = self.train.source.batch(rows)?;
        let labels = self.train.labels(rows, &self.device);
        let mut masks =
            DropoutMasks::new(stream(&self.owner, &format!("dropout {}", self.progress.step)));
        let logits = self.network.forward_layers(
            self.kept..self.network.layers().len(),
            images.clone(),
            Some(&mut masks),
        );
        // A loss is computed in f32 whatever the device computes in.
        let logits = logits.flatten(1, 3).cast(FloatDType::F32);
        let loss = self.objective.loss(logits, labels, &images, rows, epoch);
        let mut gradients = loss.backward();
        self.loss_sum = self.loss_sum.clone() + loss.inner();
        let share = self.progress.step as f64 / self.steps() as f64;
        let rates = LrStep::at(&self.schedule, share, epoch);
        self.optimizer.step(&mut self.network, &mut gradients, rates);
        Ok(())
    }

    fn finish_epoch(&mut self) -> Result<CurvePoint, DataError> {
        let per_epoch = self.steps_per_epoch();
        let epoch = (self.progress.step / per_epoch) as u32;
        let started = Instant::now();
        let looked_at = epoch.is_multiple_of(self.evaluate_every) || epoch == self.schedule.epochs;
        let train_loss = f64::from(self.loss()) / per_epoch as f64;
        let test = (looked_at && train_loss.is_finite())
            .then(|| evaluate(&self.network, self.kept, &self.test, self.batch()))
            .transpose()?;
        self.progress.seconds.evaluate += started.elapsed().as_secs_f64();
        self.loss_sum = Tensor::zeros([1], (&self.device, DType::F32));
        let point = CurvePoint { epoch, train_loss, test };
        // JSON has no infinity: how a training diverged is its outcome, not a point of its curve.
        if point.is_finite() {
            self.progress.curve.push(point);
        }
        Ok(point)
    }

    fn loss(&self) -> f32 {
        self.loss_sum.clone().into_scalar()
    }

    fn snapshot(&self) -> Snapshot {
        Snapshot {
            network: self.network.frozen(),
            velocities: self.optimizer.velocities(&self.network),
            progress: Progress { loss_bits: self.loss().to_bits(), ..self.progress.clone() },
        }
    }

    fn outcome(&self) -> Outcome {
        let drawn =
            self.order.iter().map(|row| self.train.labels[(row / self.train.views) as usize]);
        let prior = Prior::of(drawn, &self.test.labels);
        match self.progress.curve.last() {
            Some(point) if self.objective.has_learnt_nothing(point, prior) => Outcome::Stuck,
            _ => Outcome::Trained,
        }
    }
}
