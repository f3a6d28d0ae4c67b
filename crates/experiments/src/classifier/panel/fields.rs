//! Which classes a specialist is for: those that the generalist takes for one another.

use anyhow::{Context, Result, ensure};
use assay_runs::{Cell, Panel, stream};
use nalgebra::DMatrix;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use safetensors::tensor::{Dtype, SafeTensors};

use super::combining::softmax;
use crate::worker::Desk;

/// The fields of a panel whose generalist is finished: one a specialist, labels ascending.
///
/// Its predictions are those at T = 1 of the held-out images, of which no network was trained on. The
/// draws are those of a stream of the generalist, so every worker that asks finds the same.
///
/// # Errors
/// When the generalist has no logits, as where it diverged, or they are damaged.
pub fn fields(panel: &Panel, desk: &Desk) -> Result<Vec<Vec<u16>>> {
    let generalist = Cell::from(panel.generalist.clone());
    let path = desk.run.logits(&generalist);
    let record = desk.run.record(&generalist)?.context("the generalist has no record")?;
    let expected = record.logits.with_context(|| {
        format!("{} left no logits: there is nothing to specialise from", generalist.name())
    })?;
    let bytes = std::fs::read(&path).with_context(|| path.display().to_string())?;
    let found = blake3::hash(&bytes).to_hex().to_string();
    ensure!(
        found == expected,
        "{}: not the logits of the record: BLAKE3 {found}, not {expected}",
        path.display()
    );
    let tensors = SafeTensors::deserialize(&bytes).with_context(|| path.display().to_string())?;
    let logits = tensors.tensor("held_out").with_context(|| path.display().to_string())?;
    ensure!(logits.dtype() == Dtype::F32, "{}: logits are not F32", path.display());
    let classes = logits.shape()[1];
    let (numbers, _) = logits.data().as_chunks();
    let logits: Vec<f32> = numbers.iter().map(|number| f32::from_le_bytes(*number)).collect();
    let predictions: Vec<f64> = logits.chunks_exact(classes).flat_map(softmax).collect();
    let covariance = covariance(&predictions, classes);
    let mut rng = stream(&generalist.id(), &format!("middles of {} fields", panel.specialists));
    let middles = middles(&covariance, panel.specialists as usize, panel.passes, &mut rng);
    Ok(middles.iter().map(|middle| nearest(&covariance, middle, panel.classes as usize)).collect())
}

/// The covariance of the predictions of classes over images, column by column.
///
/// - predictions: `[images, classes]`, image by image, probabilities
#[must_use]
pub fn covariance(predictions: &[f64], classes: usize) -> Vec<Vec<f64>> {
    let images = predictions.len() / classes;
    let mut centred = DMatrix::from_row_slice(images, classes, predictions);
    for mut column in centred.column_iter_mut() {
        let mean = column.mean();
        column.add_scalar_mut(-mean);
    }
    let covariance = centred.tr_mul(&centred) / images as f64;
    covariance.column_iter().map(|column| column.iter().copied().collect()).collect()
}

/// The middles of so many clusters of points by online k-means: they begin at points drawn at random, and
/// each point, in an order drawn anew for every pass, moves the nearest of them by one over the number of
/// points it was the nearest to (`MacQueen` 1967).
fn middles(points: &[Vec<f64>], count: usize, passes: u32, rng: &mut ChaCha8Rng) -> Vec<Vec<f64>> {
    let mut order: Vec<usize> = (0..points.len()).collect();
    order.shuffle(rng);
    let mut middles: Vec<Vec<f64>> =
        order.iter().take(count).map(|&point| points[point].clone()).collect();
    let mut met = vec![1.0; middles.len()];
    for _ in 0..passes {
        order.shuffle(rng);
        for &point in &order {
            let point = &points[point];
            let near = (0..middles.len())
                .min_by(|&a, &b| {
                    distance(&middles[a], point).total_cmp(&distance(&middles[b], point))
                })
                .expect("at least one middle");
            met[near] += 1.0;
            for (middle, value) in middles[near].iter_mut().zip(point) {
                *middle += (value - *middle) / met[near];
            }
        }
    }
    middles
}

/// The squared distance of two points.
fn distance(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(one, other)| (one - other).powi(2)).sum()
}

/// The numbers of the `count` points nearest to a place, ascending; of equally near ones the first.
fn nearest(points: &[Vec<f64>], place: &[f64], count: usize) -> Vec<u16> {
    let mut order: Vec<u16> = (0..points.len() as u16).collect();
    let to = |&point: &u16| distance(&points[usize::from(point)], place);
    // A stable sort: equally near ones stay in their order.
    order.sort_by(|a, b| to(a).total_cmp(&to(b)));
    order.truncate(count);
    order.sort_unstable();
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_covariance_is_that_of_the_images_and_not_of_a_sample() {
        // Means 1/2, 1/4, 1/4; deviations of the two images (1/2, -1/4, -1/4) and their negatives.
        let found = covariance(&[1.0, 0.0, 0.0, 0.0, 0.5, 0.5], 3);
        let expected = [[0.25, -0.125, -0.125], [-0.125, 0.0625, 0.0625], [-0.125, 0.0625, 0.0625]];
        for (found, expected) in found.iter().flatten().zip(expected.iter().flatten()) {
            assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
        }
    }

    #[test]
    fn classes_that_are_taken_for_one_another_are_a_field() {
        // Six classes, of which 0 and 3, 1 and 4, 2 and 5 share their images evenly.
        let image = |class: usize, sure: f64| {
            let mut row = [0.0; 6];
            row[class] = sure;
            row[(class + 3) % 6] = 1.0 - sure;
            row
        };
        let predictions: Vec<f64> = (0..60).flat_map(|i| image(i % 6, 0.6)).collect();
        let covariance = covariance(&predictions, 6);
        for seed in 0..5 {
            let middles = middles(&covariance, 3, 10, &mut stream(&seed, "middles"));
            // Two middles may begin in one pair, and stay there: but what is nearest to one is a pair.
            let fields = middles.iter().map(|middle| nearest(&covariance, middle, 2));
            let fields: Vec<_> = fields.collect();
            assert!(fields.iter().all(|field| field[1] == field[0] + 3), "{fields:?}");
        }
    }

    #[test]
    fn a_middle_is_the_mean_of_the_points_it_met() {
        // One middle begins at a point and meets each of the two once a pass: 3 of one or of the other
        // to 2, of 5 in all, after two passes.
        let points = vec![vec![0.0], vec![1.0]];
        let found = middles(&points, 1, 2, &mut stream(&0, "one"))[0][0];
        assert!((found - 0.4).abs() < 1e-12 || (found - 0.6).abs() < 1e-12, "{found}");
    }

    #[test]
    fn of_equally_near_classes_the_first_are_taken() {
        let points: Vec<Vec<f64>> = [3.0, 1.0, 5.0, 1.0, 3.0].map(|x| vec![x]).to_vec();
        assert_eq!(nearest(&points, &[2.0], 3), [0, 1, 3]);
        assert_eq!(nearest(&points, &[3.0], 2), [0, 4]);
    }
}
