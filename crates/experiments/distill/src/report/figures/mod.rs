//! The figures of the distillation report.

mod curves;
mod dots;
mod excluded_classes;
mod gallery;
mod little_data;
mod log_scale;
mod overview;
mod reliability;
mod style;
mod temperatures;
mod words;

use super::index::Index;
use assay_report::ReportError;
use assay_report::figures::Figure;

/// Every figure that the run has records for, in the order of the page.
///
/// # Errors
/// When a figure cannot be drawn, or the images to show cannot be read.
pub fn figures(index: &Index) -> Result<Vec<Figure>, ReportError> {
    let draw = [
        overview::figure,
        overview::beside_the_paper,
        temperatures::figure,
        words::figure,
        excluded_classes::figure,
        little_data::figure,
        reliability::figure,
        gallery::figure,
        curves::figure,
    ];
    draw.into_iter().filter_map(|draw| draw(index).transpose()).collect()
}
