//! Work for a program that knows nothing of assay: pixels, labels, networks and schedules spelt out.

use std::path::Path;

use anyhow::{Context, Result};
use assay_datasets::{DataSet, Images, Views};
use assay_models::{Kernel, LayerConfig};
use assay_runs::stream;
use serde_json::{Value, json};

use crate::profile::view_settings;

/// Writes into `folder` the training images in the views that our own cells draw from, and the test images
/// in their central one. Gives how many views a training image has.
///
/// - `train.u8`, `test.u8`: u8 `[image * views + view, channel, row, column]`
/// - `train_labels.i64`, `test_labels.i64`: one label an image, little endian
///
/// # Errors
/// When a file cannot be written, or the views do not fit the images.
pub fn export_images(folder: &Path, data: &DataSet, views: &assay_runs::Views) -> Result<usize> {
    let (train, test, settings) = (&data.train, &data.test, view_settings(views));
    let drawn = if settings.is_plain(train.shape()) {
        Views::central(train.len(), train.shape(), &settings)?
    } else {
        let mut rng = stream(&data.fingerprint, "views");
        Views::draw(train.len(), train.shape(), &settings, &mut rng)?
    };
    part(folder, "train", train, &drawn)?;
    part(folder, "test", test, &Views::central(test.len(), test.shape(), &settings)?)?;
    Ok(drawn.count())
}

fn part(folder: &Path, name: &str, images: &Images, views: &Views) -> Result<()> {
    let labels = images.labels().iter().flat_map(|&label| i64::from(label).to_le_bytes());
    write(&folder.join(format!("{name}_labels.i64")), &labels.collect::<Vec<u8>>())?;
    write(&folder.join(format!("{name}.u8")), &views.cut_all(images))
}

/// Writes a file.
///
/// # Errors
/// When it cannot be written; names it.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes).with_context(|| path.display().to_string())
}

/// The layers of a network, first to last.
#[must_use]
pub fn layers(layers: &[LayerConfig]) -> Value {
    layers.iter().map(layer).collect()
}

fn layer(layer: &LayerConfig) -> Value {
    let [channels, height, width] = layer.input;
    let mut table = json!({
        "name": layer.stored_as,
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
