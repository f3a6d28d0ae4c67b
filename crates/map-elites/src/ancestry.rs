//! Who descends from whom.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What is kept of an elite's ancestors once they hold no cell.
///
/// An individual is kept as long as it holds a cell or one of its kept children does: the elites
/// and the members of their lineages. A lineage has at most one member a generation, so that at
/// most classes times generations are kept. Where every class improves all the time, as with the
/// direct encoding, it is nearly that; where lineages meet, as with CPPNs, it is far less. A record
/// has about 100 bytes in memory and 170 in a file. A genome adds 4 bytes a gene (5.3 in a file) or
/// 12 a connection (20), so for the direct encoding and thousands of generations `records` is the
/// better choice. `examples/speed.rs` prints both counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keep {
    /// Their records and their genomes: a lineage can be rendered as a strip of images.
    Genomes,
    /// Their records only.
    Records,
}

/// A tie to an elite at the moment it was drawn as a parent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tie {
    /// The parent's number.
    pub individual: u64,
    /// The cell it was drawn from; it may have held others besides.
    pub cell: u32,
    /// The network's confidence in it for that cell's class.
    pub confidence: f32,
}

/// A genome that entered the archive, and where it came from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Individual<G> {
    /// The generation it was born in; 0 is the random one.
    pub generation: u32,
    /// The class that the network is most confident of.
    pub predicted: u32,
    /// The confidence in that class.
    pub predicted_confidence: f32,
    /// The parent it descends from by copying or, if crossed, mainly; none for random genomes.
    pub parent: Option<Tie>,
    /// The other parent, if it was crossed. It is not kept for this child's sake, so its number may
    /// be that of nobody.
    pub mate: Option<Tie>,
    /// Its genes; none for an ancestor of which only the record is kept.
    pub genome: Option<G>,
}

/// A member of an elite's lineage.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ancestor<'a, G> {
    /// Its number.
    pub number: u64,
    /// The individual.
    pub individual: &'a Individual<G>,
    /// The cell it was drawn from as a parent; for the last of a lineage the cell it holds.
    pub cell: u32,
    /// The confidence for that cell's class.
    pub confidence: f32,
}

/// The individuals that hold a cell or are kept for a descendant's sake, by number.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Individuals<G> {
    keep: Keep,
    kept: BTreeMap<u64, Kept<G>>,
}

#[derive(Debug, Clone, PartialEq)]
struct Kept<G> {
    individual: Individual<G>,
    /// How many cells it holds.
    cells: usize,
    /// How many of its children are kept.
    children: usize,
}

impl<G> Individuals<G> {
    pub(crate) fn new(keep: Keep) -> Self {
        Self { keep, kept: BTreeMap::new() }
    }

    /// The individuals of a saved search, of which `holders` hold the cells, one number for each
    /// filled cell.
    pub(crate) fn restored(
        keep: Keep,
        individuals: BTreeMap<u64, Individual<G>>,
        holders: impl Iterator<Item = u64>,
    ) -> Result<Self, String> {
        let mut restored = Self::new(keep);
        for (number, individual) in individuals {
            if let Some(parent) = individual.parent {
                // Parents have smaller numbers, so a lineage cannot go in circles.
                let parent = restored.kept.get_mut(&parent.individual);
                let missing = || format!("the parent of individual {number} is missing");
                parent.ok_or_else(missing)?.children += 1;
            }
            restored.kept.insert(number, Kept { individual, cells: 0, children: 0 });
        }
        for holder in holders {
            let kept = restored.kept.get_mut(&holder);
            kept.ok_or_else(|| format!("the elite {holder} is missing"))?.cells += 1;
        }
        for (number, kept) in &restored.kept {
            let needed = kept.cells > 0 || keep == Keep::Genomes;
            if kept.individual.genome.is_some() != needed {
                return Err(format!("the genome of individual {number} should not be as it is"));
            }
            if kept.cells + kept.children == 0 {
                return Err(format!("individual {number} is kept for no elite"));
            }
        }
        Ok(restored)
    }

    pub(crate) fn get(&self, number: u64) -> Option<&Individual<G>> {
        self.kept.get(&number).map(|kept| &kept.individual)
    }

    /// How many there are, elites and ancestors.
    pub(crate) fn len(&self) -> usize {
        self.kept.len()
    }

    /// How many hold a cell.
    pub(crate) fn elites(&self) -> usize {
        self.kept.values().filter(|kept| kept.cells > 0).count()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, &Individual<G>)> {
        self.kept.iter().map(|(&number, kept)| (number, &kept.individual))
    }

    /// Adds an individual that holds `cells` cells. Its parent must still be here.
    pub(crate) fn add(&mut self, number: u64, individual: Individual<G>, cells: usize) {
        if let Some(parent) = individual.parent {
            self.expected(parent.individual).children += 1;
        }
        self.kept.insert(number, Kept { individual, cells, children: 0 });
    }

    /// Takes a cell from the holder `number`, who stays until [`Individuals::forget`].
    pub(crate) fn displace(&mut self, number: u64) {
        self.expected(number).cells -= 1;
    }

    /// Forgets those of `displaced` who hold no cell any more, and all ancestors who are needed no
    /// longer.
    pub(crate) fn forget(&mut self, mut displaced: Vec<u64>) {
        while let Some(number) = displaced.pop() {
            let Some(kept) = self.kept.get_mut(&number) else { continue };
            if kept.cells > 0 {
                continue;
            }
            if kept.children > 0 {
                if self.keep == Keep::Records {
                    kept.individual.genome = None;
                }
                continue;
            }
            let parent = kept.individual.parent;
            self.kept.remove(&number);
            if let Some(parent) = parent {
                self.expected(parent.individual).children -= 1;
                displaced.push(parent.individual);
            }
        }
    }

    /// From the first ancestor to `number` itself, who holds `cell` with `confidence`.
    pub(crate) fn lineage(&self, number: u64, cell: u32, confidence: f32) -> Vec<Ancestor<'_, G>> {
        let mut next = Some(Tie { individual: number, cell, confidence });
        let mut lineage = Vec::new();
        while let Some(Tie { individual: number, cell, confidence }) = next {
            let individual = &self.kept[&number].individual;
            lineage.push(Ancestor { number, individual, cell, confidence });
            next = individual.parent;
        }
        lineage.reverse();
        lineage
    }

    fn expected(&mut self, number: u64) -> &mut Kept<G> {
        self.kept
            .get_mut(&number)
            .unwrap_or_else(|| panic!("individual {number} is not in the archive"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn born_of(parent: Option<u64>) -> Individual<u8> {
        let tie = |individual| Tie { individual, cell: 0, confidence: 0.5 };
        Individual {
            generation: 0,
            predicted: 0,
            predicted_confidence: 0.5,
            parent: parent.map(tie),
            mate: None,
            genome: Some(7),
        }
    }

    /// 1 -> 2 -> 3 and 1 -> 4, each the holder of one cell.
    fn family(keep: Keep) -> Individuals<u8> {
        let mut family = Individuals::new(keep);
        for (number, parent) in [(1, None), (2, Some(1)), (3, Some(2)), (4, Some(1))] {
            family.add(number, born_of(parent), 1);
        }
        family
    }

    fn numbers(family: &Individuals<u8>) -> Vec<u64> {
        family.iter().map(|(number, _)| number).collect()
    }

    #[test]
    fn an_ancestor_is_kept_as_long_as_a_descendant_holds_a_cell() {
        let mut family = family(Keep::Genomes);
        for number in [1, 2] {
            family.displace(number);
        }
        family.forget(vec![1, 2]);
        assert_eq!(numbers(&family), [1, 2, 3, 4]);
        family.displace(3);
        family.forget(vec![3]);
        // 2 goes with 3; 1 stays for the sake of 4.
        assert_eq!(numbers(&family), [1, 4]);
        family.displace(4);
        family.forget(vec![4]);
        assert_eq!(family.len(), 0);
    }

    #[test]
    fn the_genomes_of_ancestors_are_kept_only_if_asked_for() {
        for (keep, genome) in [(Keep::Genomes, Some(7)), (Keep::Records, None)] {
            let mut family = family(keep);
            family.displace(2);
            family.forget(vec![2]);
            assert_eq!(family.get(2).unwrap().genome, genome);
            assert_eq!(family.get(3).unwrap().genome, Some(7));
        }
    }

    #[test]
    fn a_lineage_runs_from_the_first_ancestor_to_the_elite() {
        let family = family(Keep::Records);
        let lineage = family.lineage(3, 9, 0.25);
        assert_eq!(lineage.iter().map(|a| a.number).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(lineage.iter().map(|a| a.cell).collect::<Vec<_>>(), [0, 0, 9]);
    }

    #[test]
    fn what_was_saved_is_restored_with_its_counts_and_gaps_are_found() {
        let whole = family(Keep::Genomes);
        let saved = || whole.iter().map(|(n, i)| (n, i.clone())).collect::<BTreeMap<_, _>>();
        let restored = Individuals::restored(Keep::Genomes, saved(), [1, 2, 3, 4].into_iter());
        assert_eq!(restored.unwrap(), whole);
        let mut gap = saved();
        gap.remove(&2);
        let error = Individuals::restored(Keep::Genomes, gap, [1].into_iter()).unwrap_err();
        assert_eq!(error, "the parent of individual 3 is missing");
        let error = Individuals::restored(Keep::Genomes, saved(), [5].into_iter()).unwrap_err();
        assert_eq!(error, "the elite 5 is missing");
        let error = Individuals::restored(Keep::Genomes, saved(), [1].into_iter()).unwrap_err();
        assert_eq!(error, "individual 3 is kept for no elite");
        let error = Individuals::restored(Keep::Records, saved(), [2, 3, 4].into_iter());
        assert!(error.unwrap_err().starts_with("the genome of individual 1"));
    }
}
