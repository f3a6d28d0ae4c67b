//! Bit-for-bit tests of the trainer on a toy network.

mod toy;

use std::rc::Rc;

use assay_datasets::{BatchSource, DataError, Shape};
use assay_engine::trainer::{
    CheckpointError, Control, Sampler, ShuffledSampler, Snapshot, Training, TrainingCallback,
    TrainingEnd, TrainingProgress,
};
use assay_models::Network;
use assay_runs::{CellId, CurvePoint, Outcome, TrainingConfig, random_stream};
use burn::tensor::{Device, Tensor};

use toy::{config, data, network};

fn schedule() -> TrainingConfig {
    TrainingConfig {
        epochs: 2,
        learning_rate: 0.05,
        bias_lr_factor: 2.0,
        lr_milestones: vec![0.5],
        lr_gamma: 0.1,
        momentum: 0.9,
        weight_decay: 5e-4,
        ..TrainingConfig::evaluation_only(20)
    }
}

/// The identity of some cell, to own the random streams.
fn owner() -> CellId {
    CellId::for_value(&"toy cell")
}

fn training(network: Network) -> Training {
    Training::new(network, &schedule(), owner(), data(), 1)
}

/// Stops after every `stop_every` steps, if set, and keeps the snapshot.
#[derive(Default)]
struct Stopper {
    stop_every: Option<u64>,
    saved: Option<Snapshot>,
}

impl TrainingCallback for Stopper {
    fn after_step(&mut self, done: u64, _all: u64) -> Control {
        match self.stop_every {
            Some(every) if done.is_multiple_of(every) => Control::Stop,
            _ => Control::Continue,
        }
    }

    fn after_epoch(&mut self, _point: &CurvePoint) {}

    fn save(&mut self, snapshot: Snapshot) -> Result<(), CheckpointError> {
        self.saved = Some(snapshot);
        Ok(())
    }
}

fn trained(mut training: Training) -> Training {
    let ended = training.run(&mut Stopper::default()).unwrap();
    assert!(
        matches!(ended, TrainingEnd::Finished(Outcome::Trained | Outcome::DidNotLearn)),
        "{ended:?}"
    );
    training
}

/// The weights as bytes, and the learning curve.
fn result(training: &Training) -> (Vec<u8>, Vec<CurvePoint>) {
    (training.network().to_safetensors(), training.progress().curve.clone())
}

fn layer_bits(network: &Network, layer: usize) -> Vec<u32> {
    let layer = &network.layers()[layer];
    let weight = layer.weight().inner().into_data().try_into_vec::<f32>().unwrap();
    let bias = layer.bias().inner().into_data().try_into_vec::<f32>().unwrap();
    weight.iter().chain(&bias).map(|value| value.to_bits()).collect()
}

#[test]
fn frozen_layers_do_not_change_and_the_others_do() {
    let source = network("source");
    for n in [1, 4, 7] {
        let start = network("target").transplant(&source, n).freeze(n);
        let end = trained(training(start.clone()));
        for layer in 0..8 {
            let (before, after) = (layer_bits(&start, layer), layer_bits(end.network(), layer));
            assert_eq!(before == after, layer < n, "layer {} of {n} frozen ones", layer + 1);
            if layer < n {
                assert_eq!(after, layer_bits(&source, layer));
            }
        }
    }
}

#[test]
fn frozen_layers_and_their_velocities_survive_stops() {
    let source = network("source");
    let start = || training(network("target").transplant(&source, 3).freeze(3));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("checkpoint.safetensors");
    let mut current = start();
    let mut stops = 0;
    loop {
        let mut stopper = Stopper { stop_every: Some(1), saved: None };
        let ended = current.run(&mut stopper).unwrap();
        for layer in 0..3 {
            assert!(!current.network().layers()[layer].is_trained());
            assert_eq!(layer_bits(current.network(), layer), layer_bits(&source, layer));
        }
        if ended != TrainingEnd::Stopped {
            break;
        }
        stops += 1;
        let snapshot = stopper.saved.unwrap();
        for layer in 0..8 {
            let is_zero = layer_bits(&snapshot.velocities, layer).iter().all(|&bits| bits == 0);
            assert_eq!(is_zero, layer < 3, "layer {} after {stops} steps", layer + 1);
        }
        snapshot.save(&file).unwrap();
        let snapshot = Snapshot::load(&file, &config(), &Device::flex()).unwrap().unwrap();
        current = start().resume(snapshot);
    }
    assert_eq!(stops, 5);
}

#[test]
fn training_a_copy_does_not_change_its_source() {
    let source = network("source");
    let before = source.to_safetensors();
    let end = trained(training(network("target").transplant(&source, 5)));
    assert_eq!(source.to_safetensors(), before);
    for layer in 0..5 {
        assert_ne!(layer_bits(end.network(), layer), layer_bits(&source, layer));
    }
    // Nor does training a clone change the original.
    trained(training(source.clone()));
    assert_eq!(source.to_safetensors(), before);
}

#[test]
fn cached_features_change_no_bit() {
    let source = network("source");
    // At most six layers can be cached: fc7 has dropout on its input. 144 rows in batches of 20 leave an
    // incomplete last batch.
    for (n, layers) in [(1, 1), (4, 4), (6, 6), (7, 6)] {
        let start = || training(network("target").transplant(&source, n).freeze(n));
        let cached = trained(start().cache_frozen_features(1 << 30).unwrap());
        let uncached = trained(start().cache_frozen_features(0).unwrap());
        assert_eq!((cached.cached_layers(), uncached.cached_layers()), (layers, 0));
        assert!(result(&cached) == result(&uncached), "n = {n}: cached and uncached differ");
    }
}

#[test]
fn cached_features_change_no_bit_at_any_batch_size() {
    let source = network("source");
    // The last batch of the 48 test images has 1 to 48 images. A product with few rows may use another
    // kernel than one with many, and add in another order.
    for batch in [1, 5, 7, 11, 20, 47, 64] {
        for n in [3, 6, 7] {
            let schedule = TrainingConfig { batch, epochs: 1, learning_rate: 2e-3, ..schedule() };
            let start = || {
                let network = network("target").transplant(&source, n).freeze(n);
                Training::new(network, &schedule, owner(), data(), 1)
            };
            let cached = trained(start().cache_frozen_features(1 << 30).unwrap());
            let uncached = trained(start().cache_frozen_features(0).unwrap());
            assert!(result(&cached) == result(&uncached), "n = {n}, batches of {batch}");
        }
    }
}

#[test]
fn a_snapshot_that_was_not_saved_can_be_resumed() {
    let start = || training(network("target").freeze(2));
    let mut stopper = Stopper { stop_every: Some(2), saved: None };
    assert_eq!(start().run(&mut stopper).unwrap(), TrainingEnd::Stopped);
    let resumed = trained(start().resume(stopper.saved.unwrap()));
    assert!(result(&resumed) == result(&trained(start())), "stopping has changed the result");
}

/// A data source with one view that cannot be read.
struct Unreadable(Rc<dyn BatchSource>, u32);

impl BatchSource for Unreadable {
    fn rows(&self) -> usize {
        self.0.rows()
    }

    fn shape(&self) -> Shape {
        self.0.shape()
    }

    fn batch(&self, rows: &[u32]) -> Result<Tensor<4>, DataError> {
        if rows.contains(&self.1) {
            return Err(DataError::malformed("a/7.jpg", "cut short"));
        }
        self.0.batch(rows)
    }
}

#[test]
fn an_unreadable_image_is_named_and_the_steps_before_it_are_saved() {
    let (mut train, test) = data();
    let order = |epoch: u32| {
        let mut rng = random_stream(&owner(), &format!("order of epoch {epoch}"));
        let images = ShuffledSampler { images: 72 }.draw(20, &mut rng);
        train.random_view_rows(images, &mut rng)
    };
    // A row of the last batch of the second epoch that the first epoch does not use.
    let (first, second) = (order(0), order(1));
    let row = second[40..60].iter().find(|row| !first.contains(row)).unwrap();
    train.source = Rc::new(Unreadable(train.source, *row));
    let mut training_part =
        Training::new(network("target"), &schedule(), owner(), (train, test), 1);
    let mut stopper = Stopper::default();
    let error = training_part.run(&mut stopper).unwrap_err();
    assert_eq!(error.to_string(), "a/7.jpg: cut short");
    let saved = stopper.saved.unwrap();
    assert_eq!((saved.progress.step, saved.progress.curve.len()), (5, 1));
    let resumed = trained(training(network("target")).resume(saved));
    assert!(
        result(&resumed) == result(&trained(training(network("target")))),
        "the failure has changed the result"
    );
}

#[test]
fn features_beyond_the_budget_are_not_cached() {
    // fc6 and the pooled conv5 output 32 floats per image; earlier layers output more. There are 144 + 48
    // rows.
    let bytes = (144 + 48) * 32 * 4;
    let cached = |budget| {
        let training = training(network("target").freeze(6));
        training.cache_frozen_features(budget).unwrap().cached_layers()
    };
    assert_eq!([cached(bytes), cached(bytes - 1)], [6, 0]);
}

#[test]
fn stopping_and_resuming_after_every_step_changes_no_bit() {
    let start = || training(network("target").transplant(&network("source"), 2).freeze(2));
    let whole = trained(start().cache_frozen_features(1 << 30).unwrap());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("checkpoint.safetensors");
    let mut stops = 0;
    let mut current = start().cache_frozen_features(1 << 30).unwrap();
    loop {
        let mut stopper = Stopper { stop_every: Some(1), saved: None };
        if current.run(&mut stopper).unwrap() != TrainingEnd::Stopped {
            break;
        }
        stops += 1;
        stopper.saved.unwrap().save(&file).unwrap();
        let snapshot = Snapshot::load(&file, &config(), &Device::flex()).unwrap().unwrap();
        current = start().resume(snapshot).cache_frozen_features(1 << 30).unwrap();
    }
    // Two epochs of three steps. The last step ends the training and saves nothing.
    assert_eq!(stops, 5);
    assert!(result(&whole) == result(&current), "stopping has changed the result");
}

#[test]
fn an_incomplete_last_batch_of_an_epoch_is_dropped() {
    let end = trained(training(network("target")));
    assert_eq!(end.progress().step, 2 * (72 / 20));
}

#[test]
fn the_learning_rate_drops_where_the_schedule_says() {
    // A learning rate that drops to zero halfway leaves the network as it is after one epoch.
    let with = |epochs, lr_milestones: Vec<f64>| {
        let schedule = TrainingConfig { epochs, lr_milestones, lr_gamma: 0.0, ..schedule() };
        let data = data();
        trained(Training::new(network("target"), &schedule, owner(), data, 1))
    };
    let (one, two) = (with(1, vec![]), with(2, vec![0.5]));
    assert_eq!(one.network().to_safetensors(), two.network().to_safetensors());
    assert_ne!(with(2, vec![0.6]).network().to_safetensors(), one.network().to_safetensors());
}

/// Saves the weights after every step.
#[derive(Default)]
struct WeightLog(Vec<Vec<u8>>);

impl TrainingCallback for WeightLog {
    fn after_step(&mut self, _done: u64, _all: u64) -> Control {
        Control::Save
    }

    fn after_epoch(&mut self, _point: &CurvePoint) {}

    fn save(&mut self, snapshot: Snapshot) -> Result<(), CheckpointError> {
        self.0.push(snapshot.network.to_safetensors());
        Ok(())
    }
}

#[test]
fn a_drop_takes_effect_with_the_first_step_at_or_after_its_share() {
    // Six steps. After the drop the learning rate is zero. Step 2, counted from 0, is at a share of 1/3: a
    // drop there leaves the weights unchanged from step 1 on.
    for (share, moving) in [(0.01, 1), (1.0 / 3.0, 2), (0.34, 3), (0.5, 3), (0.83, 5), (0.84, 6)] {
        let schedule = TrainingConfig { lr_milestones: vec![share], lr_gamma: 0.0, ..schedule() };
        let mut training = Training::new(network("target"), &schedule, owner(), data(), 1);
        let mut log = WeightLog::default();
        training.run(&mut log).unwrap();
        let mut weights = vec![network("target").to_safetensors()];
        weights.extend(log.0);
        weights.push(training.network().to_safetensors());
        assert_eq!(weights.len(), 7);
        let moved: Vec<bool> = weights.windows(2).map(|pair| pair[0] != pair[1]).collect();
        let expected: Vec<bool> = (0..6).map(|step| step < moving).collect();
        assert_eq!(moved, expected, "drop at {share}");
    }
}

#[test]
fn a_training_can_diverge_in_its_last_step_and_its_progress_can_be_read() {
    // One step per epoch on all 72 images. The loss of that step is the loss of the initial network; only
    // the evaluation after it shows the effect.
    let schedule = TrainingConfig { batch: 72, learning_rate: 1e20, ..schedule() };
    let mut training = Training::new(network("any"), &schedule, owner(), data(), 1);
    let ended = training.run(&mut Stopper::default()).unwrap();
    assert_eq!(ended, TrainingEnd::Finished(Outcome::Diverged { epoch: 1 }));
    let written = serde_json::to_string(training.progress()).unwrap();
    assert_eq!(&serde_json::from_str::<TrainingProgress>(&written).unwrap(), training.progress());
}
