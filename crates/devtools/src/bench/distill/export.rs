//! Exports students and the weights of their teachers for the peer.

use std::path::Path;

use anyhow::Result;
use assay_classifier_cells::{ClassifierCell, Loss};
use assay_runs::{CellSpec, Plan, RunDirectory, file};
use serde_json::{Value, json};

use super::kind;
use crate::bench::export::{export_images, layers, write};
use assay_classifiers::{training_images, validation_images};
use assay_distill_execute::DistillProfile;
use assay_engine::data_module::DataModule;
use assay_engine::network::network_config;

/// Writes the images and `work.json` into `folder`.
///
/// `work.json` lists the plan's students in order, each with its layers, schedule, loss and teachers, and the
/// teachers with the files of their weights in `run`.
///
/// # Errors
/// Returns an error if a file cannot be written.
pub fn export(
    folder: &Path,
    profile: &DistillProfile,
    plan: &Plan,
    data_module: &DataModule,
    run: &RunDirectory,
) -> Result<()> {
    let data = data_module.data();
    let views = export_images(folder, data_module, &profile.student.views)?;
    let shape = data_module.shape(&profile.student.views);
    let normalization = data.train.normalization_of_all()?;
    let (mut teachers, mut students, mut images) = (Vec::new(), Vec::new(), Vec::new());
    for cell in &plan.cells {
        let Some(network) = cell.downcast_ref::<ClassifierCell>() else { continue };
        let classes = data.classes.len();
        let config = network_config(&network.network, data_module.shape(&network.views), classes)?;
        let layers = layers(&config.layers()?);
        if let Some(kind) = kind(cell) {
            // All students have the same training images.
            images = training_images(data, &network.examples, network.seed)?;
            students.push(student(network, &kind, &layers));
        } else {
            // Check the digest here, since the peer does not.
            run.read_published(cell, file::WEIGHTS)?;
            let weights = run.weights(cell);
            teachers.push(json!({ "id": cell.id(), "layers": layers, "weights": weights }));
        }
    }
    let work = json!({
        "shape": [shape.channels, shape.height, shape.width],
        "views": views,
        "training_images": images,
        "validation_images": validation_images(data, profile.validation_images)?,
        "mean": normalization.mean,
        "deviation": normalization.deviation,
        "evaluate_every": profile.run.evaluate_every,
        "teachers": teachers,
        "cells": students,
    });
    write(&folder.join("work.json"), &serde_json::to_vec(&work)?)
}

fn student(cell: &ClassifierCell, kind: &str, layers: &Value) -> Value {
    let soft = match cell.loss {
        Loss::SoftTargets { temperature, soft_weight, hard_weight } => Some(json!({
            "temperature": temperature, "soft_weight": soft_weight, "hard_weight": hard_weight,
        })),
        _ => None,
    };
    json!({
        "id": cell.id(),
        "kind": kind,
        "name": cell.name(),
        "layers": layers,
        "initialization": cell.network.initialization,
        "schedule": cell.schedule,
        "soft": soft,
        "teachers": cell.teachers.iter().map(ClassifierCell::id).collect::<Vec<_>>(),
    })
}
