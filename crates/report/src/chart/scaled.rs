//! Axes with their ranges and ticks, ready to be drawn.

use std::ops::Range;

use super::axes::Axes;
use super::axis::Ticks;
use super::place::Place;
use crate::figures::canvas::{Canvas, Drawn};
use crate::figures::style::{labels, legend, width_of_title};

/// Which axes have one range of y.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shares {
    /// Each has its own.
    #[default]
    Nothing,
    /// Those in a row share one.
    Row,
    /// All share one.
    Everything,
}

/// Axes with their ranges and ticks.
pub(super) struct Scaled<'a> {
    pub axes: &'a Axes,
    x: Range<f64>,
    y: Range<f64>,
    pub x_ticks: Ticks,
    pub y_ticks: Ticks,
}

/// Gives each its range: its own, its row's or that of all.
pub(super) fn scale(all: &[Axes], columns: usize, shares: Shares) -> Vec<Scaled<'_>> {
    let group = match shares {
        Shares::Nothing => 1,
        Shares::Row => columns,
        Shares::Everything => all.len(),
    };
    let scaled = all.chunks(group.max(1)).flat_map(|group| {
        let points: Vec<f64> = group.iter().flat_map(|axes| axes.points.clone()).collect();
        let intervals: Vec<_> = group.iter().flat_map(|axes| axes.intervals.clone()).collect();
        group.iter().map(move |axes| {
            let (x, y) = (axes.x.span(&[], &[]), axes.y.span(&points, &intervals));
            let (x_ticks, y_ticks) = (axes.x.ticks_over(&x), axes.y.ticks_over(&y));
            Scaled { axes, x, y, x_ticks, y_ticks }
        })
    });
    scaled.collect()
}

impl Scaled<'_> {
    pub(super) fn draw(&self, canvas: &Canvas, place: &Place, letter: &str) -> Drawn {
        let axes = self.axes;
        let panel = canvas.panel(place.frame, self.x.clone(), self.y.clone());
        canvas.heading(place.frame, letter, &axes.heading)?;
        let right = width_of_title(&axes.heading) + 34.0;
        legend(canvas, place.frame.left + right, place.frame.top - 16.0, &axes.legend)?;
        axes.background.iter().try_for_each(|draw| draw(&panel))?;
        let title = if place.shows_y_title { &axes.y.title } else { "" };
        panel.y_axis(title, &self.y_ticks)?;
        let title = if place.shows_x_title { &axes.x.title } else { "" };
        panel.x_axis(title, &self.x_ticks)?;
        axes.layers.iter().try_for_each(|draw| draw(&panel))?;
        labels(canvas, &panel, axes.labels.clone())
    }
}
