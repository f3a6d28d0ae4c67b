//! A pair of axes and what is drawn between them.

use std::ops::Range;

use plotters::style::{Color, RGBColor};

use super::axis::Axis;
use super::drop::{below, largest};
use super::layer::{Across, Layer};
use super::series::{Point, Series};
use crate::figures::canvas::{GRID, Lettering, Marker, SOFT, Stroke};
use crate::figures::style::{Entry, Label, beside};

/// A pair of axes with what is drawn between them, in the order in which it is added.
#[derive(Debug, Clone)]
pub struct Axes {
    pub(super) heading: String,
    pub(super) height: f64,
    pub(super) x: Axis,
    pub(super) y: Axis,
    pub(super) legend: Vec<Entry>,
    pub(super) background: Vec<Layer>,
    pub(super) layers: Vec<Layer>,
    pub(super) labels: Vec<Label>,
    pub(super) room: f64,
    pub(super) points: Vec<f64>,
    pub(super) intervals: Vec<(f64, f64)>,
}

impl Axes {
    /// Empty axes below a heading, which may be empty.
    #[must_use]
    pub fn new(heading: &str, x: Axis, y: Axis) -> Self {
        Self {
            heading: heading.to_owned(),
            height: 210.0,
            x,
            y,
            legend: Vec::new(),
            background: Vec::new(),
            layers: Vec::new(),
            labels: Vec::new(),
            room: 0.0,
            points: Vec::new(),
            intervals: Vec::new(),
        }
    }

    /// The height of the data, CSS pixels; 210 without this.
    #[must_use]
    pub fn height(self, height: f64) -> Self {
        Self { height, ..self }
    }

    /// A legend of its own, beside the heading.
    #[must_use]
    pub fn legend(self, entries: impl IntoIterator<Item = Entry>) -> Self {
        Self { legend: entries.into_iter().collect(), ..self }
    }

    /// Leaves so many CSS pixels to the right of the data, for text.
    #[must_use]
    pub fn room(self, room: f64) -> Self {
        Self { room, ..self }
    }

    /// Whether it has neither a line nor a mark.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.layers.iter().any(|layer| !matches!(layer, Layer::Level(..) | Layer::Text { .. }))
    }

    /// Keeps these values of y in range.
    pub fn include(&mut self, values: impl IntoIterator<Item = f64>) {
        self.points.extend(values);
    }

    /// A line through points.
    pub fn line(&mut self, points: Vec<(f64, f64)>, stroke: Stroke) {
        self.include(points.iter().map(|point| point.1));
        if !points.is_empty() {
            self.layers.push(Layer::Line(points, stroke));
        }
    }

    /// Markers of a size in CSS pixels.
    pub fn marks(&mut self, points: Vec<(f64, f64)>, marker: Marker, size: f64, color: impl Color) {
        self.include(points.iter().map(|point| point.1));
        if !points.is_empty() {
            self.layers.push(Layer::Marks(points, marker, size, color.to_rgba()));
        }
    }

    /// Intervals: each its place, its low end and its high end.
    pub fn whiskers(&mut self, ends: Vec<(f64, f64, f64)>, color: impl Color) {
        self.intervals.extend(ends.iter().map(|&(_, low, high)| (low, high)));
        if !ends.is_empty() {
            self.layers.push(Layer::Whiskers(ends, color.to_rgba()));
        }
    }

    /// Fills between two lines over the same x.
    pub fn band(&mut self, upper: Vec<(f64, f64)>, lower: Vec<(f64, f64)>, color: impl Color) {
        self.include(upper.iter().chain(&lower).map(|point| point.1));
        self.layers.push(Layer::Band { upper, lower, color: color.to_rgba() });
    }

    /// Shades where the second line lies below the first; nothing unless they have the same x.
    pub fn shade_drop(&mut self, upper: &[(f64, f64)], lower: &[(f64, f64)], color: RGBColor) {
        if let Some((upper, lower)) = below(upper, lower) {
            self.band(upper, lower, color.mix(0.16));
        }
    }

    /// Marks where the second line lies farthest below the first, and says how far; nothing unless they have the
    /// same x, or where the drop is too short for its number.
    pub fn mark_largest_drop(
        &mut self,
        upper: &[(f64, f64)],
        lower: &[(f64, f64)],
        color: RGBColor,
    ) {
        if let Some((x, high, low)) = largest(upper, lower) {
            self.layers.push(Layer::Drop { x, high, low, color });
        }
    }

    /// A bar from 0 to `y`, centred on `x`.
    pub fn bar(&mut self, (x, y): (f64, f64), width: f64, color: impl Color) {
        let edge = |y: f64| vec![(x - width / 2.0, y), (x + width / 2.0, y)];
        self.band(edge(y), edge(0.0), color);
    }

    /// Shades a range of y behind everything, which need not be in range.
    pub fn shade_y(&mut self, range: Range<f64>) {
        self.background.push(Layer::Shade(range, Across::X, GRID.mix(0.55)));
    }

    /// Shades a range of x behind everything.
    pub fn shade_x(&mut self, range: Range<f64>) {
        self.background.push(Layer::Shade(range, Across::Y, GRID.mix(0.55)));
    }

    /// A line across at a height.
    pub fn level(&mut self, y: f64, stroke: Stroke) {
        self.include([y]);
        self.layers.push(Layer::Level(y, None, stroke));
    }

    /// A line at a height, from a place to the right edge.
    pub fn level_from(&mut self, x: f64, y: f64, stroke: Stroke) {
        self.include([y]);
        self.layers.push(Layer::Level(y, Some(x), stroke));
    }

    /// The line at 0.
    pub fn zero_line(&mut self) {
        self.level(0.0, Stroke::solid(SOFT, 1.0));
    }

    /// An estimate across: its line, its interval as a band, and its name at the right edge.
    pub fn reference(&mut self, name: &str, estimate: &assay_stats::Estimate, color: RGBColor) {
        if let Some(ends) = estimate.interval {
            self.intervals.push((ends.low, ends.high));
            self.layers.push(Layer::Shade(ends.low..ends.high, Across::X, color.mix(0.12)));
        }
        self.level(estimate.value, Stroke::solid(color, 1.4));
        self.label(name, estimate.value, color);
    }

    /// Text at a point of the data, moved right and down by so many CSS pixels.
    pub fn text(&mut self, at: (f64, f64), moved: (f64, f64), text: &str, lettering: Lettering) {
        self.layers.push(Layer::Text { at, moved, text: text.to_owned(), lettering });
    }

    /// A name to the right of the axes, at a height.
    pub fn label(&mut self, text: &str, y: f64, color: RGBColor) {
        self.labels.push(Label { y, text: text.to_owned(), color });
    }

    /// A series: the values beside their means, the intervals, the line and the markers.
    pub fn series(&mut self, series: Series) {
        let Series { name, color, marker, size, stroke, offset, nearest, is_labelled, points } =
            series;
        let place = |point: &Point| point.x + offset;
        let values = points.iter().flat_map(|point| {
            let aside = move |at| nearest * beside(at, point.values.len());
            let values = point.values.iter().enumerate();
            values.map(move |(at, value)| (place(point) + aside(at), *value))
        });
        self.marks(values.collect(), Marker::Disc, 4.0, color.mix(0.4));
        let ends =
            |point: &Point| point.estimate.interval.map(|ends| (place(point), ends.low, ends.high));
        self.whiskers(points.iter().filter_map(ends).collect(), color);
        let means: Vec<_> =
            points.iter().map(|point| (place(point), point.estimate.value)).collect();
        self.line(means.clone(), stroke);
        if let Some(last) = means.last().filter(|_| is_labelled) {
            self.label(&name, last.1, color);
        }
        self.marks(means, marker, size, color);
    }
}
