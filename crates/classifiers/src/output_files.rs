//! The files that a finished classifier saves next to its record.

use std::collections::HashMap;
use std::time::Instant;

use anyhow::{Result, bail};
use assay_datasets::{DataSet, Group};
use assay_models::Network;
use assay_runs::{Latency, random_stream};
use burn::tensor::Tensor;
use rand::seq::SliceRandom;
use safetensors::tensor::{Dtype, TensorView};

use assay_engine::trainer::LabeledBatches;

/// The number of test images that are saved as samples.
const SAMPLE_IMAGES: usize = 24;
/// The number of forward passes of which the median is the latency.
const TIMED_PASSES: usize = 15;

/// Writes a safetensors file of logits and labels.
///
/// Each set has a name, logits and labels. Logits are saved as f32 `[images, classes]` under the name,
/// labels as i64 `[images]` under the name with `_labels`. Returns `None` if a logit is not finite.
///
/// # Errors
/// Returns an error if a name occurs twice.
pub fn logits_file(
    sets: &[(&str, Tensor<2>, &Vec<u16>)],
    more: Vec<NamedTensor>,
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

/// Checks that all outputs of a network are finite. `name` says what they are of.
///
/// # Errors
/// Returns an error with the first output that is not finite.
pub fn check_finite(name: &str, outputs: &[f32]) -> Result<()> {
    match outputs.iter().find(|output| !output.is_finite()) {
        Some(output) => bail!("{name}: the network outputs {output}, which is not a finite number"),
        None => Ok(()),
    }
}

/// Returns the share of each class among labels, with one added to every count so that no share is zero.
#[must_use]
pub fn class_priors(labels: &[u16], classes: usize) -> Vec<f64> {
    let mut counts = vec![1.0; classes];
    for &label in labels {
        counts[usize::from(label)] += 1.0;
    }
    let all = (labels.len() + classes) as f64;
    counts.into_iter().map(|count| count / all).collect()
}

/// The tensors that are needed to recognize groups of images, such as words; none without groups.
///
/// - `test_utterances`: i64 `[groups, 2]`, kind and number of images, in the order of the test images
/// - `priors`: f32 `[classes]`, the share of each class among the training labels
pub fn group_tensors(data: &DataSet, priors: &[f64]) -> Vec<NamedTensor> {
    let Some(groups) = &data.groups else { return Vec::new() };
    let size = |group: &Group| i64::from(group.images.end - group.images.start);
    let numbers = groups.test.iter().flat_map(|group| [i64::from(group.kind), size(group)]);
    let numbers = numbers.flat_map(i64::to_le_bytes).collect();
    let shape = vec![groups.test.len(), 2];
    let priors = priors.iter().flat_map(|&prior| (prior as f32).to_le_bytes()).collect();
    vec![
        ("test_utterances".to_owned(), Dtype::I64, shape, numbers),
        ("priors".to_owned(), Dtype::F32, vec![data.classes.len()], priors),
    ]
}

/// Writes some test images and their numbers, the same for every cell of a data set.
///
/// - `pixels`: u8 `[count, channels, height, width]`
/// - `images`: i64 `[count]`
///
/// # Errors
/// Returns an error if an image cannot be read.
pub fn sample_images(data: &DataSet) -> Result<Vec<u8>> {
    let mut order: Vec<u32> = (0..data.test.len() as u32).collect();
    order.shuffle(&mut random_stream(&data.fingerprint, "images to show"));
    order.truncate(SAMPLE_IMAGES);
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
pub type NamedTensor = (String, Dtype, Vec<usize>, Vec<u8>);

/// Writes a safetensors file with `text` as its metadata, if there is any.
///
/// # Errors
/// Returns an error if a name occurs twice or if the number of bytes does not fit a shape.
pub fn tensor_file(tensors: &[NamedTensor], text: &[(&str, String)]) -> Result<Vec<u8>> {
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

/// Measures how long 1 and 128 images take, in milliseconds.
///
/// # Errors
/// Returns an error if an image cannot be read.
pub fn measure_latency(network: &Network, images: &LabeledBatches) -> Result<Latency> {
    let count = images.labels.len() as u32;
    let milliseconds = |batch: u32| -> Result<f64> {
        let rows: Vec<u32> = (0..batch).map(|row| row % count * images.views).collect();
        let input = images.source.batch(&rows)?;
        let pass = |_| {
            let began = Instant::now();
            // Reading the result waits for the device.
            let _ = network.forward(input.clone()).into_data();
            1000.0 * began.elapsed().as_secs_f64()
        };
        // The first pass may compile kernels or allocate memory.
        pass(0);
        let mut passes: Vec<f64> = (0..TIMED_PASSES).map(pass).collect();
        passes.sort_by(f64::total_cmp);
        Ok(passes[TIMED_PASSES / 2])
    };
    Ok(Latency { batch_1: milliseconds(1)?, batch_128: milliseconds(128)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_added_to_every_class_count() {
        assert_eq!(class_priors(&[0, 0, 2], 3), [3.0 / 6.0, 1.0 / 6.0, 2.0 / 6.0]);
    }
}
