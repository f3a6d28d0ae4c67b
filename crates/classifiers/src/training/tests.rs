//! Tests a training whose divergence shows only in the final evaluation.

use assay_classifier_cells::ClassifierCell;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use anyhow::bail;
use assay_datasets::{OpenOptions, forms, open};
use assay_engine::device::DeviceSpec;
use assay_engine::experiment::{
    CellRunner, Experiment, FinishedNetworks, PlannedRun, Registry, RequestingRun,
};
use assay_engine::profile::RunSettings;
use assay_engine::trainer::{Snapshot, TrainingProgress};
use assay_engine::worker::{ProgressSink, open_run};
use assay_runs::{CurvePoint, DatasetId, ExternalModel, Plan, RunDirectory};
use burn::tensor::Device;
use clap::{ArgMatches, Command};
use serde_json::json;

use super::*;

struct NoSink;

impl ProgressSink for NoSink {
    fn on_progress(&self, _done: u64, _total: u64) {}

    fn on_epoch(&self, _point: &CurvePoint) {}
}

/// An experiment that has data but cannot work on cells.
struct DataOnly;

impl Experiment for DataOnly {
    fn name(&self) -> &'static str {
        "fool"
    }

    fn command(&self) -> Command {
        Command::new("data")
    }

    fn plan(&self, _: &ArgMatches, _: &Registry) -> anyhow::Result<PlannedRun> {
        bail!("it plans nothing")
    }

    fn open(
        &self,
        plan: &Plan,
        _: Option<&Path>,
        _: &Device,
    ) -> anyhow::Result<Box<dyn CellRunner>> {
        Ok(Box::new(Opened(plan.cells[0].data().clone())))
    }

    fn external_networks(
        &self,
        _: &FinishedNetworks,
        _: &RequestingRun,
    ) -> anyhow::Result<Vec<ExternalModel>> {
        bail!("it has no networks")
    }
}

struct Opened(DatasetId);

impl CellRunner for Opened {
    fn data(&self) -> DatasetId {
        self.0.clone()
    }

    fn work(&self, _: &Cell, _: &CellContext) -> anyhow::Result<Option<String>> {
        bail!("it works on nothing")
    }
}

/// A perceptron on a few generated images.
fn classifier(data: &DatasetId) -> ClassifierCell {
    let cell = json!({
        "role": "network", "seed": 0, "data": data,
        "examples": {"validation_images": 48, "excluded_classes": [], "fraction": 1.0},
        "views": {"count": 2, "crop_padding": 1, "horizontal_flip": true},
        "network": {"architecture": "mlp-7", "width": 1.0, "groups": false, "local_response_norm": false,
            "dropout": 0.0, "initialization": "he"},
        "schedule": {"epochs": 3, "batch": 16, "learning_rate": 0.01,
            "bias_lr_factor": 2.0, "lr_milestones": [0.6], "lr_gamma": 0.1, "momentum": 0.9,
            "weight_decay": 0.0005},
        "loss": {"kind": "hard_labels"},
    });
    serde_json::from_value(cell).unwrap()
}

/// The same network with NaN biases in its last layer.
fn with_nan_biases(network: &Network) -> Network {
    let mut layers = network.frozen().layers().to_vec();
    let last = layers.pop().unwrap();
    let bias = last.bias().inner() + f32::NAN;
    layers.push(last.config().with_weights(last.weight().inner(), bias).freeze());
    Network::from_layers(layers)
}

#[test]
fn a_network_with_nan_outputs_has_a_record_as_diverged() {
    let forms = forms::Settings { train_per_class: 12, test_per_class: 4, size: 16, seed: 0 };
    let data = open("forms", &OpenOptions { forms, ..OpenOptions::default() }).unwrap();
    let data_module = DataModule::new(data, &RunSettings::default(), &Device::flex());
    let whole = &Cell::from(classifier(&data_module.identity()));
    let plan = Plan {
        study: "fool".to_owned(),
        profile: "toy".to_owned(),
        settings: json!({"run": RunSettings::default()}),
        layers: Vec::new(),
        classes: Vec::new(),
        cells: vec![whole.clone()],
    };
    let folder = tempfile::tempdir().unwrap();
    let run = RunDirectory::create_or_open(folder.path(), plan).unwrap();
    let device = DeviceSpec { device: "cpu".parse().unwrap(), precision: None };
    let registry = Registry { experiments: &[&DataOnly], version: "0".to_owned() };
    let path = folder.path();
    let (context, _) =
        open_run(&registry, path, device, None, Arc::default(), Rc::new(NoSink)).unwrap();
    let cell = whole.downcast_ref::<ClassifierCell>().unwrap();
    let classifiers = Classifiers::new(data_module).unwrap();
    let training = classifiers.training(cell, None, &context).unwrap();
    let progress =
        TrainingProgress { devices: vec!["cpu".to_owned()], ..TrainingProgress::default() };
    let (network, velocities) = (with_nan_biases(training.network()), training.network().frozen());
    let mut training = training.resume(Snapshot { network, velocities, progress });
    let finished = Finished {
        training: &mut training,
        outcome: Outcome::Trained,
        lr_factor: None,
        began: Instant::now(),
    };
    let description =
        classifiers.publish_training(cell, &context, finished, &|_, _| Ok(Vec::new())).unwrap();
    let epoch = cell.schedule.epochs;
    assert_eq!(description, format!("diverged in epoch {epoch}"));
    let record = run.record(whole).unwrap().unwrap();
    assert_eq!((record.outcome, record.test), (Outcome::Diverged { epoch }, None));
    assert!(record.logits.is_none() && !record.files.contains_key(file::LOGITS));
    assert!(run.is_done(whole));
}
