//! What a class draws on: a transparent layer, seen from the figure's own frame of reference.

use tiny_skia::{
    Color, FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, PremultipliedColorU8,
    Stroke, Transform,
};

use super::colors::Rgb;

/// Pixels along an edge of the square every image is drawn on, before it is averaged down.
pub(super) const EDGE: u32 = 64;

/// `(x, y)` in the figure's frame: the figure fills about `-1..=1`, y points down.
pub(super) type Point = (f32, f32);

/// The two colors a class may use. Which they are is drawn without regard to the class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    /// In contrast with the background.
    Main,
    /// In contrast with [`Ink::Main`]: veins, mortar, panes.
    Accent,
}

/// A transparent layer of [`EDGE`] x [`EDGE`] pixels that takes shapes in the figure's frame.
pub(super) struct Canvas {
    layer: Pixmap,
    pose: Transform,
    main: Rgb,
    accent: Rgb,
}

impl Canvas {
    /// An empty layer; `pose` takes the figure's frame to pixels.
    pub(super) fn new(pose: Transform, main: Rgb, accent: Rgb) -> Self {
        let layer = Pixmap::new(EDGE, EDGE).expect("EDGE is not 0");
        Self { layer, pose, main, accent }
    }

    /// The layer with all that was drawn.
    pub(super) fn into_layer(self) -> Pixmap {
        self.layer
    }

    /// Fills the inside of a closed outline.
    pub(super) fn polygon(&mut self, outline: &[Point], ink: Ink) {
        self.polygons(&[outline], ink);
    }

    /// Fills what lies inside an odd number of the outlines: an outline within another is a hole.
    pub(super) fn polygons(&mut self, outlines: &[&[Point]], ink: Ink) {
        let mut builder = PathBuilder::new();
        for outline in outlines {
            trace(&mut builder, outline);
            builder.close();
        }
        self.fill(builder.finish(), ink);
    }

    /// Fills a disc.
    pub(super) fn disc(&mut self, (x, y): Point, radius: f32, ink: Ink) {
        self.fill(PathBuilder::from_circle(x, y, radius), ink);
    }

    /// Fills an upright rectangle given by its center and half its width and height.
    pub(super) fn rectangle(&mut self, (x, y): Point, (w, h): (f32, f32), ink: Ink) {
        self.polygon(&[(x - w, y - h), (x + w, y - h), (x + w, y + h), (x - w, y + h)], ink);
    }

    /// Draws an open line with round ends and corners.
    pub(super) fn line(&mut self, points: &[Point], width: f32, ink: Ink) {
        let mut builder = PathBuilder::new();
        trace(&mut builder, points);
        self.stroke(builder.finish(), width, ink);
    }

    /// Draws a circle line.
    pub(super) fn ring(&mut self, (x, y): Point, radius: f32, width: f32, ink: Ink) {
        self.stroke(PathBuilder::from_circle(x, y, radius), width, ink);
    }

    /// Asks `color` for four places in every pixel; `None` lets through what is below.
    pub(super) fn each_place(&mut self, color: impl Fn(Point) -> Option<Ink>) {
        let Some(back) = self.pose.invert() else { return };
        for row in 0..EDGE {
            for column in 0..EDGE {
                let mut sum = [0.0; 4];
                for (dx, dy) in [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)] {
                    let mut at = tiny_skia::Point::from_xy(column as f32 + dx, row as f32 + dy);
                    back.map_point(&mut at);
                    if let Some(ink) = color((at.x, at.y)) {
                        let [r, g, b] = self.rgb(ink);
                        [r, g, b, 1.0].iter().zip(&mut sum).for_each(|(part, sum)| *sum += part);
                    }
                }
                let [r, g, b, alpha] = sum.map(|sum| (sum * 255.0 / 4.0).round() as u8);
                let pixel = PremultipliedColorU8::from_rgba(r, g, b, alpha);
                self.layer.pixels_mut()[(row * EDGE + column) as usize] =
                    pixel.unwrap_or(PremultipliedColorU8::TRANSPARENT);
            }
        }
    }

    fn fill(&mut self, path: Option<Path>, ink: Ink) {
        if let Some(path) = path {
            let paint = self.paint(ink);
            self.layer.fill_path(&path, &paint, FillRule::EvenOdd, self.pose, None);
        }
    }

    fn stroke(&mut self, path: Option<Path>, width: f32, ink: Ink) {
        if let Some(path) = path {
            let stroke = Stroke {
                width,
                line_cap: LineCap::Round,
                line_join: LineJoin::Round,
                ..Stroke::default()
            };
            let paint = self.paint(ink);
            self.layer.stroke_path(&path, &paint, &stroke, self.pose, None);
        }
    }

    fn rgb(&self, ink: Ink) -> Rgb {
        match ink {
            Ink::Main => self.main,
            Ink::Accent => self.accent,
        }
    }

    fn paint(&self, ink: Ink) -> Paint<'static> {
        let [r, g, b] = self.rgb(ink).map(|value| (value * 255.0).round() as u8);
        let mut paint = Paint::default();
        paint.set_color(Color::from_rgba8(r, g, b, 255));
        paint
    }
}

fn trace(builder: &mut PathBuilder, points: &[Point]) {
    for (index, &(x, y)) in points.iter().enumerate() {
        if index == 0 {
            builder.move_to(x, y);
        } else {
            builder.line_to(x, y);
        }
    }
}
