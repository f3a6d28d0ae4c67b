//! Two-way intervals: clusters, such as seeds, that all are measured on the same items, such as test images.
//!
//! An interval over seeds alone says how far other trainings would move the result on these test images. Other
//! test images would move it as well. With crossed random effects of seed and item, the variance of the mean is
//! that over seeds, plus that over items, minus the part that both count (Owen 2007, The pigeonhole bootstrap).

use crate::estimate::{ItemVariance, mean};

/// The variance of the mean that comes from the items, beyond what the spread over clusters shows already.
///
/// - values: `[clusters][items]`, of which the estimate is the mean
///
/// None unless there are at least two clusters with the same number of at least two items.
#[must_use]
pub fn item_variance(values: &[Vec<f64>]) -> Option<ItemVariance> {
    let (clusters, items) = (values.len(), values.first()?.len());
    if clusters < 2 || items < 2 || values.iter().any(|own| own.len() != items) {
        return None;
    }
    let of_cluster: Vec<f64> = values.iter().map(|own| mean(own)).collect();
    let of_item: Vec<f64> = (0..items)
        .map(|item| mean(&values.iter().map(|own| own[item]).collect::<Vec<_>>()))
        .collect();
    let center = mean(&of_cluster);
    let (k, n) = (clusters as f64, items as f64);
    let squares: f64 = of_item.iter().map(|value| (value - center).powi(2)).sum();
    let residuals: f64 = values
        .iter()
        .zip(&of_cluster)
        .flat_map(|(own, cluster)| {
            own.iter().zip(&of_item).map(move |(value, item)| value - cluster - item + center)
        })
        .map(|residual| residual * residual)
        .sum();
    let of_items = squares / (n - 1.0) / n;
    let counted_twice = residuals / ((k - 1.0) * (n - 1.0)) / (k * n);
    Some(ItemVariance { variance: (of_items - counted_twice).max(0.0), degrees: n - 1.0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Estimate, Rule, estimate_mean};
    use assay_core::{Verdict, random_stream};
    use rand::RngExt;

    fn mean_of_all(values: &[Vec<f64>]) -> Estimate {
        let of_cluster: Vec<f64> = values.iter().map(|own| mean(own)).collect();
        estimate_mean(&of_cluster).unwrap()
    }

    #[test]
    fn the_variance_over_items_is_without_what_seeds_show() {
        // Items 0 and 2 of both clusters, which differ by nothing else: the variance of the mean of two items that
        // are 2 apart is 2 / 2.
        let found = item_variance(&[vec![0.0, 2.0], vec![1.0, 3.0]]).unwrap();
        assert_eq!(found, ItemVariance { variance: 1.0, degrees: 1.0 });
        // Residuals alone: nothing is left for the items.
        let found = item_variance(&[vec![0.0, 2.0], vec![2.0, 0.0]]).unwrap();
        assert!(found.variance.abs() < 1e-12);
        assert_eq!(item_variance(&[vec![0.0, 2.0]]), None);
        assert_eq!(item_variance(&[vec![0.0, 2.0], vec![1.0]]), None);
    }

    /// How often two networks that are equally good on all images are said to differ by more than a margin, and
    /// how often the interval over seeds alone says so. Which images each has difficulties with is drawn along
    /// with the 500 test images.
    fn false_verdicts(draws: usize, margin: f64) -> [f64; 2] {
        let mut rng = random_stream(&"false verdicts", "equal networks");
        let (seeds, images) = (8, 500);
        let mut false_ones = [0_usize; 2];
        for _ in 0..draws {
            // Of each network, an image in ten is hard and wrong in nine of ten trainings.
            let mut error = || if rng.random_bool(0.1) { 0.9 } else { 0.01 };
            let of_images: Vec<[f64; 2]> = (0..images).map(|_| [error(), error()]).collect();
            let values: Vec<Vec<f64>> = (0..seeds)
                .map(|_| {
                    let difference = |chances: &[f64; 2]| {
                        let wrong = chances.map(|chance| f64::from(rng.random_bool(chance)));
                        100.0 * (wrong[0] - wrong[1])
                    };
                    of_images.iter().map(difference).collect()
                })
                .collect();
            let over_seeds = mean_of_all(&values);
            let both = over_seeds.with_item_variance(item_variance(&values));
            for (count, estimate) in false_ones.iter_mut().zip([both, over_seeds]) {
                let verdict = Rule::MoreThan.decide(estimate.interval, margin);
                *count += usize::from(verdict == Verdict::Holds);
            }
        }
        false_ones.map(|count| count as f64 / draws as f64)
    }

    #[test]
    fn equal_networks_are_seldom_said_to_differ_whichever_images_test_them() {
        let [both, seeds_alone] = false_verdicts(2000, 0.0);
        // Nominally 2.5 %; the standard error of 2000 draws is 0.35 %.
        assert!(both <= 0.025 + 2.0 * 0.0035, "{both}");
        // The interval over seeds alone is far too narrow here: the test can fail.
        assert!(seeds_alone > 0.25, "{seeds_alone}");
    }
}
