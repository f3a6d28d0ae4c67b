//! Exports a transfer sweep for the peer.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use assay_models::LayerConfig;
use assay_runs::{Cell, CellSpec, Plan};
use assay_transfer::{LayerMode, TransferCell, Treatment};
use serde_json::{Value, json};

use super::kind;
use crate::bench::export::{export_images, export_validation, layers, write};
use assay_transfer_execute::{HalvedDataModule, TransferProfile, network_config};

/// Writes the images and `work.json` into `folder`.
///
/// `work.json` lists the plan's cells in order, each with its layers, classes, normalization and schedule, and
/// what it copies and freezes.
///
/// # Errors
/// Returns an error if a file cannot be written or the peer does not support a cell: one with fewer images per
/// class, or with a base from a file.
pub fn export(
    folder: &Path,
    profile: &TransferProfile,
    plan: &Plan,
    data_module: &HalvedDataModule,
) -> Result<()> {
    let views = export_images(folder, data_module, &profile.views)?;
    let validation = data_module.validation_images();
    export_validation(folder, data_module, &profile.views, validation)?;
    let shape = data_module.view_shape();
    let cells = plan.cells.iter().map(|cell| describe_cell(cell, data_module));
    let work = json!({
        "shape": [shape.channels, shape.height, shape.width],
        "views": views,
        "validation": validation,
        "evaluate_every": profile.run.evaluate_every,
        "cells": cells.collect::<Result<Vec<Value>>>()?,
    });
    write(&folder.join("work.json"), &serde_json::to_vec(&work)?)
}

fn describe_cell(cell: &Cell, data_module: &HalvedDataModule) -> Result<Value> {
    let kind = kind(cell);
    let cell =
        cell.downcast_ref::<TransferCell>().context("a transfer plan has transfer cells only")?;
    ensure!(
        cell.images_per_class.is_none() && cell.base_weights.is_none(),
        "{}: the peer trains every base itself, on all images",
        cell.name()
    );
    let treatment = cell.treatment;
    let classes = data_module.classes(cell, treatment.target())?;
    let source = data_module.classes(cell, treatment.source().or(treatment.target()))?;
    let normalization = data_module.data().train.normalization_of_classes(&source)?;
    let table: Vec<LayerConfig> = network_config(cell, data_module)?.layers()?;
    let (copied, frozen, redrawn, redrawn_initialization) = match treatment {
        Treatment::BaseLong { .. } => (table.len(), 0, 0, None),
        Treatment::Copied { layers, layer_mode: LayerMode::Frozen, .. } => {
            (layers.into(), layers, 0, None)
        }
        Treatment::Copied { layers, .. } => (layers.into(), 0, 0, None),
        Treatment::Random { layers, initialization, .. } => {
            (0, layers, layers, Some(initialization))
        }
        _ => (0, 0, 0, None),
    };
    Ok(json!({
        "id": cell.id(),
        "kind": kind,
        "name": cell.name(),
        "is_base": matches!(treatment, Treatment::Base { .. }),
        "base": cell.dependencies().first().map(assay_runs::Cell::id),
        "copied": copied,
        "frozen": frozen,
        "redrawn": redrawn,
        "redrawn_initialization": redrawn_initialization,
        "initialization": cell.network.initialization,
        "data_classes": data_module.data().classes.len(),
        "classes": classes,
        "mean": normalization.mean,
        "deviation": normalization.deviation,
        "schedule": cell.schedule,
        "layers": layers(&table),
    }))
}
