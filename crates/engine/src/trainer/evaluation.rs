//! How a network does on labeled images.

use assay_datasets::DataError;
use assay_losses::cross_entropy;
use assay_models::Network;
use assay_runs::Evaluation;
use burn::tensor::{Bool, DType, FloatDType, Int, Tensor, TensorData};

use super::LabeledBatches;

/// Runs the images (their first view) through the layers from `first` on and compares with the
/// labels. The device is read once, at the end.
///
/// An image counts as correct when no other class has as high a logit as its own: a network that
/// says the same of every class is never right.
///
/// # Errors
/// When an image cannot be read.
///
/// # Panics
/// When there is no image.
pub fn evaluate(
    network: &Network,
    first: usize,
    images: &LabeledBatches,
    batch: usize,
) -> Result<Evaluation, DataError> {
    let device = network.layers()[0].weight().device().inner();
    let mut sums = Tensor::<1>::zeros([3], (&device, DType::F32));
    let mut seen = 0;
    for said in batches(network, first, images, batch)? {
        let (rows, logits) = said?;
        sums = sums + batch_sums(logits, images.labels(&rows, &device), rows.len());
        seen += rows.len();
    }
    Ok(counted(sums, seen))
}

/// The same of logits, `[images, classes]`, and labels.
///
/// # Panics
/// When there is no image, or not one label for each.
#[must_use]
pub fn evaluation(logits: Tensor<2>, labels: &[u16]) -> Evaluation {
    let images = labels.len();
    let numbers: Vec<i32> = labels.iter().map(|&label| i32::from(label)).collect();
    let labels = Tensor::from_data(TensorData::new(numbers, [images]), &logits.device());
    counted(batch_sums(logits, labels, images), images)
}

fn counted(sums: Tensor<1>, images: usize) -> Evaluation {
    let sums = sums.into_data().convert::<f32>().try_into_vec::<f32>().expect("three floats");
    Evaluation {
        images: images as u32,
        correct: sums[0] as u32,
        correct_top5: sums[1] as u32,
        loss: f64::from(sums[2]) / images as f64,
    }
}

/// The logits of every image (its first view), `[images, classes]`.
///
/// # Errors
/// When an image cannot be read.
///
/// # Panics
/// When there is no image.
pub fn logits(
    network: &Network,
    images: &LabeledBatches,
    batch: usize,
) -> Result<Tensor<2>, DataError> {
    let said = batches(network, 0, images, batch)?.map(|said| said.map(|(_, logits)| logits));
    Ok(Tensor::cat(said.collect::<Result<_, _>>()?, 0))
}

/// Batch by batch, the rows of the images' first views and their logits.
fn batches<'a>(
    network: &Network,
    first: usize,
    images: &'a LabeledBatches,
    batch: usize,
) -> Result<impl Iterator<Item = Result<(Vec<u32>, Tensor<2>), DataError>> + 'a, DataError> {
    let network = network.frozen();
    let rows: Vec<u32> =
        (0..images.labels.len() as u32).map(|image| image * images.views).collect();
    // The last batch is filled up, as that of kept features is: on a CPU an image's logits then are
    // the same to the last bit whether features were kept or not.
    let mut filled = rows.clone();
    filled.resize(rows.len().next_multiple_of(batch), rows[rows.len() - 1]);
    images.source.read_ahead(&filled)?;
    Ok((0..rows.len()).step_by(batch).map(move |begin| {
        let input = images.source.batch(&filled[begin..begin + batch])?;
        let rows = rows[begin..rows.len().min(begin + batch)].to_vec();
        let logits = network.forward_layers(first..network.layers().len(), input, None);
        let logits = logits.flatten::<2>(1, 3).narrow(0, 0, rows.len());
        Ok((rows, logits))
    }))
}

/// Of one batch: images that are correct, that are correct among five, and the sum of the losses. In f32
/// whatever the device computes in: a count in f16 ends at 2048.
fn batch_sums(logits: Tensor<2>, labels: Tensor<1, Int>, images: usize) -> Tensor<1> {
    let logits = logits.cast(FloatDType::F32);
    let count = |images: Tensor<2, Bool>| images.int().cast(FloatDType::F32);
    let own = logits.clone().gather(1, labels.clone().reshape([images, 1]));
    // How many classes have at least the logit of the own one; 0 where that is not a number.
    let rank = logits.clone().greater_equal(own).int().sum_dim(1);
    let correct = count(rank.clone().equal_elem(1)).sum();
    let among_five = count(rank.clone().lower_equal_elem(5)) * count(rank.greater_elem(0));
    let loss = cross_entropy(logits, labels).mul_scalar(images as f32);
    Tensor::cat(vec![correct, among_five.sum(), loss], 0)
}
