//! Copies the first layers of a network trained on half A of the classes into networks for half B, frozen and
//! fine-tuned (Yosinski et al. 2014): `cargo run --example transfer`.

use anyhow::Result;
use assay_datasets::{Half, Halves, OpenOptions, forms, open};
use assay_engine::data_module::{DataModule, Split, images_of_classes};
use assay_engine::profile::RunSettings;
use assay_engine::trainer::{
    CheckpointError, Control, LabeledBatches, Snapshot, Training, TrainingCallback,
};
use assay_models::{Architecture, Initialization, Network, NetworkConfig};
use assay_runs::{CellId, CurvePoint, TrainingConfig, ViewConfig, random_stream};
use burn::tensor::Device;

const VIEWS: ViewConfig = ViewConfig { count: 2, crop_padding: 1, crop: 0, horizontal_flip: true };
const CUT_POINT: usize = 3;

/// Never stops the training, and saves no checkpoint.
struct Quiet;

impl TrainingCallback for Quiet {
    fn after_step(&mut self, _done: u64, _all: u64) -> Control {
        Control::Continue
    }

    fn after_epoch(&mut self, _point: &CurvePoint) {}

    fn save(&mut self, _snapshot: Snapshot) -> Result<(), CheckpointError> {
        Ok(())
    }
}

/// A new network for the classes of a half. Its weights belong to `name`.
fn network(name: &str, classes: usize) -> Result<Network> {
    let config = NetworkConfig {
        architecture: Architecture::AlexNetSmall,
        input: [3, 16, 16],
        classes,
        width: 0.25,
        groups: false,
        local_response_norm: false,
        input_dropout: 0.0,
        dropout: 0.0,
    };
    let stream = |layer: &str| random_stream(&name, layer);
    Ok(config.init(Initialization::He, stream, &Device::flex())?)
}

/// Trains a network; prints and returns it with its test accuracy.
fn train(name: &str, network: Network, data: (LabeledBatches, LabeledBatches)) -> Result<Network> {
    let schedule = TrainingConfig {
        epochs: 3,
        learning_rate: 0.02,
        momentum: 0.9,
        ..TrainingConfig::evaluation_only(16)
    };
    let mut training = Training::new(network, &schedule, CellId::for_value(&name), data, 1);
    training.run(&mut Quiet)?;
    let last = training.progress().curve.last().and_then(|point| point.evaluation);
    let accuracy = last.map_or(0.0, |test| 100.0 * test.accuracy());
    println!("{name}: test accuracy {accuracy:.1} %");
    Ok(training.network().frozen())
}

fn main() -> Result<()> {
    let forms = forms::Settings { train_per_class: 20, test_per_class: 5, size: 16, seed: 0 };
    let data = open("forms", &OpenOptions { forms, ..OpenOptions::default() })?;
    let halves = Halves::random(data.classes.len(), 0)?;
    let data = DataModule::new(data, &RunSettings::default(), &Device::flex());
    let batches = |half: Half| -> Result<(LabeledBatches, LabeledBatches)> {
        let classes = halves.classes_of(half);
        let train = images_of_classes(&data.data().train, classes);
        let normalization = data.data().train.normalization_of_subset(&train)?;
        let test = images_of_classes(&data.data().test, classes);
        let batches =
            |split, images| data.labeled_batches(split, &VIEWS, &normalization, classes, images);
        Ok((batches(Split::Train, train)?, batches(Split::Test, test)?))
    };
    let classes = halves.b.len();

    let base_a = train("base A", network("base A", halves.a.len())?, batches(Half::A)?)?;
    train("base B", network("base B", classes)?, batches(Half::B)?)?;
    let copied = network("A3B", classes)?.transplant(&base_a, CUT_POINT);
    let frozen = train("A3B", copied.clone().freeze(CUT_POINT), batches(Half::B)?)?;
    train("A3B+", copied, batches(Half::B)?)?;

    // Frozen layers are those of the base, to the last bit.
    let weight = |network: &Network| network.layers()[0].weight().inner().into_data();
    assert_eq!(weight(&frozen), weight(&base_a));
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_example_runs() {
        super::main().unwrap();
    }
}
