//! Where the axes of a chart stand, CSS pixels.

use super::scaled::{Place, Scaled};
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

/// What a column of axes needs to the left and to the right of the data.
struct Column {
    left: f64,
    right: f64,
}

impl Layout {
    pub(super) fn new(axes: &[Scaled], columns: usize, legend_rows: usize) -> Self {
        let columns = columns.min(axes.len());
        let needs: Vec<Column> = (0..columns).map(|at| Column::new(axes, columns, at)).collect();
        let taken: f64 = needs.iter().map(|column| column.left + column.right).sum();
        let width = (WIDTH - taken) / columns as f64;
        let mut top = if legend_rows > 0 { 12.0 + LEGEND_ROW * legend_rows as f64 } else { 10.0 };
        let mut places = Vec::new();
        for (row, of_row) in axes.chunks(columns).enumerate() {
            let first = row * columns;
            let has_heading = of_row.iter().any(|one| one.has_heading);
            top += if has_heading { HEADING } else { 12.0 };
            let height = of_row.iter().map(|one| one.height).fold(0.0, f64::max);
            let (mut left, mut below) = (0.0, 0.0_f64);
            for (at, need) in (first..).zip(&needs).take(of_row.len()) {
                left += need.left;
                let frame = Frame { left, top, right: left + width, bottom: top + height };
                let place = Place {
                    frame,
                    shows_x_title: shows_x_title(axes, columns, at),
                    shows_y_title: shows_y_title(axes, columns, at),
                };
                below = below.max(below_of(&axes[at], place.shows_x_title));
                places.push(place);
                left += width + need.right;
            }
            top += height + below;
        }
        Self { places, height: top }
    }
}

/// Whether axes have another title of y than those to their left.
fn shows_y_title(axes: &[Scaled], columns: usize, at: usize) -> bool {
    at.is_multiple_of(columns) || axes[at].y_title() != axes[at - 1].y_title()
}

/// Whether axes have another title of x than those below them.
fn shows_x_title(axes: &[Scaled], columns: usize, at: usize) -> bool {
    axes.get(at + columns).is_none_or(|under| under.x_title() != axes[at].x_title())
}

impl Column {
    fn new(axes: &[Scaled], columns: usize, column: usize) -> Self {
        let of_column = || (column..axes.len()).step_by(columns);
        let is_titled = |at| shows_y_title(axes, columns, at) && !axes[at].y_title().is_empty();
        let titled = of_column().any(is_titled);
        let left = of_column().map(|at| left_of(&axes[at], titled)).fold(0.0, f64::max);
        let right = of_column().map(|at| right_of(&axes[at])).fold(0.0, f64::max);
        let is_last = column + 1 == columns;
        Self { left, right: if is_last { right.max(EDGE) } else { right } }
    }
}

/// Room for the numbers of y, and for the title.
fn left_of(axes: &Scaled, titled: bool) -> f64 {
    if titled {
        return LEFT;
    }
    let names = axes.y_ticks.iter().map(|(_, names)| 1.2 * width_of(&names.concat(), SMALL));
    names.fold(0.0, f64::max) + 14.0
}

/// Room for names beside lines.
fn right_of(axes: &Scaled) -> f64 {
    let names = axes.labels.iter().map(|name| TO_LABEL + 1.15 * width_of(name, SMALL) + 8.0);
    names.fold(axes.room, f64::max)
}

/// Room for the names along x, and for the title.
fn below_of(axes: &Scaled, titled: bool) -> f64 {
    let lines = axes.x_ticks.iter().map(|(_, names)| names.len()).max().unwrap_or(0);
    let title = if titled && !axes.x_title().is_empty() { TEXT + 6.0 } else { 0.0 };
    8.0 + lines as f64 * (SMALL + 3.0) + title + 12.0
}
