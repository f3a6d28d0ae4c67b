//! A training whose end alone shows that it diverged.

use std::rc::Rc;
use std::sync::Arc;

use assay_runs::{CurvePoint, RunDirectory};
use burn::tensor::Device;

use super::*;
use crate::device::Place;
use crate::fool::{FoolProfile, plan};
use crate::profile::Profile;
use crate::trainer::{Progress, Snapshot};
use crate::worker::{Listener, prepare};

struct Nobody;

impl Listener for Nobody {
    fn progress(&self, _done: u64, _all: u64) {}

    fn epoch(&self, _point: &CurvePoint) {}
}

/// The same network, whose last layer has biases that are no numbers.
fn without_numbers(network: &Network) -> Network {
    let mut layers = network.frozen().layers().to_vec();
    let last = layers.pop().unwrap();
    let bias = last.bias().inner() + f32::NAN;
    layers.push(last.config().with_weights(last.weight().inner(), bias).freeze());
    Network::from_layers(layers)
}

#[test]
fn a_network_that_answers_test_images_no_numbers_has_diverged_and_has_a_record() {
    let changes = [
        "seeds=1",
        "held_out=48",
        "data.forms_train_per_class=12",
        "data.forms_test_per_class=4",
        "networks.architectures=[\"mlp-7\"]",
    ];
    let profile = FoolProfile::read("smoke", &changes.map(str::to_owned)).unwrap();
    let device = Device::flex();
    let material = Material::open(&profile.data, &profile.run, None, &device).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let plan = plan("smoke", &profile, &material).unwrap();
    let run = RunDirectory::create_or_open(folder.path(), plan).unwrap();
    let place = Place { device: "cpu".parse().unwrap(), precision: None };
    let (desk, _) = prepare(folder.path(), place, None, Arc::default(), Rc::new(Nobody)).unwrap();
    let whole = &run.plan().cells[0];
    let cell = whole.classifier().unwrap();
    let classifiers = Classifiers::new(material).unwrap();
    let training = classifiers.training(cell, &desk).unwrap();
    let progress = Progress { devices: vec!["cpu".to_owned()], ..Progress::default() };
    let (network, velocities) = (without_numbers(training.network()), training.network().frozen());
    let mut training = training.resume(Snapshot { network, velocities, progress });
    let words =
        classifiers.finish(cell, &desk, &mut training, Outcome::Trained, Instant::now()).unwrap();
    let epoch = cell.schedule.epochs;
    assert_eq!(words, format!("diverged in epoch {epoch}"));
    let record = run.record(whole).unwrap().unwrap();
    assert_eq!((record.outcome, record.test), (Outcome::Diverged { epoch }, None));
    assert!(record.logits.is_none() && !record.files.contains_key(file::LOGITS));
    assert!(run.is_done(whole));
}
