//! The tidy table of a run: one row per cell, with its factors, its cluster, and its number or why it has none.
//! Contrasts are read from it; `measurements.csv` publishes it in long form.

use std::collections::HashMap;
use std::fmt::Display;
use std::hash::Hash;

use assay_stats::ClusterValues;

use crate::tables::{Entry, Table};

/// A weighted sum of cells of one cluster, each named by its key.
pub type Contrast<K> = Vec<(f64, K)>;

/// A cell's row.
#[derive(Debug, Clone, PartialEq)]
pub struct Measurement<K, C> {
    /// What tells it from the other cells of its cluster.
    pub key: K,
    /// The unit of resampling: cells of one cluster are no independent repeats.
    pub cluster: C,
    /// Its number, or why it does not count.
    pub value: Result<f64, String>,
    /// What its number is rounded to; 0 where it has none, or is no count.
    pub step: f64,
}

/// The rows of a run, found by cluster and key.
#[derive(Debug, Clone)]
pub struct Measurements<K, C> {
    rows: Vec<Measurement<K, C>>,
    places: HashMap<(C, K), usize>,
}

impl<K: Clone + Eq + Hash + Display, C: Clone + Eq + Hash + Display> Measurements<K, C> {
    /// Of rows; of several with one key in one cluster the first is found.
    #[must_use]
    pub fn new(rows: Vec<Measurement<K, C>>) -> Self {
        let mut places = HashMap::new();
        for (place, row) in rows.iter().enumerate() {
            places.entry((row.cluster.clone(), row.key.clone())).or_insert(place);
        }
        Self { rows, places }
    }

    /// Every row, in the plan's order.
    #[must_use]
    pub fn rows(&self) -> &[Measurement<K, C>] {
        &self.rows
    }

    /// The index of the row with this cluster and key; `None` if it is not planned.
    #[must_use]
    pub fn position(&self, cluster: &C, key: &K) -> Option<usize> {
        self.places.get(&(cluster.clone(), key.clone())).copied()
    }

    /// How many rows have the key and cluster of an earlier one.
    #[must_use]
    pub fn repeated(&self) -> usize {
        self.rows.len() - self.places.len()
    }

    fn find(&self, cluster: &C, key: &K) -> Option<&Measurement<K, C>> {
        self.position(cluster, key).map(|place| &self.rows[place])
    }

    /// A contrast's value in each of `clusters` that plans any of its cells, or which cell it lacks and why; none
    /// without terms.
    pub fn by_cluster(
        &self,
        clusters: &[C],
        contrast: &[(f64, K)],
    ) -> Vec<(C, Result<f64, String>)> {
        let plans_any =
            |cluster: &&C| contrast.iter().any(|(_, key)| self.find(cluster, key).is_some());
        let planned = clusters.iter().filter(plans_any);
        planned.map(|cluster| (cluster.clone(), self.value(cluster, contrast))).collect()
    }

    /// A contrast's values in the clusters that have all cells of another contrast too.
    pub fn values(
        &self,
        clusters: &[C],
        contrast: &[(f64, K)],
        other: &[(f64, K)],
    ) -> ClusterValues {
        let found = self.by_cluster(clusters, contrast).into_iter();
        let both = found.map(|(cluster, value)| {
            let value = value.and_then(|value| self.value(&cluster, other).map(|_| value));
            (cluster, value)
        });
        let both: Vec<(C, Result<f64, String>)> = both.collect();
        let steps = both.iter().filter(|(_, value)| value.is_ok());
        let step = steps.map(|(cluster, _)| self.step(cluster, contrast)).fold(0.0, f64::max);
        ClusterValues::collect(both, step)
    }

    /// A contrast's value in a cluster, or which cell it lacks and why; 0 without terms.
    fn value(&self, cluster: &C, contrast: &[(f64, K)]) -> Result<f64, String> {
        let mut sum = 0.0;
        for (weight, key) in contrast {
            let found = self.find(cluster, key).ok_or_else(|| format!("{key} is not planned"))?;
            sum += weight * found.value.clone()?;
        }
        Ok(sum)
    }

    /// The root of the summed squares of what each term of a contrast is rounded to.
    fn step(&self, cluster: &C, contrast: &[(f64, K)]) -> f64 {
        let step = |(weight, key): &(f64, K)| {
            self.find(cluster, key).map_or(0.0, |row| (weight * row.step).powi(2))
        };
        contrast.iter().map(step).sum::<f64>().sqrt()
    }
}

/// The mean of several contrasts.
#[must_use]
pub fn mean_of<K: Clone + PartialEq>(contrasts: &[Contrast<K>]) -> Contrast<K> {
    weighted(contrasts.iter().map(|contrast| (1.0 / contrasts.len() as f64, contrast.clone())))
}

/// A weighted sum of contrasts, each key once, so that no rounding is left of terms that cancel.
#[must_use]
pub fn weighted<K: PartialEq>(
    contrasts: impl IntoIterator<Item = (f64, Contrast<K>)>,
) -> Contrast<K> {
    let mut sum: Contrast<K> = Vec::new();
    for (weight, contrast) in contrasts {
        for (factor, key) in contrast {
            match sum.iter_mut().find(|term| term.1 == key) {
                Some(term) => term.0 += weight * factor,
                None => sum.push((weight * factor, key)),
            }
        }
    }
    sum
}

/// A row of the published table: factors in the order of its columns, and numbers with their names.
#[derive(Debug, Clone, PartialEq)]
pub struct LongRow {
    /// The cell.
    pub cell: String,
    /// One entry per factor.
    pub factors: Vec<Entry>,
    /// The cluster.
    pub cluster: String,
    /// The names of its numbers, each with the number or why it is left out.
    pub metrics: Vec<(&'static str, Result<f64, String>)>,
}

/// The published table: one row per cell and metric, named `measurements`.
#[must_use]
pub fn long_table(factors: &[&'static str], rows: Vec<LongRow>) -> Table {
    let long = |row: LongRow| {
        let LongRow { cell, factors, cluster, metrics } = row;
        metrics.into_iter().map(move |(name, value)| {
            let mut entries = vec![Entry::text(&cell)];
            entries.extend(factors.clone());
            let (number, reason) = match value {
                Ok(number) => (Entry::number(Some(number), 4), Entry::Nothing),
                Err(reason) => (Entry::Nothing, Entry::text(reason)),
            };
            entries.extend([Entry::text(&cluster), Entry::text(name), number, reason]);
            entries
        })
    };
    let columns = [&["cell"], factors, &["cluster", "metric", "value", "left out"]].concat();
    Table {
        name: "measurements".to_owned(),
        title: "Every cell with what it is compared by, in long form".to_owned(),
        columns,
        rows: rows.into_iter().flat_map(long).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(
        key: &'static str,
        cluster: u32,
        value: Result<f64, String>,
    ) -> Measurement<&'static str, u32> {
        Measurement { key, cluster, value, step: 0.5 }
    }

    fn measurements() -> Measurements<&'static str, u32> {
        Measurements::new(vec![
            row("a", 0, Ok(3.0)),
            row("b", 0, Ok(1.0)),
            row("a", 1, Ok(5.0)),
            row("b", 1, Err("b did not learn".to_owned())),
            row("a", 2, Ok(7.0)),
            row("c", 3, Ok(9.0)),
        ])
    }

    #[test]
    fn a_contrast_is_paired_within_clusters_and_says_what_each_lacks() {
        let difference = [(1.0, "a"), (-1.0, "b")];
        let found = measurements().values(&[0, 1, 2, 3], &difference, &[]);
        assert_eq!(found.values, [2.0]);
        // Cluster 3 plans neither cell: it is not left out of this contrast.
        assert_eq!(found.left_out, ["1: b did not learn", "2: b is not planned"]);
        assert!((found.step - 0.5_f64.sqrt()).abs() < 1e-12);
        let with_b = measurements().values(&[0, 1, 2], &[(1.0, "a")], &difference);
        assert_eq!(with_b.values, [3.0]);
    }

    #[test]
    fn terms_that_cancel_leave_nothing() {
        let sum = weighted([(1.0, vec![(1.0, "a"), (0.1, "b")]), (-1.0, vec![(0.1, "b")])]);
        assert_eq!(sum, [(1.0, "a"), (0.0, "b")]);
        assert_eq!(mean_of(&[vec![(1.0, "a")], vec![(1.0, "b")]]), [(0.5, "a"), (0.5, "b")]);
    }

    #[test]
    fn the_published_table_has_a_row_a_number() {
        let row = LongRow {
            cell: "x".to_owned(),
            factors: vec![Entry::text("AnB"), Entry::count(3)],
            cluster: "seed 0".to_owned(),
            metrics: vec![("accuracy", Ok(12.5)), ("cka", Err("did not learn".to_owned()))],
        };
        let csv = long_table(&["role", "n"], vec![row]).csv();
        let wanted = "cell,role,n,cluster,metric,value,left out\nx,AnB,3,seed 0,accuracy,12.5,\n\
                      x,AnB,3,seed 0,cka,,did not learn\n";
        assert_eq!(csv, wanted);
    }
}
