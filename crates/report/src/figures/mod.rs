//! Figures: vector drawings with one style and one font.

pub mod canvas;
pub mod panel;
pub mod raster;
mod render;
pub mod style;

use crate::ReportError;

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
