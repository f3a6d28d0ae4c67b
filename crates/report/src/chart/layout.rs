//! Where the axes of a chart stand, CSS pixels.

use super::place::Place;
use super::scaled::Scaled;
use crate::figures::canvas::{Frame, SMALL, TEXT};
use crate::figures::style::{WIDTH, width_of};

/// From the left edge to axes with a title of y.
pub(super) const LEFT: f64 = 62.0;
/// From one row of a legend to the next.
pub(super) const LEGEND_ROW: f64 = 20.0;
/// Above axes with a heading.
const HEADING: f64 = 30.0;
/// Right of the last axes.
const EDGE: f64 = 12.0;
/// Between the end of a line and its name.
const TO_LABEL: f64 = 15.0;

/// All of them, in the order of the axes.
pub(super) struct Layout {
    pub places: Vec<Place>,
    pub height: f64,
}

impl Layout {
    pub(super) fn new(axes: &[Scaled], columns: usize, legend_rows: usize) -> Self {
        let columns = columns.min(axes.len());
        let needs: Vec<_> = (0..columns).map(|column| room_aside(axes, columns, column)).collect();
        let taken: f64 = needs.iter().map(|(left, right)| left + right).sum();
        let width = (WIDTH - taken) / columns as f64;
        let mut top = if legend_rows > 0 { 12.0 + LEGEND_ROW * legend_rows as f64 } else { 10.0 };
        let mut places = Vec::new();
        for (row, of_row) in axes.chunks(columns).enumerate() {
            let first = row * columns;
            let is_headed =
                |one: &Scaled| !one.axes.heading.is_empty() || !one.axes.legend.is_empty();
            top += if of_row.iter().any(is_headed) { HEADING } else { 12.0 };
            let height = of_row.iter().map(|one| one.axes.height).fold(0.0, f64::max);
            let (mut left, mut below) = (0.0, 0.0_f64);
            for (at, (room_left, room_right)) in (first..).zip(&needs).take(of_row.len()) {
                left += room_left;
                let frame = Frame { left, top, right: left + width, bottom: top + height };
                let place = Place {
                    frame,
                    shows_x_title: shows_x_title(axes, columns, at),
                    shows_y_title: shows_y_title(axes, columns, at),
                };
                below = below.max(room_below(&axes[at], place.shows_x_title));
                places.push(place);
                left += width + room_right;
            }
            top += height + below;
        }
        Self { places, height: top }
    }
}

/// Whether axes have another title of y than those to their left.
fn shows_y_title(axes: &[Scaled], columns: usize, at: usize) -> bool {
    at.is_multiple_of(columns) || axes[at].axes.y.title != axes[at - 1].axes.y.title
}

/// Whether axes have another title of x than those below them.
fn shows_x_title(axes: &[Scaled], columns: usize, at: usize) -> bool {
    axes.get(at + columns).is_none_or(|under| under.axes.x.title != axes[at].axes.x.title)
}

/// What a column of axes needs to the left and to the right of the data.
fn room_aside(axes: &[Scaled], columns: usize, column: usize) -> (f64, f64) {
    let of_column = || (column..axes.len()).step_by(columns);
    let is_titled = |at| shows_y_title(axes, columns, at) && !axes[at].axes.y.title.is_empty();
    let titled = of_column().any(is_titled);
    let left = of_column().map(|at| room_left(&axes[at], titled)).fold(0.0, f64::max);
    let edge = if column + 1 == columns { EDGE } else { 0.0 };
    (left, of_column().map(|at| room_right(&axes[at])).fold(edge, f64::max))
}

/// Room for the numbers of y, and for the title.
fn room_left(axes: &Scaled, titled: bool) -> f64 {
    if titled {
        return LEFT;
    }
    let names = axes.y_ticks.iter().map(|(_, names)| 1.2 * width_of(&names.concat(), SMALL));
    names.fold(0.0, f64::max) + 14.0
}

/// Room for names next to lines.
fn room_right(axes: &Scaled) -> f64 {
    let names = axes.axes.labels.iter().map(|label| width_of(&label.text, SMALL));
    names.map(|width| TO_LABEL + 1.15 * width + 8.0).fold(axes.axes.room, f64::max)
}

/// Room for the names along x, and for the title.
fn room_below(axes: &Scaled, titled: bool) -> f64 {
    let lines = axes.x_ticks.iter().map(|(_, names)| names.len()).max().unwrap_or(0);
    let title = if titled && !axes.axes.x.title.is_empty() { TEXT + 6.0 } else { 0.0 };
    8.0 + lines as f64 * (SMALL + 3.0) + title + 12.0
}
