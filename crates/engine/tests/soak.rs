//! Memory use over a long training, as Linux reports it.
#![cfg(target_os = "linux")]

#[path = "../../cli/tests/image_folder/mod.rs"]
mod image_folder;

use std::rc::Rc;
use std::sync::Arc;

use assay_datasets::{
    Normalization, OpenOptions, StreamSettings, ViewConfig, ViewSource, Views, forms, open,
};
use assay_engine::trainer::{
    CheckpointError, Control, LabeledBatches, Snapshot, Subset, Training, TrainingCallback,
};
use assay_models::{Architecture, Initialization, NetworkConfig};
use assay_runs::{CellId, CurvePoint, TrainingConfig, random_stream};
use burn::tensor::Device;

/// Resident memory of this process in MiB.
fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let kibibytes: f64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    kibibytes / 1024.0
}

/// Asks for a snapshot every 100 steps, as a worker does, and measures the memory every 250.
struct SparseMemoryLog(Vec<f64>);

impl TrainingCallback for SparseMemoryLog {
    fn after_step(&mut self, done: u64, _all: u64) -> Control {
        if done.is_multiple_of(250) {
            self.0.push(resident());
        }
        if done.is_multiple_of(100) { Control::Save } else { Control::Continue }
    }

    fn after_epoch(&mut self, _point: &CurvePoint) {}

    fn save(&mut self, _snapshot: Snapshot) -> Result<(), CheckpointError> {
        Ok(())
    }
}

fn labeled(rows: ViewSource, labels: &[u16], views: u32) -> LabeledBatches {
    let images = (0..labels.len() as u32).collect();
    LabeledBatches { source: Rc::new(Subset::new(rows, images)), labels: labels.to_vec(), views }
}

/// A training of 2,000 steps: 200 epochs of 480 images in batches of 48.
fn training(frozen: usize) -> Training {
    let settings = forms::Settings { train_per_class: 20, test_per_class: 2, size: 16, seed: 1 };
    let (train, test) = forms::generate(&settings).unwrap();
    let normalization = Normalization::from_images(&train).unwrap();
    let views = ViewConfig { count: 2, crop_padding: 1, crop: 0, horizontal_flip: true };
    let (device, mut rng) = (Device::flex(), random_stream(&"soak", "views"));
    let bank = ViewSource::augmented(&train, &views, &mut rng, &normalization, &device).unwrap();
    let tests = ViewSource::unaugmented(&test, &views, &normalization, &device).unwrap();
    let batches = (labeled(bank, train.labels(), 2), labeled(tests, test.labels(), 1));
    train_on(batches, frozen, 16, 200)
}

fn train_on(
    batches: (LabeledBatches, LabeledBatches),
    frozen: usize,
    side: usize,
    epochs: u32,
) -> Training {
    let config = NetworkConfig {
        architecture: Architecture::AlexNetSmall,
        input: [3, side, side],
        classes: 24,
        width: 0.5,
        groups: true,
        local_response_norm: true,
        input_dropout: 0.0,
        dropout: 0.5,
    };
    let streams = |layer: &str| random_stream(&"soak", layer);
    let network = config.init(Initialization::He, streams, &Device::flex()).unwrap();
    let schedule = TrainingConfig {
        epochs,
        learning_rate: 0.02,
        bias_lr_factor: 2.0,
        momentum: 0.9,
        weight_decay: 5e-4,
        ..TrainingConfig::evaluation_only(48)
    };
    let owner = CellId::for_value(&"soak");
    Training::new(network.freeze(frozen), &schedule, owner, batches, 10)
}

#[test]
#[ignore = "takes 20 seconds in release, and only a new version of burn is likely to change the answer"]
fn memory_does_not_grow_with_the_steps() {
    // Without and with cached features. In burn's issue 4302, selecting rows leaked memory. A batch of
    // images is 0.14 MiB, so 1,500 leaked batches would be 210 MiB.
    for frozen in [0, 2] {
        let mut log = SparseMemoryLog(Vec::new());
        training(frozen).cache_frozen_features(1 << 30).unwrap().run(&mut log).unwrap();
        println!("{frozen} frozen: MiB after every 250 steps: {:.1?}", log.0);
        // The allocator has settled after 500 steps.
        let (settled, last) = (log.0[1], log.0[log.0.len() - 1]);
        assert_eq!(log.0.len(), 8);
        assert!(last < settled + 4.0, "grew from {settled} to {last} MiB");
    }
}

/// Measures the memory after every step.
struct MemoryLog(Vec<f64>);

impl TrainingCallback for MemoryLog {
    fn after_step(&mut self, _done: u64, _all: u64) -> Control {
        self.0.push(resident());
        Control::Continue
    }

    fn after_epoch(&mut self, _point: &CurvePoint) {}

    fn save(&mut self, _snapshot: Snapshot) -> Result<(), CheckpointError> {
        Ok(())
    }
}

#[test]
#[ignore = "writes 2,880 images and trains on them for a minute"]
fn training_on_a_large_folder_stays_within_the_memory_limit() {
    const SIDE: usize = 64;
    let folder = tempfile::tempdir().unwrap();
    image_folder::write(folder.path(), 110, 10);
    let options =
        OpenOptions { image_size: Some(SIDE as u32), memory_budget: 0, ..OpenOptions::default() };
    let data = open(folder.path().to_str().unwrap(), &options).unwrap();
    let settings = ViewConfig { count: 8, crop_padding: 4, crop: 0, horizontal_flip: true };
    let layouts = [
        Views::draw(2640, data.train.shape(), &settings, &mut random_stream(&"soak", "views"))
            .unwrap(),
        Views::center_crop(240, data.test.shape(), &settings).unwrap(),
    ];
    let normalization = data.train.normalization_of_all().unwrap();
    // 2,640 images with 8 views are 248 MiB; 4 MiB may be prefetched.
    let streaming = StreamSettings { threads: 3, bytes: 4 << 20 };
    let before = resident();
    let [train, test] = [(&data.train, 8), (&data.test, 1)].map(|(images, views)| {
        let layout = Arc::new(layouts[usize::from(views == 1)].clone());
        let device = Device::flex();
        let rows = ViewSource::streamed(images.clone(), layout, &normalization, streaming, &device);
        labeled(rows.unwrap(), images.labels(), views)
    });
    let mut log = MemoryLog(Vec::new());
    train_on((train, test), 0, SIDE, 3).run(&mut log).unwrap();
    let most = log.0.iter().copied().fold(0.0, f64::max);
    // The network and its gradients are allocated in the first steps.
    let settled = log.0[..10].iter().copied().fold(0.0, f64::max);
    println!("MiB: {before:.1} before, {settled:.1} after ten steps, {most:.1} at most");
    assert!(most < settled + 8.0, "grew from {settled} to {most} MiB");
}
