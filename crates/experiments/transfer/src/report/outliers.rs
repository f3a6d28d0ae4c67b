//! Outliers among the trained networks, compared with networks of the same treatment and cut point:
//! those of other clusters or of the other target.

use assay_runs::Half;

use super::contrast::{Role, Scope};
use super::index::{Index, Training};
use assay_report::words::{plain, plural};

/// The number of standard deviations from the others' median that makes an outlier.
const FAR: f64 = 8.0;
/// The standard deviation of a normal distribution, in median absolute deviations.
const NORMAL: f64 = 1.4826;
/// Minimum number of other networks.
const FEWEST: usize = 3;

/// The outliers as a sentence; none if there are none.
pub(crate) fn in_words(index: &Index) -> Option<String> {
    let distances = distances(Scope::main(index));
    let sizes: Vec<f64> = distances.iter().map(|one| one.1.abs()).collect();
    let far = FAR * NORMAL * median(&sizes)?;
    let outliers: Vec<String> =
        distances.iter().filter(|one| one.1.abs() > far).map(distance_in_words).collect();
    (!outliers.is_empty()).then(|| {
        format!(
            "Far from its siblings of the same treatment and n, more than {FAR} robust standard \
             deviations: {} ({}). It counts, and widens every interval it has a part in.",
            plural(outliers.len(), "network"),
            outliers.join("; ")
        )
    })
}

fn distance_in_words((training, distance): &(Training, f64)) -> String {
    let cell = training.cell;
    let side = if *distance < 0.0 { "below" } else { "above" };
    format!(
        "{} of {}, seed {}, {} points {side} their median",
        cell.treatment,
        cell.split,
        cell.seed,
        plain(distance.abs(), 1)
    )
}

/// Every trained network with enough others to compare with, and its distance from their median.
/// Compared is the accuracy minus that of the target's base, in percentage points.
fn distances<'a>(scope: Scope<'a>) -> Vec<(Training<'a>, f64)> {
    let over_base = |training: Training<'a>| {
        let base = Role::Base.treatment(0, training.cell.treatment.target().unwrap_or(Half::B));
        let base = scope.index.find(base, &training.cluster(), scope.images_per_class)?;
        Some(training.cell_result.accuracy()? - base.cell_result.accuracy()?)
    };
    let known: Vec<(f64, Training)> = scope
        .cells()
        .filter(|training| training.role.is_some_and(|role| role.0 != Role::Base))
        .filter_map(|training| Some((over_base(training)?, training)))
        .collect();
    let distance = |&(value, training): &(f64, Training<'a>)| {
        let is_other = |one: &Training| one.role == training.role && one.cell != training.cell;
        let others = known.iter().filter(|one| is_other(&one.1));
        let others: Vec<f64> = others.map(|one| one.0).collect();
        let middle = median(&others).filter(|_| others.len() >= FEWEST)?;
        Some((training, value - middle))
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
