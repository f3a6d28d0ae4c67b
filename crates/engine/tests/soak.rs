//! Memory over a long training. Reads what Linux says of this process.
#![cfg(target_os = "linux")]

mod pictures;

use std::rc::Rc;
use std::sync::Arc;

use assay_datasets::{
    Normalization, OpenOptions, StreamSettings, StreamedViews, ViewBank, ViewSettings, ViewSource,
    Views, forms, open,
};
use assay_engine::trainer::{
    CheckpointError, Control, LabeledBatches, Snapshot, Subset, Training, TrainingCallback,
};
use assay_models::{Architecture, Initialization, NetworkConfig};
use assay_runs::{CurvePoint, Schedule, TransferCell, stream};
use burn::tensor::Device;

/// Mebibytes of memory this process has in use.
fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let kibibytes: f64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    kibibytes / 1024.0
}

/// Asks for a snapshot now and then, as a worker does, and looks at the memory every 250 steps.
struct Watch(Vec<f64>);

impl TrainingCallback for Watch {
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

fn labeled(rows: impl Into<ViewSource>, labels: &[u16], views: u32) -> LabeledBatches {
    let images = (0..labels.len() as u32).collect();
    LabeledBatches { source: Rc::new(Subset::new(rows, images)), labels: labels.to_vec(), views }
}

/// 2,000 steps: 200 epochs of 480 images in batches of 48.
fn training(frozen: usize) -> Training {
    let settings = forms::Settings { train_per_class: 20, test_per_class: 2, size: 16, seed: 1 };
    let (train, test) = forms::generate(&settings).unwrap();
    let normalization = Normalization::of_all(&train).unwrap();
    let views = ViewSettings { count: 2, crop_padding: 1, crop: None, mirror: true };
    let (device, mut rng) = (Device::flex(), stream(&"soak", "views"));
    let bank = ViewBank::new(&train, &views, &mut rng, &normalization, &device).unwrap();
    let tests = ViewBank::plain(&test, &views, &normalization, &device).unwrap();
    let batches = (labeled(bank, train.labels(), 2), labeled(tests, test.labels(), 1));
    training_on(batches, frozen, 16, 200)
}

fn training_on(
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
        normalization: true,
        input_dropout: 0.0,
        dropout: 0.5,
    };
    let streams = |layer: &str| stream(&"soak", layer);
    let network = config.init(Initialization::He, streams, &Device::flex()).unwrap();
    let cell: TransferCell = serde_json::from_str(include_str!("toy_cell.json")).unwrap();
    let schedule = Schedule { epochs, batch: 48, ..cell.schedule.clone() };
    Training::new(network.freeze(frozen), &schedule, cell.id(), batches, 10)
}

#[test]
#[ignore = "takes 20 seconds in release, and only a new version of burn is likely to change the answer"]
fn memory_does_not_grow_with_the_steps() {
    // Of the images under autodiff alone, and of kept output: burn's issue 4302 was that selecting
    // rows leaks. A batch of images is 0.14 MiB, so that 1,500 leaked ones would be 210.
    for frozen in [0, 2] {
        let mut watch = Watch(Vec::new());
        training(frozen).cache_frozen_features(1 << 30).unwrap().run(&mut watch).unwrap();
        println!("{frozen} frozen: MiB after every 250 steps: {:.1?}", watch.0);
        // What the allocator needs has settled after 500 steps.
        let (settled, last) = (watch.0[1], watch.0[watch.0.len() - 1]);
        assert_eq!(watch.0.len(), 8);
        assert!(last < settled + 4.0, "grew from {settled} to {last} MiB");
    }
}

/// MetricsLog the memory after every step.
struct EveryStep(Vec<f64>);

impl TrainingCallback for EveryStep {
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
fn a_folder_much_larger_than_the_bound_is_trained_on_within_it() {
    const SIDE: usize = 64;
    let folder = tempfile::tempdir().unwrap();
    pictures::folder(folder.path(), 110, 10);
    let options =
        OpenOptions { image_size: Some(SIDE as u32), memory_budget: 0, ..OpenOptions::default() };
    let data = open(folder.path().to_str().unwrap(), &options).unwrap();
    let settings = ViewSettings { count: 8, crop_padding: 4, crop: None, mirror: true };
    let drawn = [
        Views::draw(2640, data.train.shape(), &settings, &mut stream(&"soak", "views")).unwrap(),
        Views::central(240, data.test.shape(), &settings).unwrap(),
    ];
    let normalization = data.train.normalization_of_all().unwrap();
    // 2,640 images in 8 views are 248 MiB; 4 of them may wait.
    let streaming = StreamSettings { threads: 3, bytes: 4 << 20 };
    let before = resident();
    let [train, test] = [(&data.train, 8), (&data.test, 1)].map(|(images, views)| {
        let drawn = Arc::new(drawn[usize::from(views == 1)].clone());
        let device = Device::flex();
        let rows = StreamedViews::new(images.clone(), drawn, &normalization, streaming, &device);
        labeled(rows.unwrap(), images.labels(), views)
    });
    let mut watch = EveryStep(Vec::new());
    training_on((train, test), 0, SIDE, 3).run(&mut watch).unwrap();
    let most = watch.0.iter().copied().fold(0.0, f64::max);
    // What the network and its gradients take is there after the first steps.
    let settled = watch.0[..10].iter().copied().fold(0.0, f64::max);
    println!("MiB: {before:.1} before, {settled:.1} after ten steps, {most:.1} at most");
    assert!(most < settled + 8.0, "grew from {settled} to {most} MiB");
}
