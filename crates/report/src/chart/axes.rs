//! A pair of axes and what is drawn between them.

use std::ops::Range;

use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{Color, RGBAColor, RGBColor};

use super::Shares;
use super::axis::{Axis, Ticks};
use super::drop::{below, largest};
use super::layout::Place;
use super::series::{Point, Series};
use crate::figures::canvas::{Canvas, Drawn, GRID, Lettering, Marker, SMALL, SOFT, Stroke};
use crate::figures::panel::Panel;
use crate::figures::style::{Entry, Label, beside, labels, legend, width_of_title};

/// CSS pixels below which a drop has no room for its number.
const SHORTEST_DROP: f64 = 30.0;

/// Something drawn, in data units.
#[derive(Debug, Clone)]
enum Layer {
    Line(Vec<(f64, f64)>, Stroke),
    Marks(Vec<(f64, f64)>, Marker, f64, RGBAColor),
    Whiskers(Vec<(f64, f64, f64)>, RGBAColor),
    Band {
        upper: Vec<(f64, f64)>,
        lower: Vec<(f64, f64)>,
        color: RGBAColor,
    },
    /// Across all of x, or of y.
    Shade(Range<f64>, Across, RGBAColor),
    /// At a height, from a place on.
    Level(f64, Option<f64>, Stroke),
    /// A line down at x from a height to a lower one, and how far that is.
    Drop {
        x: f64,
        high: f64,
        low: f64,
        color: RGBColor,
    },
    Text {
        at: (f64, f64),
        moved: (f64, f64),
        text: String,
        lettering: Lettering,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Across {
    X,
    Y,
}

/// A pair of axes with what is drawn between them, in the order in which it is added.
#[derive(Debug, Clone)]
pub struct Axes {
    heading: String,
    height: f64,
    x: Axis,
    y: Axis,
    legend: Vec<Entry>,
    background: Vec<Layer>,
    layers: Vec<Layer>,
    labels: Vec<Label>,
    room: f64,
    points: Vec<f64>,
    intervals: Vec<(f64, f64)>,
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

/// Axes with their ranges and ticks.
pub(super) struct Scaled<'a> {
    axes: &'a Axes,
    x: Range<f64>,
    y: Range<f64>,
    pub x_ticks: Ticks,
    pub y_ticks: Ticks,
    pub height: f64,
    pub has_heading: bool,
    pub labels: Vec<&'a str>,
    pub room: f64,
}

/// Gives each its range: its own, its row's or that of all.
pub(super) fn scale(all: &[Axes], columns: usize, shares: Shares) -> Vec<Scaled<'_>> {
    let group = match shares {
        Shares::Nothing => 1,
        Shares::Row => columns,
        Shares::Everything => all.len(),
    };
    let groups = all.chunks(group.max(1));
    let scaled = groups.flat_map(|group| {
        let points: Vec<f64> = group.iter().flat_map(|axes| axes.points.clone()).collect();
        let intervals: Vec<_> = group.iter().flat_map(|axes| axes.intervals.clone()).collect();
        group.iter().map(move |axes| Scaled::new(axes, axes.y.span(&points, &intervals)))
    });
    scaled.collect()
}

impl<'a> Scaled<'a> {
    fn new(axes: &'a Axes, y: Range<f64>) -> Self {
        let x = axes.x.span(&[], &[]);
        Self {
            x_ticks: axes.x.ticks_over(&x),
            y_ticks: axes.y.ticks_over(&y),
            axes,
            x,
            y,
            height: axes.height,
            has_heading: !axes.heading.is_empty() || !axes.legend.is_empty(),
            room: axes.room,
            labels: axes.labels.iter().map(|label| label.text.as_str()).collect(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.axes.is_empty()
    }

    pub(super) fn x_title(&self) -> &str {
        &self.axes.x.title
    }

    pub(super) fn y_title(&self) -> &str {
        &self.axes.y.title
    }

    pub(super) fn draw(&self, canvas: &Canvas, place: &Place, letter: &str) -> Drawn {
        let Self { axes, x, y, .. } = self;
        let panel = canvas.panel(place.frame, x.clone(), y.clone());
        canvas.heading(place.frame, letter, &axes.heading)?;
        let right = width_of_title(&axes.heading) + 34.0;
        legend(canvas, place.frame.left + right, place.frame.top - 16.0, &axes.legend)?;
        axes.background.iter().try_for_each(|layer| layer.draw(&panel))?;
        let title = if place.shows_y_title { self.y_title() } else { "" };
        let named = self.y_ticks.iter().map(|(at, names)| (*at, names.concat()));
        panel.named_y_axis(title, &named.collect::<Vec<_>>())?;
        let title = if place.shows_x_title { self.x_title() } else { "" };
        panel.x_axis(title, &self.x_ticks)?;
        axes.layers.iter().try_for_each(|layer| layer.draw(&panel))?;
        labels(canvas, &panel, axes.labels.clone())
    }
}

impl Layer {
    fn draw(&self, panel: &Panel) -> Drawn {
        match self {
            Self::Line(points, stroke) => panel.line(points, *stroke),
            Self::Marks(points, marker, size, color) => {
                points.iter().try_for_each(|&(x, y)| panel.mark(x, y, *marker, *size, *color))
            }
            Self::Whiskers(ends, color) => {
                ends.iter().try_for_each(|&(x, low, high)| panel.whisker(x, low, high, *color))
            }
            Self::Band { upper, lower, color } => panel.band(upper, lower, *color),
            Self::Shade(range, Across::X, color) => {
                let edge = |y: f64| [(panel.x.start, y), (panel.x.end, y)];
                panel.band(&edge(range.end), &edge(range.start), *color)
            }
            Self::Shade(range, Across::Y, color) => {
                let edge = |y: f64| [(range.start, y), (range.end, y)];
                panel.band(&edge(panel.y.end), &edge(panel.y.start), *color)
            }
            Self::Level(y, from, stroke) => {
                let start = from.unwrap_or(panel.x.start);
                panel.line(&[(start, *y), (panel.x.end, *y)], *stroke)
            }
            Self::Drop { x, high, low, color } => drop_line(panel, *x, (*high, *low), *color),
            Self::Text { at, moved, text, lettering } => panel.text(*at, *moved, text, *lettering),
        }
    }
}

fn drop_line(panel: &Panel, x: f64, (high, low): (f64, f64), color: RGBColor) -> Drawn {
    if panel.pixels(x, low).1 - panel.pixels(x, high).1 < SHORTEST_DROP {
        return Ok(());
    }
    panel.line(&[(x, high), (x, low)], Stroke::solid(color, 1.4))?;
    let style = Lettering::new(HPos::Left, VPos::Center).size(SMALL).color(color).bold();
    panel.text((x, f64::midpoint(high, low)), (5.0, 0.0), &format!("−{:.1}", high - low), style)
}
