//! The figures of the fooling report.

mod confidence;
mod cross_evaluation;
mod elites;
mod elites_by_round;
mod lineages;
mod retraining;
mod roc;

use assay_classifier_cells::{Encoding, Method};

use super::detection::Detection;
use super::index::Index;
use assay_report::ReportError;
use assay_report::figures::Figure;

/// Every figure that the run has records for, in the order of the page.
///
/// # Errors
/// When the images of an attack are damaged, or a figure cannot be drawn.
pub fn figures(index: &Index, detection: &Detection) -> Result<Vec<Figure>, ReportError> {
    let drawn = [
        elites::figure(index, Method::Evolution, Encoding::Direct)?,
        elites::figure(index, Method::Evolution, Encoding::Cppn)?,
        elites::figure(index, Method::GradientAscent, Encoding::Direct)?,
        elites::figure(index, Method::GradientAscent, Encoding::Cppn)?,
        confidence::by_generation(index)?,
        confidence::by_evaluations(index)?,
        lineages::figure(index)?,
        cross_evaluation::figure(index)?,
        elites_by_round::figure(index)?,
        retraining::figure(index)?,
        roc::figure(index, detection)?,
    ];
    Ok(drawn.into_iter().flatten().collect())
}
