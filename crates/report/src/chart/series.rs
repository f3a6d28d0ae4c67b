//! A series: estimates along an axis, with their intervals and what they are means of.

use assay_stats::Estimate;
use derive_setters::Setters;
use plotters::style::RGBColor;

use crate::figures::canvas::{Marker, Stroke};

/// An estimate at a place.
#[derive(Debug, Clone)]
pub struct Point {
    /// Its place along x.
    pub x: f64,
    /// Its value and interval, in the unit of y.
    pub estimate: Estimate,
    /// What it is the mean of, shown as small dots next to it.
    pub values: Vec<f64>,
}

impl From<(f64, Estimate)> for Point {
    fn from((x, estimate): (f64, Estimate)) -> Self {
        Self { x, estimate, values: Vec::new() }
    }
}

impl From<(f64, Estimate, Vec<f64>)> for Point {
    fn from((x, estimate, values): (f64, Estimate, Vec<f64>)) -> Self {
        Self { x, estimate, values }
    }
}

/// Estimates of one thing, joined by a line.
#[derive(Debug, Clone, Setters)]
#[setters(generate = false)]
pub struct Series {
    pub(super) name: String,
    pub(super) color: RGBColor,
    /// Another marker than a disc.
    #[setters(generate)]
    pub(super) marker: Marker,
    /// Another size of its markers than 6.5 CSS pixels.
    #[setters(generate)]
    pub(super) size: f64,
    /// Another line than a solid one of 1.8 CSS pixels.
    #[setters(generate)]
    pub(super) stroke: Stroke,
    /// Moves it along x, so that no series hides another.
    #[setters(generate)]
    pub(super) offset: f64,
    /// How far apart its points are where that is not 1: the values stand nearer to their mean than to the next.
    #[setters(generate)]
    pub(super) nearest: f64,
    /// Names it next to its last point.
    #[setters(generate, bool, rename = "labelled")]
    pub(super) is_labelled: bool,
    pub(super) points: Vec<Point>,
}

impl Series {
    /// A series without points.
    #[must_use]
    pub fn new(name: &str, color: RGBColor) -> Self {
        Self {
            name: name.to_owned(),
            color,
            marker: Marker::Disc,
            size: 6.5,
            stroke: Stroke::solid(color, 1.8),
            offset: 0.0,
            nearest: 1.0,
            is_labelled: false,
            points: Vec::new(),
        }
    }

    /// Its points, in the order in which they are joined.
    #[must_use]
    pub fn points<P: Into<Point>>(self, points: impl IntoIterator<Item = P>) -> Self {
        Self { points: points.into_iter().map(Into::into).collect(), ..self }
    }
}
