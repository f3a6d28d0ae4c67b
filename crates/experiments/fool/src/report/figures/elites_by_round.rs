//! The images that evolution found in each round of retraining, one per class.

use assay_report::{Figure, ReportError};

use super::elites::{block, grid};
use crate::report::index::Index;
use crate::report::rounds::{architectures, attacks_on, last_round, seeds};
use crate::report::sample_images::evenly_spaced;

/// Maximum number of rounds shown; more would fill the page.
const SHOWN: usize = 8;

pub fn figure(index: &Index) -> Result<Option<Figure>, ReportError> {
    let last = last_round(index) as usize;
    let (architectures, seeds) = (architectures(index), seeds(index));
    let (Some(&architecture), Some(&seed)) = (architectures.first(), seeds.first()) else {
        return Ok(None);
    };
    let mut blocks = Vec::new();
    for number in evenly_spaced(last + 1, SHOWN) {
        let Some(network) = index.network(architecture, seed, number as u32) else { continue };
        let Some(first) = attacks_on(index, network).next() else { continue };
        let trained = if number == 0 { "before retraining" } else { "retrained" };
        let name = format!("Round {number}, {trained}: {architecture}, seed {seed}");
        blocks.extend(block(index, first, name)?);
    }
    let some = if last >= SHOWN { " Some rounds are left out." } else { "" };
    let caption = format!(
        "The elites of the first attack on a network in each round, after training on those of all \
         earlier rounds: the class, and below it the network's confidence in it, rounded down. Orange: the network has higher confidence in another class, or rejects the image.{some}"
    );
    let title = "Images that a network classifies with high confidence, round by round";
    grid("elites_by_round", title, caption, blocks)
}
