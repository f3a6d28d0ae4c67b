//! The report of the distillation experiment (Hinton, Vinyals and Dean 2015): how much of a
//! teacher's knowledge a student learns.

mod answer;
mod beside;
mod choice;
mod claims;
mod condition;
mod contrast;
mod correction;
mod decision;
mod figures;
mod files;
mod group;
mod index;
mod likeness;
mod panels;
mod paper;
mod predictions;
mod quality;
mod spoken;
mod tables;
mod utterances;
mod wording;

pub use answer::answer;
pub use claims::{CLAIMS, Metric, read_claims};
pub use condition::Condition;
pub use contrast::{Trio, recovered};
pub use correction::{Correction, Fit, corrections, offset_to_prior, offset_with_fewest_errors};
pub use figures::figures;
pub use group::{Group, Measures, Teachers, Training};
pub use index::Index;
pub use likeness::Likeness;
pub use panels::{Coverage, PanelOutcome, SpecialistOutcome, Together};
pub use predictions::{Ensemble, Predictions};
pub use quality::{BINS, Bin, ClassErrors, Quality};
pub use spoken::Spoken;
pub use tables::tables;

use assay_report::ReportError;
use assay_report::run_results::RunResults;
use assay_report::study_report::StudyReport;
use assay_report::words::plural;

/// The parts of the report that are specific to the distillation experiment.
///
/// # Errors
/// When a file of logits or of sample images cannot be read, or a figure cannot be drawn.
pub fn study_report(run: &RunResults) -> Result<StudyReport, ReportError> {
    let index = Index::read(run)?;
    let claim_results = read_claims(&index);
    let seeds = choice::main(&index).map_or(0, |main| main.trainings.len());
    let conditions = index.groups().len();
    Ok(StudyReport {
        question: "How much of a teacher's knowledge can a student take over?",
        study: "Distillation study after Hinton, Vinyals and Dean 2015",
        extent: format!(", {}, {}", plural(conditions, "condition"), plural(seeds, "seed")),
        answer: answer(&index, &claim_results),
        note: wording::NOTE,
        figures: figures(&index)?,
        measurements: Some(tables::measurements(&index)),
        tables: tables(&index, &claim_results),
        not_analysed: wording::not_analysed(&index),
        counted_failures: Vec::new(),
        sections: wording::sections(&index),
        folders: Vec::new(),
        command: "distill",
        claim_results,
    })
}
