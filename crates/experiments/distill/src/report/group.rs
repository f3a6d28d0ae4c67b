//! Classifiers of one condition, and what their logits come to.

use assay_runs::{CellId, ClassifierCell};

use super::condition::Condition;
use super::correction::Correction;
use super::likeness::Likeness;
use super::quality::Quality;
use assay_report::run_results::CellResult;

/// A planned classifier and what became of it.
#[derive(Debug, Clone)]
pub struct Training<'a> {
    /// The cell.
    pub cell: &'a ClassifierCell,
    /// What became of it.
    pub cell_result: &'a CellResult,
    /// What its logits come to; none unless it was trained.
    pub measures: Option<Measures>,
    /// Size of its file of weights, where they were kept.
    pub weights_bytes: Option<u64>,
    /// The seed it counts for: its own; of a teacher, that of those that learn from it, so that the members of
    /// an ensemble count once.
    pub counts_for: u32,
    /// Of a distilled one, the place of its teachers among the index's.
    pub(super) teachers: Option<usize>,
}

/// What a trained classifier's logits come to.
#[derive(Debug, Clone)]
pub struct Measures {
    /// On the test images.
    pub quality: Quality,
    /// Beside its teachers; none where it has none, or they were not trained.
    pub likeness: Option<Likeness>,
    /// Of one that never saw some classes; uncorrected first.
    pub corrections: Vec<Correction>,
}

/// Those that a student learns from: an ensemble, or one teacher.
#[derive(Debug, Clone)]
pub struct Teachers {
    /// Their cells.
    pub members: Vec<CellId>,
    /// The seed of their students.
    pub seed: u32,
    /// Of the members by themselves, on the test images, and of their mean probabilities; or which of
    /// them was not trained, and why.
    pub quality: Result<(Vec<Quality>, Quality), String>,
}

/// What one test image is in percent of all, of the fewest that a network is tested on; 0 of no networks.
#[must_use]
pub fn step_of(qualities: &[&Quality]) -> f64 {
    let images = qualities.iter().map(|quality| quality.images()).filter(|images| *images > 0);
    images.min().map_or(0.0, |images| 100.0 / images as f64)
}

/// The cells of one condition, at most one a seed.
#[derive(Debug, Clone)]
pub struct Group<'a> {
    /// What they have in common.
    pub condition: Condition,
    /// In the plan's order.
    pub trainings: Vec<Training<'a>>,
}

impl<'a> Group<'a> {
    /// The cell of a seed.
    #[must_use]
    pub fn at(&self, seed: u32) -> Option<&Training<'a>> {
        self.trainings.iter().find(|training| training.cell.seed == seed)
    }

    /// What is known of those that were trained.
    pub fn measures(&self) -> impl Iterator<Item = &Measures> {
        self.trainings.iter().filter_map(|training| training.measures.as_ref())
    }

    /// How each of those does on the test images.
    #[must_use]
    pub fn qualities(&self) -> Vec<&Quality> {
        self.measures().map(|measures| &measures.quality).collect()
    }

    /// What one test image is in percent of all, of the fewest that one of those is tested on; 0 where there is
    /// none.
    #[must_use]
    pub fn step(&self) -> f64 {
        step_of(&self.qualities())
    }

    /// A number, or another thing, of each of those, by the seed they count for.
    pub fn by_seed<'t, T>(&'t self, value: impl Fn(&'t Measures) -> Option<T>) -> Vec<Vec<T>> {
        let mut seeds: Vec<(u32, Vec<T>)> = Vec::new();
        for training in &self.trainings {
            let Some(value) = training.measures.as_ref().and_then(&value) else { continue };
            match seeds.iter_mut().find(|(seed, _)| *seed == training.counts_for) {
                Some((_, values)) => values.push(value),
                None => seeds.push((training.counts_for, vec![value])),
            }
        }
        seeds.into_iter().map(|(_, values)| values).collect()
    }

    /// Their errors in percent, by the seed they count for.
    #[must_use]
    pub fn errors(&self) -> Vec<Vec<f64>> {
        self.by_seed(|measures| Some(measures.quality.error_percent()))
    }
}
