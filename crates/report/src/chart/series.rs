//! A series: estimates along an axis, with their intervals and what they are means of.

use assay_stats::Estimate;
use plotters::style::RGBColor;

use crate::figures::canvas::{Marker, Stroke};

/// An estimate at a place.
#[derive(Debug, Clone)]
pub struct Point {
    /// Its place along x.
    pub x: f64,
    /// Its value and interval, in the unit of y.
    pub estimate: Estimate,
    /// What it is the mean of, shown as small dots beside it.
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
#[derive(Debug, Clone)]
pub struct Series {
    pub(super) name: String,
    pub(super) color: RGBColor,
    pub(super) marker: Marker,
    pub(super) size: f64,
    pub(super) stroke: Stroke,
    pub(super) offset: f64,
    pub(super) nearest: f64,
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

    /// Another marker than a disc.
    #[must_use]
    pub fn marker(self, marker: Marker) -> Self {
        Self { marker, ..self }
    }

    /// Another size of its markers than 6.5 CSS pixels.
    #[must_use]
    pub fn size(self, size: f64) -> Self {
        Self { size, ..self }
    }

    /// Another line than a solid one of 1.8 CSS pixels.
    #[must_use]
    pub fn stroke(self, stroke: Stroke) -> Self {
        Self { stroke, ..self }
    }

    /// Moves it along x, so that no series hides another.
    #[must_use]
    pub fn offset(self, offset: f64) -> Self {
        Self { offset, ..self }
    }

    /// How far apart its points are where that is not 1: the values stand nearer to their mean than to the next.
    #[must_use]
    pub fn nearest(self, nearest: f64) -> Self {
        Self { nearest, ..self }
    }

    /// Names it beside its last point.
    #[must_use]
    pub fn labelled(self) -> Self {
        Self { is_labelled: true, ..self }
    }
}
