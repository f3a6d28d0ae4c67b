//! The images of attacks, one per class.

use assay_classifier_cells::{EliteRecord, Encoding, Method};
use assay_report::figures::canvas::{INK, SOFT};
use assay_report::figures::style::RED;
use assay_report::image_grid::{Block, ImageGrid, Tile};
use assay_report::words::plural;
use assay_report::{Figure, ReportError};

use crate::report::index::{Condition, Found, Index};
use crate::report::pictures::Pictures;
use crate::report::wording::{confidence, encoding_name, method_name, preset_name};

/// Maximum number of classes shown for each attack; more would not fit.
const SHOWN: usize = 30;
const COLUMNS: usize = 10;
/// Width of an image, CSS pixels.
const IMAGE: f64 = 58.0;
/// Minimum width of an image in the file, in pixels: twice that of the figure's PNG.
const PIXELS: usize = 232;

/// The figure of one method and encoding; none if the run has no such images.
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
    let mut conditions = index.conditions();
    conditions.retain(|one| one.attack.encoding == encoding && one.attack.method == method);
    let (mut blocks, mut counts, mut generations) = (Vec::new(), (0, 0), 0);
    for condition in conditions {
        let Some((found, heading)) = first_seed(index, condition) else { continue };
        let Some(block) = block(index, found, heading)? else { continue };
        let all = found.result().map_or(0, |result| result.elites.len());
        counts = counts.max((block.tiles.len(), all));
        generations = generations.max(condition.attack.generations);
        blocks.push(block);
    }
    let how = if method == Method::GradientAscent { ", by gradient ascent" } else { "" };
    let title = format!("{} images that networks believe in{how}", encoding_name(encoding));
    grid(name, &title, caption(method, counts, generations), blocks)
}

/// A figure of blocks, one below the other; none without blocks.
pub(super) fn grid(
    name: &'static str,
    title: &str,
    caption: String,
    blocks: Vec<Block>,
) -> Result<Option<Figure>, ReportError> {
    ImageGrid::new(name, title, COLUMNS, IMAGE).caption(caption).outlined().blocks(blocks).figure()
}

/// The first seed of a condition with a record, and its heading.
fn first_seed<'a>(index: &Index<'a>, condition: Condition<'a>) -> Option<(Found<'a>, String)> {
    let mut of_it = index.attacks().iter().filter(|found| found.condition() == condition);
    let found = *of_it.find(|found| found.result().is_some())?;
    let network = index.network_of(&found.cell.network);
    let untrained = network.filter(|network| network.trained().is_err());
    let state = untrained.map_or(String::new(), |one| format!(" ({})", one.cell_result.outcome()));
    let how = match condition.attack.method {
        Method::GradientAscent => method_name(condition.attack),
        _ => preset_name(condition.attack.preset),
    };
    Some((found, format!("{}{state}, seed {}, {how}", condition.architecture, found.cell.seed)))
}

/// The images of one attack; none if it has none.
pub(super) fn block(
    index: &Index,
    found: Found,
    heading: String,
) -> Result<Option<Block>, ReportError> {
    let Some((pictures, result)) = Pictures::read(&found)?.zip(found.result()) else {
        return Ok(None);
    };
    let tile = |place: usize| {
        let elite: &EliteRecord = &result.elites[place];
        let color = if elite.predicted == elite.class { SOFT } else { RED };
        let below = vec![(index.class(elite.class), INK), (confidence(elite.confidence), color)];
        let pixels = pictures.pixmap(place, PIXELS);
        let pixels = pixels.map_err(|reason| ReportError::figure(&heading, &reason))?;
        Ok(Some(Tile { pixels, above: String::new(), below }))
    };
    let tiles = spread(result.elites.len(), SHOWN).into_iter().map(tile);
    let tiles = tiles.collect::<Result<Vec<_>, ReportError>>()?;
    Ok(Some(Block { heading, tiles }))
}

/// Evenly spaced indices below `count`, including the first and the last.
fn spread(count: usize, shown: usize) -> Vec<usize> {
    if count <= shown {
        return (0..count).collect();
    }
    (0..shown).map(|at| at * (count - 1) / (shown - 1)).collect()
}

fn caption(method: Method, (shown, all): (usize, usize), generations: u32) -> String {
    let some =
        if shown < all { format!(" {shown} of {all} classes are shown.") } else { String::new() };
    let by = match method {
        Method::GradientAscent => "gradient ascent, by their evaluations",
        _ => "evolution",
    };
    format!(
        "The elite of each class after {} of {by}, on one network of each architecture: the class, \
         and below it the network's confidence that the image shows it, rounded down. Orange: the \
         network is surer of another class. Pixels are drawn as squares.{some}",
        plural(generations as usize, "generation"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_of_many_classes_are_spread_from_the_first_to_the_last() {
        assert_eq!(spread(4, 30), [0, 1, 2, 3]);
        assert_eq!(spread(10, 4), [0, 3, 6, 9]);
    }
}
