//! Trains a teacher, a student, and the student on the teacher's soft targets (Hinton et al. 2015):
//! `cargo run --example distill`.

use anyhow::Result;
use assay_classifiers::{SoftTargets, Teachers};
use assay_datasets::{OpenOptions, forms, open};
use assay_engine::data_module::{DataModule, Split};
use assay_engine::profile::RunSettings;
use assay_engine::trainer::{
    CheckpointError, Control, LabeledBatches, Snapshot, Training, TrainingCallback,
};
use assay_losses::{DistillationLoss, LossConfig};
use assay_models::{Initialization, Network, NetworkConfig};
use assay_runs::{CellId, CurvePoint, TrainingConfig, ViewConfig, random_stream};
use burn::tensor::Device;

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

fn training(
    name: &str,
    architecture: &str,
    data: &(LabeledBatches, LabeledBatches),
) -> Result<Training> {
    let config = NetworkConfig {
        architecture: architecture.parse()?,
        input: [3, 16, 16],
        classes: 24,
        width: 0.25,
        groups: false,
        local_response_norm: false,
        input_dropout: 0.0,
        dropout: 0.0,
    };
    let stream = |layer: &str| random_stream(&name, layer);
    let network = config.init(Initialization::He, stream, &Device::flex())?;
    let schedule = TrainingConfig {
        epochs: 3,
        learning_rate: 0.02,
        momentum: 0.9,
        ..TrainingConfig::evaluation_only(16)
    };
    Ok(Training::new(network, &schedule, CellId::for_value(&name), data.clone(), 1))
}

fn run(name: &str, mut training: Training) -> Result<Network> {
    training.run(&mut Quiet)?;
    let last = training.progress().curve.last().and_then(|point| point.evaluation);
    let accuracy = last.map_or(0.0, |test| 100.0 * test.accuracy());
    println!("{name}: test accuracy {accuracy:.1} %");
    Ok(training.network().frozen())
}

fn main() -> Result<()> {
    let forms = forms::Settings { train_per_class: 20, test_per_class: 5, size: 16, seed: 0 };
    let data = open("forms", &OpenOptions { forms, ..OpenOptions::default() })?;
    let labels: Vec<u16> = (0..data.classes.len() as u16).collect();
    let data = DataModule::new(data, &RunSettings::default(), &Device::flex());
    let views = ViewConfig { count: 1, crop_padding: 0, crop: 0, horizontal_flip: false };
    let normalization = data.data().train.normalization_of_all()?;
    let batches = |split| {
        let images = (0..data.images(split).len() as u32).collect();
        data.labeled_batches(split, &views, &normalization, &labels, images)
    };
    let data = (batches(Split::Train)?, batches(Split::Test)?);
    let images: Vec<u32> = (0..data.0.labels.len() as u32).collect();

    let teacher = run("teacher", training("teacher", "alexnet_small", &data)?)?;
    run("student", training("student", "mlp-200", &data)?)?;
    let soft = DistillationLoss::SoftTargets { temperature: 4.0 };
    let loss = LossConfig { hard_weight: 0.1, soft_weight: 0.9, standardized: false, soft };
    let teachers = Teachers::Online(vec![teacher]);
    let objective = SoftTargets::new(loss, teachers, images, views.count);
    let distilled = training("distilled", "mlp-200", &data)?.with_objective(Box::new(objective));
    run("distilled student", distilled)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_example_runs() {
        super::main().unwrap();
    }
}
