//! The distillation study (Hinton, Vinyals and Dean 2015): what its records and logits say of how much
//! of a teacher's knowledge a student takes over.

mod answer;
mod beside;
mod choice;
mod claims;
mod condition;
mod contrast;
mod correction;
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
pub use claims::{CLAIMS, Margin, Measure, Statement, read_claims};
pub use condition::Condition;
pub use contrast::{BySeed, Trio, recovered};
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
use assay_report::findings::Findings;
use assay_report::observations::Observations;
use assay_report::words::plural;

/// Everything the report of a distillation run shows that is the study's own.
///
/// # Errors
/// When a file of logits or of images to show cannot be read, or a figure cannot be drawn.
pub fn findings(observations: &Observations) -> Result<Findings, ReportError> {
    let index = Index::read(observations)?;
    let readings = read_claims(&index);
    let seeds = choice::main(&index).map_or(0, |main| main.trainings.len());
    let conditions = index.groups().len();
    Ok(Findings {
        question: "How much of a teacher's knowledge can a student take over?",
        study: "Distillation study after Hinton, Vinyals and Dean 2015",
        extent: format!(", {}, {}", plural(conditions, "condition"), plural(seeds, "seed")),
        answer: answer(&index, &readings),
        note: wording::NOTE,
        figures: figures(&index)?,
        tables: tables(&index, &readings),
        not_analysed: wording::not_analysed(&index),
        counted_failures: Vec::new(),
        sections: wording::sections(&index),
        folders: Vec::new(),
        command: "distill",
        readings,
    })
}
