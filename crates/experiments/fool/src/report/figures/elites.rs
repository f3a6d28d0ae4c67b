//! The images of attacks, one per class.

use assay_classifier_cells::{EliteRecord, Encoding, Method};
use assay_report::figures::canvas::{INK, SOFT};
use assay_report::figures::style::RED;
use assay_report::image_grid::{Block, ImageGrid};
use assay_report::words::plural;
use assay_report::{Figure, ReportError};

use crate::report::index::{Condition, Index, PlannedAttack};
use crate::report::sample_images::{SampleImages, evenly_spaced};
use crate::report::wording::{confidence, encoding_name, method_name, preset_name};

/// Maximum number of classes shown for each attack; more would not fit.
const SHOWN: usize = 30;
const COLUMNS: usize = 10;
/// Width of an image, CSS pixels.
const IMAGE: f64 = 58.0;

/// The figure of one method and encoding; none if the run has no such images.
pub fn figure(
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
        let Some((attack, heading)) = first_seed(index, condition) else { continue };
        let Some(block) = block(index, attack, heading)? else { continue };
        let all = attack.result().map_or(0, |result| result.elites.len());
        counts = counts.max((block.tiles.len(), all));
        generations = generations.max(condition.attack.generations);
        blocks.push(block);
    }
    let how = if method == Method::GradientAscent { ", by gradient ascent" } else { "" };
    let title = format!(
        "{} images that networks classify with high confidence{how}",
        encoding_name(encoding)
    );
    grid(name, &title, caption(method, counts, generations), blocks)
}

/// A figure of blocks, one below the other; none without blocks.
pub fn grid(
    name: &'static str,
    title: &str,
    caption: String,
    blocks: Vec<Block>,
) -> Result<Option<Figure>, ReportError> {
    ImageGrid::new(name, title, COLUMNS, IMAGE).caption(caption).outlined().blocks(blocks).figure()
}

/// The first seed of a condition with a record, and its heading.
fn first_seed<'a>(
    index: &'a Index<'a>,
    condition: Condition<'a>,
) -> Option<(&'a PlannedAttack<'a>, String)> {
    let mut planned = index.attacks.iter().filter(|one| Condition::from(one.cell) == condition);
    let attack = planned.find(|one| one.result().is_some())?;
    let mut networks = index.networks.iter();
    let untrained = networks.find(|one| *one.cell == attack.cell.network && one.trained().is_err());
    let state = untrained.map_or(String::new(), |one| format!(" ({})", one.cell_result.outcome()));
    let how = match condition.attack.method {
        Method::GradientAscent => method_name(condition.attack),
        _ => preset_name(condition.attack.preset),
    };
    Some((attack, format!("{}{state}, seed {}, {how}", condition.architecture, attack.cell.seed)))
}

/// The images of one attack; none if it has none.
pub fn block(
    index: &Index,
    attack: &PlannedAttack,
    heading: String,
) -> Result<Option<Block>, ReportError> {
    let Some((images, result)) = SampleImages::read(attack)?.zip(attack.result()) else {
        return Ok(None);
    };
    let tile = |place: usize| {
        let elite: &EliteRecord = &result.elites[place];
        let color = if elite.predicted == elite.class { SOFT } else { RED };
        let below = vec![(index.class(elite.class), INK), (confidence(elite.confidence), color)];
        images.tile(place, IMAGE, &heading, below)
    };
    let tiles = evenly_spaced(result.elites.len(), SHOWN).into_iter().map(tile);
    let tiles = tiles.collect::<Result<Vec<_>, ReportError>>()?;
    Ok(Some(Block { heading, tiles }))
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
         and below it the network's confidence in it, rounded down. Orange: the network has higher confidence in another class. Pixels are drawn as squares.{some}",
        plural(generations as usize, "generation"),
    )
}
