//! The archive: the elite of every class, and their lineages.

use serde::{Deserialize, Serialize};

use crate::ancestry::{Ancestor, Individual, Individuals, LineageRetention, ParentRef};
use crate::batch::{Batch, Parentage};
use crate::error::MapElitesError;
use crate::threshold::Threshold;

/// Which cells an evaluation competes for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplacementRule {
    /// Every cell, each with the confidence in its class (Nguyen et al. 2015).
    EveryCell,
    /// Only the cell of the predicted class, as in the tutorial of pyribs.
    PredictedCell,
}

/// The best individual found for a cell.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Elite {
    /// The individual's number: the evaluations before its own. An individual may hold several
    /// cells.
    pub individual: u64,
    /// Its confidence for the cell's class.
    pub confidence: f32,
    /// Whether none of its parents held this cell at its birth, so that its lineage comes from
    /// another class.
    pub goal_switch: bool,
}

/// What the archive did with a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Insertion {
    /// New elites, in empty or in occupied cells. A batch may take the same cell several times.
    pub replacements: usize,
    /// How many of these are goal switches; random genomes never are.
    pub goal_switches: usize,
    /// Number of children that took at least one cell.
    pub inserted: usize,
}

/// One cell per class with its elite, and the elites' ancestors.
#[derive(Debug, Clone, PartialEq)]
pub struct Archive<G> {
    pub(crate) rule: ReplacementRule,
    /// Number of network outputs without a cell, after those of the classes.
    pub(crate) extra_outputs: usize,
    pub(crate) cells: Vec<Option<Elite>>,
    /// The elites' confidences, minus infinity for empty cells: `cells` in a form fast to compare.
    pub(crate) best: Vec<f32>,
    pub(crate) individuals: Individuals<G>,
    pub(crate) evaluations: u64,
    /// By cell and threshold: the number of evaluations when the cell's elite first reached it.
    pub(crate) reached: Vec<[Option<u64>; Threshold::ALL.len()]>,
}

impl<G> Archive<G> {
    /// An empty archive with one cell for each of `classes` classes.
    ///
    /// # Panics
    /// If `classes` is 0.
    #[must_use]
    pub fn new(classes: usize, rule: ReplacementRule, retention: LineageRetention) -> Self {
        assert!(classes > 0, "an archive needs at least one class");
        Self {
            rule,
            extra_outputs: 0,
            cells: vec![None; classes],
            best: vec![f32::NEG_INFINITY; classes],
            individuals: Individuals::new(retention),
            evaluations: 0,
            reached: vec![[None; Threshold::ALL.len()]; classes],
        }
    }

    /// The same archive for a network with extra outputs after those of the classes.
    ///
    /// They have no cell. A genome may be predicted as one of them, that is, as no class.
    #[must_use]
    pub fn with_extra_outputs(self, extra_outputs: usize) -> Self {
        Self { extra_outputs, ..self }
    }

    /// Number of classes, which is also the number of cells.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.cells.len()
    }

    /// Number of genomes evaluated so far.
    #[must_use]
    pub fn evaluations(&self) -> u64 {
        self.evaluations
    }

    /// The elite of `cell`; none while it is empty.
    ///
    /// # Panics
    /// If there is no such cell.
    #[must_use]
    pub fn elite(&self, cell: usize) -> Option<&Elite> {
        self.cells[cell].as_ref()
    }

    /// The filled cells and their elites, in the order of cells.
    pub fn elites(&self) -> impl Iterator<Item = (usize, &Elite)> {
        self.cells.iter().enumerate().filter_map(|(cell, elite)| Some((cell, elite.as_ref()?)))
    }

    /// The individual `number`, provided that it or one of its descendants is an elite.
    #[must_use]
    pub fn individual(&self, number: u64) -> Option<&Individual<G>> {
        self.individuals.get(number)
    }

    /// The genome of the elite of `cell`; none while it is empty.
    ///
    /// # Panics
    /// If there is no such cell.
    #[must_use]
    pub fn genome(&self, cell: usize) -> Option<&G> {
        self.individual(self.elite(cell)?.individual)?.genome.as_ref()
    }

    /// Number of individuals in the archive: elites and their ancestors.
    #[must_use]
    pub fn individual_count(&self) -> usize {
        self.individuals.len()
    }

    /// The lineage of the elite of `cell`, from a random genome to the elite; empty if the cell is.
    ///
    /// # Panics
    /// If there is no such cell.
    #[must_use]
    pub fn lineage(&self, cell: usize) -> Vec<Ancestor<'_, G>> {
        let Some(elite) = self.elite(cell) else { return Vec::new() };
        self.individuals.lineage(elite.individual, cell as u32, elite.confidence)
    }

    /// Adds the genomes of `batch` in order. A genome takes a cell if its confidence is strictly
    /// higher than that of the cell's elite.
    ///
    /// - confidences: `[batch, outputs]`, the classes' outputs first, finite; the softmax outputs
    ///   in 0..=1
    ///
    /// # Errors
    /// A confidence is not finite. The archive is unchanged.
    ///
    /// # Panics
    /// If the number of confidences is not genomes times outputs, or a parent of the batch is not
    /// in this archive.
    pub fn insert(
        &mut self,
        batch: Batch<G>,
        confidences: &[f32],
    ) -> Result<Insertion, MapElitesError> {
        let outputs = self.classes() + self.extra_outputs;
        assert!(
            confidences.len() == batch.len() * outputs,
            "{} confidences for {} genomes and {outputs} outputs",
            confidences.len(),
            batch.len()
        );
        check_finite(confidences, outputs)?;
        let holders: Vec<Option<u64>> =
            self.cells.iter().map(|cell| cell.as_ref().map(|elite| elite.individual)).collect();
        let mut insertion = Insertion { replacements: 0, goal_switches: 0, inserted: 0 };
        let (mut won, mut displaced) = (Vec::new(), Vec::new());
        let Batch { generation, genomes, parentages } = batch;
        for ((genome, parentage), row) in
            genomes.into_iter().zip(parentages).zip(confidences.chunks_exact(outputs))
        {
            self.cells_won(row, &mut won);
            if !won.is_empty() {
                insertion.inserted += 1;
                insertion.replacements += won.len();
                insertion.goal_switches +=
                    self.replace_elites(&won, row, parentage, &holders, &mut displaced);
                let individual = new_individual(generation, genome, parentage, row);
                self.individuals.add(self.evaluations, individual, won.len());
            }
            self.evaluations += 1;
        }
        // Only now, because a parent may have lost its cells to the first child of the batch.
        self.individuals.prune(displaced);
        Ok(insertion)
    }

    /// Writes the cells that `row` wins to `won`.
    fn cells_won(&self, row: &[f32], won: &mut Vec<usize>) {
        won.clear();
        if self.rule == ReplacementRule::PredictedCell {
            let cell = argmax(row);
            if self.best.get(cell).is_some_and(|&best| row[cell] > best) {
                won.push(cell);
            }
            return;
        }
        for (chunk, (row, best)) in row.chunks(16).zip(self.best.chunks(16)).enumerate() {
            // Counting without an early exit compiles to vector code.
            let higher: u32 = row.iter().zip(best).map(|(new, old)| u32::from(new > old)).sum();
            if higher > 0 {
                let cells = row.iter().zip(best).enumerate().filter(|(_, (new, old))| new > old);
                won.extend(cells.map(|(cell, _)| chunk * 16 + cell));
            }
        }
    }

    /// Makes the individual being evaluated the elite of the cells `won`, and returns how many of
    /// these are goal switches. `holders` has each cell's elite before the batch.
    fn replace_elites(
        &mut self,
        won: &[usize],
        row: &[f32],
        parentage: Parentage,
        holders: &[Option<u64>],
        displaced: &mut Vec<u64>,
    ) -> usize {
        let mut goal_switches = 0;
        for &cell in won {
            let held_cell = |parent: ParentRef| holders[cell] == Some(parent.individual);
            let goal_switch = parentage.parent.is_some_and(|parent| !held_cell(parent))
                && !parentage.mate.is_some_and(held_cell);
            goal_switches += usize::from(goal_switch);
            let individual = self.evaluations;
            let elite = Elite { individual, confidence: row[cell], goal_switch };
            if let Some(previous) = self.cells[cell].replace(elite) {
                self.individuals.release_cell(previous.individual);
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

fn new_individual<G>(
    generation: u32,
    genome: G,
    parentage: Parentage,
    row: &[f32],
) -> Individual<G> {
    let predicted = argmax(row);
    Individual {
        generation,
        predicted: predicted as u32,
        predicted_confidence: row[predicted],
        parent: parentage.parent,
        mate: parentage.mate,
        genome: Some(genome),
    }
}

/// The index of the highest value, the first one among equals.
fn argmax(row: &[f32]) -> usize {
    (1..row.len()).fold(0, |best, class| if row[class] > row[best] { class } else { best })
}

fn check_finite(confidences: &[f32], outputs: usize) -> Result<(), MapElitesError> {
    match confidences.iter().position(|confidence| !confidence.is_finite()) {
        None => Ok(()),
        Some(index) => Err(MapElitesError::NonFiniteConfidence {
            child: index / outputs,
            class: index % outputs,
            value: confidences[index],
        }),
    }
}

#[cfg(test)]
mod tests;
