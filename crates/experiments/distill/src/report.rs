//! The report of the distillation experiment (Hinton, Vinyals and Dean 2015): how much of the
//! teacher's accuracy the student recovers.

mod agreement;
mod answer;
mod claims;
mod classification;
mod comparison;
mod condition;
mod correction;
mod figures;
mod files;
mod gap;
mod group;
mod index;
mod measure;
mod paper;
mod paper_comparison;
mod predictions;
mod probability;
mod select;
mod specialist_ensembles;
mod tables;
mod wording;
mod words;

pub use claims::CLAIMS;

use assay_report::ReportContent;
use assay_report::ReportError;
use assay_report::run_results::RunResults;
use assay_report::words::plural;
use index::Index;

/// The parts of the report that are specific to the distillation experiment.
///
/// # Errors
/// When a file of logits or of sample images cannot be read, or a figure cannot be drawn.
pub fn report_content(run: &RunResults) -> Result<ReportContent, ReportError> {
    let index = Index::read(run)?;
    let claim_results = claims::decide_claims(&index);
    let seeds = select::main(&index).map_or(0, |main| main.trainings.len());
    let conditions = index.groups.len();
    Ok(ReportContent {
        question: "How much of the teacher's accuracy does the student recover?",
        experiment: "Distillation experiment after Hinton, Vinyals and Dean 2015",
        extent: format!(", {}, {}", plural(conditions, "condition"), plural(seeds, "seed")),
        answer: answer::answer(&index, &claim_results),
        note: wording::NOTE,
        figures: figures::figures(&index)?,
        measurements: Some(tables::measurements(&index)),
        tables: tables::tables(&index, &claim_results),
        not_analysed: wording::not_analysed(&index),
        included_failures: Vec::new(),
        sections: wording::sections(&index),
        folders: Vec::new(),
        command: "distill",
        claim_results,
    })
}
