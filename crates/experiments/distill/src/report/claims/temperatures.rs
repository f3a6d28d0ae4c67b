//! Claims about temperatures, each with several comparisons.

use super::measurement::Measurement;
use crate::report::comparison::{difference_of_items, mean_of_items};
use crate::report::gap::NO_SEED;
use crate::report::group::Group;
use crate::report::index::Index;
use crate::report::measure::Measure;
use crate::report::select;
use assay_report::claims;
use assay_report::run_results::distinct;
use assay_stats::{item_variance, mean};

/// Units per layer: the minimum of a wide student, and the maximum of a narrow one (section 3).
const WIDE: f64 = 300.0;
const NARROW: f64 = 30.0;

/// Students at some temperatures, and those at others to compare them with.
struct Comparison<'a> {
    name: String,
    left: Vec<&'a Group<'a>>,
    right: Vec<&'a Group<'a>>,
}

/// Every pair of temperatures above 8, for every wide student.
pub(super) fn high(index: &Index) -> Option<Measurement> {
    compare(index, |units| units >= WIDE, pairs_above_8)
}

/// Temperatures above 8, and 1, against those from 2.5 to 4, for every narrow student that has all
/// three.
pub(super) fn moderate(index: &Index) -> Option<Measurement> {
    compare(index, |units| units <= NARROW, against_moderate)
}

fn pairs_above_8<'a>(groups: &[&'a Group<'a>]) -> Vec<Comparison<'a>> {
    let high = between(groups, |temperature| temperature > 8.0);
    let mut pairs = Vec::new();
    for (at, &low) in high.iter().enumerate() {
        for &top in &high[at + 1..] {
            let [t, u] = [top, low].map(|group| group.condition.temperature_or_nan());
            let name = format!("T = {t} minus T = {u}");
            pairs.push(Comparison { name, left: vec![top], right: vec![low] });
        }
    }
    pairs
}

fn against_moderate<'a>(groups: &[&'a Group<'a>]) -> Vec<Comparison<'a>> {
    let moderate = between(groups, |temperature| (2.5..=4.0).contains(&temperature));
    let high = between(groups, |temperature| temperature > 8.0);
    let one = between(groups, |temperature| temperature.total_cmp(&1.0).is_eq());
    if moderate.is_empty() || high.is_empty() || one.is_empty() {
        return Vec::new();
    }
    let comparison = |(others, name)| Comparison {
        name: format!("{name} minus T of 2.5 to 4"),
        left: others,
        right: moderate.clone(),
    };
    [(high, "T above 8"), (one, "T = 1")].map(comparison).into()
}

fn between<'a>(groups: &[&'a Group<'a>], wanted: impl Fn(f64) -> bool) -> Vec<&'a Group<'a>> {
    let fits = |group: &&&Group| group.condition.temperature.is_some_and(&wanted);
    groups.iter().filter(fits).copied().collect()
}

/// Mean errors minus mean errors for every comparison of the students whose width fits. They are on
/// all classes and the most images.
fn compare<'a>(
    index: &'a Index<'a>,
    fits: impl Fn(f64) -> bool,
    comparisons: impl Fn(&[&'a Group<'a>]) -> Vec<Comparison<'a>>,
) -> Option<Measurement> {
    let (mut members, mut left_out, mut networks) = (Vec::new(), Vec::new(), Vec::new());
    for condition in select::networks(index) {
        if !condition.units().is_some_and(&fits) {
            continue;
        }
        let network = condition.network();
        for Comparison { name, left, right } in
            comparisons(&select::by_temperature(index, condition))
        {
            let found = left[0].cluster_values(left[0].step(), |student| {
                let seed = student.cell.seed;
                Ok(mean_errors(index, &left, seed)? - mean_errors(index, &right, seed)?)
            });
            let items = left[0].shared_items(|student| {
                let seed = student.cell.seed;
                let [left, right] = [&left, &right].map(|groups| mean_items(index, groups, seed));
                Ok(difference_of_items(&left?, &right?))
            });
            let items = item_variance(&items);
            let estimate =
                found.estimate_of(2.0).map(|estimate| estimate.with_item_variance(items));
            let name = format!("{network}, {name}");
            members.push(claims::Comparison { name, estimate });
            left_out.extend(found.left_out);
            networks.push(network.clone());
        }
    }
    let networks = distinct(networks);
    let (left_out, networks) = (distinct(left_out), format!("distilled {}", networks.join(", ")));
    (!members.is_empty()).then_some(Measurement { networks, members, left_out, absent: NO_SEED })
}

/// Errors of one seed's network, averaged over several temperatures.
fn mean_errors(index: &Index, groups: &[&Group], seed: u32) -> Result<f64, String> {
    let errors = |group: &&Group| -> Result<f64, String> {
        let student = index.with_seed(&group.condition, seed)?;
        Ok(student.metrics()?.classification.error_percent())
    };
    Ok(mean(&groups.iter().map(errors).collect::<Result<Vec<_>, _>>()?))
}

/// The same for each test item.
fn mean_items(index: &Index, groups: &[&Group], seed: u32) -> Result<Vec<f64>, String> {
    let items = |group: &&Group| -> Result<Vec<f64>, String> {
        let student = index.with_seed(&group.condition, seed)?;
        let items = Measure::Errors.items(&student.metrics()?.classification);
        Ok(items.expect("errors on images need no words"))
    };
    let each = groups.iter().map(items).collect::<Result<Vec<_>, _>>()?;
    Ok(mean_of_items(&each))
}
