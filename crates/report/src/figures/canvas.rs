//! A thin layer over plotters: lines, markers and text in CSS pixels, with the one font.
//!
//! plotters' SVG backend works in whole pixels. Figures are drawn ten times as large and shown at
//! a tenth of that (the `viewBox`), so that positions are good to a tenth of a pixel.

#![allow(clippy::missing_errors_doc)] // drawing fails where the drawing library does, and nowhere else

use derive_setters::Setters;
use plotters::backend::SVGBackend;
use plotters::coord::Shift;
use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::types::RangedCoordf64;
use plotters::element::{Circle, DashedPathElement, PathElement, Polygon, Text};
use plotters::prelude::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{
    Color, FontStyle, FontTransform, IntoFont, RGBAColor, RGBColor, ShapeStyle, TextStyle,
};

use crate::font::FAMILY;
use crate::words::legible;

/// Backend units a CSS pixel.
pub(super) const FINE: f64 = 10.0;
/// What plotters divides a font's size by before it writes it.
const FONT_SIZE: f64 = 1.24 * FINE;
/// Size of ordinary text, CSS pixels: 9 points where a figure is printed 183 mm wide.
pub const TEXT: f64 = 12.0;
/// Size of small text.
pub const SMALL: f64 = 10.5;

/// Color of text and axes.
pub const INK: RGBColor = RGBColor(0x22, 0x22, 0x22);
/// Color of secondary text.
pub const SOFT: RGBColor = RGBColor(0x6b, 0x6b, 0x6b);
/// Color of grid lines.
pub const GRID: RGBColor = RGBColor(0xe4, 0xe4, 0xe4);
/// Color of the ground.
pub const WHITE: RGBColor = RGBColor(0xff, 0xff, 0xff);

/// Whether something was drawn.
pub type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;
pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
pub(super) type Plot<'a> = DrawingArea<SVGBackend<'a>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// A figure being drawn; lengths in CSS pixels, from the upper left corner.
pub struct Canvas<'a> {
    pub(super) area: Area<'a>,
}

/// Where a panel's data lie on the canvas.
#[derive(Debug, Clone, Copy)]
pub struct Frame {
    /// CSS pixels from the left edge.
    pub left: f64,
    /// CSS pixels from the top.
    pub top: f64,
    /// CSS pixels from the left edge.
    pub right: f64,
    /// CSS pixels from the top.
    pub bottom: f64,
}

/// How a line is drawn.
#[derive(Debug, Clone, Copy)]
pub struct Stroke {
    /// Its color.
    pub color: RGBAColor,
    /// Its width, CSS pixels.
    pub width: f64,
    /// Whether it is dashed.
    pub dashed: bool,
}

impl Stroke {
    /// A solid line of this width, CSS pixels.
    pub fn solid(color: impl Color, width: f64) -> Self {
        Self { color: color.to_rgba(), width, dashed: false }
    }

    /// A dashed line of this width, CSS pixels.
    pub fn dashed(color: impl Color, width: f64) -> Self {
        Self { dashed: true, ..Self::solid(color, width) }
    }
}

/// A marker's form: with its color, the second way to tell treatments apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marker {
    /// A filled circle.
    Disc,
    /// A circle with a white center.
    Ring,
    /// A filled square.
    Square,
    /// A filled square on its corner.
    Diamond,
    /// A filled triangle.
    Triangle,
    /// Two crossed lines.
    Cross,
}

/// How text is set.
#[derive(Clone, Copy, Setters)]
#[setters(generate = false)]
pub struct Lettering {
    /// Size, CSS pixels.
    #[setters(generate)]
    pub(super) size: f64,
    /// Color.
    #[setters(generate)]
    pub(super) color: RGBColor,
    /// In semi-bold.
    #[setters(generate, bool, rename = "bold")]
    is_bold: bool,
    /// Which part of it stands at its place, across and from the top.
    anchor: (HPos, VPos),
    /// Runs upwards, not from left to right.
    #[setters(generate, bool, rename = "upwards")]
    runs_upwards: bool,
}

impl Lettering {
    /// Ordinary text.
    #[must_use]
    pub fn new(across: HPos, along: VPos) -> Self {
        let anchor = (across, along);
        Self { size: TEXT, color: INK, is_bold: false, anchor, runs_upwards: false }
    }

    pub(super) fn style(self) -> TextStyle<'static> {
        let weight = if self.is_bold { FontStyle::Bold } else { FontStyle::Normal };
        let font = (FAMILY, self.size * FONT_SIZE).into_font().style(weight);
        let font = if self.runs_upwards { font.transform(FontTransform::Rotate270) } else { font };
        let mut style = TextStyle::from(font).pos(Pos::new(self.anchor.0, self.anchor.1));
        style.color = self.color.to_backend_color();
        style
    }
}

pub(super) fn units(pixels: f64) -> i32 {
    (pixels * FINE).round() as i32
}

fn style(color: RGBAColor, width: f64) -> ShapeStyle {
    ShapeStyle { color, filled: false, stroke_width: units(width).unsigned_abs() }
}

/// Draws a figure of so many CSS pixels; the SVG names the font but does not carry it.
pub fn draw(
    width: f64,
    height: f64,
    content: impl FnOnce(&Canvas) -> Drawn,
) -> Result<String, DrawingAreaErrorKind<std::io::Error>> {
    let size = (units(width).unsigned_abs(), units(height).unsigned_abs());
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        area.fill(&WHITE)?;
        content(&Canvas { area: area.clone() })?;
        area.present()?;
    }
    let fine = format!(r#"<svg width="{}" height="{}""#, size.0, size.1);
    let shown = format!(r#"<svg width="{width}" height="{height}" role="img""#);
    Ok(legible(&svg.replacen(&fine, &shown, 1)).into_owned())
}

/// Puts raw SVG elements, in CSS pixels, on top of a drawn figure.
#[must_use]
pub fn overlay(svg: &str, elements: &str) -> String {
    let end = svg.rfind("</svg>").unwrap_or(svg.len());
    format!(r#"{}<g transform="scale({FINE})">{elements}</g>{}"#, &svg[..end], &svg[end..])
}

impl Canvas<'_> {
    /// Sets text at (x, y).
    pub fn text(&self, x: f64, y: f64, text: &str, lettering: Lettering) -> Drawn {
        self.area.draw(&Text::new(text.to_owned(), (units(x), units(y)), lettering.style()))
    }

    /// Draws a line.
    pub fn line(&self, from: (f64, f64), to: (f64, f64), stroke: Stroke) -> Drawn {
        let points = vec![(units(from.0), units(from.1)), (units(to.0), units(to.1))];
        path(&self.area, points, stroke)
    }

    /// Draws a marker about `size` CSS pixels across, centered on (x, y).
    pub fn marker(&self, x: f64, y: f64, marker: Marker, size: f64, color: RGBAColor) -> Drawn {
        mark(&self.area, (units(x), units(y)), marker, size, color)
    }

    /// A panel's letter and title above its frame.
    pub fn heading(&self, frame: Frame, letter: &str, title: &str) -> Drawn {
        let style = Lettering::new(HPos::Left, VPos::Bottom);
        let y = frame.top - 10.0;
        if letter.is_empty() {
            return self.text(frame.left, y, title, style.bold());
        }
        self.text(frame.left, y, letter, style.bold())?;
        self.text(frame.left + 16.0, y, title, style)
    }
}

pub(super) fn path(area: &Area, points: Vec<(i32, i32)>, stroke: Stroke) -> Drawn {
    let style = style(stroke.color, stroke.width);
    if stroke.dashed {
        let (dash, gap) = (units(4.0), units(3.0));
        return area.draw(&DashedPathElement::new(points, dash, gap, style));
    }
    area.draw(&PathElement::new(points, style))
}

/// A marker about `size` pixels across, centered on `at`.
pub(super) fn mark(
    area: &Area,
    at: (i32, i32),
    marker: Marker,
    size: f64,
    color: RGBAColor,
) -> Drawn {
    let radius = units(size / 2.0);
    let around = |corners: &[(f64, f64)]| {
        let scale = |by: f64| units(by * size / 2.0);
        corners.iter().map(|(x, y)| (at.0 + scale(*x), at.1 + scale(*y))).collect::<Vec<_>>()
    };
    let polygon =
        |corners: &[(f64, f64)]| area.draw(&Polygon::new(around(corners), color.filled()));
    match marker {
        Marker::Disc => area.draw(&Circle::new(at, radius, color.filled())),
        Marker::Ring => {
            area.draw(&Circle::new(at, radius, WHITE.mix(color.alpha()).filled()))?;
            area.draw(&Circle::new(at, radius - units(0.5), style(color, 1.4)))
        }
        Marker::Square => polygon(&[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)]),
        Marker::Diamond => polygon(&[(0.0, -1.25), (1.25, 0.0), (0.0, 1.25), (-1.25, 0.0)]),
        Marker::Triangle => polygon(&[(0.0, -1.2), (1.15, 0.85), (-1.15, 0.85)]),
        Marker::Cross => {
            let stroke = Stroke { color, width: size / 4.0, dashed: false };
            path(area, around(&[(-0.85, -0.85), (0.85, 0.85)]), stroke)?;
            path(area, around(&[(-0.85, 0.85), (0.85, -0.85)]), stroke)
        }
    }
}
