//! The texts of the transfer report that do not depend on the results.

use assay_runs::Plan;

use super::index::{Index, Training};
use assay_report::IncludedFailure;
use assay_report::claims::margin;
use assay_report::markdown::{self, Section};
use assay_report::words::{plain, plural};

/// How to read the answer.
pub(super) const NOTE: &str = "Numbers are percentage points of test accuracy with 95 % intervals. \
    A half of the classes is A, the other B; BnB keeps the first n layers of B's own base frozen, \
    AnB those of A's base; + is fine-tuned. Every treatment is trained in both directions and \
    paired with the base of its target.";

/// Cells that differ from an earlier one in network, schedule or data only. The statistics leave them
/// out, because they pair cells by treatment, split, seed and images per class.
pub(super) fn not_analysed(index: &Index) -> Option<String> {
    let unpaired = index.measurements.repeated();
    (unpaired > 0).then(|| {
        format!(
            "Not analyzed, because an earlier cell has the same treatment, split, seed and images \
             per class: {}.",
            plural(unpaired, "cell")
        )
    })
}

/// The failed networks that the statistics use, in the order of the plan, and with which accuracy.
pub(super) fn included_failures(index: &Index) -> Vec<IncludedFailure> {
    let failure = |training: &Training| {
        let cell_result = training.cell_result;
        let accuracy = training.accuracy.filter(|_| cell_result.accuracy().is_none())?;
        let outcome = cell_result.outcome();
        let source = if outcome == "diverged" { "chance" } else { "as measured" };
        let text = format!("{outcome}, included at {} % ({source})", plain(accuracy, 2));
        Some(IncludedFailure { cell: cell_result.cell.name(), text })
    };
    index.all.iter().filter_map(failure).collect()
}

/// The method section: intervals and rules.
pub(super) fn method(plan: &Plan) -> Vec<Section> {
    let margin = margin(plan).to_string();
    markdown::sections(include_str!("../../method.md"), &[("margin", margin)])
}
