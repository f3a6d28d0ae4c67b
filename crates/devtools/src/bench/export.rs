//! Exports work for programs that do not depend on assay: pixels, labels, networks and schedules.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result};
use assay_datasets::{ImageSet, Views};
use assay_models::{Kernel, LayerConfig};
use serde_json::{Value, json};

use assay_engine::data_module::{DataModule, Split};

/// Writes the training images with all their views, and the test images with their central view.
///
/// Returns the number of views of a training image.
///
/// - `train.u8`, `test.u8`: u8 `[image * views + view, channel, row, column]`
/// - `train_labels.i64`, `test_labels.i64`: one label per image, little endian
///
/// # Errors
/// Returns an error if a file cannot be written or the views do not fit the images.
pub fn export_images(
    folder: &Path,
    data_module: &DataModule,
    views: &assay_runs::ViewConfig,
) -> Result<usize> {
    for (name, split) in [("train", Split::Train), ("test", Split::Test)] {
        let layout = data_module.view_layout(split, views)?;
        let images = data_module.images(split);
        let all: Vec<u32> = (0..images.len() as u32).collect();
        export_part(folder, name, (images, &all), &layout)?;
    }
    Ok(views.count as usize)
}

/// Writes the central view of the validation images, in `validation.u8` and `validation_labels.i64`.
///
/// # Errors
/// Returns an error if a file cannot be written or the views do not fit the images.
pub fn export_validation(
    folder: &Path,
    data_module: &DataModule,
    views: &assay_runs::ViewConfig,
    validation: &[u32],
) -> Result<()> {
    let split = Split::TrainCentral;
    let layout = data_module.view_layout(split, views)?;
    export_part(folder, "validation", (data_module.images(split), validation), &layout)
}

fn export_part(
    folder: &Path,
    name: &str,
    (images, chosen): (&ImageSet, &[u32]),
    views: &Views,
) -> Result<()> {
    let labels = chosen.iter().map(|&image| images.labels()[image as usize]);
    let labels = labels.flat_map(|label| i64::from(label).to_le_bytes());
    write(&folder.join(format!("{name}_labels.i64")), &labels.collect::<Vec<u8>>())?;
    let path = folder.join(format!("{name}.u8"));
    let context = || path.display().to_string();
    let mut file = BufWriter::new(File::create(&path).with_context(context)?);
    let (mut image, mut view) = (vec![0; images.shape().len()], vec![0; views.view_shape().len()]);
    let count = views.count() as u32;
    for &number in chosen {
        images.read(number as usize, &mut image)?;
        for row in number * count..(number + 1) * count {
            views.cut(row, &image, &mut view);
            file.write_all(&view).with_context(context)?;
        }
    }
    file.flush().with_context(context)
}

/// Writes a file.
///
/// # Errors
/// Returns an error that names the file if it cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes).with_context(|| path.display().to_string())
}

/// Describes the layers of a network, first to last.
pub fn layers(layers: &[LayerConfig]) -> Value {
    layers.iter().map(layer).collect()
}

fn layer(layer: &LayerConfig) -> Value {
    let [channels, height, width] = layer.input;
    let mut table = json!({
        "name": layer.tensor_prefix,
        "dropout": layer.dropout,
        "relu": layer.relu,
        "pool": layer.pool.map(|pool| json!({ "size": pool.size, "stride": pool.stride })),
        "local_response_norm": layer.local_response_norm,
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
