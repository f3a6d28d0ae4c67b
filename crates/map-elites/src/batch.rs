//! A batch: the genomes of one generation, with their parents.

use crate::ancestry::ParentRef;

/// The genomes of one generation, to be evaluated.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch<G> {
    pub(crate) generation: u32,
    pub(crate) genomes: Vec<G>,
    pub(crate) parentages: Vec<Parentage>,
}

/// The parents of a genome.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Parentage {
    /// The parent it inherits from, or mainly from after a crossover.
    pub(crate) parent: Option<ParentRef>,
    /// The second parent of a crossover.
    pub(crate) mate: Option<ParentRef>,
}

impl<G> Batch<G> {
    /// A batch of genomes without parents, for [`Emitter::Outside`](crate::Emitter::Outside).
    #[must_use]
    pub fn without_parents(generation: u32, genomes: Vec<G>) -> Self {
        let parentages = vec![Parentage { parent: None, mate: None }; genomes.len()];
        Self { generation, genomes, parentages }
    }

    /// The generation of the genomes; 0 is the random one.
    #[must_use]
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// The genomes, in the order of the rows of confidences to tell.
    #[must_use]
    pub fn genomes(&self) -> &[G] {
        &self.genomes
    }

    /// Number of genomes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.genomes.len()
    }

    /// Whether the batch has no genomes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.genomes.is_empty()
    }
}
