//! The trainer, bit for bit, at toy size.

use std::rc::Rc;

use assay_datasets::{Batches, DataError, Normalization, Shape, ViewBank, ViewSettings, forms};
use assay_engine::trainer::{
    CheckpointError, Control, LabeledBatches, Progress, Sampler, ShuffledSampler, Snapshot, Subset,
    Training, TrainingCallback, TrainingEnd, evaluate,
};
use assay_models::{Architecture, Initialization, Network, NetworkConfig};
use assay_runs::{CellId, CurvePoint, Evaluation, Outcome, Schedule, TransferCell, stream};
use burn::tensor::{Device, Tensor, TensorData};

const CLASSES: usize = 24;

/// Dropout, groups and normalization are on: what is hardest to repeat.
fn config() -> NetworkConfig {
    NetworkConfig {
        architecture: Architecture::AlexNetSmall,
        input: [3, 16, 16],
        classes: CLASSES,
        width: 0.25,
        groups: true,
        normalization: true,
        input_dropout: 0.0,
        dropout: 0.5,
    }
}

fn network(name: &str) -> Network {
    let streams = |layer: &str| stream(&name, layer);
    config().init(Initialization::He, streams, &Device::flex()).unwrap()
}

fn schedule() -> Schedule {
    Schedule {
        epochs: 2,
        batch: 20,
        learning_rate: 0.05,
        bias_learning_rate_factor: 2.0,
        drops: vec![0.5],
        drop_factor: 0.1,
        momentum: 0.9,
        weight_decay: 5e-4,
        epoch_factor: 1.0,
        max_norm: 0.0,
        max_gradient_norm: 0.0,
        momentum_growth: None,
    }
}

/// Any cell's identity will do as the owner of the streams.
fn owner() -> CellId {
    let run = include_str!("toy_cell.json");
    serde_json::from_str::<TransferCell>(run).unwrap().id()
}

/// 72 training images in two views each, 48 test images.
fn data() -> (LabeledBatches, LabeledBatches) {
    let settings = forms::Settings { train_per_class: 3, test_per_class: 2, size: 16, seed: 1 };
    let (train, test) = forms::generate(&settings).unwrap();
    let normalization = Normalization::of_all(&train).unwrap();
    let views = ViewSettings { count: 2, crop_padding: 1, crop: None, mirror: true };
    let (device, mut rng) = (Device::flex(), stream(&"test", "views"));
    let bank = ViewBank::new(&train, &views, &mut rng, &normalization, &device).unwrap();
    let tests = ViewBank::plain(&test, &views, &normalization, &device).unwrap();
    let labeled = |bank: ViewBank, labels: &[u16], views| LabeledBatches {
        source: Rc::new(Subset::new(bank, (0..labels.len() as u32).collect())),
        labels: labels.to_vec(),
        views,
    };
    (labeled(bank, train.labels(), 2), labeled(tests, test.labels(), 1))
}

fn training(network: Network) -> Training {
    Training::new(network, &schedule(), owner(), data(), 1)
}

/// Stops after every `stride` steps, where there is a stride, and keeps what it is given to save.
#[derive(Default)]
struct Stopper {
    stride: Option<u64>,
    saved: Option<Snapshot>,
}

impl TrainingCallback for Stopper {
    fn after_step(&mut self, done: u64, _all: u64) -> Control {
        match self.stride {
            Some(stride) if done.is_multiple_of(stride) => Control::Stop,
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
    assert!(matches!(ended, TrainingEnd::Finished(Outcome::Trained | Outcome::Stuck)), "{ended:?}");
    training
}

/// Weights as bytes, and the learning curve: what a record rests on.
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
fn frozen_layers_stay_as_they_were_bit_for_bit_and_the_others_do_not() {
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
fn frozen_layers_and_their_velocities_stay_at_rest_through_stops() {
    let source = network("source");
    let start = || training(network("target").transplant(&source, 3).freeze(3));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("checkpoint.safetensors");
    let mut part = start();
    let mut stops = 0;
    loop {
        let mut stopper = Stopper { stride: Some(1), saved: None };
        let ended = part.run(&mut stopper).unwrap();
        for layer in 0..3 {
            assert!(!part.network().layers()[layer].is_trained());
            assert_eq!(layer_bits(part.network(), layer), layer_bits(&source, layer));
        }
        if ended != TrainingEnd::Stopped {
            break;
        }
        stops += 1;
        let snapshot = stopper.saved.unwrap();
        for layer in 0..8 {
            let at_rest = layer_bits(&snapshot.velocities, layer).iter().all(|&bits| bits == 0);
            assert_eq!(at_rest, layer < 3, "layer {} after {stops} steps", layer + 1);
        }
        snapshot.save(&file).unwrap();
        let snapshot = Snapshot::load(&file, &config(), &Device::flex()).unwrap().unwrap();
        part = start().resume(snapshot);
    }
    assert_eq!(stops, 5);
}

#[test]
fn training_a_copy_leaves_its_source_alone() {
    let source = network("source");
    let before = source.to_safetensors();
    let end = trained(training(network("target").transplant(&source, 5)));
    assert_eq!(source.to_safetensors(), before);
    for layer in 0..5 {
        assert_ne!(layer_bits(end.network(), layer), layer_bits(&source, layer));
    }
    // Nor does a clone share what it was cloned from.
    trained(training(source.clone()));
    assert_eq!(source.to_safetensors(), before);
}

#[test]
fn the_kept_output_of_frozen_layers_changes_no_bit() {
    let source = network("source");
    // The layers before fc7's dropout can be kept: at most six. 144 rows in batches of 20 leave a
    // ragged last one.
    for (n, kept) in [(1, 1), (4, 4), (6, 6), (7, 6)] {
        let start = || training(network("target").transplant(&source, n).freeze(n));
        let cached = trained(start().cache_frozen_features(1 << 30).unwrap());
        let uncached = trained(start().cache_frozen_features(0).unwrap());
        assert_eq!((cached.kept(), uncached.kept()), (kept, 0));
        assert!(result(&cached) == result(&uncached), "n = {n}: cached and uncached differ");
    }
}

#[test]
fn the_kept_output_changes_no_bit_whatever_the_size_of_the_batch() {
    let source = network("source");
    // Last batches of 1 to 48 of the 48 test images: a product with few rows may take another way
    // through the processor than one with many, and add up in another order.
    for batch in [1, 5, 7, 11, 20, 47, 64] {
        for n in [3, 6, 7] {
            let schedule = Schedule { batch, epochs: 1, learning_rate: 2e-3, ..schedule() };
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
fn a_snapshot_that_was_never_written_goes_on_as_one_that_was() {
    let start = || training(network("target").freeze(2));
    let mut stopper = Stopper { stride: Some(2), saved: None };
    assert_eq!(start().run(&mut stopper).unwrap(), TrainingEnd::Stopped);
    let resumed = trained(start().resume(stopper.saved.unwrap()));
    assert!(result(&resumed) == result(&trained(start())), "stopping has changed the result");
}

/// Images of which one view cannot be read.
struct Unreadable(Rc<dyn Batches>, u32);

impl Batches for Unreadable {
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
fn an_image_that_cannot_be_read_is_named_and_the_steps_before_it_are_saved() {
    let (mut train, test) = data();
    let order = |epoch: u32| {
        let mut rng = stream(&owner(), &format!("order of epoch {epoch}"));
        let images = ShuffledSampler { images: 72 }.draw(20, &mut rng);
        train.in_some_view(images, &mut rng)
    };
    // A view of the last batch of the second epoch that the first epoch has no use for.
    let (first, second) = (order(0), order(1));
    let row = second[40..60].iter().find(|row| !first.contains(row)).unwrap();
    train.source = Rc::new(Unreadable(train.source, *row));
    let mut part = Training::new(network("target"), &schedule(), owner(), (train, test), 1);
    let mut stopper = Stopper::default();
    let error = part.run(&mut stopper).unwrap_err();
    assert_eq!(error.to_string(), "a/7.jpg: cut short");
    let saved = stopper.saved.unwrap();
    assert_eq!((saved.progress.step, saved.progress.curve.len()), (5, 1));
    let mended = trained(training(network("target")).resume(saved));
    assert!(
        result(&mended) == result(&trained(training(network("target")))),
        "the failure has left a trace"
    );
}

#[test]
fn what_does_not_fit_the_budget_is_not_kept() {
    // fc6, and conv5 after pooling, give 32 floats an image, every layer before them more; there
    // are 144 + 48 rows.
    let bytes = (144 + 48) * 32 * 4;
    let kept = |budget| {
        training(network("target").freeze(6)).cache_frozen_features(budget).unwrap().kept()
    };
    assert_eq!([kept(bytes), kept(bytes - 1)], [6, 0]);
}

#[test]
fn stopped_after_every_step_saved_and_resumed_it_ends_with_the_same_bits() {
    let start = || training(network("target").transplant(&network("source"), 2).freeze(2));
    let whole = trained(start().cache_frozen_features(1 << 30).unwrap());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("checkpoint.safetensors");
    let mut stops = 0;
    let mut part = start().cache_frozen_features(1 << 30).unwrap();
    loop {
        let mut stopper = Stopper { stride: Some(1), saved: None };
        if part.run(&mut stopper).unwrap() != TrainingEnd::Stopped {
            break;
        }
        stops += 1;
        stopper.saved.unwrap().save(&file).unwrap();
        let snapshot = Snapshot::load(&file, &config(), &Device::flex()).unwrap().unwrap();
        part = start().resume(snapshot).cache_frozen_features(1 << 30).unwrap();
    }
    // Two epochs of three steps; the last step ends the training and saves nothing.
    assert_eq!(stops, 5);
    assert!(result(&whole) == result(&part), "stopping has changed the result");
}

#[test]
fn the_last_images_of_an_epoch_that_fill_no_batch_are_left_out() {
    let end = trained(training(network("target")));
    assert_eq!(end.progress().step, 2 * (72 / 20));
}

#[test]
fn the_learning_rate_drops_where_the_schedule_says() {
    // A rate that drops to nothing at half-time leaves the network as it is after one epoch.
    let with = |epochs, drops: Vec<f64>| {
        let schedule = Schedule { epochs, drops, drop_factor: 0.0, ..schedule() };
        let data = data();
        trained(Training::new(network("target"), &schedule, owner(), data, 1))
    };
    let (one, two) = (with(1, vec![]), with(2, vec![0.5]));
    assert_eq!(one.network().to_safetensors(), two.network().to_safetensors());
    assert_ne!(with(2, vec![0.6]).network().to_safetensors(), one.network().to_safetensors());
}

/// MetricsLog the weights after every step.
#[derive(Default)]
struct MetricsLog(Vec<Vec<u8>>);

impl TrainingCallback for MetricsLog {
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
    // Six steps; the rate is nothing from the drop on. A share of 1/3 is that of step 2, counted
    // from 0, so that the weights are the same after step 1 as ever after.
    for (share, moving) in [(0.01, 1), (1.0 / 3.0, 2), (0.34, 3), (0.5, 3), (0.83, 5), (0.84, 6)] {
        let schedule = Schedule { drops: vec![share], drop_factor: 0.0, ..schedule() };
        let mut training = Training::new(network("target"), &schedule, owner(), data(), 1);
        let mut metrics = MetricsLog::default();
        training.run(&mut metrics).unwrap();
        let mut weights = vec![network("target").to_safetensors()];
        weights.extend(metrics.0);
        weights.push(training.network().to_safetensors());
        assert_eq!(weights.len(), 7);
        let moved: Vec<bool> = weights.windows(2).map(|pair| pair[0] != pair[1]).collect();
        let expected: Vec<bool> = (0..6).map(|step| step < moving).collect();
        assert_eq!(moved, expected, "drop at {share}");
    }
}

/// A network whose logits are its biases, whatever the image.
fn constant(biases: [f32; CLASSES]) -> Network {
    let mut network = network("constant");
    let device = Device::flex();
    let last = &mut network.layers_mut()[7];
    let weight = Tensor::<4>::zeros(last.weight().dims(), &device);
    last.set(weight, Tensor::from_data(TensorData::new(biases.to_vec(), [CLASSES]), &device));
    network
}

#[test]
fn an_evaluation_counts_ties_and_what_is_no_number_as_wrong() {
    let (_, test) = data();
    // The test images are 2 of each of 24 classes.
    let evaluate = |network: &Network| evaluate(network, 0, &test, 7).unwrap();
    let same = evaluate(&constant([1.0; CLASSES]));
    assert_eq!((same.images, same.correct, same.correct_top5), (48, 0, 0));
    assert!((same.loss - 24f64.ln()).abs() < 1e-5, "{}", same.loss);
    let mut ranked = [0.0; CLASSES];
    for (class, bias) in ranked.iter_mut().enumerate() {
        *bias = -(class as f32);
    }
    let ranked = evaluate(&constant(ranked));
    assert_eq!((ranked.correct, ranked.correct_top5), (2, 10));
    let nothing = evaluate(&constant([f32::NAN; CLASSES]));
    assert_eq!((nothing.correct, nothing.correct_top5), (0, 0));
}

/// Two views of each image, the second never to be asked for; the first are logits themselves.
struct Logits(Vec<[f32; 6]>);

impl Batches for Logits {
    fn rows(&self) -> usize {
        2 * self.0.len()
    }

    fn shape(&self) -> Shape {
        Shape { channels: 6, height: 1, width: 1 }
    }

    fn batch(&self, rows: &[u32]) -> Result<Tensor<4>, DataError> {
        assert!(rows.iter().all(|row| row % 2 == 0), "an evaluation looks at first views");
        let logits: Vec<f32> = rows.iter().flat_map(|&row| self.0[row as usize / 2]).collect();
        let logits = TensorData::new(logits, [rows.len(), 6, 1, 1]);
        Ok(Tensor::from_data(logits, &Device::flex()))
    }
}

fn evaluated(logits: &[([f32; 6], u16)]) -> Evaluation {
    let images = LabeledBatches {
        source: Rc::new(Logits(logits.iter().map(|(logits, _)| *logits).collect())),
        labels: logits.iter().map(|&(_, label)| label).collect(),
        views: 2,
    };
    // From after the last layer on: what goes in comes out. Batches of two leave a ragged one.
    evaluate(&network("any"), 8, &images, 2).unwrap()
}

#[test]
fn an_evaluation_is_what_it_is_by_hand() {
    let ln = |numbers: [f32; 6]| numbers.map(f32::ln);
    let found = evaluated(&[
        // The one most likely class: probability 5/10.
        (ln([1.0, 1.0, 5.0, 1.0, 1.0, 1.0]), 2),
        // As likely as another: 4/12, not right but among five.
        (ln([4.0, 4.0, 1.0, 1.0, 1.0, 1.0]), 1),
        // The fifth: 2/21.
        (ln([6.0, 5.0, 4.0, 3.0, 2.0, 1.0]), 4),
        // The sixth: 1/21.
        (ln([6.0, 5.0, 4.0, 3.0, 2.0, 1.0]), 5),
        // One of six alike, 1/6: five others are as likely, so it is not among five.
        ([7.0; 6], 0),
    ]);
    assert_eq!((found.images, found.correct, found.correct_top5), (5, 1, 3));
    // Minus the logarithm of (1/2)(1/3)(2/21)(1/21)(1/6), a fifth of it.
    let expected = (2.0f64 * 3.0 * 10.5 * 21.0 * 6.0).ln() / 5.0;
    assert!((found.loss - expected).abs() < 1e-6, "{} is not {expected}", found.loss);
}

#[test]
fn what_is_no_number_is_not_right_and_spoils_only_the_loss() {
    let nan = f32::NAN;
    let found = evaluated(&[
        ([nan; 6], 0),
        ([nan, 0.0, 0.0, 0.0, 0.0, 0.0], 0),
        ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 5),
    ]);
    assert_eq!((found.correct, found.correct_top5), (1, 1));
    assert!(found.loss.is_nan());
}

#[test]
fn a_training_that_diverges_in_its_last_update_is_diverged_and_what_it_leaves_can_be_read() {
    // All 72 images in one step an epoch: the loss of the first step is that of the network as drawn,
    // and only the look after it sees what the step did.
    let schedule = Schedule { batch: 72, learning_rate: 1e20, ..schedule() };
    let mut training = Training::new(network("any"), &schedule, owner(), data(), 1);
    let ended = training.run(&mut Stopper::default()).unwrap();
    assert_eq!(ended, TrainingEnd::Finished(Outcome::Diverged { epoch: 1 }));
    let written = serde_json::to_string(training.progress()).unwrap();
    assert_eq!(&serde_json::from_str::<Progress>(&written).unwrap(), training.progress());
}

#[test]
fn a_cells_identity_is_what_it_was_and_does_not_change_by_settings_that_came_later() {
    // Computed from the JSON alone, by another program.
    assert_eq!(owner().to_string(), "56b11b1f13ebdc6f");
    let mut cell: serde_json::Value = serde_json::from_str(include_str!("toy_cell.json")).unwrap();
    cell["schedule"]["max_norm"] = 0.0.into();
    cell["schedule"]["max_gradient_norm"] = 0.0.into();
    cell["schedule"]["epoch_factor"] = 1.0.into();
    cell["network"]["input_dropout"] = 0.0.into();
    let spelt_out: TransferCell = serde_json::from_value(cell).unwrap();
    assert_eq!(spelt_out.id(), owner());
}
