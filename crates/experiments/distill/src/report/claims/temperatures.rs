//! Claims about temperatures, each with several comparisons.

use super::measurement::{Measurement, member};
use crate::report::choice;
use crate::report::contrast::NO_SEED;
use crate::report::contrast::by_seed;
use crate::report::group::Group;
use crate::report::index::Index;
use crate::report::quality::Quality;
use assay_report::run_results::distinct;
use assay_stats::{ClusterValues, mean};

/// Units per layer: the minimum of a wide student, and the maximum of a narrow one (section 3).
const WIDE: f64 = 300.0;
const NARROW: f64 = 30.0;

/// Students of a range of widths on all classes and the most images, each by temperature.
fn students<'a>(index: &'a Index<'a>, fits: impl Fn(f64) -> bool) -> Vec<Vec<&'a Group<'a>>> {
    let networks = choice::networks(index).into_iter();
    let of_width = networks.filter(|network| network.units().is_some_and(&fits));
    of_width.map(|network| choice::by_temperature(index, network)).collect()
}

fn between<'a>(groups: &[&'a Group<'a>], wanted: impl Fn(f64) -> bool) -> Vec<&'a Group<'a>> {
    let fits = |group: &&&Group| group.condition.temperature.is_some_and(&wanted);
    groups.iter().filter(fits).copied().collect()
}

/// Errors of one seed's network, averaged over several temperatures.
fn level(index: &Index, groups: &[&Group], seed: u32) -> Result<f64, String> {
    let of = |group: &&Group| index.quality(&group.condition, seed).map(Quality::error_percent);
    Ok(mean(&groups.iter().map(of).collect::<Result<Vec<_>, _>>()?))
}

/// Mean errors at some temperatures minus mean errors at others, by seed.
fn difference(index: &Index, left: &[&Group], right: &[&Group]) -> ClusterValues {
    by_seed(left[0], |training| {
        let seed = training.cell.seed;
        Ok(level(index, left, seed)? - level(index, right, seed)?)
    })
}

/// Every pair of temperatures above 8, for every wide student.
pub(super) fn high(index: &Index) -> Option<Measurement> {
    let (mut members, mut left_out, mut of) = (Vec::new(), Vec::new(), Vec::new());
    for by_temperature in students(index, |units| units >= WIDE) {
        let high = between(&by_temperature, |temperature| temperature > 8.0);
        if high.len() < 2 {
            continue;
        }
        of.push(high[0].condition.network());
        for (at, &lower) in high.iter().enumerate() {
            for &higher in &high[at + 1..] {
                let found = difference(index, &[higher], &[lower]);
                let (t, u) = (temperature(higher), temperature(lower));
                let name = format!("{}, T = {t} less T = {u}", lower.condition.network());
                members.push(member(name, found.estimate_of(2.0)));
                left_out.extend(found.left_out);
            }
        }
    }
    let left_out = distinct(left_out);
    let of = format!("distilled {}", of.join(", "));
    (!members.is_empty()).then_some(Measurement { of, members, left_out, absent: NO_SEED })
}

/// Temperatures above 8, and 1, against those from 2.5 to 4, for every narrow student that has all
/// three.
pub(super) fn moderate(index: &Index) -> Option<Measurement> {
    let (mut members, mut left_out, mut of) = (Vec::new(), Vec::new(), Vec::new());
    for by_temperature in students(index, |units| units <= NARROW) {
        let moderate = between(&by_temperature, |temperature| (2.5..=4.0).contains(&temperature));
        let high = between(&by_temperature, |temperature| temperature > 8.0);
        let one = between(&by_temperature, |temperature| temperature.total_cmp(&1.0).is_eq());
        if moderate.is_empty() || high.is_empty() || one.is_empty() {
            continue;
        }
        let network = moderate[0].condition.network();
        for (others, name) in [(high, "T above 8"), (one, "T = 1")] {
            let found = difference(index, &others, &moderate);
            let name = format!("{network}, {name} less T of 2.5 to 4");
            members.push(member(name, found.estimate_of(2.0)));
            left_out.extend(found.left_out);
        }
        of.push(network);
    }
    let left_out = distinct(left_out);
    let of = format!("distilled {}", of.join(", "));
    (!members.is_empty()).then_some(Measurement { of, members, left_out, absent: NO_SEED })
}

fn temperature(group: &Group) -> f64 {
    group.condition.temperature.unwrap_or(f64::NAN)
}
