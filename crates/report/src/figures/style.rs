//! What every figure shares: the colors of Okabe and Ito 2008, told apart with any color vision,
//! ranges, legends, and labels next to lines.

#![allow(clippy::missing_errors_doc)] // drawing fails where the drawing library does, and nowhere else

use std::ops::Range;

use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{Color, RGBAColor, RGBColor};

use super::canvas::{Canvas, Drawn, Frame, Lettering, Marker, SMALL, Stroke, TEXT};
use super::panel::Panel;

/// Width of a figure, CSS pixels: 183 mm, two columns of a journal.
pub const WIDTH: f64 = 700.0;

/// Blue.
pub const BLUE: RGBColor = RGBColor(0x00, 0x72, 0xb2);
/// Vermilion.
pub const RED: RGBColor = RGBColor(0xd5, 0x5e, 0x00);
/// Bluish green.
pub const GREEN: RGBColor = RGBColor(0x00, 0x9e, 0x73);
/// Reddish purple.
pub const PURPLE: RGBColor = RGBColor(0xb0, 0x5a, 0x94);
/// Sky blue.
pub const SKY: RGBColor = RGBColor(0x4a, 0xa8, 0xdd);
/// Orange.
pub const ORANGE: RGBColor = RGBColor(0xe0, 0x97, 0x00);
/// Nearly black.
pub const BLACK: RGBColor = RGBColor(0x33, 0x33, 0x33);
/// Gray.
pub const GREY: RGBColor = RGBColor(0x8c, 0x8c, 0x8c);

/// A color between dark blue at 0 and yellow-green at 1 (viridis, its lightest end left out), for what
/// has an order.
#[must_use]
pub fn colormap(part: f64) -> RGBColor {
    const STOPS: [[f64; 3]; 5] = [
        [68.0, 1.0, 84.0],
        [59.0, 82.0, 139.0],
        [33.0, 145.0, 140.0],
        [94.0, 201.0, 98.0],
        [190.0, 212.0, 30.0],
    ];
    let part = part.clamp(0.0, 1.0) * 4.0;
    let stop = (part.floor() as usize).min(3);
    let (from, to) = (STOPS[stop], STOPS[stop + 1]);
    let mix = |channel: usize| {
        (from[channel] + (to[channel] - from[channel]) * (part - stop as f64)).round() as u8
    };
    RGBColor(mix(0), mix(1), mix(2))
}

/// A range that holds all points with some air, and intervals as far as they reach no more than 0.4 of the points'
/// range beyond them: with two or three clusters an interval may be many times as wide as the data. A difference of
/// `least` between points is not to look larger than it is.
pub(crate) fn range_of(points: &[f64], intervals: &[(f64, f64)], least: f64) -> Option<Range<f64>> {
    let finite = || points.iter().copied().filter(|value| value.is_finite());
    let (low, high) =
        (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
    if low > high {
        return None;
    }
    let reach = (high - low).max(least) * 0.4;
    let lowest = intervals.iter().map(|ends| ends.0.max(low - reach)).fold(low, f64::min);
    let highest = intervals.iter().map(|ends| ends.1.min(high + reach)).fold(high, f64::max);
    let air = ((highest - lowest) * 0.06).max(0.3 * least);
    Some(lowest - air..highest + air)
}

/// How far to the right of a mean the value of one of its `count` clusters stands.
pub(crate) fn offset_of_value(index: usize, count: usize) -> f64 {
    0.16 + 0.14 * (index as f64 / (count.max(2) - 1) as f64)
}

/// A name next to the end of a line.
#[derive(Debug, Clone)]
pub struct Label {
    /// The line's last value.
    pub y: f64,
    /// The name.
    pub text: String,
    /// The line's color.
    pub color: RGBColor,
}

/// Puts names to the right of a panel at the height of their lines, moved apart where they would
/// overlap.
pub(crate) fn labels(canvas: &Canvas, panel: &Panel, mut labels: Vec<Label>) -> Drawn {
    let gap = SMALL + 4.0;
    let height = |label: &Label| panel.pixels(panel.x.end, label.y).1;
    labels.sort_by(|a, b| height(a).total_cmp(&height(b)));
    let mut places: Vec<f64> = labels.iter().map(height).collect();
    for at in 1..places.len() {
        places[at] = places[at].max(places[at - 1] + gap);
    }
    let lowest = panel.frame.bottom;
    for at in (0..places.len()).rev() {
        let limit = places.get(at + 1).map_or(lowest, |below| below - gap);
        places[at] = places[at].min(limit);
    }
    for (label, place) in labels.iter().zip(places) {
        let start = panel.frame.right;
        let end = height(label);
        let stroke = Stroke::solid(label.color.mix(0.6), 0.8);
        canvas.line((start + 3.0, end), (start + 12.0, place), stroke)?;
        let style = Lettering::new(HPos::Left, VPos::Center).size(SMALL).color(label.color);
        canvas.text(start + 15.0, place, &label.text, style)?;
    }
    Ok(())
}

/// An entry of a legend: a marker or a line, and its name.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The name.
    pub text: String,
    /// The color of its marker and line.
    pub color: RGBAColor,
    /// Its marker.
    pub marker: Option<Marker>,
    /// Its line.
    pub line: Option<Line>,
}

/// A legend's line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// Solid.
    Solid,
    /// Dashed.
    Dashed,
}

impl Entry {
    /// A line and its name.
    pub fn line(text: &str, color: impl Color, line: Line) -> Self {
        Self { text: text.to_owned(), color: color.to_rgba(), marker: None, line: Some(line) }
    }

    /// A marker and its name.
    pub fn marker(text: &str, color: impl Color, marker: Marker) -> Self {
        let (text, color) = (text.to_owned(), color.to_rgba());
        Self { text, color, marker: Some(marker), line: None }
    }
}

/// Entries in a row from (x, y), outside of the data.
pub fn legend(canvas: &Canvas, mut x: f64, y: f64, entries: &[Entry]) -> Drawn {
    for entry in entries {
        if let Some(line) = entry.line {
            let dashed = line == Line::Dashed;
            let stroke = Stroke { color: entry.color, width: 1.6, dashed };
            canvas.line((x, y), (x + 18.0, y), stroke)?;
        }
        if let Some(marker) = entry.marker {
            canvas.marker(x + 9.0, y, marker, 7.0, entry.color)?;
        }
        let style = Lettering::new(HPos::Left, VPos::Center).size(SMALL);
        canvas.text(x + 23.0, y, &entry.text, style)?;
        x += width_of_entry(entry);
    }
    Ok(())
}

/// The width of a legend's title with the room after it, CSS pixels; 0 without a title.
pub(crate) fn width_of_title(title: &str) -> f64 {
    if title.is_empty() { 0.0 } else { 1.06 * width_of(title, TEXT) }
}

fn width_of_entry(entry: &Entry) -> f64 {
    23.0 + width_of(&entry.text, SMALL) + 16.0
}

/// Entries in rows no wider than `width` CSS pixels, the first of which begins with a title.
pub(crate) fn legend_rows(title: &str, entries: &[Entry], width: f64) -> Vec<Vec<Entry>> {
    let (mut rows, mut taken) = (Vec::new(), width_of_title(title));
    for entry in entries {
        if rows.is_empty() || taken + width_of_entry(entry) > width {
            taken = if rows.is_empty() { taken } else { 0.0 };
            rows.push(Vec::new());
        }
        taken += width_of_entry(entry);
        rows.last_mut().into_iter().for_each(|row: &mut Vec<Entry>| row.push(entry.clone()));
    }
    rows
}

/// About how wide text is: Inter's letters are half of its size wide on average.
#[must_use]
pub fn width_of(text: &str, size: f64) -> f64 {
    0.5 * size * text.chars().count() as f64
}

/// A name in small text no wider than so many CSS pixels, its end left out where it has to be.
#[must_use]
pub fn shortened(name: &str, width: f64) -> String {
    if width_of(name, SMALL) <= width {
        return name.to_owned();
    }
    let mut short = name.to_owned();
    while width_of(&short, SMALL) + SMALL > width && short.pop().is_some() {}
    format!("{}…", short.trim_end_matches([' ', ',']))
}

/// A frame's copy moved right and down.
#[must_use]
pub fn moved(frame: Frame, right: f64, down: f64) -> Frame {
    Frame {
        left: frame.left + right,
        right: frame.right + right,
        top: frame.top + down,
        bottom: frame.bottom + down,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_ends_in_an_ellipsis() {
        // 10.5 / 2 pixels a letter: six letters are 31.5 wide, and the ellipsis takes 10.5 of 42.
        assert_eq!(shortened("chessboard", 42.0), "chessb…");
        assert_eq!(shortened("chess", 42.0), "chess");
    }
}
