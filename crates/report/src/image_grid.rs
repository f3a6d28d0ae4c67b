//! Grids of images with words above and below each.

use derive_setters::Setters;
use plotters::style::RGBColor;
use plotters::style::text_anchor::{HPos, VPos};
use resvg::tiny_skia::Pixmap;

use crate::figures::canvas::{Canvas, Drawn, Lettering, SMALL, Stroke, draw, overlay};
use crate::figures::raster::image_element;
use crate::figures::style::{GREY, WIDTH, shortened};
use crate::{Figure, ReportError};

/// Room left and right of a grid, CSS pixels.
const EDGE: f64 = 8.0;
/// Room for a heading.
const HEADING: f64 = 26.0;
/// Height of a line of words.
const LINE: f64 = 13.0;
/// Between rows.
const GAP: f64 = 10.0;

/// A figure of blocks of images, one block below the other.
#[derive(Debug, Clone, Setters)]
#[setters(generate = false)]
pub struct ImageGrid {
    name: &'static str,
    title: String,
    /// How to read it.
    #[setters(generate)]
    caption: String,
    columns: usize,
    width: f64,
    /// Draws a line around each image: images may be white at their edges.
    #[setters(generate, bool, rename = "outlined")]
    is_outlined: bool,
    /// Its blocks.
    #[setters(generate)]
    blocks: Vec<Block>,
}

/// Images below a heading.
#[derive(Debug, Clone, Default)]
pub struct Block {
    /// Its heading, which may be empty.
    pub heading: String,
    /// Its images, row by row; none leaves a place empty.
    pub tiles: Vec<Option<Tile>>,
}

/// An image and its words.
#[derive(Debug, Clone)]
pub struct Tile {
    /// The image.
    pub pixels: Pixmap,
    /// A line above it; none where it is empty.
    pub above: String,
    /// Lines below it; a line too long for its place ends in an ellipsis.
    pub below: Vec<(String, RGBColor)>,
}

impl ImageGrid {
    /// A grid without images: the name of its files, what it shows and how to read it, how many images stand in a
    /// row, and how wide each is in CSS pixels.
    #[must_use]
    pub fn new(name: &'static str, title: &str, columns: usize, width: f64) -> Self {
        let (title, caption, columns) = (title.to_owned(), String::new(), columns.max(1));
        Self { name, title, caption, columns, width, is_outlined: false, blocks: Vec::new() }
    }

    /// Draws it; none without blocks.
    ///
    /// # Errors
    /// When the drawing library fails, or an image has no PNG form.
    pub fn figure(self) -> Result<Option<Figure>, ReportError> {
        if self.blocks.is_empty() {
            return Ok(None);
        }
        let failed = |reason: &dyn std::fmt::Display| ReportError::figure(self.name, reason);
        let (places, height) = self.places();
        let words = draw(WIDTH, height, |canvas| self.words(canvas, &places));
        let words = words.map_err(|reason| failed(&reason))?;
        let image = |place: &Place| {
            let size = (self.width, place.bottom - place.top);
            image_element(&place.tile.pixels, (place.left, place.top), size)
        };
        let images: Result<String, String> = places.iter().map(image).collect();
        let svg = overlay(&words, &images.map_err(|reason| failed(&reason))?);
        Ok(Some(Figure { name: self.name, title: self.title, caption: self.caption, svg }))
    }

    /// The distance from one image to the next.
    fn step(&self) -> f64 {
        (WIDTH - 2.0 * EDGE) / self.columns as f64
    }

    /// Where each image stands, and how high the figure is.
    fn places(&self) -> (Vec<Place<'_>>, f64) {
        let (mut places, mut top) = (Vec::new(), 0.0);
        for block in &self.blocks {
            let mut heading = Some(block.heading.as_str()).filter(|heading| !heading.is_empty());
            top += if heading.is_some() { HEADING } else { GAP };
            for row in block.tiles.chunks(self.columns) {
                let tiles = || row.iter().flatten();
                let above =
                    if tiles().any(|tile| !tile.above.is_empty()) { LINE + 3.0 } else { 0.0 };
                let height = tiles().map(|tile| self.height_of(tile)).fold(0.0, f64::max);
                let lines = tiles().map(|tile| tile.below.len()).max().unwrap_or(0);
                for (column, tile) in row.iter().enumerate() {
                    let Some(tile) = tile else { continue };
                    let left =
                        EDGE + column as f64 * self.step() + (self.step() - self.width) / 2.0;
                    let (heading, top) = (heading.take(), top + above);
                    let bottom = top + self.height_of(tile);
                    places.push(Place { tile, heading, left, top, bottom });
                }
                top += above + height + LINE * lines as f64 + GAP;
            }
            top += 6.0;
        }
        (places, top)
    }

    fn height_of(&self, tile: &Tile) -> f64 {
        self.width * f64::from(tile.pixels.height()) / f64::from(tile.pixels.width())
    }

    fn words(&self, canvas: &Canvas, places: &[Place]) -> Drawn {
        for Place { tile, heading, left, top, bottom } in places {
            let style = Lettering::new(HPos::Left, VPos::Bottom);
            if let Some(heading) = heading {
                let left = EDGE + (self.step() - self.width) / 2.0;
                canvas.text(left, top - 9.0, heading, style.bold())?;
            }
            canvas.text(*left, top - 3.0, &tile.above, style.size(SMALL))?;
            if self.is_outlined {
                outline(canvas, (*left, *top), (left + self.width, *bottom))?;
            }
            let style = Lettering::new(HPos::Center, VPos::Top).size(SMALL);
            for (line, (text, color)) in tile.below.iter().enumerate() {
                let text = shortened(text, self.step() - 4.0);
                let y = bottom + 3.0 + LINE * line as f64;
                canvas.text(left + self.width / 2.0, y, &text, style.color(*color))?;
            }
        }
        Ok(())
    }
}

/// Where an image stands, CSS pixels; the first of a block with the block's heading.
struct Place<'a> {
    tile: &'a Tile,
    heading: Option<&'a str>,
    left: f64,
    top: f64,
    bottom: f64,
}

/// A line around an image, outside of it.
fn outline(canvas: &Canvas, (left, top): (f64, f64), (right, bottom): (f64, f64)) -> Drawn {
    let (left, top, right, bottom) = (left - 0.5, top - 0.5, right + 0.5, bottom + 0.5);
    let corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)];
    let stroke = Stroke::solid(GREY, 1.0);
    corners.windows(2).try_for_each(|pair| canvas.line(pair[0], pair[1], stroke))
}
