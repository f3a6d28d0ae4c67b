//! The origin of elites: their ancestors as strips of images.

use assay_classifier_cells::Method;
use assay_report::figures::canvas::{INK, SOFT};
use assay_report::image_grid::{Block, ImageGrid, Tile};
use assay_report::{Figure, ReportError};

use crate::report::index::{Condition, Index};
use crate::report::strips::{Member, Strip, Strips};
use crate::report::wording::{confidence, encoding_name};

/// Maximum number of strips per attack.
const SHOWN: usize = 3;
/// Maximum number of images per strip.
const COLUMNS: usize = 10;
/// Width of an image, CSS pixels.
const IMAGE: f64 = 56.0;
/// Minimum width of an image in the file, in pixels.
const PIXELS: usize = 224;

pub(super) fn figure(index: &Index) -> Result<Option<Figure>, ReportError> {
    let mut blocks = Vec::new();
    for condition in index.conditions() {
        let main = condition.attack.preset == index.main_preset();
        if main && condition.attack.method == Method::Evolution {
            blocks.extend(block(index, condition)?);
        }
    }
    let caption = format!(
        "Up to {SHOWN} elites of one attack on each architecture, of those whose ancestors changed class \
         most often: a selection by that number, not a sample. Each strip ends with the elite; before it \
         are at most {} of its ancestors, evenly apart, from a random image on. Below each: the class it \
         was the elite of when it became a parent, the network's confidence in that class, rounded down, \
         and the generation it was born in.",
        COLUMNS - 1
    );
    ImageGrid::new("lineages", "Where elites came from", COLUMNS, IMAGE)
        .caption(caption)
        .outlined()
        .blocks(blocks)
        .figure()
}

/// The block of the first seed that has strips.
fn block(index: &Index, condition: Condition) -> Result<Option<Block>, ReportError> {
    for found in index.attacks().iter().filter(|found| found.condition() == condition) {
        let Some(strips) = Strips::read(found)? else { continue };
        let Condition { attack, architecture } = condition;
        let (encoding, seed) = (encoding_name(attack.encoding), found.cell.seed);
        let heading = format!("{encoding} images, {architecture}, seed {seed}");
        let mut tiles = Vec::new();
        for strip in strips.strips.iter().take(SHOWN) {
            tiles.extend(row(index, &strips, strip)?);
        }
        return Ok(Some(Block { heading, tiles }));
    }
    Ok(None)
}

/// A strip. The elite is at the right end, regardless of the number of ancestors.
fn row(index: &Index, strips: &Strips, strip: &Strip) -> Result<Vec<Option<Tile>>, ReportError> {
    let tile = |member: &Member| {
        let pixels = strips.pictures.pixmap(member.picture, PIXELS);
        let pixels = pixels.map_err(|reason| ReportError::figure("lineages", &reason))?;
        let below = vec![
            (index.class(member.class), INK),
            (confidence(member.confidence), SOFT),
            (format!("gen. {}", member.generation), SOFT),
        ];
        Ok(Some(Tile { pixels, above: String::new(), below }))
    };
    let shown = &strip.members[..strip.members.len().min(COLUMNS)];
    let empty = (shown.len()..COLUMNS).map(|_| Ok(None));
    empty.chain(shown.iter().map(tile)).collect()
}
