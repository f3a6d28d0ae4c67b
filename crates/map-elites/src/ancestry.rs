//! Lineages: the elites, their ancestors, and how long these are kept.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What to keep of an elite's ancestors after they lost their cells.
///
/// An individual stays while it holds a cell, or while one of its own children stays. So exactly
/// the elites and the members of their lineages are kept. A lineage has at most one member per
/// generation, which limits the count to classes times generations. Direct encodings come close to
/// that limit, because every class improves all the time. CPPN lineages merge early, and keep far
/// fewer.
///
/// A record takes about 100 bytes in memory and 170 in a file. A genome adds 4 bytes per gene (5.3
/// in a file), or 12 per connection (20). So prefer `records` for the direct encoding and thousands
/// of generations. `examples/speed.rs` prints both counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineageRetention {
    /// Records and genomes: a lineage can be rendered as images.
    Genomes,
    /// Records only.
    Records,
}

/// A reference to an elite at the moment it was drawn as a parent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParentRef {
    /// The parent's number.
    pub individual: u64,
    /// The cell it was drawn from. It may have held others as well.
    pub cell: u32,
    /// Its confidence for that cell's class.
    pub confidence: f32,
}

/// A genome that entered the archive, and its parents.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Individual<G> {
    /// The generation of its birth; 0 is the random one.
    pub generation: u32,
    /// The output with the highest confidence.
    pub predicted: u32,
    /// The confidence of that output.
    pub predicted_confidence: f32,
    /// The parent it inherits from, or mainly from after a crossover; none for random genomes.
    pub parent: Option<ParentRef>,
    /// The second parent of a crossover. It is not kept for this child's sake, so the archive may
    /// no longer have it.
    pub mate: Option<ParentRef>,
    /// The genome; none for an ancestor of which only the record is kept.
    pub genome: Option<G>,
}

/// A member of an elite's lineage.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ancestor<'a, G> {
    /// The individual's number.
    pub number: u64,
    /// The individual itself.
    pub individual: &'a Individual<G>,
    /// The cell it was drawn from as a parent; for the last of a lineage, the cell it holds.
    pub cell: u32,
    /// Its confidence for that cell's class.
    pub confidence: f32,
}

/// The individuals that hold a cell or are ancestors of one that does, by number.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Individuals<G> {
    retention: LineageRetention,
    retained: BTreeMap<u64, Retained<G>>,
}

#[derive(Debug, Clone, PartialEq)]
struct Retained<G> {
    individual: Individual<G>,
    /// Number of cells it holds.
    cells: usize,
    /// Number of its children that are retained.
    children: usize,
}

impl<G> Individuals<G> {
    pub(crate) fn new(retention: LineageRetention) -> Self {
        Self { retention, retained: BTreeMap::new() }
    }

    /// Restores the individuals of a saved search. `holders` has the number of the elite of each
    /// filled cell.
    ///
    /// # Errors
    /// A parent or an elite is missing, a genome is missing or superfluous, or an individual is
    /// nobody's ancestor.
    pub(crate) fn restore(
        retention: LineageRetention,
        individuals: BTreeMap<u64, Individual<G>>,
        holders: impl Iterator<Item = u64>,
    ) -> Result<Self, String> {
        let mut restored = Self::new(retention);
        for (number, individual) in individuals {
            if let Some(parent) = individual.parent {
                // Parents have smaller numbers, so a lineage has no cycles.
                let parent = restored.retained.get_mut(&parent.individual);
                let missing = || format!("the parent of individual {number} is missing");
                parent.ok_or_else(missing)?.children += 1;
            }
            restored.retained.insert(number, Retained { individual, cells: 0, children: 0 });
        }
        for holder in holders {
            let elite = restored.retained.get_mut(&holder);
            elite.ok_or_else(|| format!("the elite {holder} is missing"))?.cells += 1;
        }
        for (number, entry) in &restored.retained {
            let needs_genome = entry.cells > 0 || retention == LineageRetention::Genomes;
            match (entry.individual.genome.is_some(), needs_genome) {
                (false, true) => return Err(format!("individual {number} has no genome")),
                (true, false) => {
                    return Err(format!(
                        "individual {number} has a genome, but only records are kept"
                    ));
                }
                _ => {}
            }
            if entry.cells + entry.children == 0 {
                return Err(format!("individual {number} is no elite's ancestor"));
            }
        }
        Ok(restored)
    }

    pub(crate) fn get(&self, number: u64) -> Option<&Individual<G>> {
        self.retained.get(&number).map(|entry| &entry.individual)
    }

    /// Number of individuals, elites and ancestors.
    pub(crate) fn len(&self) -> usize {
        self.retained.len()
    }

    /// Number of individuals that hold a cell.
    pub(crate) fn elite_count(&self) -> usize {
        self.retained.values().filter(|entry| entry.cells > 0).count()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, &Individual<G>)> {
        self.retained.iter().map(|(&number, entry)| (number, &entry.individual))
    }

    /// Adds an individual that holds `cells` cells. Its parent must still be retained.
    pub(crate) fn add(&mut self, number: u64, individual: Individual<G>, cells: usize) {
        if let Some(parent) = individual.parent {
            self.expect_mut(parent.individual).children += 1;
        }
        self.retained.insert(number, Retained { individual, cells, children: 0 });
    }

    /// Takes one cell from the individual `number`, which stays until [`Individuals::prune`].
    pub(crate) fn release_cell(&mut self, number: u64) {
        self.expect_mut(number).cells -= 1;
    }

    /// Removes those of `displaced` that hold no cell any more, and every ancestor that only they
    /// needed.
    pub(crate) fn prune(&mut self, mut displaced: Vec<u64>) {
        while let Some(number) = displaced.pop() {
            let Some(entry) = self.retained.get_mut(&number) else { continue };
            if entry.cells > 0 {
                continue;
            }
            if entry.children > 0 {
                if self.retention == LineageRetention::Records {
                    entry.individual.genome = None;
                }
                continue;
            }
            let parent = entry.individual.parent;
            self.retained.remove(&number);
            if let Some(parent) = parent {
                self.expect_mut(parent.individual).children -= 1;
                displaced.push(parent.individual);
            }
        }
    }

    /// The lineage from the first ancestor to `number`, which holds `cell` with `confidence`.
    pub(crate) fn lineage(&self, number: u64, cell: u32, confidence: f32) -> Vec<Ancestor<'_, G>> {
        let mut next = Some(ParentRef { individual: number, cell, confidence });
        let mut lineage = Vec::new();
        while let Some(ParentRef { individual: number, cell, confidence }) = next {
            let individual = &self.retained[&number].individual;
            lineage.push(Ancestor { number, individual, cell, confidence });
            next = individual.parent;
        }
        lineage.reverse();
        lineage
    }

    fn expect_mut(&mut self, number: u64) -> &mut Retained<G> {
        self.retained
            .get_mut(&number)
            .unwrap_or_else(|| panic!("individual {number} is not in the archive"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn child_of(parent: Option<u64>) -> Individual<u8> {
        let parent_ref = |individual| ParentRef { individual, cell: 0, confidence: 0.5 };
        Individual {
            generation: 0,
            predicted: 0,
            predicted_confidence: 0.5,
            parent: parent.map(parent_ref),
            mate: None,
            genome: Some(7),
        }
    }

    /// 1 -> 2 -> 3 and 1 -> 4; each holds one cell.
    fn family(keep: LineageRetention) -> Individuals<u8> {
        let mut family = Individuals::new(keep);
        for (number, parent) in [(1, None), (2, Some(1)), (3, Some(2)), (4, Some(1))] {
            family.add(number, child_of(parent), 1);
        }
        family
    }

    fn numbers(family: &Individuals<u8>) -> Vec<u64> {
        family.iter().map(|(number, _)| number).collect()
    }

    #[test]
    fn an_ancestor_is_kept_while_a_descendant_holds_a_cell() {
        let mut family = family(LineageRetention::Genomes);
        for number in [1, 2] {
            family.release_cell(number);
        }
        family.prune(vec![1, 2]);
        assert_eq!(numbers(&family), [1, 2, 3, 4]);
        family.release_cell(3);
        family.prune(vec![3]);
        // 2 goes with 3; 1 stays because of 4.
        assert_eq!(numbers(&family), [1, 4]);
        family.release_cell(4);
        family.prune(vec![4]);
        assert_eq!(family.len(), 0);
    }

    #[test]
    fn ancestors_keep_their_genomes_only_if_configured() {
        for (retention, genome) in
            [(LineageRetention::Genomes, Some(7)), (LineageRetention::Records, None)]
        {
            let mut family = family(retention);
            family.release_cell(2);
            family.prune(vec![2]);
            assert_eq!(family.get(2).unwrap().genome, genome);
            assert_eq!(family.get(3).unwrap().genome, Some(7));
        }
    }

    #[test]
    fn a_lineage_runs_from_the_first_ancestor_to_the_elite() {
        let family = family(LineageRetention::Records);
        let lineage = family.lineage(3, 9, 0.25);
        assert_eq!(lineage.iter().map(|a| a.number).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(lineage.iter().map(|a| a.cell).collect::<Vec<_>>(), [0, 0, 9]);
    }

    #[test]
    fn individuals_are_restored_with_their_counts_and_gaps_are_errors() {
        let original = family(LineageRetention::Genomes);
        let saved = || original.iter().map(|(n, i)| (n, i.clone())).collect::<BTreeMap<_, _>>();
        let restored =
            Individuals::restore(LineageRetention::Genomes, saved(), [1, 2, 3, 4].into_iter());
        assert_eq!(restored.unwrap(), original);
        let mut gap = saved();
        gap.remove(&2);
        let error =
            Individuals::restore(LineageRetention::Genomes, gap, [1].into_iter()).unwrap_err();
        assert_eq!(error, "the parent of individual 3 is missing");
        let error =
            Individuals::restore(LineageRetention::Genomes, saved(), [5].into_iter()).unwrap_err();
        assert_eq!(error, "the elite 5 is missing");
        let error =
            Individuals::restore(LineageRetention::Genomes, saved(), [1].into_iter()).unwrap_err();
        assert_eq!(error, "individual 3 is no elite's ancestor");
        let error = Individuals::restore(LineageRetention::Records, saved(), [2, 3, 4].into_iter());
        assert_eq!(error.unwrap_err(), "individual 1 has a genome, but only records are kept");
    }
}
