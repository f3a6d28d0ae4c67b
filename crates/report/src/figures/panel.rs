//! A panel: data drawn between two axes.

#![allow(clippy::missing_errors_doc)] // drawing fails where the drawing library does, and nowhere else

use std::ops::Range;

use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::types::RangedCoordf64;
use plotters::element::{Polygon, Text};
use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{Color, RGBAColor};

use super::canvas::{
    Area, Canvas, Drawn, FINE, Frame, GRID, INK, Lettering, Marker, Plot, SMALL, SOFT, Stroke,
    mark, path, units,
};

/// A pair of axes.
pub struct Panel<'a> {
    plot: Plot<'a>,
    canvas: Area<'a>,
    /// Where it is on the canvas.
    pub frame: Frame,
    /// What its x axis spans.
    pub x: Range<f64>,
    /// What its y axis spans.
    pub y: Range<f64>,
}

impl<'a> Canvas<'a> {
    /// A pair of axes of these ranges in a frame.
    #[must_use]
    pub fn panel(&self, frame: Frame, x: Range<f64>, y: Range<f64>) -> Panel<'a> {
        let horizontal = units(frame.left)..units(frame.right);
        let vertical = units(frame.bottom)..units(frame.top);
        let place = (horizontal, vertical);
        let coordinates =
            Cartesian2d::<RangedCoordf64, RangedCoordf64>::new(x.clone(), y.clone(), place);
        let plot = self.area.apply_coord_spec(coordinates);
        Panel { plot, canvas: self.area.clone(), frame, x, y }
    }
}

impl Panel<'_> {
    fn place(&self, x: f64, y: f64) -> (i32, i32) {
        // A value outside the range is drawn at its edge.
        let y = y.clamp(self.y.start, self.y.end);
        self.plot.map_coordinate(&(x, y))
    }

    /// CSS pixels of a point of the data.
    #[must_use]
    pub fn pixels(&self, x: f64, y: f64) -> (f64, f64) {
        let (x, y) = self.place(x, y);
        (f64::from(x) / FINE, f64::from(y) / FINE)
    }

    /// Draws a line through points of the data.
    pub fn line(&self, points: &[(f64, f64)], stroke: Stroke) -> Drawn {
        let points: Vec<_> = points.iter().map(|&(x, y)| self.place(x, y)).collect();
        if points.len() < 2 { Ok(()) } else { path(&self.canvas, points, stroke) }
    }

    /// Fills between two lines over the same x.
    pub fn band(&self, upper: &[(f64, f64)], lower: &[(f64, f64)], color: RGBAColor) -> Drawn {
        let outline: Vec<_> =
            upper.iter().chain(lower.iter().rev()).map(|&(x, y)| self.place(x, y)).collect();
        self.canvas.draw(&Polygon::new(outline, color.filled()))
    }

    /// Draws a marker at a point of the data, unless it lies outside the range of y.
    pub fn mark(&self, x: f64, y: f64, marker: Marker, size: f64, color: RGBAColor) -> Drawn {
        if !self.y.contains(&y) && (y - self.y.end).abs() > f64::EPSILON {
            return Ok(());
        }
        mark(&self.canvas, self.place(x, y), marker, size, color)
    }

    /// A whisker from `low` to `high`, with caps where an end lies inside the panel.
    pub(crate) fn whisker(&self, x: f64, low: f64, high: f64, color: impl Color) -> Drawn {
        let stroke = Stroke::solid(color, 1.2);
        let (bottom, top) = (self.place(x, low), self.place(x, high));
        path(&self.canvas, vec![bottom, top], stroke)?;
        for (end, value) in [(bottom, low), (top, high)] {
            if self.y.contains(&value) {
                let cap = units(2.5);
                path(&self.canvas, vec![(end.0 - cap, end.1), (end.0 + cap, end.1)], stroke)?;
            }
        }
        Ok(())
    }

    /// Sets text at a point of the data, moved by so many CSS pixels.
    pub fn text(
        &self,
        (x, y): (f64, f64),
        (right, down): (f64, f64),
        text: &str,
        lettering: Lettering,
    ) -> Drawn {
        let (x, y) = self.place(x, y);
        let place = (x + units(right), y + units(down));
        self.canvas.draw(&Text::new(text.to_owned(), place, lettering.style()))
    }

    /// Grid lines and names at `ticks`, and a title along the axis.
    pub(crate) fn y_axis(&self, title: &str, ticks: &[(f64, Vec<String>)]) -> Drawn {
        let edges = (self.x.start, self.x.end);
        for (tick, names) in ticks {
            self.line(&[(edges.0, *tick), (edges.1, *tick)], Stroke::solid(GRID, 0.8))?;
            let style = Lettering::new(HPos::Right, VPos::Center).size(SMALL).color(SOFT);
            self.text((edges.0, *tick), (-6.0, 0.0), &names.concat(), style)?;
        }
        let middle = f64::midpoint(self.frame.top, self.frame.bottom);
        let place = (units(self.frame.left - 44.0), units(middle));
        let style = Lettering::new(HPos::Center, VPos::Center).upwards().style();
        self.canvas.draw(&Text::new(title.to_owned(), place, style))
    }

    /// A base line with a mark and a name for each of `ticks`, and a title below.
    pub fn x_axis(&self, title: &str, ticks: &[(f64, Vec<String>)]) -> Drawn {
        let bottom = self.y.start;
        self.line(&[(self.x.start, bottom), (self.x.end, bottom)], Stroke::solid(INK, 1.0))?;
        let mut lines = 0;
        for (tick, names) in ticks {
            let (x, y) = self.place(*tick, bottom);
            let stroke = Stroke::solid(INK, 1.0);
            path(&self.canvas, vec![(x, y), (x, y + units(4.0))], stroke)?;
            let mut down = 8.0;
            for (row, name) in names.iter().enumerate() {
                let style = Lettering::new(HPos::Center, VPos::Top).size(SMALL);
                let style = if row == 0 { style } else { style.size(SMALL - 1.0).color(SOFT) };
                self.text((*tick, bottom), (0.0, down), name, style)?;
                down += SMALL + 3.0;
            }
            lines = lines.max(names.len());
        }
        if title.is_empty() {
            return Ok(());
        }
        let rows = f64::from(u8::try_from(lines).unwrap_or(u8::MAX));
        let down = 8.0 + rows * (SMALL + 3.0) + 4.0;
        let middle = f64::midpoint(self.x.start, self.x.end);
        self.text((middle, bottom), (0.0, down), title, Lettering::new(HPos::Center, VPos::Top))
    }
}

/// How many decimals ticks so far apart ask for.
pub(crate) fn decimals(ticks: &[f64]) -> usize {
    match ticks.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(1.0, f64::min) {
        1.0.. => 0,
        0.1.. => 1,
        _ => 2,
    }
}

/// Round numbers a round step apart that lie in `range`, about `count` of them.
pub(crate) fn ticks(range: &Range<f64>, count: f64) -> Vec<f64> {
    let rough = (range.end - range.start) / count;
    let scale = 10.0_f64.powf(rough.log10().floor());
    let distance = |step: f64| ((range.end - range.start) / step / count).ln().abs();
    let steps = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * scale);
    let step = steps.into_iter().min_by(|a, b| distance(*a).total_cmp(&distance(*b)));
    let step = step.unwrap_or(scale);
    let first = (range.start / step).ceil();
    let mut values = Vec::new();
    let mut at = first;
    while at * step <= range.end + 1e-9 * step {
        values.push(at * step);
        at += 1.0;
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside_the_range() {
        assert_eq!(ticks(&(-9.0..2.0), 6.0), [-8.0, -6.0, -4.0, -2.0, 0.0, 2.0]);
        assert_eq!(ticks(&(0.0..1.0), 2.0), [0.0, 0.5, 1.0]);
    }

    #[test]
    fn ticks_have_as_many_decimals_as_their_distance_asks_for() {
        assert_eq!(
            [&[-2.0, 0.0], &[0.0, 0.5], &[0.0, 0.05]].map(|ticks| decimals(ticks)),
            [0, 1, 2]
        );
    }
}
