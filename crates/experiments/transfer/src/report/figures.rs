//! The figures of the transfer report.

mod curves;
mod drops;
mod figure2;
mod figure3;
mod filters;
mod scores;
mod shares;
mod sizes;
mod style;

use super::contrast::Scope;
use super::index::Index;
use assay_report::ReportError;
use assay_report::figures::Figure;
use assay_report::run_results::distinct;
use assay_report::words::plural;

/// Every figure that the run has records for, in the order of the page.
///
/// # Errors
/// When a figure cannot be drawn.
pub(super) fn figures(index: &Index) -> Result<Vec<Figure>, ReportError> {
    let draw = [
        figure2::figure,
        drops::figure,
        shares::figure,
        figure3::figure,
        sizes::figure,
        scores::figure,
        curves::figure,
        filters::figure,
    ];
    draw.into_iter().filter_map(|draw| draw(index).transpose()).collect()
}

/// `12 networks in 2 clusters`: the networks of the scope that the statistics use.
fn size_in_words(scope: Scope) -> String {
    let used = || scope.cells().filter(|training| training.accuracy.is_some());
    let clusters = distinct(used().map(|training| training.cluster()));
    format!("{} in {}", plural(used().count(), "network"), plural(clusters.len(), "cluster"))
}
