//! Trains a small network on generated images: `cargo run --example train`.

use anyhow::Result;
use assay_datasets::{OpenOptions, forms, open};
use assay_engine::data_module::{DataModule, Split};
use assay_engine::profile::RunSettings;
use assay_engine::trainer::{
    CheckpointError, Control, Snapshot, Training, TrainingCallback, evaluate,
};
use assay_models::{Architecture, Initialization, NetworkConfig};
use assay_runs::{CellId, CurvePoint, TrainingConfig, ViewConfig, random_stream};
use burn::tensor::Device;

/// Prints the learning curve. It never stops the training, and saves no checkpoint.
struct PrintCurve;

impl TrainingCallback for PrintCurve {
    fn after_step(&mut self, _done: u64, _all: u64) -> Control {
        Control::Continue
    }

    fn after_epoch(&mut self, point: &CurvePoint) {
        println!("epoch {}: training loss {:.3}", point.epoch, point.train_loss);
    }

    fn save(&mut self, _snapshot: Snapshot) -> Result<(), CheckpointError> {
        Ok(())
    }
}

fn main() -> Result<()> {
    let device = Device::flex();
    let forms = forms::Settings { train_per_class: 20, test_per_class: 5, size: 16, seed: 0 };
    let data = open("forms", &OpenOptions { forms, ..OpenOptions::default() })?;
    let classes = data.classes.len();
    let data = DataModule::new(data, &RunSettings::default(), &device);

    // Two views of each training image: random crops, and flips.
    let views = ViewConfig { count: 2, crop_padding: 1, crop: 0, horizontal_flip: true };
    let normalization = data.data().train.normalization_of_all()?;
    let labels: Vec<u16> = (0..classes as u16).collect();
    let batches = |split| {
        let images = (0..data.images(split).len() as u32).collect();
        data.labeled_batches(split, &views, &normalization, &labels, images)
    };

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
    let stream = |layer: &str| random_stream(&"example", layer);
    let network = config.init(Initialization::He, stream, &device)?;
    let schedule = TrainingConfig {
        epochs: 3,
        learning_rate: 0.02,
        momentum: 0.9,
        weight_decay: 5e-4,
        ..TrainingConfig::evaluation_only(16)
    };

    // The identity owns all random streams of the training: the same one gives the same network.
    let owner = CellId::for_value(&"example");
    let test = batches(Split::Test)?;
    let mut training =
        Training::new(network, &schedule, owner, (batches(Split::Train)?, test.clone()), 1);
    training.run(&mut PrintCurve)?;
    let evaluation = evaluate(&training.network().frozen(), 0, &test, 16)?;
    println!("test accuracy {:.1} %", 100.0 * evaluation.accuracy());
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_example_runs() {
        super::main().unwrap();
    }
}
