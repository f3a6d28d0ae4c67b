//! The transfer study (Yosinski et al. 2014): what its records say of how general the features of
//! each layer are.

mod answer;
mod claims;
mod contrast;
mod convergence;
mod counted;
mod figures;
mod index;
mod outliers;
mod paper;
mod role;
mod tables;
mod transition;
mod wording;

pub use answer::answer;
pub use claims::{CLAIMS, Cuts, Measure, Statement, read_claims};
pub use contrast::{Contrast, Role, Scope, Values, mean_of, weighted};
pub use convergence::{Convergence, State};
pub use counted::{Failure, failures};
pub use figures::figures;
pub use index::{Cluster, Index, Training};
pub use paper::{LAST_CUT, Paper, at_relative_depth, paper};
pub use tables::tables;
pub use transition::{Answer, Transition, specific_from, transition};

use assay_report::ReportError;
use assay_report::findings::Findings;
use assay_report::observations::Observations;
use assay_report::words::plural;

/// Everything the report of a transfer run shows that is the study's own.
///
/// # Errors
/// When a figure cannot be drawn.
pub fn findings(observations: &Observations) -> Result<Findings, ReportError> {
    let index = Index::new(observations);
    let readings = read_claims(&index);
    Ok(Findings {
        question: "How general are the features of each layer?",
        study: "Transfer study after Yosinski et al. 2014",
        extent: format!(", {}", plural(index.depth(), "layer")),
        answer: answer(&index, &readings),
        note: wording::NOTE,
        figures: figures(&index)?,
        tables: tables(&index, &readings),
        folders: Vec::new(),
        not_analysed: wording::not_analysed(&index),
        counted_failures: wording::counted_failures(&index),
        sections: vec![wording::method(observations.plan())],
        command: "transfer-sweep",
        readings,
    })
}
