//! The paper's errors next to those of this run.

use super::choice;
use super::condition::Condition;
use super::correction::{Correction, Fit};
use super::group::Group;
use super::index::Index;
use super::paper;
use super::quality::percent;

/// A number of the paper and those of this run; errors in percent.
#[derive(Debug, Clone, PartialEq)]
pub struct Beside {
    /// What it describes.
    pub name: String,
    /// The condition it belongs to.
    pub condition: Condition,
    /// The paper's number.
    pub paper: f64,
    /// The numbers of this run, by seed and network.
    pub ours: Vec<Vec<f64>>,
    /// One image in percent of those counted.
    pub step: f64,
}

/// Every number of the paper that the run has a network for; none on other data than the paper's.
#[must_use]
pub fn beside(index: &Index) -> Vec<Beside> {
    let whole = index.groups().iter().filter(|group| group.condition.excluded_classes.is_empty());
    let whole = whole.filter_map(|group| {
        let paper = paper::errors(&group.condition)?;
        let name = group.condition.name(&index.plan().classes);
        Some(row(group, name, paper, group.errors()))
    });
    // The paper names no temperature here, so there is one row for each set of excluded classes.
    let without = choice::without_classes(index).into_iter();
    let rows = whole.chain(without.flat_map(|group| corrected(index, group)));
    rows.filter(|row| !row.ours.is_empty()).collect()
}

fn row(group: &Group, name: String, paper: f64, ours: Vec<Vec<f64>>) -> Beside {
    Beside { name, condition: group.condition.clone(), paper, ours, step: group.step() }
}

/// One image in percent of the excluded classes' images, for the network with the fewest; 0 if
/// there are none.
pub(super) fn step_of_omitted(group: &Group) -> f64 {
    let counted = group.measures().flat_map(|measures| &measures.corrections);
    let images = counted.map(|one| one.omitted_images).filter(|images| *images > 0).min();
    images.map_or(0.0, |images| 100.0 / images as f64)
}

/// The paper's correction uses the test images. It appears next to the same correction, and next to
/// the one without labels.
fn corrected(index: &Index, group: &Group) -> Vec<Beside> {
    let seen = group.condition.seen_in_words(&index.plan().classes);
    let mut rows = Vec::new();
    for (fit, like, what) in [
        (Fit::None, Fit::None, ""),
        (Fit::Test, Fit::Test, "; corrected on test labels"),
        (Fit::Prior, Fit::Test, "; corrected without labels"),
    ] {
        let Some((all, excluded_classes)) = paper::corrected(&group.condition, like) else {
            continue;
        };
        let ours = |value: fn(&Correction) -> f64| {
            group.by_seed(|measures| {
                measures.corrections.iter().find(|correction| correction.fit == fit).map(value)
            })
        };
        let errors = ours(|one| one.quality.error_percent());
        let name = format!("distilled, {seen}{what}");
        rows.push(row(group, name.clone(), all, errors));
        if let Some(excluded_classes) = excluded_classes {
            let errors = ours(|one| percent(one.omitted_errors, one.omitted_images));
            let row = row(group, format!("{name}: of that class"), excluded_classes, errors);
            rows.push(Beside { step: step_of_omitted(group), ..row });
        }
    }
    rows
}
