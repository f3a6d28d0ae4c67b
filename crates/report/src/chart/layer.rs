//! What is drawn between axes, in data units.

use std::ops::Range;

use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{RGBAColor, RGBColor};

use crate::figures::canvas::{Drawn, Lettering, Marker, SMALL, Stroke};
use crate::figures::panel::Panel;

/// CSS pixels below which a drop has no room for its number.
const SHORTEST_DROP: f64 = 30.0;

/// Something drawn, in data units.
#[derive(Debug, Clone)]
pub(super) enum Layer {
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
pub(super) enum Across {
    X,
    Y,
}

impl Layer {
    pub(super) fn draw(&self, panel: &Panel) -> Drawn {
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
