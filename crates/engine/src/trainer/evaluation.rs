//! Accuracy and loss of a network on labeled images.

use assay_datasets::DataError;
use assay_losses::cross_entropy;
use assay_models::Network;
use assay_runs::Evaluation;
use burn::tensor::{Bool, DType, FloatDType, Int, Tensor, TensorData};

use super::LabeledBatches;

/// Evaluates a network on the first view of each image, starting at layer `first`.
///
/// An image is correct if its class has a higher logit than every other class. A network that gives all
/// classes the same logit is therefore never correct. The device is read once, at the end.
///
/// # Errors
/// Returns an error if an image cannot be read.
///
/// # Panics
/// Panics if there are no images.
pub fn evaluate(
    network: &Network,
    first: usize,
    images: &LabeledBatches,
    batch: usize,
) -> Result<Evaluation, DataError> {
    let device = network.layers()[0].weight().device().inner();
    let mut sums = Tensor::<1>::zeros([3], (&device, DType::F32));
    let mut count = 0;
    for output in batch_logits(network, first, images, batch)? {
        let (rows, logits) = output?;
        sums = sums + batch_sums(logits, images.labels(&rows, &device), rows.len());
        count += rows.len();
    }
    Ok(evaluation_from_sums(sums, count))
}

/// Evaluates logits, `[images, classes]`, with the rules of [`evaluate`].
///
/// # Panics
/// Panics if there are no images, or not one label for each.
#[must_use]
pub fn evaluate_logits(logits: Tensor<2>, labels: &[u16]) -> Evaluation {
    let images = labels.len();
    let numbers: Vec<i32> = labels.iter().map(|&label| i32::from(label)).collect();
    let labels = Tensor::from_data(TensorData::new(numbers, [images]), &logits.device());
    evaluation_from_sums(batch_sums(logits, labels, images), images)
}

fn evaluation_from_sums(sums: Tensor<1>, images: usize) -> Evaluation {
    let sums = sums.into_data().convert::<f32>().try_into_vec::<f32>().expect("three floats");
    Evaluation {
        images: images as u32,
        correct: sums[0] as u32,
        correct_top5: sums[1] as u32,
        loss: f64::from(sums[2]) / images as f64,
    }
}

/// Computes the logits of the first view of every image, `[images, classes]`.
///
/// # Errors
/// Returns an error if an image cannot be read.
///
/// # Panics
/// Panics if there are no images.
pub fn logits(
    network: &Network,
    images: &LabeledBatches,
    batch: usize,
) -> Result<Tensor<2>, DataError> {
    let batches = batch_logits(network, 0, images, batch)?;
    let logits = batches.map(|output| output.map(|(_, logits)| logits));
    Ok(Tensor::cat(logits.collect::<Result<_, _>>()?, 0))
}

/// Yields, batch by batch, the rows of the images' first views and their logits.
fn batch_logits<'a>(
    network: &Network,
    first: usize,
    images: &'a LabeledBatches,
    batch: usize,
) -> Result<impl Iterator<Item = Result<(Vec<u32>, Tensor<2>), DataError>> + 'a, DataError> {
    let network = network.frozen();
    let rows: Vec<u32> =
        (0..images.labels.len() as u32).map(|image| image * images.views).collect();
    // The last batch is padded as in `FrozenFeatureCache`, so that on a CPU the logits are the same to the
    // last bit with and without a cache.
    let mut padded = rows.clone();
    padded.resize(rows.len().next_multiple_of(batch), rows[rows.len() - 1]);
    images.source.prefetch(&padded)?;
    Ok((0..rows.len()).step_by(batch).map(move |begin| {
        let input = images.source.batch(&padded[begin..begin + batch])?;
        let rows = rows[begin..rows.len().min(begin + batch)].to_vec();
        let logits = network.forward_layers(first..network.layers().len(), input, None);
        let logits = logits.flatten::<2>(1, 3).narrow(0, 0, rows.len());
        Ok((rows, logits))
    }))
}

/// Returns the number of correct images, the number correct among the top five, and the sum of the losses.
///
/// In f32 on every device: f16 counts no further than 2048.
fn batch_sums(logits: Tensor<2>, labels: Tensor<1, Int>, images: usize) -> Tensor<1> {
    let logits = logits.cast(FloatDType::F32);
    let count = |images: Tensor<2, Bool>| images.int().cast(FloatDType::F32);
    let label_logit = logits.clone().gather(1, labels.clone().reshape([images, 1]));
    // The number of classes with at least the logit of the label; 0 if that is NaN.
    let rank = logits.clone().greater_equal(label_logit).int().sum_dim(1);
    let correct = count(rank.clone().equal_elem(1)).sum();
    let top_five = count(rank.clone().lower_equal_elem(5)) * count(rank.greater_elem(0));
    let loss = cross_entropy(logits, labels).mul_scalar(images as f32);
    Tensor::cat(vec![correct, top_five.sum(), loss], 0)
}
