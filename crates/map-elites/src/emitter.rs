//! Emitters: where the genomes of a generation come from.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::ancestry::ParentRef;
use crate::archive::Archive;
use crate::batch::{Batch, Parentage};
use crate::encoding::{Children, Encoding};
use crate::error::{MapElitesError, require};

/// The size of a generation, and where its genomes come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Population {
    /// Genomes in generation 0; at least 1.
    pub initial: u32,
    /// Genomes in every later generation; even and at least 2.
    pub children: u32,
    /// The source of the later generations.
    pub emitter: Emitter,
}

/// The source of the generations after the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Emitter {
    /// Pairs of elites have two children each. Parents are drawn with replacement, uniformly over
    /// the filled cells. So an elite of several cells is drawn more often, and may be paired with
    /// itself.
    Evolution,
    /// Random genomes, as in generation 0: a control that ignores the archive.
    RandomSearch,
    /// The caller supplies every generation, including the first. The search is told batches
    /// without parents, and cannot be asked.
    Outside,
}

impl Population {
    pub(crate) fn check(&self) -> Result<(), MapElitesError> {
        require(self.initial > 0, "population.initial", &self.initial, "at least 1")?;
        let is_valid = self.children >= 2 && self.children.is_multiple_of(2);
        require(is_valid, "population.children", &self.children, "even and at least 2")
    }
}

/// Generates `count` random genomes, each from a stream of its own.
pub(crate) fn emit_random<E: Encoding>(
    encoding: &E,
    generation: u32,
    count: u32,
    stream: &(impl Fn(&str) -> ChaCha8Rng + Sync),
) -> Batch<E::Genome> {
    let genome = |individual| {
        encoding.random(&mut stream(&format!("generation {generation} individual {individual}")))
    };
    Batch::without_parents(generation, (0..count).into_par_iter().map(genome).collect())
}

/// Generates `count` children of the archive's elites, each pair from a stream of its own.
///
/// Generates random genomes while the archive is empty: every genome so far was predicted as an
/// output without a cell.
pub(crate) fn emit_children<E: Encoding>(
    encoding: &E,
    archive: &Archive<E::Genome>,
    generation: u32,
    count: u32,
    stream: &(impl Fn(&str) -> ChaCha8Rng + Sync),
) -> Batch<E::Genome> {
    let candidates: Vec<(ParentRef, &E::Genome)> = parent_candidates(archive);
    if candidates.is_empty() {
        return emit_random(encoding, generation, count, stream);
    }
    let pair = |pair| {
        let mut rng = stream(&format!("generation {generation} pair {pair}"));
        let mut draw = || candidates[rng.random_range(0..candidates.len() as u32) as usize];
        let [(first, first_genome), (second, second_genome)] = [draw(), draw()];
        let Children { genomes, crossed } =
            encoding.vary([first_genome, second_genome], generation, &mut rng);
        let parentage = |parent, mate: ParentRef| Parentage {
            parent: Some(parent),
            mate: crossed.then_some(mate),
        };
        let [first_child, second_child] = genomes;
        [(first_child, parentage(first, second)), (second_child, parentage(second, first))]
    };
    let pairs: Vec<[(E::Genome, Parentage); 2]> =
        (0..count / 2).into_par_iter().map(pair).collect();
    let (genomes, parentages) = pairs.into_iter().flatten().unzip();
    Batch { generation, genomes, parentages }
}

/// The elites of the filled cells; an elite of several cells appears once for each.
fn parent_candidates<G>(archive: &Archive<G>) -> Vec<(ParentRef, &G)> {
    let candidate = |cell: usize, individual: u64, confidence: f32| {
        let genome = archive.genome(cell).expect("the elite of a cell has a genome");
        (ParentRef { individual, cell: cell as u32, confidence }, genome)
    };
    archive.elites().map(|(cell, e)| candidate(cell, e.individual, e.confidence)).collect()
}
