//! The images that evolution found in each round of retraining, one per class.

use super::elites::{block, grid};
use crate::report::index::Index;
use crate::report::rounds::{architectures, last_round, round};
use assay_report::ReportError;
use assay_report::figures::Figure;
use assay_report::run_results::distinct;

const NAME: &str = "elites_by_round";
/// Maximum number of rounds shown; more would fill the page.
const SHOWN: u32 = 8;

pub(super) fn figure(index: &Index) -> Result<Option<Figure>, ReportError> {
    let last = last_round(index);
    let seeds = distinct(index.retrained().iter().map(|one| one.cell.seed));
    let (Some(architecture), Some(&seed)) = (architectures(index).first().copied(), seeds.first())
    else {
        return Ok(None);
    };
    let mut blocks = Vec::new();
    for number in shown(last) {
        let Ok(round) = round(index, architecture, seed, number) else { continue };
        let Some(&first) = round.attacks.first() else { continue };
        let trained = if number == 0 { "before retraining" } else { "retrained" };
        let name = format!("Round {number}, {trained}: {architecture}, seed {seed}");
        blocks.extend(block(index, first, name)?);
    }
    if blocks.is_empty() {
        return Ok(None);
    }
    let some = if last >= SHOWN { " Some rounds are left out." } else { "" };
    let caption = format!(
        "The elites of the first attack on a network in each round, after it has learnt those of all \
         rounds before: the class, and below it the network's confidence that the image shows it, rounded \
         down. Orange: the network is surer of another class, or rejects the image.{some}"
    );
    grid(NAME, "Images that a network believes in, round by round", caption, blocks)
}

/// At most this many rounds, evenly spaced, including the first and the last.
fn shown(last: u32) -> Vec<u32> {
    if last < SHOWN {
        return (0..=last).collect();
    }
    (0..SHOWN).map(|at| at * last / (SHOWN - 1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_rounds_some_are_shown_from_the_first_to_the_last() {
        assert_eq!(shown(2), [0, 1, 2]);
        assert_eq!(shown(15), [0, 2, 4, 6, 8, 10, 12, 15]);
    }
}
