//! A small network and small data for tests.

use std::rc::Rc;

use assay_datasets::{Normalization, ViewConfig, ViewSource, forms};
use assay_engine::trainer::{LabeledBatches, Subset};
use assay_models::{Architecture, Initialization, Network, NetworkConfig};
use assay_runs::random_stream;
use burn::tensor::Device;

/// The classes of the generated images.
pub const CLASSES: usize = 24;

/// Dropout, groups and normalization are on, since they are the hardest to reproduce.
pub fn config() -> NetworkConfig {
    NetworkConfig {
        architecture: Architecture::AlexNetSmall,
        input: [3, 16, 16],
        classes: CLASSES,
        width: 0.25,
        groups: true,
        local_response_norm: true,
        input_dropout: 0.0,
        dropout: 0.5,
    }
}

/// A network whose layers have random streams that depend on `name`.
pub fn network(name: &str) -> Network {
    let streams = |layer: &str| random_stream(&name, layer);
    config().init(Initialization::He, streams, &Device::flex()).unwrap()
}

/// 72 training images with two views each, and 48 test images.
pub fn data() -> (LabeledBatches, LabeledBatches) {
    let settings = forms::Settings { train_per_class: 3, test_per_class: 2, size: 16, seed: 1 };
    let (train, test) = forms::generate(&settings).unwrap();
    let normalization = Normalization::from_images(&train).unwrap();
    let views = ViewConfig { count: 2, crop_padding: 1, crop: 0, horizontal_flip: true };
    let (device, mut rng) = (Device::flex(), random_stream(&"test", "views"));
    let bank = ViewSource::augmented(&train, &views, &mut rng, &normalization, &device).unwrap();
    let tests = ViewSource::unaugmented(&test, &views, &normalization, &device).unwrap();
    let labeled = |bank: ViewSource, labels: &[u16], views| LabeledBatches {
        source: Rc::new(Subset::new(bank, (0..labels.len() as u32).collect())),
        labels: labels.to_vec(),
        views,
    };
    (labeled(bank, train.labels(), 2), labeled(tests, test.labels(), 1))
}
