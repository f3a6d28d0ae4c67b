//! Figures: vector drawings with one style and one font.

mod canvas;
mod curves;
mod drops;
mod figure2;
mod figure3;
mod filters;
mod panel;
mod render;
mod scores;
mod shares;
mod sizes;
mod style;
mod two_drops;

use crate::ReportError;
use crate::contrast::Scope;
use crate::observations::Observations;

/// A drawn figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// The name of its files, without ending.
    pub name: &'static str,
    /// What it shows, in a line.
    pub title: String,
    /// How to read it, with the number of networks and clusters.
    pub caption: String,
    /// SVG that names the font without carrying it, for a page that does.
    pub svg: String,
}

impl Figure {
    /// SVG that stands alone: the font is inside.
    #[must_use]
    pub fn standalone_svg(&self) -> String {
        render::with_font(&self.svg)
    }

    /// PNG at twice the size, in the carried font only.
    ///
    /// # Errors
    /// When the SVG cannot be rendered.
    pub fn png(&self) -> Result<Vec<u8>, ReportError> {
        render::png(self.name, &self.standalone_svg())
    }
}

/// Every figure that the run has records for, in the order of the page.
///
/// # Errors
/// When a figure cannot be drawn.
pub fn figures(observations: &Observations) -> Result<Vec<Figure>, ReportError> {
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
    draw.into_iter().filter_map(|draw| draw(observations).transpose()).collect()
}

/// `12 networks in 2 clusters`, those of the scope that were trained.
fn counted(scope: Scope) -> String {
    let trained = || scope.cells().filter(|cell| cell.accuracy().is_some());
    let networks = trained().count();
    let clusters =
        crate::observations::distinct(trained().map(|o| (o.cell.split.clone(), o.cell.seed)));
    let plural = |count: usize, word: &str| {
        if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
    };
    format!("{} in {}", plural(networks, "network"), plural(clusters.len(), "cluster"))
}
