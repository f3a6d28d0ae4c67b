//! Where the genomes of a generation come from.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::ancestry::Tie;
use crate::archive::Archive;
use crate::encoding::{Children, Encoding};
use crate::error::{MapElitesError, require};

/// How many genomes a generation has, and where they come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Population {
    /// Random genomes in generation 0; at least 1.
    pub initial: u32,
    /// Genomes in every generation after; even and at least 2.
    pub children: u32,
    /// Where these come from.
    pub emitter: Emitter,
}

/// Where the genomes of a generation after the first come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Emitter {
    /// Pairs of elites have two children each. Parents are drawn with replacement, uniformly over
    /// the filled cells, so an elite of many cells is drawn more often, and may be paired with
    /// itself.
    Evolution,
    /// They are random, as in the first: the control that learns nothing from the archive.
    RandomSearch,
    /// From outside, the first generation too: the search is told batches without parents, and cannot
    /// be asked.
    Outside,
}

impl Population {
    pub(crate) fn check(&self) -> Result<(), MapElitesError> {
        require(self.initial > 0, "population.initial", &self.initial, "at least 1")?;
        let pairs = self.children >= 2 && self.children.is_multiple_of(2);
        require(pairs, "population.children", &self.children, "even and at least 2")
    }
}

/// The genomes of a generation, to be evaluated.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch<G> {
    pub(crate) generation: u32,
    pub(crate) genomes: Vec<G>,
    pub(crate) births: Vec<Birth>,
}

/// Whose child a genome is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Birth {
    pub(crate) parent: Option<Tie>,
    pub(crate) mate: Option<Tie>,
}

impl<G> Batch<G> {
    /// Genomes that have no parents, from wherever they come, to be inserted into an archive.
    #[must_use]
    pub fn without_parents(generation: u32, genomes: Vec<G>) -> Self {
        let births = vec![Birth { parent: None, mate: None }; genomes.len()];
        Self { generation, genomes, births }
    }

    /// The generation they are of; 0 is the random one.
    #[must_use]
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// The genomes, in the order in which their confidences are expected.
    #[must_use]
    pub fn genomes(&self) -> &[G] {
        &self.genomes
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.genomes.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.genomes.is_empty()
    }
}

/// `count` random genomes. Each has a stream of its own.
pub(crate) fn random<E: Encoding>(
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

/// `count` children of the archive's elites, pair by pair. Each pair has a stream of its own. While there is
/// no elite, which is where every genome was predicted to be of no class, they are random.
pub(crate) fn children<E: Encoding>(
    encoding: &E,
    archive: &Archive<E::Genome>,
    generation: u32,
    count: u32,
    stream: &(impl Fn(&str) -> ChaCha8Rng + Sync),
) -> Batch<E::Genome> {
    let candidates: Vec<(Tie, &E::Genome)> = candidates(archive);
    if candidates.is_empty() {
        return random(encoding, generation, count, stream);
    }
    let pair = |pair| {
        let mut rng = stream(&format!("generation {generation} pair {pair}"));
        let mut draw = || candidates[rng.random_range(0..candidates.len() as u32) as usize];
        let [(first, first_genome), (second, second_genome)] = [draw(), draw()];
        let Children { genomes, crossed } =
            encoding.vary([first_genome, second_genome], generation, &mut rng);
        let birth =
            |parent, mate: Tie| Birth { parent: Some(parent), mate: crossed.then_some(mate) };
        let [one, other] = genomes;
        [(one, birth(first, second)), (other, birth(second, first))]
    };
    let pairs: Vec<[(E::Genome, Birth); 2]> = (0..count / 2).into_par_iter().map(pair).collect();
    let (genomes, births) = pairs.into_iter().flatten().unzip();
    Batch { generation, genomes, births }
}

/// The holders of the filled cells, each as often as it holds one.
fn candidates<G>(archive: &Archive<G>) -> Vec<(Tie, &G)> {
    let candidate = |cell: usize, individual: u64, confidence: f32| {
        let genome = archive.genome(cell).expect("the holder of a cell has a genome");
        (Tie { individual, cell: cell as u32, confidence }, genome)
    };
    archive.elites().map(|(cell, e)| candidate(cell, e.individual, e.confidence)).collect()
}
