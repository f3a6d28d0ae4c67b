//! A transparent drawing layer in the coordinates of the figure.

use tiny_skia::{
    Color, FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, PremultipliedColorU8,
    Stroke, Transform,
};

use super::colors::Rgb;

/// Side in pixels of the square that images are drawn on before downsampling.
pub(super) const EDGE: u32 = 64;

/// `(x, y)` in the figure's coordinates: the figure fills about `-1..=1`, y points down.
pub(super) type Point = (f32, f32);

/// The two colors of a figure. They are drawn independently of the class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ColorRole {
    /// Contrasts with the background.
    Main,
    /// Contrasts with [`ColorRole::Main`]; for details such as veins, mortar and panes.
    Accent,
}

/// A transparent layer of [`EDGE`] x [`EDGE`] pixels. Shapes are given in the figure's coordinates.
pub(super) struct Canvas {
    layer: Pixmap,
    pose: Transform,
    main: Rgb,
    accent: Rgb,
}

impl Canvas {
    /// Creates an empty layer; `pose` transforms the figure's coordinates to pixels.
    pub(super) fn new(pose: Transform, main: Rgb, accent: Rgb) -> Self {
        let layer = Pixmap::new(EDGE, EDGE).expect("EDGE is not 0");
        Self { layer, pose, main, accent }
    }

    /// The layer with everything drawn on it.
    pub(super) fn into_layer(self) -> Pixmap {
        self.layer
    }

    /// Fills a polygon.
    pub(super) fn polygon(&mut self, outline: &[Point], role: ColorRole) {
        self.polygons(&[outline], role);
    }

    /// Fills polygons with the even-odd rule: a polygon inside of another is a hole.
    pub(super) fn polygons(&mut self, outlines: &[&[Point]], role: ColorRole) {
        let mut builder = PathBuilder::new();
        for outline in outlines {
            trace(&mut builder, outline);
            builder.close();
        }
        self.fill(builder.finish(), role);
    }

    /// Fills a disc.
    pub(super) fn disc(&mut self, (x, y): Point, radius: f32, role: ColorRole) {
        self.fill(PathBuilder::from_circle(x, y, radius), role);
    }

    /// Fills an axis-aligned rectangle, given by its center and half its width and height.
    pub(super) fn rectangle(&mut self, (x, y): Point, (w, h): (f32, f32), role: ColorRole) {
        self.polygon(&[(x - w, y - h), (x + w, y - h), (x + w, y + h), (x - w, y + h)], role);
    }

    /// Draws a polyline with round caps and joins.
    pub(super) fn line(&mut self, points: &[Point], width: f32, role: ColorRole) {
        let mut builder = PathBuilder::new();
        trace(&mut builder, points);
        self.stroke(builder.finish(), width, role);
    }

    /// Draws a circle.
    pub(super) fn ring(&mut self, (x, y): Point, radius: f32, width: f32, role: ColorRole) {
        self.stroke(PathBuilder::from_circle(x, y, radius), width, role);
    }

    /// Colors each pixel by evaluating `color` at four points in it; `None` is transparent.
    pub(super) fn fill_by_point(&mut self, color: impl Fn(Point) -> Option<ColorRole>) {
        let Some(back) = self.pose.invert() else { return };
        for row in 0..EDGE {
            for column in 0..EDGE {
                let mut sum = [0.0; 4];
                for (dx, dy) in [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)] {
                    let mut at = tiny_skia::Point::from_xy(column as f32 + dx, row as f32 + dy);
                    back.map_point(&mut at);
                    if let Some(role) = color((at.x, at.y)) {
                        let [r, g, b] = self.rgb(role);
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

    fn fill(&mut self, path: Option<Path>, role: ColorRole) {
        if let Some(path) = path {
            let paint = self.paint(role);
            self.layer.fill_path(&path, &paint, FillRule::EvenOdd, self.pose, None);
        }
    }

    fn stroke(&mut self, path: Option<Path>, width: f32, role: ColorRole) {
        if let Some(path) = path {
            let stroke = Stroke {
                width,
                line_cap: LineCap::Round,
                line_join: LineJoin::Round,
                ..Stroke::default()
            };
            let paint = self.paint(role);
            self.layer.stroke_path(&path, &paint, &stroke, self.pose, None);
        }
    }

    fn rgb(&self, role: ColorRole) -> Rgb {
        match role {
            ColorRole::Main => self.main,
            ColorRole::Accent => self.accent,
        }
    }

    fn paint(&self, role: ColorRole) -> Paint<'static> {
        let [r, g, b] = self.rgb(role).map(|value| (value * 255.0).round() as u8);
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
