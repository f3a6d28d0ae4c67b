//! The origin of elites: images of their ancestors.

use assay_classifier_cells::Method;
use assay_report::figures::canvas::{INK, SOFT};
use assay_report::image_grid::{Block, ImageGrid, Tile};
use assay_report::{Figure, ReportError};

use crate::report::index::{Condition, Index};
use crate::report::lineage_snapshots::{Lineage, LineageSnapshots, Member};
use crate::report::wording::{confidence, encoding_name};

/// Maximum number of lineages per attack.
const SHOWN: usize = 3;
/// Maximum number of images per lineage.
const COLUMNS: usize = 10;
/// Width of an image, CSS pixels.
const IMAGE: f64 = 56.0;

pub fn figure(index: &Index) -> Result<Option<Figure>, ReportError> {
    let mut blocks = Vec::new();
    for condition in index.conditions() {
        let main = condition.attack.preset == index.main_preset();
        if main && condition.attack.method == Method::Evolution {
            blocks.extend(block(index, condition)?);
        }
    }
    let caption = format!(
        "Up to {SHOWN} elites of one attack on each architecture, of those whose ancestors changed class \
         most often: a selection by that number, not a sample. Each row ends with the elite; before it \
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

/// The block of the first seed that has snapshots.
fn block(index: &Index, condition: Condition) -> Result<Option<Block>, ReportError> {
    for attack in index.attacks.iter().filter(|one| Condition::from(one.cell) == condition) {
        let Some(snapshots) = LineageSnapshots::read(attack)? else { continue };
        let (encoding, seed) = (encoding_name(condition.attack.encoding), attack.cell.seed);
        let architecture = condition.architecture;
        let heading = format!("{encoding} images, {architecture}, seed {seed}");
        let mut tiles = Vec::new();
        for lineage in snapshots.lineages.iter().take(SHOWN) {
            tiles.extend(row(index, &snapshots, lineage)?);
        }
        return Ok(Some(Block { heading, tiles }));
    }
    Ok(None)
}

/// A lineage. The elite is at the right end, regardless of the number of ancestors.
fn row(
    index: &Index,
    snapshots: &LineageSnapshots,
    lineage: &Lineage,
) -> Result<Vec<Option<Tile>>, ReportError> {
    let tile = |member: &Member| {
        let below = vec![
            (index.class(member.class), INK),
            (confidence(member.confidence), SOFT),
            (format!("gen. {}", member.generation), SOFT),
        ];
        snapshots.images.tile(member.image, IMAGE, "lineages", below)
    };
    let shown = &lineage.members[..lineage.members.len().min(COLUMNS)];
    let empty = (shown.len()..COLUMNS).map(|_| Ok(None));
    empty.chain(shown.iter().map(tile)).collect()
}
