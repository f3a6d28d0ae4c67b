//! The archive: the best genome found for each class.

use serde::{Deserialize, Serialize};

use crate::ancestry::{Ancestor, Individual, Individuals, Keep, Tie};
use crate::emitter::{Batch, Birth};
use crate::error::MapElitesError;
use crate::metrics::Threshold;

/// Which cells an evaluation competes for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplacementRule {
    /// All of them, each with the confidence for its class (Nguyen et al. 2015).
    EveryCell,
    /// Only that of the class the network is most confident of, as in the tutorial of pyribs.
    PredictedCell,
}

/// The holder of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Elite {
    /// Its number: how many evaluations there were before its own. One individual may hold many
    /// cells.
    pub individual: u64,
    /// The network's confidence in it for the cell's class.
    pub confidence: f32,
    /// Whether none of its parents held this cell when it was born: it comes from a lineage that
    /// was after another class.
    pub goal_switch: bool,
}

/// What became of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Insertion {
    /// Replacements of a cell's holder, or first holders; a cell may be taken several times by one
    /// batch.
    pub jumps: usize,
    /// How many of the jumps were goal switches; those of random genomes are none.
    pub goal_switches: usize,
    /// How many children took a cell.
    pub inserted: usize,
}

/// One cell for each class, with its elite, and the elites' ancestors.
#[derive(Debug, Clone, PartialEq)]
pub struct Archive<G> {
    pub(crate) rule: ReplacementRule,
    /// Outputs beyond the classes.
    pub(crate) others: usize,
    pub(crate) cells: Vec<Option<Elite>>,
    /// The elites' confidences, or minus infinity: `cells` in the form that a row is compared with.
    pub(crate) best: Vec<f32>,
    pub(crate) individuals: Individuals<G>,
    pub(crate) evaluations: u64,
    /// By cell and threshold: how many evaluations there had been when the elite first reached it.
    pub(crate) reached: Vec<[Option<u64>; Threshold::ALL.len()]>,
}

impl<G> Archive<G> {
    /// An empty archive for `classes` classes.
    ///
    /// # Panics
    /// If there are no classes.
    #[must_use]
    pub fn new(classes: usize, rule: ReplacementRule, keep: Keep) -> Self {
        assert!(classes > 0, "an archive of {classes} classes has no cells");
        Self {
            rule,
            others: 0,
            cells: vec![None; classes],
            best: vec![f32::NEG_INFINITY; classes],
            individuals: Individuals::new(keep),
            evaluations: 0,
            reached: vec![[None; Threshold::ALL.len()]; classes],
        }
    }

    /// The same for a network with so many outputs after those of the classes, which have no cell: a
    /// genome may be predicted to be of one, and then is predicted to be of no class.
    #[must_use]
    pub fn beside(self, others: usize) -> Self {
        Self { others, ..self }
    }

    /// How many cells there are: one for each class.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.cells.len()
    }

    /// How many genomes have been evaluated.
    #[must_use]
    pub fn evaluations(&self) -> u64 {
        self.evaluations
    }

    /// The holder of `cell`.
    ///
    /// # Panics
    /// If there is no such cell.
    #[must_use]
    pub fn elite(&self, cell: usize) -> Option<&Elite> {
        self.cells[cell].as_ref()
    }

    /// The filled cells and their holders, by cell.
    pub fn elites(&self) -> impl Iterator<Item = (usize, &Elite)> {
        self.cells.iter().enumerate().filter_map(|(cell, elite)| Some((cell, elite.as_ref()?)))
    }

    /// The individual `number`, if it holds a cell or a descendant of it does.
    #[must_use]
    pub fn individual(&self, number: u64) -> Option<&Individual<G>> {
        self.individuals.get(number)
    }

    /// The genome of the holder of `cell`.
    ///
    /// # Panics
    /// If there is no such cell.
    #[must_use]
    pub fn genome(&self, cell: usize) -> Option<&G> {
        self.individual(self.elite(cell)?.individual)?.genome.as_ref()
    }

    /// How many individuals are kept: elites and their ancestors.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.individuals.len()
    }

    /// The lineage of the holder of `cell`, from a random genome to itself; empty for an empty
    /// cell.
    ///
    /// # Panics
    /// If there is no such cell.
    #[must_use]
    pub fn lineage(&self, cell: usize) -> Vec<Ancestor<'_, G>> {
        let Some(elite) = self.elite(cell) else { return Vec::new() };
        self.individuals.lineage(elite.individual, cell as u32, elite.confidence)
    }

    /// Lets the genomes of `batch` compete for cells, in their order: a cell goes to the first
    /// whose confidence is strictly higher than its holder's.
    ///
    /// - confidences: `[batch, outputs]`, the classes' first, finite; with a softmax in 0..=1.
    ///
    /// # Errors
    /// If a confidence is not finite. The archive is then as it was.
    ///
    /// # Panics
    /// If there are not as many confidences as genomes times outputs, or the batch's parents are not
    /// in this archive.
    pub fn insert(
        &mut self,
        batch: Batch<G>,
        confidences: &[f32],
    ) -> Result<Insertion, MapElitesError> {
        let outputs = self.classes() + self.others;
        assert!(
            confidences.len() == batch.len() * outputs,
            "{} confidences are none for each of {} genomes and {outputs} outputs",
            confidences.len(),
            batch.len()
        );
        check_finite(confidences, outputs)?;
        let holders: Vec<Option<u64>> =
            self.cells.iter().map(|cell| cell.as_ref().map(|elite| elite.individual)).collect();
        let mut insertion = Insertion { jumps: 0, goal_switches: 0, inserted: 0 };
        let (mut won, mut displaced) = (Vec::new(), Vec::new());
        let Batch { generation, genomes, births } = batch;
        for ((genome, birth), row) in
            genomes.into_iter().zip(births).zip(confidences.chunks_exact(outputs))
        {
            self.cells_won(row, &mut won);
            if !won.is_empty() {
                insertion.inserted += 1;
                insertion.jumps += won.len();
                insertion.goal_switches += self.take(&won, row, birth, &holders, &mut displaced);
                let individual = individual(generation, genome, birth, row);
                self.individuals.add(self.evaluations, individual, won.len());
            }
            self.evaluations += 1;
        }
        // Only now, because a parent may have lost its cells to the first child of the batch.
        self.individuals.forget(displaced);
        Ok(insertion)
    }

    /// Writes the cells that `row` wins to `won`. The comparison runs over several cells at a time.
    fn cells_won(&self, row: &[f32], won: &mut Vec<usize>) {
        won.clear();
        if self.rule == ReplacementRule::PredictedCell {
            let cell = predicted(row);
            if self.best.get(cell).is_some_and(|&best| row[cell] > best) {
                won.push(cell);
            }
            return;
        }
        for (part, (row, best)) in row.chunks(16).zip(self.best.chunks(16)).enumerate() {
            // Counted rather than searched for, so that all are compared at once.
            let higher: u32 = row.iter().zip(best).map(|(new, old)| u32::from(new > old)).sum();
            if higher > 0 {
                let cells = row.iter().zip(best).enumerate().filter(|(_, (new, old))| new > old);
                won.extend(cells.map(|(cell, _)| part * 16 + cell));
            }
        }
    }

    /// Gives the cells `won` to the individual being evaluated; returns how many are goal switches.
    fn take(
        &mut self,
        won: &[usize],
        row: &[f32],
        birth: Birth,
        holders: &[Option<u64>],
        displaced: &mut Vec<u64>,
    ) -> usize {
        let mut goal_switches = 0;
        for &cell in won {
            let held = |tie: Tie| holders[cell] == Some(tie.individual);
            let goal_switch =
                birth.parent.is_some_and(|parent| !held(parent)) && !birth.mate.is_some_and(held);
            goal_switches += usize::from(goal_switch);
            let individual = self.evaluations;
            let elite = Elite { individual, confidence: row[cell], goal_switch };
            if let Some(previous) = self.cells[cell].replace(elite) {
                self.individuals.displace(previous.individual);
                displaced.push(previous.individual);
            }
            self.best[cell] = row[cell];
            for (reached, threshold) in self.reached[cell].iter_mut().zip(Threshold::ALL) {
                if row[cell] >= threshold.confidence() {
                    reached.get_or_insert(self.evaluations + 1);
                }
            }
        }
        goal_switches
    }
}

/// The individual that `genome` becomes.
fn individual<G>(generation: u32, genome: G, birth: Birth, row: &[f32]) -> Individual<G> {
    let predicted = predicted(row);
    Individual {
        generation,
        predicted: predicted as u32,
        predicted_confidence: row[predicted],
        parent: birth.parent,
        mate: birth.mate,
        genome: Some(genome),
    }
}

/// The class of the highest confidence, the first of equals.
fn predicted(row: &[f32]) -> usize {
    (1..row.len()).fold(0, |best, class| if row[class] > row[best] { class } else { best })
}

fn check_finite(confidences: &[f32], classes: usize) -> Result<(), MapElitesError> {
    match confidences.iter().position(|confidence| !confidence.is_finite()) {
        None => Ok(()),
        Some(place) => Err(MapElitesError::NotFinite {
            child: place / classes,
            class: place % classes,
            value: confidences[place],
        }),
    }
}

#[cfg(test)]
mod tests;
