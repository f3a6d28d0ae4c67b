//! Axes with their ranges and ticks, ready to be drawn.

use std::ops::Range;

use super::axes::Axes;
use super::axis::Ticks;
use crate::figures::canvas::{Canvas, Drawn, Frame};
use crate::figures::style::{labels, legend, width_of_title};

/// Which axes have one range of y.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shares {
    /// Each has its own.
    Nothing,
    /// Those in a row share one.
    Row,
    /// All share one.
    Everything,
}

/// One of a chart's axes on the page.
pub(super) struct Place {
    pub frame: Frame,
    /// Whether its titles are not those of its neighbour to the left, or below.
    pub shows_x_title: bool,
    pub shows_y_title: bool,
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
