//! Where features change from general to specific: the share of each layer in the whole specificity
//! drop.
//!
//! s(n) = `AnB - BnB` at cut point n, s(0) = 0. The share of layer n is (s(n - 1) - s(n)) /
//! -s(last): the cost of copying one more layer from the other half, as a part of the cost of
//! copying all of them. Shares add up to 1. The share of a layer whose copy costs nothing is around
//! 0 and may be negative.

use std::collections::HashMap;

use assay_runs::Verdict;

use super::contrast::{Role, Scope};
use super::index::{Cluster, Index};
use assay_stats::{Estimate, Rule, jackknife, mean};

/// The position of the transition.
#[derive(Debug, Clone, PartialEq)]
pub struct Transition {
    /// s(last), in percentage points.
    pub drop: Estimate,
    /// The share of each layer from 1 to the last but one; 1 is the whole drop.
    pub shares: Vec<Estimate>,
    /// The number of copied layers that reaches half of the drop, interpolated linearly.
    pub half_depth: Option<Estimate>,
    /// The layer with the largest share, from 1; none unless the interval of its share is above 0.
    pub largest: Option<usize>,
    /// The number of leave-one-out samples of the jackknife in which the same layer has the largest
    /// share.
    pub largest_agrees: usize,
}

/// Estimates the position of the transition on the main splits.
///
/// # Errors
/// When its position is unknown; why.
pub fn transition(index: &Index) -> Result<Transition, String> {
    let scope = Scope::main(index);
    let last = index.last_cut();
    let wanted: Vec<u8> = (1..=last).collect();
    if wanted.is_empty() || scope.cuts(&[Role::TRANSFER, Role::SELFFER]) != wanted {
        return Err("the plan has not AnB and BnB at every n".to_owned());
    }
    let rows = rows(scope, &wanted);
    let step_at = |&n: &u8| scope.values(&scope.difference(Role::TRANSFER, Role::SELFFER, n)).step;
    let step = wanted.iter().map(step_at).fold(0.0, f64::max);
    let Some(drop) = jackknife(&rows, |rows| column_means(rows)[usize::from(last) - 1]) else {
        return Err("no cluster has AnB and BnB at every n yet".to_owned());
    };
    let drop = drop.of_counts(step, 1.0);
    let Some(interval) = drop.interval else {
        return Err("fewer than two clusters have AnB and BnB at every n".to_owned());
    };
    // A gain is no drop either.
    if interval.high >= 0.0 {
        return Err(format!(
            "AnB − BnB at n = {last} is {:+.2} [{:+.2}, {:+.2}] percentage points: no drop that \
             could be divided",
            drop.value, interval.low, interval.high
        ));
    }
    Ok(place(&rows, drop, step))
}

/// s(1) to s(last) of every cluster that has all of them.
fn rows(scope: Scope, cuts: &[u8]) -> Vec<Vec<f64>> {
    let column = |&n: &u8| -> HashMap<Cluster, f64> {
        let values = scope.by_cluster(&scope.difference(Role::TRANSFER, Role::SELFFER, n));
        values.into_iter().filter_map(|(cluster, value)| Some((cluster, value.ok()?))).collect()
    };
    let columns: Vec<_> = cuts.iter().map(column).collect();
    let row = |cluster| columns.iter().map(|column| column.get(cluster).copied()).collect();
    scope.clusters().iter().filter_map(row).collect()
}

fn column_means(rows: &[Vec<f64>]) -> Vec<f64> {
    let columns = rows.first().map_or(0, Vec::len);
    (0..columns).map(|at| mean(&rows.iter().map(|row| row[at]).collect::<Vec<_>>())).collect()
}

/// `step` is the rounding step of s. A share r consists of s(n - 1) - s(n), rounded twice, and of
/// the drop.
fn place(rows: &[Vec<f64>], drop: Estimate, step: f64) -> Transition {
    let share = |layer: usize| {
        let share = jackknife(rows, |rows| shares(&column_means(rows))[layer])?;
        Some(share.of_counts(step / drop.value.abs(), 2.0 + share.value.powi(2)))
    };
    let shares_of: Vec<Estimate> = (0..rows[0].len()).filter_map(share).collect();
    let largest = position_of_largest(&shares(&column_means(rows)));
    let largest_agrees = (0..rows.len())
        .filter(|&left_out| {
            let mut rest = rows.to_vec();
            rest.remove(left_out);
            position_of_largest(&shares(&column_means(&rest))) == largest
        })
        .count();
    let half_depth = jackknife(rows, |rows| half_depth(&column_means(rows)).0);
    let half_depth = half_depth.map(|depth| {
        let (_, gone, slope) = self::half_depth(&column_means(rows));
        // The errors of half of s(last), of s before and of s after, each rounded.
        depth.of_counts(step / slope.abs(), 0.25 + (1.0 - gone).powi(2) + gone.powi(2))
    });
    // The largest share is named only if it is larger than every other one.
    let lead_over = |other: usize| {
        jackknife(rows, |rows| {
            let shares = shares(&column_means(rows));
            shares[largest] - shares[other]
        })
    };
    let leads = |other: usize| {
        let interval = lead_over(other).and_then(|lead| lead.interval);
        interval.is_some_and(|ends| ends.low > 0.0 && ends.has_width())
    };
    let is_told = |share: &Estimate| share.interval.is_some_and(|ends| ends.low > 0.0);
    let others = (0..rows[0].len()).filter(|&other| other != largest);
    let named = shares_of.get(largest).filter(|share| is_told(share));
    let named = named.filter(|_| others.into_iter().all(leads)).map(|_| largest + 1);
    Transition { drop, shares: shares_of, half_depth, largest: named, largest_agrees }
}

/// The first cut point from which `AnB - BnB` is below `-margin`, for estimates at ascending cut
/// points. None if not even the last one is.
///
/// Tests go from the last cut point downwards, each at the same one-sided level of 2.5 %. They end
/// at the first that does not reject. In such a fixed sequence (Maurer, Hothorn and Lehmacher
/// 1995), the probability of naming any cut point falsely is at most that of one test.
pub(crate) fn specific_from(
    cuts: &[(u8, Option<Estimate>)],
    margin: f64,
) -> Option<(u8, Estimate)> {
    let is_specific = |(n, found): &(u8, Option<Estimate>)| {
        let found = (*found)?;
        let verdict = Rule::LessThan.decide(found.interval, margin);
        (verdict == Verdict::Holds).then_some((*n, found))
    };
    cuts.iter().rev().map_while(is_specific).last()
}

/// The share of each layer, from s(1) to s(last).
pub(super) fn shares(specificity: &[f64]) -> Vec<f64> {
    let whole = -specificity[specificity.len() - 1];
    let before = std::iter::once(&0.0).chain(specificity);
    before.zip(specificity).map(|(before, here)| (before - here) / whole).collect()
}

fn position_of_largest(values: &[f64]) -> usize {
    let largest = values.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
    largest.map_or(0, |(at, _)| at)
}

/// Where s first reaches half of s(last): the position, its distance from the cut point before, and
/// how much s changes from that cut point to the next.
fn half_depth(specificity: &[f64]) -> (f64, f64, f64) {
    let whole = specificity[specificity.len() - 1];
    let mut before = 0.0;
    for (at, value) in specificity.iter().enumerate() {
        let part = value / whole;
        if part >= 0.5 {
            let gone = (0.5 - before) / (part - before);
            return (at as f64 + gone, gone, (part - before) * whole);
        }
        before = part;
    }
    (f64::NAN, f64::NAN, f64::NAN)
}

#[cfg(test)]
mod tests {
    use rand::RngExt;
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;
    use assay_stats::estimate_mean;

    #[test]
    fn shares_are_steps_and_add_up_to_one() {
        let got = shares(&[0.0, -1.0, -3.0, -4.0]);
        assert_eq!(got, [0.0, 0.25, 0.5, 0.25]);
    }

    #[test]
    fn half_of_the_drop_is_reached_between_two_and_three_layers() {
        // Half of 4 is 2, midway between 1 at n = 2 and 3 at n = 3.
        assert!((half_depth(&[0.0, -1.0, -3.0, -4.0]).0 - 2.5).abs() < 1e-12);
        assert!((half_depth(&[-4.0]).0 - 0.5).abs() < 1e-12);
    }

    /// Normally distributed clusters with the true value of each n as mean and a standard deviation
    /// of 1.
    fn drawn(truth: &[f64], generator: &mut ChaCha8Rng) -> Vec<(u8, Option<Estimate>)> {
        let mut normal = || (0..12).map(|_| generator.random::<f64>()).sum::<f64>() - 6.0;
        let estimate = |(n, truth): (u8, &f64)| {
            let clusters: Vec<f64> = (0..4).map(|_| truth + normal()).collect();
            (n, estimate_mean(&clusters))
        };
        (1..).zip(truth).map(estimate).collect()
    }

    #[test]
    fn a_layer_is_falsely_called_specific_no_more_often_than_one_test_errs() {
        // All n at the margin; then the last three far beyond it, so that the sequence reaches the
        // others.
        for (truth, specific) in
            [([-0.5; 7], 0), ([-0.5, -0.5, -0.5, -0.5, -50.0, -50.0, -50.0], 3)]
        {
            let mut generator = ChaCha8Rng::seed_from_u64(2014);
            let (draws, mut falsely, mut any) = (20_000_u32, 0_u32, 0_u32);
            for _ in 0..draws {
                let cuts = drawn(&truth, &mut generator);
                let first_true = 8 - specific;
                falsely +=
                    u32::from(specific_from(&cuts, 0.5).is_some_and(|(n, _)| n < first_true));
                let alone = |cut: &(u8, Option<Estimate>)| specific_from(&[*cut], 0.5).is_some();
                any += u32::from(cuts.iter().any(|cut| cut.0 < first_true && alone(cut)));
            }
            let percent = |count: u32| 100.0 * f64::from(count) / f64::from(draws);
            // Three standard errors of 2.5 % in 20,000 draws are 0.33 %.
            assert!(
                percent(falsely) < 2.83,
                "{} % of the draws name a layer falsely",
                percent(falsely)
            );
            // If each n were tested by itself: 1 - 0.975^7 = 16.2 %, and 1 - 0.975^4 = 9.6 %.
            let wanted = 100.0 * (1.0 - 0.975_f64.powi(7 - i32::from(specific)));
            assert!((percent(any) - wanted).abs() < 1.0, "{} %, not {wanted} %", percent(any));
        }
    }

    #[test]
    fn the_sequence_ends_at_the_first_cut_point_that_is_not_specific() {
        let cut = |n, mean: f64| (n, estimate_mean(&[mean - 0.01, mean + 0.01]));
        let from = |cuts: &[_]| specific_from(cuts, 0.5).map(|(n, _)| n);
        assert_eq!(from(&[cut(1, -3.0), cut(2, 0.0), cut(3, -3.0), cut(4, -3.0)]), Some(3));
        assert_eq!(from(&[cut(1, -3.0), cut(2, -3.0), cut(3, 0.0)]), None);
        assert_eq!(from(&[cut(1, -3.0), (2, None)]), None);
    }

    #[test]
    fn no_layer_is_named_whose_share_may_be_0() {
        // One network of the first cluster failed: its s(1) is -6, that of the others 0.
        let outlier = vec![vec![-6.0, -5.0], vec![0.0, -4.0], vec![0.0, -4.0], vec![0.0, -4.0]];
        let placed = |rows: &[Vec<f64>]| {
            place(rows, jackknife(rows, |rows| column_means(rows)[1]).unwrap(), 0.0)
        };
        let found = placed(&outlier);
        // Shares 6 / 17 and 11 / 17. For the second one's interval, leave out each: 12 / 12, and 6
        // / 13 three times.
        assert!(found.shares[1].value > found.shares[0].value);
        assert!(found.shares.iter().all(|share| share.interval.unwrap().low < 0.0), "{found:?}");
        assert_eq!(found.largest, None);
        let plain = vec![vec![-0.1, -5.0], vec![0.1, -4.0], vec![0.0, -4.0]];
        assert_eq!(placed(&plain).largest, Some(2));
    }

    #[test]
    fn a_depth_is_as_uncertain_as_rounding_where_clusters_agree() {
        let rows = vec![vec![0.0, -1.0, -3.0, -4.0]; 3];
        let drop = jackknife(&rows, |rows| column_means(rows)[3]).unwrap();
        let depth = place(&rows, drop, 0.1).half_depth.unwrap();
        // Half of the way from -1 to -3: sqrt(1/4 + 1/4 + 1/4) of 0.1 / 2, over sqrt(36).
        let half = 4.302_65 * 0.05 * 0.75_f64.sqrt() / 6.0;
        assert!((depth.interval.unwrap().high - 2.5 - half).abs() < 1e-5, "{depth:?}");
    }

    #[test]
    fn the_share_of_a_layer_has_the_jackknifes_interval() {
        // s of two clusters: (-1, -4) and (-3, -4). The share of layer 1 is .5; without each it is
        // .75 and .25. The error is sqrt(1/2 * 2 * .25^2) = .25. For one degree of freedom, t =
        // 12.7062.
        let rows = vec![vec![-1.0, -4.0], vec![-3.0, -4.0]];
        let drop = jackknife(&rows, |rows| column_means(rows)[1]).unwrap();
        let found = place(&rows, drop, 0.0);
        assert!((found.shares[0].value - 0.5).abs() < 1e-12);
        let interval = found.shares[0].interval.unwrap();
        assert!((interval.high - 0.5 - 12.7062 * 0.25).abs() < 1e-4);
    }
}
