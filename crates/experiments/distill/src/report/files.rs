//! The tensors that a finished classifier stores next to its record.

use assay_classifier_cells::SAMPLE_IMAGES_FILE;
use assay_runs::file;
use safetensors::{Dtype, SafeTensors};

use super::predictions::Predictions;
use super::words::Words;
use assay_report::tensors::{floats, integers, read_if_there, tensor};
use assay_report::{CellResult, ReportError};

/// The logits of a finished classifier, from `logits.safetensors`.
#[derive(Debug, Clone, PartialEq)]
pub struct Logits {
    /// For the test images.
    pub test: Predictions,
    /// For the validation images.
    pub validation_images: Predictions,
}

/// Test images that are kept for the report, from `sample_images.safetensors`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleImages {
    /// The shape of an image, `[channels, height, width]`.
    pub shape: [usize; 3],
    /// Image by image, channel by channel, row by row.
    pub pixels: Vec<u8>,
    /// Their indices among the test images.
    pub images: Vec<usize>,
}

/// Reads `logits.safetensors`: F32 `test` and `validation_images`, `[images, classes]`, and I64
/// `test_labels` and `validation_images_labels`, `[images]`. For speech also I64 `test_utterances`,
/// `[words, 2]`, and F32 `priors`, `[classes]`.
///
/// # Errors
/// When the cell has no such file, or the file cannot be read, was changed after it was published,
/// or has other contents.
pub fn read_logits(cell_result: &CellResult) -> Result<Logits, ReportError> {
    read_if_there(cell_result, file::LOGITS, logits)?.ok_or_else(|| ReportError::Tensors {
        path: cell_result.folder.join(file::LOGITS),
        reason: "the cell left no logits".to_owned(),
    })
}

fn logits(tensors: &SafeTensors) -> Result<Logits, String> {
    let read =
        |name: &str| predictions(tensors, name).map_err(|reason| format!("{name}: {reason}"));
    let test = read("test")?;
    let test = match words(tensors, &test).map_err(|reason| format!("words: {reason}"))? {
        Some(words) => test.with_words(words),
        None => test,
    };
    Ok(Logits { test, validation_images: read("validation_images")? })
}

/// The words that the test images are frames of; none if the file has no words.
fn words(tensors: &SafeTensors, test: &Predictions) -> Result<Option<Words>, String> {
    if !tensors.names().contains(&"test_utterances") {
        return Ok(None);
    }
    let (_, words) = tensor(tensors, "test_utterances", Dtype::I64)?;
    let (_, priors) = tensor(tensors, "priors", Dtype::F32)?;
    let priors = floats(priors);
    if priors.len() != test.classes {
        return Err(format!("{} priors of {} classes", priors.len(), test.classes));
    }
    Words::new(&integers(words), &priors, &test.labels).map(Some)
}

fn predictions(tensors: &SafeTensors, name: &str) -> Result<Predictions, String> {
    let (shape, logits) = tensor(tensors, name, Dtype::F32)?;
    let [_, classes] = shape[..] else {
        return Err(format!("shape {shape:?}; it must be [images, classes]"));
    };
    let (_, labels) = tensor(tensors, &format!("{name}_labels"), Dtype::I64)?;
    Predictions::new(classes, floats(logits), &integers(labels))
}

/// Reads `sample_images.safetensors`: U8 `pixels`, `[count, channels, height, width]`, and I64
/// `images`, `[count]`. None if the cell has no such file.
///
/// # Errors
/// When the file cannot be read, was changed after it was published, or has other contents.
pub fn read_sample_images(cell_result: &CellResult) -> Result<Option<SampleImages>, ReportError> {
    read_if_there(cell_result, SAMPLE_IMAGES_FILE, sample_images)
}

fn sample_images(tensors: &SafeTensors) -> Result<SampleImages, String> {
    let (shape, pixels) = tensor(tensors, "pixels", Dtype::U8)?;
    let (_, numbers) = tensor(tensors, "images", Dtype::I64)?;
    let [count, channels, height, width] = shape[..] else {
        return Err(format!(
            "pixels: shape {shape:?}; it must be [count, channels, height, width]"
        ));
    };
    let images: Vec<usize> =
        integers(numbers).into_iter().filter_map(|number| usize::try_from(number).ok()).collect();
    if images.len() != count {
        return Err(format!("images: {} numbers of {count} images", images.len()));
    }
    if !matches!(channels, 1 | 3) {
        return Err(format!("pixels: {channels} channels; they must be 1 or 3"));
    }
    Ok(SampleImages { shape: [channels, height, width], pixels: pixels.to_vec(), images })
}
