//! Which classes a specialist is for: those that the generalist takes for one another.

use anyhow::{Context, Result, ensure};
use assay_runs::{Cell, Panel, file, stream};
use nalgebra::DMatrix;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use safetensors::tensor::{Dtype, SafeTensors};

use super::combining::softmax;
use assay_engine::worker::CellContext;

/// The fields of a panel whose generalist is finished: one a specialist, labels ascending.
///
/// Its predictions are those at T = 1 of the held-out images, of which no network was trained on. The
/// draws are those of a stream of the generalist, so every worker that asks finds the same.
///
/// # Errors
/// When the generalist has no logits, as where it diverged, or they are damaged.
pub fn fields(panel: &Panel, context: &CellContext) -> Result<Vec<Vec<u16>>> {
    let generalist = Cell::from(panel.generalist.clone());
    let path = context.run.logits(&generalist);
    let record = context.run.record(&generalist)?.context("the generalist has no record")?;
    ensure!(
        record.logits.is_some(),
        "{} left no logits: there is nothing to specialize from",
        generalist.name()
    );
    let bytes = context.run.published(&generalist, file::LOGITS)?;
    let tensors = SafeTensors::deserialize(&bytes).with_context(|| path.display().to_string())?;
    let logits = tensors.tensor("held_out").with_context(|| path.display().to_string())?;
    ensure!(logits.dtype() == Dtype::F32, "{}: logits are not F32", path.display());
    let classes = logits.shape()[1];
    let (numbers, _) = logits.data().as_chunks();
    let logits: Vec<f32> = numbers.iter().map(|number| f32::from_le_bytes(*number)).collect();
    let predictions: Vec<f64> = logits.chunks_exact(classes).flat_map(softmax).collect();
    let covariance = covariance(&predictions, classes);
    let mut rng = stream(&generalist.id(), &format!("middles of {} fields", panel.specialists));
    let centers = middles(&covariance, panel.specialists as usize, panel.passes, &mut rng);
    Ok(subsets(&covariance, centers, panel.classes as usize))
}

/// The classes of each specialist, labels ascending: the clusters of the covariance's columns around these
/// centers, of a large cluster the `most` columns that are nearest to its center. A class is in one
/// cluster at most.
fn subsets(covariance: &[Vec<f64>], mut centers: Vec<Vec<f64>>, most: usize) -> Vec<Vec<u16>> {
    let clusters = without_empty_clusters(covariance, &mut centers);
    let nearest =
        |(cluster, center): (&Vec<u16>, &Vec<f64>)| nearest(covariance, cluster, center, most);
    clusters.iter().zip(&centers).map(nearest).collect()
}

/// The covariance of the predictions of classes over images, column by column.
///
/// - predictions: `[images, classes]`, image by image, probabilities
#[must_use]
pub fn covariance(predictions: &[f64], classes: usize) -> Vec<Vec<f64>> {
    let images = predictions.len() / classes;
    let mut centered = DMatrix::from_row_slice(images, classes, predictions);
    for mut column in centered.column_iter_mut() {
        let mean = column.mean();
        column.add_scalar_mut(-mean);
    }
    let covariance = centered.tr_mul(&centered) / images as f64;
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
            let near = nearest_center(&middles, point);
            met[near] += 1.0;
            for (middle, value) in middles[near].iter_mut().zip(point) {
                *middle += (value - *middle) / met[near];
            }
        }
    }
    middles
}

/// The points of each center: those that no other center is nearer to, of equally near ones the first.
fn assigned(points: &[Vec<f64>], centers: &[Vec<f64>]) -> Vec<Vec<u16>> {
    let mut clusters = vec![Vec::new(); centers.len()];
    for (at, point) in (0..).zip(points) {
        clusters[nearest_center(centers, point)].push(at);
    }
    clusters
}

/// The points of each center. A center that is nearest to none moves to the point that is farthest from
/// its own center, of a cluster of two or more, so that no specialist is without a class. It needs at
/// least as many points as centers.
fn without_empty_clusters(points: &[Vec<f64>], centers: &mut [Vec<f64>]) -> Vec<Vec<u16>> {
    let mut clusters = assigned(points, centers);
    while let Some(empty) = clusters.iter().position(Vec::is_empty) {
        let far = |&(cluster, point): &(usize, u16)| {
            distance(&points[usize::from(point)], &centers[cluster])
        };
        let (from, point) = (0..)
            .zip(&clusters)
            .filter(|(_, members)| members.len() > 1)
            .flat_map(|(cluster, members)| members.iter().map(move |&point| (cluster, point)))
            .max_by(|a, b| far(a).total_cmp(&far(b)))
            .expect("as many points as centers");
        centers[empty].clone_from(&points[usize::from(point)]);
        clusters[from].retain(|&other| other != point);
        clusters[empty].push(point);
    }
    clusters
}

/// The number of the center that is nearest to a point, of equally near ones the first.
fn nearest_center(centers: &[Vec<f64>], point: &[f64]) -> usize {
    let to = |center: &usize| distance(&centers[*center], point);
    (0..centers.len()).min_by(|a, b| to(a).total_cmp(&to(b))).expect("at least one center")
}

/// The squared distance of two points.
fn distance(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(one, other)| (one - other).powi(2)).sum()
}

/// The `count` of some points that are nearest to a place, or all where they are fewer, ascending; of
/// equally near ones the first.
fn nearest(points: &[Vec<f64>], some: &[u16], place: &[f64], count: usize) -> Vec<u16> {
    let mut order = some.to_vec();
    let to = |&point: &u16| distance(&points[usize::from(point)], place);
    // A stable sort: equally near ones stay in their order.
    order.sort_by(|a, b| to(a).total_cmp(&to(b)));
    order.truncate(count);
    order.sort_unstable();
    order
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

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

    /// Predictions of 100 classes in 20 groups of five that are taken for one another; half of the groups are
    /// hardly ever predicted, not even on their own images.
    fn predictions_of_groups(rng: &mut ChaCha8Rng) -> Vec<f64> {
        let mut predictions = Vec::new();
        for image in 0..4000 {
            let group = image % 20;
            let own = if group < 10 { 0.7 } else { 0.05 };
            let mut logits: Vec<f64> = (0..100).map(|_| rng.random_range(0.0..1.0)).collect();
            let mass = |logits: &[f64]| logits.iter().map(|logit| logit.exp()).sum::<f64>();
            // The group's classes share `own` by chance, all classes share the rest.
            for logit in &mut logits[5 * group..5 * group + 5] {
                *logit += rng.random_range(0.0..2.0);
            }
            let (all, group_mass) = (mass(&logits), mass(&logits[5 * group..5 * group + 5]));
            predictions.extend(logits.iter().enumerate().map(|(class, logit)| {
                let in_group =
                    if class / 5 == group { own * logit.exp() / group_mass } else { 0.0 };
                in_group + (1.0 - own) * logit.exp() / all
            }));
        }
        predictions
    }

    /// The mean correlation of the predictions of two classes of one subset, over all such pairs.
    fn correlation_within(subsets: &[Vec<u16>], covariance: &[Vec<f64>]) -> f64 {
        let mut correlations = Vec::new();
        for subset in subsets {
            for (at, &one) in subset.iter().enumerate() {
                for &other in &subset[at + 1..] {
                    let (one, other) = (usize::from(one), usize::from(other));
                    let scale = (covariance[one][one] * covariance[other][other]).sqrt();
                    correlations.push(covariance[one][other] / scale);
                }
            }
        }
        correlations.iter().sum::<f64>() / correlations.len() as f64
    }

    #[test]
    fn a_subset_is_of_classes_that_are_predicted_together_though_others_hardly_ever_are() {
        for seed in 0..3 {
            let mut rng = stream(&seed, "groups");
            let covariance = covariance(&predictions_of_groups(&mut rng), 100);
            let centers = middles(&covariance, 10, 20, &mut rng);
            let found = subsets(&covariance, centers, 15);
            let within = correlation_within(&found, &covariance);
            assert!(within > 0.2, "seed {seed}: {within} in {found:?}");
            let mut all: Vec<u16> = found.concat();
            let count = all.len();
            all.sort_unstable();
            all.dedup();
            assert_eq!(all.len(), count, "a class is in two subsets: {found:?}");
        }
    }

    #[test]
    fn classes_that_are_taken_for_one_another_are_a_subset() {
        // Six classes, of which 0 and 3, 1 and 4, 2 and 5 share their images evenly.
        let image = |class: usize, sure: f64| {
            let mut row = [0.0; 6];
            row[class] = sure;
            row[(class + 3) % 6] = 1.0 - sure;
            row
        };
        let predictions: Vec<f64> = (0..60).flat_map(|i| image(i % 6, 0.6)).collect();
        let covariance = covariance(&predictions, 6);
        let centers = [0, 1, 2].map(|class| covariance[class].clone()).to_vec();
        assert_eq!(subsets(&covariance, centers, 2), [[0, 3], [1, 4], [2, 5]]);
    }

    #[test]
    fn a_center_without_points_takes_the_farthest_one() {
        let points: Vec<Vec<f64>> = [0.0, 1.0, 2.0, 9.0].map(|x| vec![x]).to_vec();
        // The third and the fourth center are nearest to nothing: 9 and then 2 are farthest from 1.
        let centers = [0.0, 1.0, 1.0, 1.0].map(|x| vec![x]).to_vec();
        assert_eq!(subsets(&points, centers, 3), [vec![0], vec![1], vec![3], vec![2]]);
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
        let all = [0, 1, 2, 3, 4];
        assert_eq!(nearest(&points, &all, &[2.0], 3), [0, 1, 3]);
        assert_eq!(nearest(&points, &all, &[3.0], 2), [0, 4]);
        assert_eq!(nearest(&points, &[2, 3], &[3.0], 4), [2, 3]);
    }
}
