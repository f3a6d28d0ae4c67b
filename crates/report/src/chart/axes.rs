//! A pair of axes and what is drawn between them.

use std::ops::Range;

use assay_stats::Estimate;
use derive_setters::Setters;
use plotters::style::{Color, RGBAColor, RGBColor};

use super::axis::Axis;
use super::drop::{below, draw_drop, largest};
use super::series::{Point, Series};
use crate::figures::canvas::{Drawn, GRID, Lettering, Marker, SOFT, Stroke};
use crate::figures::panel::Panel;
use crate::figures::style::{Entry, Label, offset_of_value};

/// Draws something between axes, in data units.
type Layer = Box<dyn Fn(&Panel) -> Drawn>;

/// A pair of axes with what is drawn between them, in the order in which it is added.
#[derive(Default, Setters)]
#[setters(generate = false)]
pub struct Axes {
    pub(super) heading: String,
    /// The height of the data, CSS pixels; 210 without this.
    #[setters(generate)]
    pub(super) height: f64,
    pub(super) x: Axis,
    pub(super) y: Axis,
    pub(super) legend: Vec<Entry>,
    pub(super) background: Vec<Layer>,
    pub(super) layers: Vec<Layer>,
    has_data: bool,
    pub(super) labels: Vec<Label>,
    /// Leaves so many CSS pixels to the right of the data, for text.
    #[setters(generate)]
    pub(super) room: f64,
    pub(super) points: Vec<f64>,
    pub(super) intervals: Vec<(f64, f64)>,
}

impl Axes {
    /// Empty axes below a heading, which may be empty.
    #[must_use]
    pub fn new(heading: &str, x: Axis, y: Axis) -> Self {
        Self { heading: heading.to_owned(), height: 210.0, x, y, ..Self::default() }
    }

    /// A legend of its own, next to the heading.
    #[must_use]
    pub fn legend(self, entries: impl IntoIterator<Item = Entry>) -> Self {
        Self { legend: entries.into_iter().collect(), ..self }
    }

    /// Whether it has neither a line nor a mark.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.has_data
    }

    fn add_data(&mut self, draw: impl Fn(&Panel) -> Drawn + 'static) {
        self.has_data = true;
        self.layers.push(Box::new(draw));
    }

    /// Keeps these values of y in range.
    pub fn include(&mut self, values: impl IntoIterator<Item = f64>) {
        self.points.extend(values);
    }

    /// A line through points.
    pub fn line(&mut self, points: Vec<(f64, f64)>, stroke: Stroke) {
        self.include(points.iter().map(|point| point.1));
        if !points.is_empty() {
            self.add_data(move |panel| panel.line(&points, stroke));
        }
    }

    /// Markers of a size in CSS pixels.
    pub fn marks(&mut self, points: Vec<(f64, f64)>, marker: Marker, size: f64, color: impl Color) {
        self.include(points.iter().map(|point| point.1));
        let color = color.to_rgba();
        if !points.is_empty() {
            self.add_data(move |panel| {
                points.iter().try_for_each(|&(x, y)| panel.mark(x, y, marker, size, color))
            });
        }
    }

    /// Intervals: each its place, its low end and its high end.
    pub fn whiskers(&mut self, ends: Vec<(f64, f64, f64)>, color: impl Color) {
        self.intervals.extend(ends.iter().map(|&(_, low, high)| (low, high)));
        let color = color.to_rgba();
        if !ends.is_empty() {
            self.add_data(move |panel| {
                ends.iter().try_for_each(|&(x, low, high)| panel.whisker(x, low, high, color))
            });
        }
    }

    /// Fills between two lines over the same x.
    pub fn band(&mut self, upper: Vec<(f64, f64)>, lower: Vec<(f64, f64)>, color: impl Color) {
        self.include(upper.iter().chain(&lower).map(|point| point.1));
        let color = color.to_rgba();
        self.add_data(move |panel| panel.band(&upper, &lower, color));
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
        if let Some(drop) = largest(upper, lower) {
            self.add_data(move |panel| draw_drop(panel, drop, color));
        }
    }

    /// A bar from 0 to `y`, centered on `x`.
    pub fn bar(&mut self, (x, y): (f64, f64), width: f64, color: impl Color) {
        let edge = |y: f64| vec![(x - width / 2.0, y), (x + width / 2.0, y)];
        self.band(edge(y), edge(0.0), color);
    }

    /// Shades a range of y behind everything, which need not be in range.
    pub fn shade_y(&mut self, range: Range<f64>) {
        self.background.push(Box::new(shade_across(range, GRID.mix(0.55))));
    }

    /// Shades a range of x behind everything.
    pub fn shade_x(&mut self, range: Range<f64>) {
        self.background.push(Box::new(move |panel| {
            let edge = |y: f64| [(range.start, y), (range.end, y)];
            panel.band(&edge(panel.y.end), &edge(panel.y.start), GRID.mix(0.55))
        }));
    }

    /// A line across at a height.
    pub fn level(&mut self, y: f64, stroke: Stroke) {
        self.level_from(f64::NEG_INFINITY, y, stroke);
    }

    /// A line at a height, from a place, or the left edge, to the right edge.
    pub fn level_from(&mut self, x: f64, y: f64, stroke: Stroke) {
        self.include([y]);
        self.layers.push(Box::new(move |panel| {
            panel.line(&[(x.max(panel.x.start), y), (panel.x.end, y)], stroke)
        }));
    }

    /// The line at 0.
    pub fn zero_line(&mut self) {
        self.level(0.0, Stroke::solid(SOFT, 1.0));
    }

    /// An estimate across: its line, its interval as a band, and its name at the right edge.
    pub fn reference(&mut self, name: &str, estimate: &Estimate, color: RGBColor) {
        if let Some(ends) = estimate.interval {
            self.intervals.push((ends.low, ends.high));
            self.add_data(shade_across(ends.low..ends.high, color.mix(0.12)));
        }
        self.level(estimate.value, Stroke::solid(color, 1.4));
        self.label(name, estimate.value, color);
    }

    /// Text at a point of the data, moved right and down by so many CSS pixels.
    pub fn text(&mut self, at: (f64, f64), moved: (f64, f64), text: &str, lettering: Lettering) {
        let text = text.to_owned();
        self.layers.push(Box::new(move |panel| panel.text(at, moved, &text, lettering)));
    }

    /// A name to the right of the axes, at a height.
    pub fn label(&mut self, text: &str, y: f64, color: RGBColor) {
        self.labels.push(Label { y, text: text.to_owned(), color });
    }

    /// A series: the values next to their means, the intervals, the line and the markers.
    pub fn series(&mut self, series: Series) {
        let Series { name, color, marker, size, stroke, offset, nearest, is_labelled, points } =
            series;
        let place = |point: &Point| point.x + offset;
        let values = points.iter().flat_map(|point| {
            let count = point.values.len();
            let values = point.values.iter().enumerate();
            let aside = move |index| nearest * offset_of_value(index, count);
            values.map(move |(index, value)| (place(point) + aside(index), *value))
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

/// Fills a range of y over all of x.
fn shade_across(range: Range<f64>, color: RGBAColor) -> impl Fn(&Panel) -> Drawn {
    move |panel| {
        let edge = |y: f64| [(panel.x.start, y), (panel.x.end, y)];
        panel.band(&edge(range.end), &edge(range.start), color)
    }
}
