//! What evolution found: an image a class.

use assay_runs::{EliteRecord, Encoding, Method};
use plotters::style::text_anchor::{HPos, VPos};

use crate::report::index::{Condition, Found, Index};
use crate::report::pictures::Pictures;
use crate::report::wording::{confidence, encoding_name, method_name, preset_name};
use assay_report::ReportError;
use assay_report::figures::Figure;
use assay_report::figures::canvas::{
    Canvas, Drawn, INK, Lettering, SMALL, SOFT, Stroke, draw, overlay,
};
use assay_report::figures::raster::image_element;
use assay_report::figures::style::{GREY, RED, WIDTH, width_of};
use assay_report::words::plural;

/// Classes shown of each attack: more would not fit.
const SHOWN: usize = 30;
const COLUMNS: usize = 10;
const STEP: f64 = (WIDTH - 16.0) / 10.0;
const IMAGE: f64 = 58.0;
/// Pixels across an image in the file, at least: twice what the figure's PNG shows.
const PIXELS: usize = 232;

/// The images of one attack.
pub(super) struct Block<'a> {
    found: Found<'a>,
    name: String,
    pictures: Pictures,
    /// Places among the elites.
    shown: Vec<usize>,
    elites: &'a [EliteRecord],
}

impl<'a> Block<'a> {
    /// Of the first seed that has a record.
    fn new(index: &Index<'a>, condition: Condition<'a>) -> Result<Option<Self>, ReportError> {
        let mut of_it = index.attacks().iter().filter(|found| found.condition() == condition);
        let Some(&found) = of_it.find(|found| found.result().is_some()) else { return Ok(None) };
        let network = index.network_of(&found.cell.network);
        let untrained = network.filter(|network| network.trained().is_err());
        let state =
            untrained.map_or(String::new(), |one| format!(" ({})", one.observation.outcome()));
        let how = match condition.attack.method {
            Method::GradientAscent => method_name(condition.attack),
            _ => preset_name(condition.attack.preset),
        };
        let name = format!("{}{state}, seed {}, {how}", condition.architecture, found.cell.seed);
        Self::of(found, name)
    }

    /// Of an attack, under this name; none where it has no images.
    pub(super) fn of(found: Found<'a>, name: String) -> Result<Option<Self>, ReportError> {
        let Some((pictures, result)) = Pictures::read(&found)?.zip(found.result()) else {
            return Ok(None);
        };
        let elites = result.elites.as_slice();
        Ok(Some(Self { found, name, pictures, shown: spread(elites.len(), SHOWN), elites }))
    }

    fn row_height(&self) -> f64 {
        IMAGE * self.pictures.aspect() + 36.0
    }

    fn height(&self) -> f64 {
        32.0 + self.shown.len().div_ceil(COLUMNS) as f64 * self.row_height()
    }

    /// The upper left corner of the `at`-th image of a block that begins at `top`.
    fn origin(&self, at: usize, top: f64) -> (f64, f64) {
        let (row, column) = ((at / COLUMNS) as f64, (at % COLUMNS) as f64);
        (8.0 + column * STEP + (STEP - IMAGE) / 2.0, top + 26.0 + row * self.row_height())
    }
}

/// So many places of `count`, evenly apart, the first and the last among them.
fn spread(count: usize, shown: usize) -> Vec<usize> {
    if count <= shown {
        return (0..count).collect();
    }
    (0..shown).map(|at| at * (count - 1) / (shown - 1)).collect()
}

/// Of one method and encoding; none where the run has no such images.
pub(super) fn figure(
    index: &Index,
    method: Method,
    encoding: Encoding,
) -> Result<Option<Figure>, ReportError> {
    let name = match (method, encoding) {
        (Method::Evolution, Encoding::Direct) => "elites_direct",
        (Method::Evolution, Encoding::Cppn) => "elites_cppn",
        (Method::GradientAscent, Encoding::Direct) => "elites_ascent_direct",
        (Method::GradientAscent, Encoding::Cppn) => "elites_ascent_cppn",
        (Method::RandomSearch, _) => return Ok(None),
    };
    let conditions = index
        .conditions()
        .into_iter()
        .filter(|one| one.attack.encoding == encoding && one.attack.method == method);
    let blocks: Result<Vec<Option<Block>>, ReportError> =
        conditions.map(|condition| Block::new(index, condition)).collect();
    let blocks: Vec<Block> = blocks?.into_iter().flatten().collect();
    if blocks.is_empty() {
        return Ok(None);
    }
    let how = if method == Method::GradientAscent { ", by gradient ascent" } else { "" };
    let title = format!("{} images that networks believe in{how}", encoding_name(encoding));
    drawn(index, name, title, caption(&blocks, method), &blocks).map(Some)
}

/// A figure of blocks, one below the other.
pub(super) fn drawn(
    index: &Index,
    name: &'static str,
    title: String,
    caption: String,
    blocks: &[Block],
) -> Result<Figure, ReportError> {
    let tops = tops(blocks);
    let height = blocks.iter().map(Block::height).sum::<f64>() + 4.0;
    let drawn = draw(WIDTH, height, |canvas| {
        blocks.iter().zip(&tops).try_for_each(|(block, &top)| names(canvas, index, block, top))
    });
    let drawn = drawn.map_err(|reason| ReportError::figure(name, &reason))?;
    let images: Result<String, String> =
        blocks.iter().zip(&tops).map(|(block, &top)| images(block, top)).collect();
    let images = images.map_err(|reason| ReportError::figure(name, &reason))?;
    Ok(Figure { name, title, caption, svg: overlay(&drawn, &images) })
}

fn caption(blocks: &[Block], method: Method) -> String {
    let of = blocks.iter().map(|block| (block.shown.len(), block.elites.len())).max();
    let (shown, all) = of.unwrap_or_default();
    let some =
        if shown < all { format!(" {shown} of {all} classes are shown.") } else { String::new() };
    let generations: Vec<u32> =
        blocks.iter().map(|block| block.found.cell.attack.generations).collect();
    let generations = generations.iter().max().copied().unwrap_or_default() as usize;
    let by = match method {
        Method::GradientAscent => "gradient ascent, by their evaluations",
        _ => "evolution",
    };
    format!(
        "The elite of each class after {} of {by}, on one network of each architecture: the class, \
         and below it the network's confidence that the image shows it, rounded down. Orange: the \
         network is surer of another class. Pixels are drawn as squares.{some}",
        plural(generations, "generation"),
    )
}

fn tops(blocks: &[Block]) -> Vec<f64> {
    let mut top = 0.0;
    blocks
        .iter()
        .map(|block| {
            let here = top;
            top += block.height();
            here
        })
        .collect()
}

fn names(canvas: &Canvas, index: &Index, block: &Block, top: f64) -> Drawn {
    let style = Lettering::new(HPos::Left, VPos::Center);
    canvas.text(13.0, top + 13.0, &block.name, style.bold())?;
    for (at, &place) in block.shown.iter().enumerate() {
        let elite = &block.elites[place];
        let (x, y) = block.origin(at, top);
        let (middle, bottom) = (x + IMAGE / 2.0, y + IMAGE * block.pictures.aspect());
        outline(canvas, (x, y), (x + IMAGE, bottom))?;
        let below = bottom + 3.0;
        let style = Lettering::new(HPos::Center, VPos::Top).size(SMALL);
        let class = shortened(&index.class(elite.class), STEP - 4.0);
        canvas.text(middle, below, &class, style.color(INK))?;
        let color = if elite.predicted == elite.class { SOFT } else { RED };
        canvas.text(middle, below + 13.0, &confidence(elite.confidence), style.color(color))?;
    }
    Ok(())
}

/// A line around an image, outside of it: images may be white at their edges.
pub(super) fn outline(
    canvas: &Canvas,
    (left, top): (f64, f64),
    (right, bottom): (f64, f64),
) -> Drawn {
    let (left, top, right, bottom) = (left - 0.5, top - 0.5, right + 0.5, bottom + 0.5);
    let corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)];
    let stroke = Stroke::solid(GREY, 1.0);
    corners.windows(2).try_for_each(|pair| canvas.line(pair[0], pair[1], stroke))
}

/// A name no wider than so many pixels, its end left out where it has to be.
pub(super) fn shortened(name: &str, width: f64) -> String {
    if width_of(name, SMALL) <= width {
        return name.to_owned();
    }
    let mut short = name.to_owned();
    while width_of(&short, SMALL) + SMALL > width && short.pop().is_some() {}
    format!("{}…", short.trim_end_matches([' ', ',']))
}

fn images(block: &Block, top: f64) -> Result<String, String> {
    let square = block.pictures.square(PIXELS);
    let size = (IMAGE, IMAGE * block.pictures.aspect());
    let image = |(at, &place): (usize, &usize)| {
        image_element(&block.pictures.pixmap(place, square)?, block.origin(at, top), size)
    };
    block.shown.iter().enumerate().map(image).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_of_many_classes_are_spread_from_the_first_to_the_last() {
        assert_eq!(spread(4, 30), [0, 1, 2, 3]);
        assert_eq!(spread(10, 4), [0, 3, 6, 9]);
    }

    #[test]
    fn a_long_name_ends_in_an_ellipsis() {
        // 10.5 / 2 pixels a letter: six letters are 31.5 wide, and the ellipsis takes 10.5 of 42.
        assert_eq!(shortened("chessboard", 42.0), "chessb…");
        assert_eq!(shortened("chess", 42.0), "chess");
    }
}
