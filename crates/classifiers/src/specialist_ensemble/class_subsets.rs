//! Selects the classes of each specialist: classes that the generalist confuses with one another.

use anyhow::{Context, Result, ensure};
use assay_classifier_cells::SpecialistEnsemble;
use assay_runs::{Cell, file, random_stream};
use nalgebra::DMatrix;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use safetensors::tensor::{Dtype, SafeTensors};

use super::combination::softmax;
use assay_engine::worker::CellContext;

/// Returns the class subsets of a finished generalist's specialists, one per specialist, labels ascending.
///
/// Clusters the covariance of the generalist's predictions on the validation images, at temperature 1 (Hinton
/// et al. 2015, section 5.2). The random stream belongs to the generalist, so every worker gets the same
/// subsets.
///
/// # Errors
/// Returns an error if the generalist has no logits, for example because it diverged, or they are damaged.
pub fn class_subsets(
    ensemble: &SpecialistEnsemble,
    context: &CellContext,
) -> Result<Vec<Vec<u16>>> {
    let generalist = Cell::from(ensemble.generalist.clone());
    let path = context.run.logits(&generalist);
    let record = context.run.record(&generalist)?.context("the generalist has no record")?;
    ensure!(
        record.logits.is_some(),
        "{} has no logits: there is nothing to specialize from",
        generalist.name()
    );
    let bytes = context.run.read_published(&generalist, file::LOGITS)?;
    let tensors = SafeTensors::deserialize(&bytes).with_context(|| path.display().to_string())?;
    let logits = tensors.tensor("validation_images").with_context(|| path.display().to_string())?;
    ensure!(logits.dtype() == Dtype::F32, "{}: logits are not F32", path.display());
    let classes = logits.shape()[1];
    let (numbers, _) = logits.data().as_chunks();
    let logits: Vec<f32> = numbers.iter().map(|number| f32::from_le_bytes(*number)).collect();
    let predictions: Vec<f64> = logits.chunks_exact(classes).flat_map(softmax).collect();
    let covariance = covariance(&predictions, classes);
    let mut rng =
        random_stream(&generalist.id(), &format!("middles of {} fields", ensemble.specialists));
    let centers = online_k_means(
        &covariance,
        ensemble.specialists as usize,
        ensemble.kmeans_iterations,
        &mut rng,
    );
    Ok(cluster_classes(&covariance, centers, ensemble.classes as usize))
}

/// Assigns each class to the nearest center and returns the clusters, labels ascending.
///
/// A class is represented by its column of the covariance matrix. Of a large cluster, only the `max_classes`
/// columns nearest to its center are kept. Every class is in at most one cluster.
fn cluster_classes(
    covariance: &[Vec<f64>],
    mut centers: Vec<Vec<f64>>,
    max_classes: usize,
) -> Vec<Vec<u16>> {
    let clusters = non_empty_clusters(covariance, &mut centers);
    let nearest = |(cluster, center): (&Vec<u16>, &Vec<f64>)| {
        nearest_points(covariance, cluster, center, max_classes)
    };
    clusters.iter().zip(&centers).map(nearest).collect()
}

/// Returns the covariance matrix of class probabilities over images, column by column.
///
/// - `predictions`: probabilities `[images, classes]`, image by image
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

/// Returns cluster centers found by online k-means (`MacQueen` 1967).
///
/// Centers start at random points. In each pass, every point in a new random order moves its nearest center
/// by 1 / n, where n counts the points that this center was nearest to.
fn online_k_means(
    points: &[Vec<f64>],
    count: usize,
    kmeans_iterations: u32,
    rng: &mut ChaCha8Rng,
) -> Vec<Vec<f64>> {
    let mut order: Vec<usize> = (0..points.len()).collect();
    order.shuffle(rng);
    let mut centers: Vec<Vec<f64>> =
        order.iter().take(count).map(|&point| points[point].clone()).collect();
    let mut counts = vec![1.0; centers.len()];
    for _ in 0..kmeans_iterations {
        order.shuffle(rng);
        for &point in &order {
            let point = &points[point];
            let nearest = nearest_center(&centers, point);
            counts[nearest] += 1.0;
            for (coordinate, value) in centers[nearest].iter_mut().zip(point) {
                *coordinate += (value - *coordinate) / counts[nearest];
            }
        }
    }
    centers
}

/// Assigns each point to its nearest center, or to the first of several.
fn assign(points: &[Vec<f64>], centers: &[Vec<f64>]) -> Vec<Vec<u16>> {
    let mut clusters = vec![Vec::new(); centers.len()];
    for (index, point) in (0..).zip(points) {
        clusters[nearest_center(centers, point)].push(index);
    }
    clusters
}

/// Assigns points to centers so that no cluster is empty.
///
/// A center without points moves to the point that is farthest from its own center and not alone in its
/// cluster. Needs at least as many points as centers.
fn non_empty_clusters(points: &[Vec<f64>], centers: &mut [Vec<f64>]) -> Vec<Vec<u16>> {
    let mut clusters = assign(points, centers);
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

/// The index of the center nearest to a point; the first one if there are several.
fn nearest_center(centers: &[Vec<f64>], point: &[f64]) -> usize {
    let to_point = |center: &usize| distance(&centers[*center], point);
    let nearest = (0..centers.len()).min_by(|a, b| to_point(a).total_cmp(&to_point(b)));
    nearest.expect("at least one center")
}

/// The squared Euclidean distance of two points.
fn distance(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(one, other)| (one - other).powi(2)).sum()
}

/// Returns the `count` points of a cluster that are nearest to `center`, ascending; all if there are fewer.
/// Of equally distant points the first ones are taken.
fn nearest_points(points: &[Vec<f64>], cluster: &[u16], center: &[f64], count: usize) -> Vec<u16> {
    let mut order = cluster.to_vec();
    let to_center = |&point: &u16| distance(&points[usize::from(point)], center);
    // The sort is stable, so equally distant points keep their order.
    order.sort_by(|a, b| to_center(a).total_cmp(&to_center(b)));
    order.truncate(count);
    order.sort_unstable();
    order
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;

    #[test]
    fn the_covariance_is_that_of_a_population() {
        // Means 1/2, 1/4, 1/4. The deviations of the two images are (1/2, -1/4, -1/4) and its negative.
        let found = covariance(&[1.0, 0.0, 0.0, 0.0, 0.5, 0.5], 3);
        let expected = [[0.25, -0.125, -0.125], [-0.125, 0.0625, 0.0625], [-0.125, 0.0625, 0.0625]];
        for (found, expected) in found.iter().flatten().zip(expected.iter().flatten()) {
            assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
        }
    }

    /// Predictions of 100 classes in 20 groups of five that are confused with one another. Half of the groups
    /// are hardly ever predicted, not even on their own images.
    fn predictions_of_groups(rng: &mut ChaCha8Rng) -> Vec<f64> {
        let mut predictions = Vec::new();
        for image in 0..4000 {
            let group = image % 20;
            let own = if group < 10 { 0.7 } else { 0.05 };
            let mut logits: Vec<f64> = (0..100).map(|_| rng.random_range(0.0..1.0)).collect();
            let mass = |logits: &[f64]| logits.iter().map(|logit| logit.exp()).sum::<f64>();
            // The classes of the group share `own` at random; all classes share the rest.
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

    /// The mean correlation of the predictions of two classes of a subset, over all such pairs.
    fn mean_correlation(subsets: &[Vec<u16>], covariance: &[Vec<f64>]) -> f64 {
        let mut correlations = Vec::new();
        for subset in subsets {
            for (index, &one) in subset.iter().enumerate() {
                for &other in &subset[index + 1..] {
                    let (one, other) = (usize::from(one), usize::from(other));
                    let scale = (covariance[one][one] * covariance[other][other]).sqrt();
                    correlations.push(covariance[one][other] / scale);
                }
            }
        }
        correlations.iter().sum::<f64>() / correlations.len() as f64
    }

    #[test]
    fn a_subset_has_classes_that_are_predicted_together_even_if_some_are_rare() {
        for seed in 0..3 {
            let mut rng = random_stream(&seed, "groups");
            let covariance = covariance(&predictions_of_groups(&mut rng), 100);
            let centers = online_k_means(&covariance, 10, 20, &mut rng);
            let found = cluster_classes(&covariance, centers, 15);
            let within = mean_correlation(&found, &covariance);
            assert!(within > 0.2, "seed {seed}: {within} in {found:?}");
            let mut all: Vec<u16> = found.concat();
            let count = all.len();
            all.sort_unstable();
            all.dedup();
            assert_eq!(all.len(), count, "a class is in two subsets: {found:?}");
        }
    }

    #[test]
    fn confused_classes_form_a_subset() {
        // Of six classes, 0 and 3, 1 and 4, and 2 and 5 share their images evenly.
        let image = |class: usize, sure: f64| {
            let mut row = [0.0; 6];
            row[class] = sure;
            row[(class + 3) % 6] = 1.0 - sure;
            row
        };
        let predictions: Vec<f64> = (0..60).flat_map(|i| image(i % 6, 0.6)).collect();
        let covariance = covariance(&predictions, 6);
        let centers = [0, 1, 2].map(|class| covariance[class].clone()).to_vec();
        assert_eq!(cluster_classes(&covariance, centers, 2), [[0, 3], [1, 4], [2, 5]]);
    }

    #[test]
    fn an_empty_cluster_takes_the_farthest_point() {
        let points: Vec<Vec<f64>> = [0.0, 1.0, 2.0, 9.0].map(|x| vec![x]).to_vec();
        // The third and fourth center have no points. 9 and then 2 are farthest from 1.
        let centers = [0.0, 1.0, 1.0, 1.0].map(|x| vec![x]).to_vec();
        assert_eq!(cluster_classes(&points, centers, 3), [vec![0], vec![1], vec![3], vec![2]]);
    }

    #[test]
    fn a_center_is_the_mean_of_its_points() {
        // A center starts at one of two points and counts both once per pass. After two passes it is 2/5 or
        // 3/5 of the way.
        let points = vec![vec![0.0], vec![1.0]];
        let found = online_k_means(&points, 1, 2, &mut random_stream(&0, "one"))[0][0];
        assert!((found - 0.4).abs() < 1e-12 || (found - 0.6).abs() < 1e-12, "{found}");
    }

    #[test]
    fn of_equally_distant_classes_the_first_are_taken() {
        let points: Vec<Vec<f64>> = [3.0, 1.0, 5.0, 1.0, 3.0].map(|x| vec![x]).to_vec();
        let all = [0, 1, 2, 3, 4];
        assert_eq!(nearest_points(&points, &all, &[2.0], 3), [0, 1, 3]);
        assert_eq!(nearest_points(&points, &all, &[3.0], 2), [0, 4]);
        assert_eq!(nearest_points(&points, &[2, 3], &[3.0], 4), [2, 3]);
    }
}
