//! Where elites came from: their ancestors as strips of images.

use assay_runs::Method;
use plotters::style::text_anchor::{HPos, VPos};

use super::elites::{outline, shortened};
use crate::report::index::{Condition, Index};
use crate::report::strips::{Member, Strip, Strips};
use crate::report::wording::{confidence, encoding_name};
use assay_report::ReportError;
use assay_report::figures::Figure;
use assay_report::figures::canvas::{Canvas, Drawn, INK, Lettering, SMALL, SOFT, draw, overlay};
use assay_report::figures::raster::image_element;
use assay_report::figures::style::WIDTH;

const NAME: &str = "lineages";
/// Strips shown of one attack.
const SHOWN: usize = 3;
/// Images of a strip.
const COLUMNS: usize = 10;
const STEP: f64 = (WIDTH - 16.0) / 10.0;
const IMAGE: f64 = 56.0;
/// Pixels across an image in the file, at least.
const PIXELS: usize = 224;
/// Room for an attack's name above its strips.
const HEADING: f64 = 30.0;
/// Room for three lines below an image, and air.
const BELOW: f64 = 56.0;

/// The strips of one attack, with where they are on the figure.
struct Block {
    name: String,
    strips: Strips,
    top: f64,
}

/// An image of a strip, and where its upper left corner is.
struct Place<'a> {
    member: &'a Member,
    x: f64,
    y: f64,
}

impl Block {
    fn shown(&self) -> &[Strip] {
        &self.strips.strips[..self.strips.strips.len().min(SHOWN)]
    }

    fn image_height(&self) -> f64 {
        IMAGE * self.strips.pictures.aspect()
    }

    fn height(&self) -> f64 {
        HEADING + self.shown().len() as f64 * (self.image_height() + BELOW)
    }

    fn places(&self) -> impl Iterator<Item = Place<'_>> {
        let row = self.image_height() + BELOW;
        self.shown().iter().enumerate().flat_map(move |(at, strip)| {
            let y = self.top + HEADING + at as f64 * row;
            // The elite stands at the right end, whatever the number of its ancestors.
            let first = COLUMNS.saturating_sub(strip.members.len());
            strip.members.iter().take(COLUMNS).enumerate().map(move |(column, member)| Place {
                member,
                x: 8.0 + (first + column) as f64 * STEP + (STEP - IMAGE) / 2.0,
                y,
            })
        })
    }
}

pub(super) fn figure(index: &Index) -> Result<Option<Figure>, ReportError> {
    let mut blocks: Vec<Block> = Vec::new();
    for condition in index.conditions() {
        let main = condition.attack.preset == index.main_preset();
        if main && condition.attack.method == Method::Evolution {
            let top = blocks.last().map_or(0.0, |last| last.top + last.height());
            blocks.extend(block(index, condition, top)?);
        }
    }
    let Some(height) = blocks.last().map(|last| last.top + last.height()) else {
        return Ok(None);
    };
    let drawn = draw(WIDTH, height, |canvas| {
        blocks.iter().try_for_each(|block| names(canvas, index, block))
    });
    let drawn = drawn.map_err(|reason| ReportError::figure(NAME, &reason))?;
    let images: Result<String, String> = blocks.iter().map(images).collect();
    let images = images.map_err(|reason| ReportError::figure(NAME, &reason))?;
    let caption = format!(
        "Up to {SHOWN} elites of one attack on each architecture, of those whose ancestors changed class \
         most often: a selection by that number, not a sample. Each strip ends with the elite; before it \
         are at most {} of its ancestors, evenly apart, from a random image on. Below each: the class it \
         was the elite of when it became a parent, the network's confidence in that class, rounded down, \
         and the generation it was born in.",
        COLUMNS - 1
    );
    let title = "Where elites came from".to_owned();
    Ok(Some(Figure { name: NAME, title, caption, svg: overlay(&drawn, &images) }))
}

/// Of the first seed that left strips.
fn block(index: &Index, condition: Condition, top: f64) -> Result<Option<Block>, ReportError> {
    for found in index.attacks().iter().filter(|found| found.condition() == condition) {
        if let Some(strips) = Strips::read(found)? {
            let Condition { attack, architecture } = condition;
            let (encoding, seed) = (encoding_name(attack.encoding), found.cell.seed);
            let name = format!("{encoding} images, {architecture}, seed {seed}");
            return Ok(Some(Block { name, strips, top }));
        }
    }
    Ok(None)
}

fn names(canvas: &Canvas, index: &Index, block: &Block) -> Drawn {
    let style = Lettering::new(HPos::Left, VPos::Center);
    canvas.text(8.0 + (STEP - IMAGE) / 2.0, block.top + 13.0, &block.name, style.bold())?;
    let style = Lettering::new(HPos::Center, VPos::Top).size(SMALL);
    for Place { member, x, y } in block.places() {
        let bottom = y + block.image_height();
        outline(canvas, (x, y), (x + IMAGE, bottom))?;
        let class = shortened(&index.class(member.class), STEP - 4.0);
        let born = format!("gen. {}", member.generation);
        let lines = [(class, INK), (confidence(member.confidence), SOFT), (born, SOFT)];
        for (line, (text, color)) in lines.into_iter().enumerate() {
            let below = bottom + 3.0 + 13.0 * line as f64;
            canvas.text(x + IMAGE / 2.0, below, &text, style.color(color))?;
        }
    }
    Ok(())
}

fn images(block: &Block) -> Result<String, String> {
    let pictures = &block.strips.pictures;
    let (square, size) = (pictures.square(PIXELS), (IMAGE, block.image_height()));
    let image = |Place { member, x, y }: Place| {
        image_element(&pictures.pixmap(member.picture, square)?, (x, y), size)
    };
    block.places().map(image).collect()
}
