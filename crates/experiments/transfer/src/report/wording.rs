//! The texts of the transfer report that do not depend on the results.

use assay_runs::Plan;

use super::failures::{Failure, failures};
use super::index::Index;
use assay_report::claims::margin;
use assay_report::markdown::{self, Section};
use assay_report::study_report::CountedFailure;
use assay_report::words::{plain, plural};

/// How to read the answer.
pub(super) const NOTE: &str = "Numbers are percentage points of test accuracy with 95 % intervals. \
    A half of the classes is A, the other B; BnB keeps the first n layers of B's own base frozen, \
    AnB those of A's base; + is fine-tuned. Every treatment is trained in both directions and \
    paired with the base of its target.";

/// The cells that the statistics leave out.
pub(super) fn not_analysed(index: &Index) -> Option<String> {
    let unpaired = index.unpaired();
    (unpaired > 0).then(|| {
        format!(
            "Not analysed, because an earlier cell has the same treatment, split, seed and images a \
             class: {}.",
            plural(unpaired, "cell")
        )
    })
}

/// The failed networks that count, and what they count as.
pub(super) fn counted_failures(index: &Index) -> Vec<CountedFailure> {
    let failure = |Failure { cell_result, accuracy }: Failure| {
        let as_what = match cell_result.outcome() {
            "diverged" => "that of guessing",
            _ => "as measured",
        };
        let outcome = cell_result.outcome();
        let text = format!("{outcome}, counted at {} % ({as_what})", plain(accuracy, 2));
        CountedFailure { cell: cell_result.cell.name(), text }
    };
    failures(index).into_iter().map(failure).collect()
}

/// The method section: intervals and rules.
pub(super) fn method(plan: &Plan) -> Vec<Section> {
    let margin = margin(plan).to_string();
    markdown::sections(include_str!("../../method.md"), &[("margin", margin)])
}
