//! Exports students and the weights of their teachers for the peer.

use std::path::Path;

use anyhow::Result;
use assay_runs::{Cell, ClassifierCell, Loss, Plan, RunDirectory, file};
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
    for cell in plan.cells.iter().filter_map(Cell::classifier) {
        if kind(cell).is_some() {
            // All students have the same training images.
            images = training_images(data, &cell.examples, cell.seed)?;
            students.push(student(cell, data_module)?);
        } else {
            teachers.push(teacher(cell, data_module, run)?);
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

fn layer_table(cell: &ClassifierCell, data_module: &DataModule) -> Result<Value> {
    let classes = data_module.data().classes.len();
    let config = network_config(&cell.network, data_module.shape(&cell.views), classes)?;
    Ok(layers(&config.layers()?))
}

fn teacher(cell: &ClassifierCell, data_module: &DataModule, run: &RunDirectory) -> Result<Value> {
    let whole = Cell::from(cell.clone());
    // Check the digest here, since the peer does not.
    run.read_published(&whole, file::WEIGHTS)?;
    Ok(json!({
        "id": cell.id(),
        "layers": layer_table(cell, data_module)?,
        "weights": run.weights(&whole),
    }))
}

fn student(cell: &ClassifierCell, data_module: &DataModule) -> Result<Value> {
    let soft = match cell.loss {
        Loss::SoftTargets { temperature, soft_weight, hard_weight } => Some(json!({
            "temperature": temperature, "soft_weight": soft_weight, "hard_weight": hard_weight,
        })),
        _ => None,
    };
    Ok(json!({
        "id": cell.id(),
        "kind": kind(cell),
        "name": cell.name(),
        "layers": layer_table(cell, data_module)?,
        "initialization": cell.network.initialization,
        "schedule": cell.schedule,
        "soft": soft,
        "teachers": cell.teachers.iter().map(ClassifierCell::id).collect::<Vec<_>>(),
    }))
}
