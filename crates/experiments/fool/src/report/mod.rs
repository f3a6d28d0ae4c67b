//! The report of the fooling experiment (Nguyen et al. 2015): the images that networks classify
//! with high confidence.

mod answer;
mod attack_results;
mod carry;
mod claims;
mod compare;
mod detection;
mod figures;
mod guests;
mod index;
mod pictures;
mod rounds;
mod strips;
mod tables;
mod wording;

pub use carry::{Carry, Label, Rate, SeedEstimate, Term, contrast};
pub use claims::{CLAIMS, Images, Metric, Ranks, Search, read_claims};
pub use compare::{Comparison, Quantity, comparisons};
pub use detection::{Case, Detection, Detector, Kind};
pub use guests::{GuestKind, guest_kinds, guest_rate};
pub use index::{Condition, Found, GuestShowing, Index, Network, Showing};
pub use rounds::Round;

use assay_report::ReportError;
use assay_report::run_results::RunResults;
use assay_report::study_report::StudyReport;
use assay_report::words::plural;

/// The parts of the report that are specific to the fooling experiment.
///
/// # Errors
/// When the images of an attack are damaged, or a figure cannot be drawn.
pub fn study_report(run: &RunResults) -> Result<StudyReport, ReportError> {
    let index = Index::new(run);
    let detection = Detection::read(&index)?;
    let comparisons = comparisons(&index);
    let claim_results = read_claims(&index, &detection, &comparisons);
    Ok(StudyReport {
        question: "Which meaningless images do networks believe in?",
        study: "Fooling study after Nguyen et al. 2015",
        extent: format!(
            ", {}, {}",
            plural(index.attacks().len() + index.repeats().len(), "attack"),
            plural(index.networks().len() + index.retrained().len(), "network")
        ),
        answer: answer::answer(&index, &claim_results, &comparisons),
        note: wording::NOTE,
        figures: figures::figures(&index, &detection)?,
        measurements: Some(tables::measurements(&index)),
        tables: tables::tables(&index, &claim_results, &comparisons, &detection),
        folders: vec![pictures::folder(&index)?],
        not_analysed: wording::not_analysed(&index),
        counted_failures: Vec::new(),
        sections: wording::sections(&index),
        command: "fool",
        claim_results,
    })
}
