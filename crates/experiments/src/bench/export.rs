//! A sweep for a program that knows nothing of assay: pixels, labels and every cell spelt out.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use assay_datasets::{Images, Normalisation, Views};
use assay_models::{Kernel, LayerConfig};
use assay_runs::{Cell, Fate, Plan, TransferCell, Treatment, stream};
use serde_json::{Value, json};

use crate::profile::view_settings;
use crate::transfer::{HalvedMaterial, TransferProfile, network_config};

/// Writes into `folder`:
///
/// - `train.u8`, `test.u8`: views, u8 `[image * views + view, channel, row, column]`
/// - `train_labels.i64`, `test_labels.i64`: one label an image, little endian
/// - `sweep.json`: the plan's cells in its order, each with its layers, classes, normalisation,
///   schedule, and what it copies and freezes
///
/// # Errors
/// When a file cannot be written, or a cell is not one of those a peer trains: on fewer images a
/// class, or from a base that comes from a file.
pub fn export(
    folder: &Path,
    profile: &TransferProfile,
    plan: &Plan,
    material: &HalvedMaterial,
) -> Result<()> {
    let (train, test) = (&material.data().train, &material.data().test);
    let views = view_settings(&profile.views);
    let drawn = if views.is_plain(train.shape()) {
        Views::central(train.len(), train.shape(), &views)?
    } else {
        let mut rng = stream(&material.data().fingerprint, "views");
        Views::draw(train.len(), train.shape(), &views, &mut rng)?
    };
    part(folder, "train", train, &drawn)?;
    part(folder, "test", test, &Views::central(test.len(), test.shape(), &views)?)?;
    let shape = material.view_shape();
    let cells: Result<Vec<Value>> = plan
        .cells
        .iter()
        .filter_map(Cell::transfer)
        .map(|cell| described(cell, material))
        .collect();
    let sweep = json!({
        "shape": [shape.channels, shape.height, shape.width],
        "views": drawn.count(),
        "evaluate_every": profile.run.evaluate_every,
        "cells": cells?,
    });
    write(&folder.join("sweep.json"), &serde_json::to_vec(&sweep)?)
}

fn part(folder: &Path, name: &str, images: &Images, views: &Views) -> Result<()> {
    let labels = images.labels().iter().flat_map(|&label| i64::from(label).to_le_bytes());
    write(&folder.join(format!("{name}_labels.i64")), &labels.collect::<Vec<u8>>())?;
    write(&folder.join(format!("{name}.u8")), &views.cut_all(images))
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes).with_context(|| path.display().to_string())
}

fn described(cell: &TransferCell, material: &HalvedMaterial) -> Result<Value> {
    ensure!(
        cell.images_per_class.is_none() && cell.base_weights.is_none(),
        "{}: a peer trains every base itself, on all images",
        cell.name()
    );
    let treatment = cell.treatment;
    let classes = material.classes(cell, treatment.target())?;
    let source = material.classes(cell, treatment.source().or(treatment.target()))?;
    let normalisation = Normalisation::of(&material.data().train, &source)?;
    let layers = network_config(cell, material)?.layers()?;
    let copied = match treatment {
        Treatment::BaseLong { .. } => layers.len(),
        Treatment::Copied { layers, .. } => usize::from(layers),
        _ => 0,
    };
    let frozen = match treatment {
        Treatment::Copied { layers, fate: Fate::Frozen, .. } | Treatment::Random { layers, .. } => {
            layers
        }
        _ => 0,
    };
    let (redrawn, redrawn_initialization) = match treatment {
        Treatment::Random { layers, initialization, .. } => (layers, Some(initialization)),
        _ => (0, None),
    };
    Ok(json!({
        "id": cell.id(),
        "name": cell.name(),
        "is_base": matches!(treatment, Treatment::Base { .. }),
        "base": cell.needs().first().map(TransferCell::id),
        "copied": copied,
        "frozen": frozen,
        "redrawn": redrawn,
        "redrawn_initialization": redrawn_initialization,
        "initialization": cell.network.initialization,
        "data_classes": material.data().classes.len(),
        "classes": classes,
        "mean": normalisation.mean,
        "deviation": normalisation.deviation,
        "schedule": cell.schedule,
        "layers": layers.iter().map(layer).collect::<Vec<_>>(),
    }))
}

fn layer(layer: &LayerConfig) -> Value {
    let [channels, height, width] = layer.input;
    let mut table = json!({
        "dropout": layer.dropout,
        "relu": layer.relu,
        "pool": layer.pool.map(|pool| json!({ "size": pool.size, "stride": pool.stride })),
        "normalization": layer.normalization,
        "paper_deviation": layer.paper_deviation,
        "paper_bias": layer.paper_bias,
    });
    let kernel = match layer.kernel {
        Kernel::Convolution { out, size, stride, padding, groups } => json!({
            "kind": "convolution", "in": channels, "out": out, "size": size,
            "stride": stride, "padding": padding, "groups": groups,
        }),
        Kernel::FullyConnected { out } => json!({
            "kind": "fully_connected", "in": channels * height * width, "out": out,
        }),
    };
    if let (Value::Object(table), Value::Object(kernel)) = (&mut table, kernel) {
        table.extend(kernel);
    }
    table
}
