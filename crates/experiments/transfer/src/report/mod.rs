//! The report of the transfer experiment (Yosinski et al. 2014): how general the features of each
//! layer are.

mod answer;
mod claims;
mod contrast;
mod convergence;
mod counted;
mod failures;
mod figures;
mod index;
mod outliers;
mod paper;
mod role;
mod tables;
mod transition;
mod wording;

pub use answer::answer;
pub use claims::{CLAIMS, Cuts, Metric, read_claims};
pub use contrast::{Contrast, Role, Scope, mean_of, weighted};
pub use convergence::{Convergence, State};
pub use failures::{Failure, failures};
pub use figures::figures;
pub use index::{Cluster, Index, Key, Training};
pub use paper::{LAST_CUT, Paper, at_relative_depth, paper};
pub use tables::tables;
pub use transition::{Answer, Transition, specific_from, transition};

use assay_report::ReportError;
use assay_report::run_results::RunResults;
use assay_report::study_report::StudyReport;
use assay_report::words::plural;

/// The parts of the report that are specific to the transfer experiment.
///
/// # Errors
/// When a figure cannot be drawn.
pub fn study_report(run: &RunResults) -> Result<StudyReport, ReportError> {
    let index = Index::new(run);
    let claim_results = read_claims(&index);
    Ok(StudyReport {
        question: "How general are the features of each layer?",
        study: "Transfer study after Yosinski et al. 2014",
        extent: format!(", {}", plural(index.depth(), "layer")),
        answer: answer(&index, &claim_results),
        note: wording::NOTE,
        figures: figures(&index)?,
        measurements: Some(tables::measurements(&index)),
        tables: tables(&index, &claim_results),
        folders: Vec::new(),
        not_analysed: wording::not_analysed(&index),
        counted_failures: wording::counted_failures(&index),
        sections: wording::method(run.plan()),
        command: "transfer-sweep",
        claim_results,
    })
}
