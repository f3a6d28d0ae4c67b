//! The paper's errors side by side with those of this run.

use super::condition::Condition;
use super::correction::{Correction, Fit};
use super::group::Group;
use super::index::Index;
use super::measure::step_of_counts;
use super::paper;
use super::select;

/// A number of the paper and those of this run; errors in percent.
pub struct PaperComparison<'a> {
    pub name: String,
    /// The condition it belongs to.
    pub condition: &'a Condition,
    /// The paper's number.
    pub paper: f64,
    /// The numbers of this run, by seed and network.
    pub ours: Vec<Vec<f64>>,
    /// The rounding step: one image in percent.
    pub step: f64,
}

/// Every number of the paper that the run has a network for; none on other data than the paper's.
pub fn paper_comparisons<'a>(index: &'a Index<'a>) -> Vec<PaperComparison<'a>> {
    let whole = index.groups.iter().filter(|group| group.condition.excluded_classes.is_empty());
    let whole = whole.filter_map(|group| {
        let condition = &group.condition;
        let (name, paper) = (index.name(condition), paper::errors(condition)?);
        Some(PaperComparison { name, condition, paper, ours: group.errors(), step: group.step() })
    });
    // The paper names no temperature here, so there is one row for each set of excluded classes.
    let without = select::without_classes(index).into_iter();
    let rows = whole.chain(without.flat_map(|group| corrected(index, group)));
    rows.filter(|row| !row.ours.is_empty()).collect()
}

/// One image in percent of the excluded classes' images, for the network with the fewest; 0 if
/// there are none.
pub fn step_of_excluded(group: &Group) -> f64 {
    let corrections = group.metrics().flat_map(|metrics| &metrics.corrections);
    step_of_counts(corrections.map(|one| one.excluded.images))
}

/// The paper's correction uses the test images. It appears next to the same correction, and next to
/// the one without labels.
fn corrected<'a>(index: &Index, group: &'a Group) -> Vec<PaperComparison<'a>> {
    let condition = &group.condition;
    let seen = condition.seen_in_words(&index.plan.classes);
    let mut rows = Vec::new();
    for (fit, papers, what) in [
        (Fit::None, Fit::None, ""),
        (Fit::Test, Fit::Test, "; corrected on test labels"),
        (Fit::Prior, Fit::Test, "; corrected without labels"),
    ] {
        let Some((all, excluded)) = paper::corrected(condition, papers) else { continue };
        let ours = |value: fn(&Correction) -> f64| {
            group.by_seed(|metrics| {
                metrics.corrections.iter().find(|correction| correction.fit == fit).map(value)
            })
        };
        let name = format!("distilled, {seen}{what}");
        let on_excluded = excluded.map(|paper| PaperComparison {
            name: format!("{name}: on the excluded class"),
            condition,
            paper,
            ours: ours(|one| one.excluded.error_percent()),
            step: step_of_excluded(group),
        });
        let ours = ours(|one| one.metrics.error_percent());
        rows.push(PaperComparison { name, condition, paper: all, ours, step: group.step() });
        rows.extend(on_excluded);
    }
    rows
}
