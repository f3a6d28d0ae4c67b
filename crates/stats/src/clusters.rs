//! One number per cluster.

use std::fmt::Display;

use crate::{Estimate, estimate_mean};

/// A value in every cluster that has one, and the clusters left out.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ClusterValues<T = f64> {
    /// One value per cluster.
    pub values: Vec<T>,
    /// Clusters left out, each with the reason.
    pub left_out: Vec<String>,
    /// What a value is rounded to, in its unit: see [`Estimate::of_counts`]; 0 of what is no count.
    pub step: f64,
}

impl<T> ClusterValues<T> {
    /// Of clusters, each with its value or why it has none.
    pub fn collect<C: Display>(
        clusters: impl IntoIterator<Item = (C, Result<T, String>)>,
        step: f64,
    ) -> Self {
        let mut found = Self { values: Vec::new(), left_out: Vec::new(), step };
        for (cluster, value) in clusters {
            match value {
                Ok(value) => found.values.push(value),
                Err(reason) => found.left_out.push(format!("{cluster}: {reason}")),
            }
        }
        found
    }
}

impl ClusterValues {
    /// The mean over clusters with its interval, a value being rounded once; none where no cluster has a value.
    #[must_use]
    pub fn estimate(&self) -> Option<Estimate> {
        self.estimate_of(1.0)
    }

    /// The same where a value is made of `times` numbers that are each rounded: 2 for a difference.
    #[must_use]
    pub fn estimate_of(&self, times: f64) -> Option<Estimate> {
        estimate_mean(&self.values).map(|estimate| estimate.of_counts(self.step, times))
    }

    /// The same of shares in percent: the interval ends at 0 and 100.
    #[must_use]
    pub fn estimate_in_percent(&self) -> Option<Estimate> {
        self.estimate().map(Estimate::in_percent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_without_a_value_is_left_out_with_its_reason() {
        let clusters =
            [("seed 0", Ok(1.0)), ("seed 1", Err("did not learn".to_owned())), ("seed 2", Ok(3.0))];
        let found = ClusterValues::collect(clusters, 0.0);
        assert_eq!(
            (found.values.clone(), found.left_out.clone()),
            (vec![1.0, 3.0], vec!["seed 1: did not learn".to_owned()])
        );
        assert_eq!(
            found.estimate().map(|estimate| (estimate.value, estimate.clusters)),
            Some((2.0, 2))
        );
    }
}
