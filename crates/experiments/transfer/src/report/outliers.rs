//! Outliers among the trained networks, compared with networks of the same treatment and cut point:
//! those of other clusters or of the other target.

use assay_runs::Half;

use super::contrast::{Role, Scope};
use super::index::{Cluster, Index, Training};
use assay_report::words::{plain, plural};

/// The number of standard deviations from the others' median that makes an outlier.
const FAR: f64 = 8.0;
/// The standard deviation of a normal distribution, in median absolute deviations.
const NORMAL: f64 = 1.4826;
/// Minimum number of other networks.
const FEWEST: usize = 3;

/// A network with its distance from the others' median.
struct Distance<'a> {
    training: Training<'a>,
    /// The distance of (accuracy minus that of the target's base), in percentage points.
    from_median: f64,
}

/// The outliers as a sentence; none if there are none.
#[must_use]
pub fn in_words(index: &Index) -> Option<String> {
    let distances = distances(Scope::main(index));
    let sizes: Vec<f64> = distances.iter().map(|one| one.from_median.abs()).collect();
    let far = FAR * NORMAL * median(&sizes)?;
    let outliers: Vec<String> =
        distances.iter().filter(|one| one.from_median.abs() > far).map(Distance::named).collect();
    (!outliers.is_empty()).then(|| {
        format!(
            "Far from its siblings of the same treatment and n, more than {FAR} robust standard \
             deviations: {} ({}). It counts, and widens every interval it has a part in.",
            plural(outliers.len(), "network"),
            outliers.join("; ")
        )
    })
}

impl Distance<'_> {
    fn named(&self) -> String {
        let cell = self.training.cell;
        let side = if self.from_median < 0.0 { "below" } else { "above" };
        format!(
            "{} of {}, seed {}, {} points {side} their median",
            cell.treatment,
            cell.split,
            cell.seed,
            plain(self.from_median.abs(), 1)
        )
    }
}

/// Every trained network with enough others to compare with.
fn distances<'a>(scope: Scope<'a>) -> Vec<Distance<'a>> {
    let over_base = |training: Training<'a>| {
        let cell = training.cell;
        let (role, n) = Role::of(cell.treatment)?;
        let cluster = Cluster { split: cell.split.clone(), seed: cell.seed };
        let base = Role::Base.treatment(0, cell.treatment.target().unwrap_or(Half::B));
        let base = scope.find(base, &cluster)?.cell_result.accuracy()?;
        Some(((role, n), training.cell_result.accuracy()? - base))
    };
    let known: Vec<_> = scope
        .cells()
        .filter_map(|training| Some((over_base(training)?, training)))
        .filter(|((of, _), _)| of.0 != Role::Base)
        .collect();
    let distance = |&((of, value), training): &((_, f64), Training<'a>)| {
        let others = known.iter().filter(|one| one.0.0 == of && one.1.cell != training.cell);
        let others: Vec<f64> = others.map(|one| one.0.1).collect();
        let middle = median(&others).filter(|_| others.len() >= FEWEST)?;
        Some(Distance { training, from_median: value - middle })
    };
    known.iter().filter_map(distance).collect()
}

/// The median; none without values. For an even number of values, it is the mean of the middle two.
fn median(values: &[f64]) -> Option<f64> {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    let lower = values[(values.len() - 1) / 2];
    Some(f64::midpoint(lower, upper))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(&[]), None);
    }
}
