//! The report of the transfer experiment (Yosinski et al. 2014): how general the features of each
//! layer are.

mod answer;
mod claims;
mod contrast;
mod convergence;
mod failed_networks;
mod figures;
mod index;
mod outliers;
mod paper;
mod role;
mod tables;
mod transition;
mod wording;

pub use claims::CLAIMS;
pub use contrast::{Role, Scope};
pub use index::Index;
pub use transition::transition;

use assay_report::words::plural;
use assay_report::{ReportContent, ReportError, RunResults};

use self::answer::answer;
use self::claims::decide_claims;
use self::figures::figures;
use self::tables::tables;

/// The parts of the report that are specific to the transfer experiment.
///
/// # Errors
/// When a figure cannot be drawn.
pub fn report_content(run: &RunResults) -> Result<ReportContent, ReportError> {
    let index = Index::new(run);
    let claim_results = decide_claims(&index);
    Ok(ReportContent {
        question: "How general are the features of each layer?",
        experiment: "Transfer experiment after Yosinski et al. 2014",
        extent: format!(", {}", plural(index.plan.layers.len(), "layer")),
        answer: answer(&index, &claim_results),
        note: wording::NOTE,
        figures: figures(&index)?,
        measurements: Some(tables::measurements(&index)),
        tables: tables(&index, &claim_results),
        folders: Vec::new(),
        not_analysed: wording::not_analysed(&index),
        included_failures: wording::included_failures(&index),
        sections: wording::method(run.plan()),
        command: "transfer-sweep",
        claim_results,
    })
}
