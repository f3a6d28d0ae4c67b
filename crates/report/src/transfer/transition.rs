//! Where features turn from general to specific: the share of the whole specificity drop that
//! falls on each layer.
//!
//! s(n) = `AnB - BnB` at cut point n, s(0) = 0. The share of layer n is
//! (s(n - 1) - s(n)) / -s(last): what copying one layer more from the other half costs, as a part of
//! what copying all of them costs. Shares add up to 1; a layer whose copy does not hurt has a share
//! around 0, which may be negative.

use crate::statistics::{Estimate, jackknife, mean};
use crate::transfer::contrast::{Role, Scope};
use crate::transfer::index::Index;

/// Where the transition lies.
#[derive(Debug, Clone, PartialEq)]
pub struct Transition {
    /// s(last), percentage points.
    pub drop: Estimate,
    /// Of each layer from 1 to the last but one; 1 is the whole drop.
    pub shares: Vec<Estimate>,
    /// How many layers are copied when half of the drop is reached, between whole numbers on a
    /// straight line.
    pub half_depth: Option<Estimate>,
    /// The layer with the largest share, from 1.
    pub largest: usize,
    /// In how many of the jackknife's leave-one-out samples that layer also has the largest share.
    pub largest_agrees: usize,
}

/// What can be said about the transition.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// It can be placed.
    Found(Transition),
    /// It cannot; why.
    Unknown(String),
}

/// Places the transition on the main splits.
#[must_use]
pub fn transition(index: &Index) -> Answer {
    let scope = Scope::main(index);
    let last = index.last_cut();
    let wanted: Vec<u8> = (1..=last).collect();
    if wanted.is_empty() || scope.cuts(&[Role::TRANSFER, Role::SELFFER]) != wanted {
        return Answer::Unknown("the plan has not AnB and BnB at every n".to_owned());
    }
    let rows = rows(scope, &wanted);
    let at = usize::from(last) - 1;
    let Some(drop) = jackknife(&rows, |rows| column_means(rows)[at]) else {
        return Answer::Unknown("no cluster has AnB and BnB at every n yet".to_owned());
    };
    let Some(interval) = drop.interval else {
        return Answer::Unknown("fewer than two clusters have AnB and BnB at every n".to_owned());
    };
    // A gain is no drop either.
    if interval.high >= 0.0 {
        return Answer::Unknown(format!(
            "AnB − BnB at n = {last} is {:+.2} [{:+.2}, {:+.2}] percentage points: no drop that \
             could be divided",
            drop.value, interval.low, interval.high
        ));
    }
    Answer::Found(place(&rows, drop))
}

/// s(1) to s(last) of every cluster that has them all.
fn rows(scope: Scope, cuts: &[u8]) -> Vec<Vec<f64>> {
    let columns: Vec<_> = cuts
        .iter()
        .map(|&n| scope.by_cluster(&scope.difference(Role::TRANSFER, Role::SELFFER, n)))
        .collect();
    let row = |cluster| {
        let value = |column: &Vec<(_, Result<f64, String>)>| {
            let found = column.iter().find(|(of, _)| of == cluster)?;
            found.1.clone().ok()
        };
        columns.iter().map(value).collect::<Option<Vec<f64>>>()
    };
    scope.clusters().iter().filter_map(row).collect()
}

fn column_means(rows: &[Vec<f64>]) -> Vec<f64> {
    let columns = rows.first().map_or(0, Vec::len);
    (0..columns).map(|at| mean(&rows.iter().map(|row| row[at]).collect::<Vec<_>>())).collect()
}

fn place(rows: &[Vec<f64>], drop: Estimate) -> Transition {
    let share = |layer: usize| jackknife(rows, |rows| shares(&column_means(rows))[layer]);
    let shares_of: Vec<Estimate> = (0..rows[0].len()).filter_map(share).collect();
    let largest = position_of_largest(&shares(&column_means(rows)));
    let largest_agrees = (0..rows.len())
        .filter(|&left_out| {
            let mut rest = rows.to_vec();
            rest.remove(left_out);
            position_of_largest(&shares(&column_means(&rest))) == largest
        })
        .count();
    let half_depth = jackknife(rows, |rows| half_depth(&column_means(rows)));
    Transition { drop, shares: shares_of, half_depth, largest: largest + 1, largest_agrees }
}

/// Each layer's share, from s(1) to s(last).
fn shares(specificity: &[f64]) -> Vec<f64> {
    let whole = -specificity[specificity.len() - 1];
    let before = std::iter::once(&0.0).chain(specificity);
    before.zip(specificity).map(|(before, here)| (before - here) / whole).collect()
}

fn position_of_largest(values: &[f64]) -> usize {
    let largest = values.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
    largest.map_or(0, |(at, _)| at)
}

/// Where s first reaches half of s(last).
#[allow(clippy::cast_precision_loss)] // a handful of layers
fn half_depth(specificity: &[f64]) -> f64 {
    let whole = specificity[specificity.len() - 1];
    let mut before = 0.0;
    for (at, value) in specificity.iter().enumerate() {
        let part = value / whole;
        if part >= 0.5 {
            return at as f64 + (0.5 - before) / (part - before);
        }
        before = part;
    }
    f64::NAN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_steps_and_add_up_to_one() {
        let got = shares(&[0.0, -1.0, -3.0, -4.0]);
        assert_eq!(got, [0.0, 0.25, 0.5, 0.25]);
    }

    #[test]
    fn half_of_the_drop_is_reached_between_two_and_three_layers() {
        // Half of 4 is 2, midway between 1 at n = 2 and 3 at n = 3.
        assert!((half_depth(&[0.0, -1.0, -3.0, -4.0]) - 2.5).abs() < 1e-12);
        assert!((half_depth(&[-4.0]) - 0.5).abs() < 1e-12);
    }

    #[test]
    fn the_share_of_a_layer_has_the_jackknifes_interval() {
        // s of two clusters: (-1, -4) and (-3, -4). Share of layer 1: .5; without each: .75, .25;
        // error = sqrt(1/2 * 2 * .25^2) = .25, on one degree of freedom t = 12.7062.
        let rows = vec![vec![-1.0, -4.0], vec![-3.0, -4.0]];
        let drop = jackknife(&rows, |rows| column_means(rows)[1]).unwrap();
        let found = place(&rows, drop);
        assert!((found.shares[0].value - 0.5).abs() < 1e-12);
        let interval = found.shares[0].interval.unwrap();
        assert!((interval.high - 0.5 - 12.7062 * 0.25).abs() < 1e-4);
    }
}
