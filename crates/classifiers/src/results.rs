//! What a finished classifier leaves behind beside its record.

use std::collections::HashMap;
use std::time::Instant;

use anyhow::{Result, bail};
use assay_datasets::DataSet;
use assay_models::Network;
use assay_runs::{Latency, stream};
use burn::tensor::Tensor;
use rand::seq::SliceRandom;
use safetensors::tensor::{Dtype, TensorView};

use super::alignment::priors;
use assay_engine::trainer::LabeledBatches;

/// Test images that are kept, to show what a teacher says of them.
const SHOWN_IMAGES: usize = 24;
/// Forward passes whose median is the latency.
const TIMED_PASSES: usize = 15;

/// A safetensors file of logits, f32 `[images, classes]` under each name, of labels, i64
/// `[images]` under the name with `_labels`, and of what else there is; none where a logit is not finite.
///
/// # Errors
/// When two names are the same.
pub fn logits_file(
    sets: &[(&str, Tensor<2>, &Vec<u16>)],
    more: Vec<Named>,
) -> Result<Option<Vec<u8>>> {
    let mut tensors = more;
    for (name, logits, labels) in sets {
        let values = logits.clone().into_data().convert::<f32>().try_into_vec::<f32>();
        let values = values.expect("just converted");
        if check_finite(name, &values).is_err() {
            return Ok(None);
        }
        let values = values.into_iter().flat_map(f32::to_le_bytes);
        tensors.push(((*name).to_owned(), Dtype::F32, logits.dims().to_vec(), values.collect()));
        let labels: Vec<u8> =
            labels.iter().flat_map(|&label| i64::from(label).to_le_bytes()).collect();
        let shape = vec![logits.dims()[0]];
        tensors.push((format!("{name}_labels"), Dtype::I64, shape, labels));
    }
    tensor_file(&tensors, &[]).map(Some)
}

/// Whether a network's answers are numbers that something can be said of.
///
/// # Errors
/// The first that is not finite.
pub fn check_finite(of: &str, answers: &[f32]) -> Result<()> {
    match answers.iter().find(|answer| !answer.is_finite()) {
        Some(wrong) => bail!("{of}: the network answers {wrong}, which is no finite number"),
        None => Ok(()),
    }
}

/// What it takes to read words from logits of speech: i64 `test_utterances` `[utterances, 2]`, the digit
/// and the number of windows of each, in the order of the test images, and f32 `priors` `[classes]`, the
/// share of each class among the labels learnt from. Nothing of other data.
pub fn words(data: &DataSet, labels: &[u16]) -> Vec<Named> {
    let Some(utterances) = &data.utterances else { return Vec::new() };
    let numbers = utterances.test.iter().flat_map(|one| [i64::from(one.digit), one.frames.into()]);
    let numbers = numbers.flat_map(i64::to_le_bytes).collect();
    let priors = priors(labels, data.classes.len()).into_iter();
    let priors = priors.flat_map(|prior| (prior as f32).to_le_bytes()).collect();
    vec![
        ("test_utterances".to_owned(), Dtype::I64, vec![utterances.test.len(), 2], numbers),
        ("priors".to_owned(), Dtype::F32, vec![data.classes.len()], priors),
    ]
}

/// Some of the test images and their numbers: u8 `pixels` `[count, channels, height, width]` and i64
/// `images` `[count]`. The same for every cell of a data set.
///
/// # Errors
/// When an image cannot be read.
pub fn gallery(data: &DataSet) -> Result<Vec<u8>> {
    let mut order: Vec<u32> = (0..data.test.len() as u32).collect();
    order.shuffle(&mut stream(&data.fingerprint, "images to show"));
    order.truncate(SHOWN_IMAGES);
    let shape = data.test.shape();
    let mut pixels = vec![0; order.len() * shape.len()];
    for (&image, pixels) in order.iter().zip(pixels.chunks_exact_mut(shape.len())) {
        data.test.read(image as usize, pixels)?;
    }
    let numbers = order.iter().flat_map(|&image| i64::from(image).to_le_bytes());
    let count = order.len();
    let tensors = [
        (
            "pixels".to_owned(),
            Dtype::U8,
            vec![count, shape.channels, shape.height, shape.width],
            pixels,
        ),
        ("images".to_owned(), Dtype::I64, vec![count], numbers.collect()),
    ];
    tensor_file(&tensors, &[])
}

/// Name, type, shape and little-endian bytes of a tensor.
pub type Named = (String, Dtype, Vec<usize>, Vec<u8>);

/// A safetensors file, with text beside the tensors where there is any.
///
/// # Errors
/// When two names are the same, or bytes are not as many as a shape says.
pub fn tensor_file(tensors: &[Named], text: &[(&str, String)]) -> Result<Vec<u8>> {
    let views = tensors
        .iter()
        .map(|(name, dtype, shape, bytes)| {
            Ok((name.as_str(), TensorView::new(*dtype, shape.clone(), bytes)?))
        })
        .collect::<Result<Vec<_>>>()?;
    let text = text.iter().map(|(key, value)| ((*key).to_owned(), value.clone()));
    let text: HashMap<String, String> = text.collect();
    Ok(safetensors::serialize(views, Some(text).filter(|text| !text.is_empty()))?)
}

/// How long one image and 128 images take, the device waited for.
///
/// # Errors
/// When an image cannot be read.
pub fn latency(network: &Network, images: &LabeledBatches) -> Result<Latency> {
    let count = images.labels.len() as u32;
    let milliseconds = |batch: u32| -> Result<f64> {
        let rows: Vec<u32> = (0..batch).map(|row| row % count * images.views).collect();
        let input = images.source.batch(&rows)?;
        let pass = |_| {
            let began = Instant::now();
            // Reading the result is what waits for the device.
            let _ = network.forward(input.clone()).into_data();
            1000.0 * began.elapsed().as_secs_f64()
        };
        // The first pass may compile or allocate.
        pass(0);
        let mut passes: Vec<f64> = (0..TIMED_PASSES).map(pass).collect();
        passes.sort_by(f64::total_cmp);
        Ok(passes[TIMED_PASSES / 2])
    };
    Ok(Latency { one: milliseconds(1)?, of_128: milliseconds(128)? })
}
