//! Layer scores that need no training: linear CKA and H-score, to compare with the measured
//! transfer.

use anyhow::{Result, bail};
use assay_datasets::DataError;
use assay_models::Network;
use assay_runs::{CellSpec, RunDirectory, random_stream};
use assay_transfer::{LayerScores, TransferCell, Treatment};
use burn::tensor::Tensor;
use nalgebra::{Cholesky, DMatrix, DVector};
use rand::seq::SliceRandom;

use super::HalvedDataModule;
use super::networks::trained_network;
use assay_engine::trainer::LabeledBatches;

/// Maximum number of test images for the CKA, whose cost grows with their square.
const CKA_IMAGES: usize = 512;
/// Maximum number of training images for the H-score.
const H_SCORE_IMAGES: usize = 4096;
/// Images per forward pass.
const BATCH: usize = 128;
/// Ridge of the covariance, relative to the mean variance. Without it, features that are always
/// zero make the covariance singular.
const RIDGE: f64 = 1e-3;

/// Scores every layer, including the last one, of the base of the cell's source.
///
/// - `cka`: linear CKA with the same layer of the other base, on test images of both halves
/// - `h_score`: H-score on training images and labels of the other half
///
/// Layers without finite scores are left out: those of a base that diverged, or whose features are
/// the same for every image.
///
/// # Errors
/// A base's weights are missing, or images cannot be read.
pub fn layer_scores(
    cell: &TransferCell,
    data_module: &HalvedDataModule,
    run: &RunDirectory,
) -> Result<Vec<LayerScores>> {
    let Treatment::Scores { source } = cell.treatment else {
        bail!("{} is not a cell of layer scores", cell.name())
    };
    let [own, other] = [source, source.other()].map(|half| -> Result<_> {
        let base = TransferCell { treatment: Treatment::Base { target: half }, ..cell.clone() };
        let network = trained_network(&base, data_module, run)?.frozen();
        let test_images = data_module.all_test_batches(&base)?;
        let chosen = shuffled(cell, &test_images, CKA_IMAGES);
        let inputs = input_batches(&test_images, &chosen)?;
        Ok((network, inputs))
    });
    let ((own, mut own_features), (other, mut other_features)) = (own?, other?);
    let (train, _) = data_module.batches(cell)?;
    let chosen = shuffled(cell, &train, H_SCORE_IMAGES);
    let mut features = input_batches(&train, &chosen)?;
    let labels: Vec<u16> = chosen.iter().map(|&image| train.labels[image as usize]).collect();
    let score = |layer: usize| {
        own_features = forward_layer(&own, layer, &own_features);
        other_features = forward_layer(&other, layer, &other_features);
        features = forward_layer(&own, layer, &features);
        let scores = LayerScores {
            layer: layer as u8 + 1,
            cka: linear_cka(&centered_gram(&own_features), &centered_gram(&other_features)),
            h_score: h_score(&channel_means(&features), &labels),
        };
        (scores.cka.is_finite() && scores.h_score.is_finite()).then_some(scores)
    };
    Ok((0..own.layers().len()).filter_map(score).collect())
}

/// The indices of at most `limit` images in random order. The order depends only on the data, the
/// split and the seed, so both directions use the same images.
fn shuffled(cell: &TransferCell, images: &LabeledBatches, limit: usize) -> Vec<u32> {
    let stream_id = format!("{} {} {}", cell.data.fingerprint, cell.split, cell.seed);
    let mut order: Vec<u32> = (0..images.labels.len() as u32).collect();
    order.shuffle(&mut random_stream(&stream_id, "images to score layers on"));
    order.truncate(limit);
    order
}

/// The first view of each chosen image, in batches `[batch, channels, height, width]`.
fn input_batches(images: &LabeledBatches, chosen: &[u32]) -> Result<Vec<Tensor<4>>, DataError> {
    let rows: Vec<u32> = chosen.iter().map(|image| image * images.views).collect();
    images.source.prefetch(&rows)?;
    rows.chunks(BATCH).map(|rows| images.source.batch(rows)).collect()
}

/// The outputs of one layer, from its inputs, batch by batch.
fn forward_layer(network: &Network, layer: usize, batches: &[Tensor<4>]) -> Vec<Tensor<4>> {
    let forward = |batch: &Tensor<4>| network.forward_layers(layer..layer + 1, batch.clone(), None);
    batches.iter().map(forward).collect()
}

/// The Gram matrix of the centered features, `[images, images]`.
fn centered_gram(batches: &[Tensor<4>]) -> DMatrix<f64> {
    let features = batches.iter().map(|batch| batch.clone().flatten::<2>(1, 3)).collect();
    let features: Tensor<2> = Tensor::cat(features, 0);
    let features = features.clone() - features.mean_dim(0);
    matrix(features.clone().matmul(features.transpose()))
}

/// Each image's features, averaged over height and width: `[images, channels]`.
fn channel_means(batches: &[Tensor<4>]) -> DMatrix<f64> {
    let mean = |batch: &Tensor<4>| {
        let [images, channels, _, _] = batch.dims();
        batch.clone().mean_dims(&[2, 3]).reshape([images, channels])
    };
    matrix(Tensor::cat(batches.iter().map(mean).collect(), 0))
}

fn matrix(tensor: Tensor<2>) -> DMatrix<f64> {
    let [rows, columns] = tensor.dims();
    let values =
        tensor.into_data().convert::<f64>().try_into_vec::<f64>().expect("converted to f64");
    DMatrix::from_row_slice(rows, columns, &values)
}

/// Linear centered kernel alignment (Kornblith et al. 2019, eq. 1) of two feature sets of the same
/// images, from their centered Gram matrices.
///
/// It uses the unbiased estimator of HSIC (Song et al. 2012, eq. 5), since the biased one tends to
/// 1 if there are more features than images. At most 1; about 0 for unrelated features; NaN for
/// constant ones.
fn linear_cka(k: &DMatrix<f64>, l: &DMatrix<f64>) -> f64 {
    hsic(k, l) / (hsic(k, k) * hsic(l, l)).sqrt()
}

/// The unbiased estimator of HSIC (Song et al. 2012, eq. 5).
fn hsic(k: &DMatrix<f64>, l: &DMatrix<f64>) -> f64 {
    let n = k.nrows() as f64;
    let without_diagonal = |m: &DMatrix<f64>| {
        let mut m = m.clone();
        m.fill_diagonal(0.0);
        m
    };
    let (k, l) = (without_diagonal(k), without_diagonal(l));
    let (k_row_sums, l_row_sums) = (k.column_sum(), l.column_sum());
    let trace = k.dot(&l);
    let sums = k.sum() * l.sum() / ((n - 1.0) * (n - 2.0));
    let cross = 2.0 / (n - 2.0) * k_row_sums.dot(&l_row_sums);
    (trace + sums - cross) / (n * (n - 3.0))
}

/// H-score (Bao et al. 2019, eq. 2): tr(cov(f)^-1 cov(E[f | label])), the variance of the features
/// between classes relative to their total variance. In [0, classes - 1]; higher is better.
///
/// `features` is `[images, features]`. Every variance is raised by [`RIDGE`] times the mean variance.
/// NaN for features that are constant or not finite.
fn h_score(features: &DMatrix<f64>, labels: &[u16]) -> f64 {
    let (images, width) = features.shape();
    let mean = features.row_mean();
    let mut centered = features.clone();
    for mut row in centered.row_iter_mut() {
        row -= &mean;
    }
    let mut covariance = centered.transpose() * &centered / images as f64;
    let ridge = RIDGE * covariance.trace() / width as f64;
    for feature in 0..width {
        covariance[(feature, feature)] += ridge;
    }
    let Some(factor) = Cholesky::new(covariance) else { return f64::NAN };
    let classes = labels.iter().max().map_or(0, |&label| usize::from(label) + 1);
    let mut sums = vec![(0usize, DVector::zeros(width)); classes];
    for (row, &label) in centered.row_iter().zip(labels) {
        let (count, sum) = &mut sums[usize::from(label)];
        *count += 1;
        *sum += row.transpose();
    }
    let between = |(count, sum): &(usize, DVector<f64>)| {
        if *count == 0 {
            return 0.0;
        }
        let mean = sum / *count as f64;
        mean.dot(&factor.solve(&mean)) * *count as f64 / images as f64
    };
    sums.iter().map(between).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gram_of(features: &DMatrix<f64>) -> DMatrix<f64> {
        let mut centered = features.clone();
        let mean = features.row_mean();
        for mut row in centered.row_iter_mut() {
            row -= &mean;
        }
        &centered * centered.transpose()
    }

    #[test]
    fn cka_is_invariant_to_rotation_and_scale() {
        let features = DMatrix::from_fn(12, 2, |i, j| ((i * 7 + j * 5) % 11) as f64);
        let rotated = &features * DMatrix::from_row_slice(2, 2, &[0.6, -0.8, 0.8, 0.6]) * 3.0;
        let cka = linear_cka(&gram_of(&features), &gram_of(&rotated));
        assert!((cka - 1.0).abs() < 1e-9, "{cka}");
    }

    #[test]
    fn unrelated_features_have_a_cka_near_zero() {
        use rand::RngExt;
        let mut rng = random_stream(&"test", "features");
        let mut draw = || DMatrix::from_fn(40, 400, |_, _| rng.random_range(-1.0..1.0));
        let (a, b) = (draw(), draw());
        let cka = linear_cka(&gram_of(&a), &gram_of(&b));
        assert!(cka.abs() < 0.1, "{cka}");
    }

    #[test]
    fn the_h_score_of_one_feature_is_its_variance_between_classes() {
        // Class means -1 and 1, within each class -0.5 and 0.5: variance 1.25, between 1.
        let features = DMatrix::from_row_slice(4, 1, &[-1.5, -0.5, 0.5, 1.5]);
        let score = h_score(&features, &[0, 0, 1, 1]);
        assert!((score - 1.0 / (1.25 * (1.0 + RIDGE))).abs() < 1e-9, "{score}");
    }

    #[test]
    fn constant_or_infinite_features_have_no_score() {
        for value in [0.0, 3.0, f64::NAN, f64::INFINITY] {
            let features = DMatrix::from_element(6, 2, value);
            assert!(!h_score(&features, &[0, 0, 0, 1, 1, 1]).is_finite(), "{value}");
            assert!(!linear_cka(&gram_of(&features), &gram_of(&features)).is_finite(), "{value}");
        }
    }
}
