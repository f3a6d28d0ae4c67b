//! Figures: vector drawings with one style and one font.

pub mod canvas;
pub mod panel;
pub mod raster;
mod render;
pub mod style;

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
