//! Cheap scores of a base's layers, to stand beside the measured transfer.

use anyhow::{Result, bail};
use assay_datasets::DataError;
use assay_models::Network;
use assay_runs::{LayerScores, RunDirectory, TransferCell, Treatment, random_stream};
use burn::tensor::Tensor;
use nalgebra::{Cholesky, DMatrix, DVector};
use rand::seq::SliceRandom;

use super::HalvedDataModule;
use super::networks::trained;
use assay_engine::trainer::LabeledBatches;

/// Test images that two networks are compared on, at most: the cost grows with their square.
const COMPARED_IMAGES: usize = 512;
/// Training images that the H-score is measured on, at most.
const LABELLED_IMAGES: usize = 4096;
/// Images run through a network at a time.
const BATCH: usize = 128;
/// Share of the mean variance added to every variance, so that features that are always zero do
/// not make the covariance singular.
const RIDGE: f64 = 1e-3;

/// Scores every layer of the base of the cell's source, the last one included: its linear CKA with
/// the other base's layer on test images of both halves, and its H-score on training images and
/// labels of the other half. Layers of which there is no score are left out: those of a base that diverged, or
/// whose features are the same for every image.
///
/// # Errors
/// When a base's weights are not there, or images cannot be read.
pub fn layer_scores(
    cell: &TransferCell,
    data_module: &HalvedDataModule,
    run: &RunDirectory,
) -> Result<Vec<LayerScores>> {
    let Treatment::Scores { source } = cell.treatment else {
        bail!("{} is no cell of scores", cell.name())
    };
    let [own, other] = [source, source.other()].map(|half| -> Result<_> {
        let base = TransferCell { treatment: Treatment::Base { target: half }, ..cell.clone() };
        let network = trained(&base, data_module, run)?.frozen();
        let tests = data_module.all_tests(&base)?;
        let first = first_features(&tests, &shuffled(cell, &tests, COMPARED_IMAGES))?;
        Ok((network, first))
    });
    let ((own, mut own_features), (other, mut other_features)) = (own?, other?);
    let (train, _) = data_module.batches(cell)?;
    let chosen = shuffled(cell, &train, LABELLED_IMAGES);
    let mut features = first_features(&train, &chosen)?;
    let labels: Vec<u16> = chosen.iter().map(|&image| train.labels[image as usize]).collect();
    let score = |layer: usize| {
        own_features = through(&own, layer, &own_features);
        other_features = through(&other, layer, &other_features);
        features = through(&own, layer, &features);
        let scores = LayerScores {
            layer: layer as u8 + 1,
            cka: linear_cka(&gram(&own_features), &gram(&other_features)),
            h_score: h_score(&channel_means(&features), &labels),
        };
        (scores.cka.is_finite() && scores.h_score.is_finite()).then_some(scores)
    };
    Ok((0..own.layers().len()).filter_map(score).collect())
}

/// Numbers of at most `limit` images, in an order that belongs to the split and the seed alone, so
/// that both directions see the same.
fn shuffled(cell: &TransferCell, images: &LabeledBatches, limit: usize) -> Vec<u32> {
    let owner = format!("{} {} {}", cell.data.fingerprint, cell.split, cell.seed);
    let mut order: Vec<u32> = (0..images.labels.len() as u32).collect();
    order.shuffle(&mut random_stream(&owner, "images to score layers on"));
    order.truncate(limit);
    order
}

/// The first view of each image, in batches of `[batch, channels, height, width]`.
fn first_features(images: &LabeledBatches, chosen: &[u32]) -> Result<Vec<Tensor<4>>, DataError> {
    let rows: Vec<u32> = chosen.iter().map(|image| image * images.views).collect();
    images.source.prefetch(&rows)?;
    rows.chunks(BATCH).map(|rows| images.source.batch(rows)).collect()
}

fn through(network: &Network, layer: usize, batches: &[Tensor<4>]) -> Vec<Tensor<4>> {
    let forward = |batch: &Tensor<4>| network.forward_layers(layer..layer + 1, batch.clone(), None);
    batches.iter().map(forward).collect()
}

/// Inner products of every two images' features, `[images, images]`, features centered.
fn gram(batches: &[Tensor<4>]) -> DMatrix<f64> {
    let features = batches.iter().map(|batch| batch.clone().flatten::<2>(1, 3)).collect();
    let features: Tensor<2> = Tensor::cat(features, 0);
    let features = features.clone() - features.mean_dim(0);
    matrix(features.clone().matmul(features.transpose()))
}

/// Features of every image, averaged over places: `[images, channels]`.
fn channel_means(batches: &[Tensor<4>]) -> DMatrix<f64> {
    let mean = |batch: &Tensor<4>| {
        let [images, channels, _, _] = batch.dims();
        batch.clone().mean_dims(&[2, 3]).reshape([images, channels])
    };
    matrix(Tensor::cat(batches.iter().map(mean).collect(), 0))
}

fn matrix(tensor: Tensor<2>) -> DMatrix<f64> {
    let [rows, columns] = tensor.dims();
    let values = tensor.into_data().convert::<f64>().try_into_vec::<f64>().expect("converted");
    DMatrix::from_row_slice(rows, columns, &values)
}

/// Linear centered kernel alignment of two sets of features of the same images, from their centered
/// Gram matrices (Kornblith et al. 2019, eq. 1), with the unbiased estimate of HSIC (Song et al.
/// 2012, eq. 5): the plain one tends to 1 where there are more features than images.
///
/// At most 1; about 0 for unrelated features, and not a number for constant ones.
fn linear_cka(k: &DMatrix<f64>, l: &DMatrix<f64>) -> f64 {
    hsic(k, l) / (hsic(k, k) * hsic(l, l)).sqrt()
}

fn hsic(k: &DMatrix<f64>, l: &DMatrix<f64>) -> f64 {
    let n = k.nrows() as f64;
    let without_diagonal = |m: &DMatrix<f64>| {
        let mut m = m.clone();
        m.fill_diagonal(0.0);
        m
    };
    let (k, l) = (without_diagonal(k), without_diagonal(l));
    let (rows_of_k, rows_of_l) = (k.column_sum(), l.column_sum());
    let trace = k.dot(&l);
    let sums = k.sum() * l.sum() / ((n - 1.0) * (n - 2.0));
    let cross = 2.0 / (n - 2.0) * rows_of_k.dot(&rows_of_l);
    (trace + sums - cross) / (n * (n - 3.0))
}

/// H-score: tr(cov(f)^-1 cov(E[f | label])), the features' variance between classes in units of
/// their whole variance (Bao et al. 2019, eq. 2). In [0, classes - 1]; higher is better.
///
/// `features` is `[images, features]`; every variance is raised by a thousandth of the mean one. Not a number
/// for features that are constant or not finite.
fn h_score(features: &DMatrix<f64>, labels: &[u16]) -> f64 {
    let (images, width) = features.shape();
    let mean = features.row_mean();
    let mut centered = features.clone();
    for mut row in centered.row_iter_mut() {
        row -= &mean;
    }
    let mut covariance = centered.transpose() * &centered / images as f64;
    let raise = RIDGE * covariance.trace() / width as f64;
    for feature in 0..width {
        covariance[(feature, feature)] += raise;
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
    fn a_rotation_and_a_scale_do_not_change_what_cka_sees() {
        let features = DMatrix::from_fn(12, 2, |i, j| ((i * 7 + j * 5) % 11) as f64);
        let turned = &features * DMatrix::from_row_slice(2, 2, &[0.6, -0.8, 0.8, 0.6]) * 3.0;
        let cka = linear_cka(&gram_of(&features), &gram_of(&turned));
        assert!((cka - 1.0).abs() < 1e-9, "{cka}");
    }

    #[test]
    fn unrelated_features_have_a_cka_near_zero_even_where_they_outnumber_the_images() {
        use rand::RngExt;
        let mut rng = random_stream(&"test", "features");
        let mut draw = || DMatrix::from_fn(40, 400, |_, _| rng.random_range(-1.0..1.0));
        let (a, b) = (draw(), draw());
        let cka = linear_cka(&gram_of(&a), &gram_of(&b));
        assert!(cka.abs() < 0.1, "{cka}");
    }

    #[test]
    fn the_h_score_of_one_feature_is_the_share_of_its_variance_between_classes() {
        // Class means -1 and 1, within each class -0.5 and 0.5: variance 1.25, between 1.
        let features = DMatrix::from_row_slice(4, 1, &[-1.5, -0.5, 0.5, 1.5]);
        let score = h_score(&features, &[0, 0, 1, 1]);
        assert!((score - 1.0 / (1.25 * (1.0 + RIDGE))).abs() < 1e-9, "{score}");
    }

    #[test]
    fn features_that_are_the_same_for_all_or_no_numbers_have_no_score() {
        for value in [0.0, 3.0, f64::NAN, f64::INFINITY] {
            let features = DMatrix::from_element(6, 2, value);
            assert!(!h_score(&features, &[0, 0, 0, 1, 1, 1]).is_finite(), "{value}");
            assert!(!linear_cka(&gram_of(&features), &gram_of(&features)).is_finite(), "{value}");
        }
    }
}
