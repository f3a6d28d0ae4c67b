//! Classifiers of one condition, with what was measured on their logits.

use assay_classifier_cells::ClassifierCell;
use assay_runs::CellId;

use super::condition::Condition;
use super::correction::Correction;
use super::likeness::Likeness;
use super::quality::Quality;
use assay_report::run_results::CellResult;

/// A planned classifier and its result.
#[derive(Debug, Clone)]
pub struct Training<'a> {
    /// The cell.
    pub cell: &'a ClassifierCell,
    /// Its result.
    pub cell_result: &'a CellResult,
    /// The measurements on its logits; none unless it was trained.
    pub measures: Option<Measures>,
    /// The size of its file of weights, if the weights were kept.
    pub weights_bytes: Option<u64>,
    /// The seed it counts for. This is its own seed; for a teacher it is the seed of its students,
    /// so that the members of an ensemble count once.
    pub counts_for: u32,
    /// For a distilled student, the index of its teachers in the list of all teachers.
    pub(super) teachers: Option<usize>,
}

/// The measurements on a trained classifier's logits.
#[derive(Debug, Clone)]
pub struct Measures {
    /// On the test images.
    pub quality: Quality,
    /// Its agreement with its teachers; none if it has no teachers or they were not trained.
    pub likeness: Option<Likeness>,
    /// The corrections of a student that never saw some classes, the uncorrected one first.
    pub corrections: Vec<Correction>,
}

/// The teachers of a student: an ensemble, or one teacher.
#[derive(Debug, Clone)]
pub struct Teachers {
    /// Their cells.
    pub members: Vec<CellId>,
    /// The seed of their students.
    pub seed: u32,
    /// The measurements on the test images, of the members alone and of their mean probabilities;
    /// or which of them was not trained, and why.
    pub quality: Result<(Vec<Quality>, Quality), String>,
}

/// One test image in percent of all, for the network with the fewest test images; 0 without
/// networks.
#[must_use]
pub fn step_of(qualities: &[&Quality]) -> f64 {
    let images = qualities.iter().map(|quality| quality.images()).filter(|images| *images > 0);
    images.min().map_or(0.0, |images| 100.0 / images as f64)
}

/// The cells of one condition, at most one per seed.
#[derive(Debug, Clone)]
pub struct Group<'a> {
    /// Their common properties.
    pub condition: Condition,
    /// In the order of the plan.
    pub trainings: Vec<Training<'a>>,
}

impl<'a> Group<'a> {
    /// The cell with a seed.
    #[must_use]
    pub fn at(&self, seed: u32) -> Option<&Training<'a>> {
        self.trainings.iter().find(|training| training.cell.seed == seed)
    }

    /// The measurements of those that were trained.
    pub fn measures(&self) -> impl Iterator<Item = &Measures> {
        self.trainings.iter().filter_map(|training| training.measures.as_ref())
    }

    /// The quality of each of these on the test images.
    #[must_use]
    pub fn qualities(&self) -> Vec<&Quality> {
        self.measures().map(|measures| &measures.quality).collect()
    }

    /// One test image in percent of all, for the one of these with the fewest test images; 0
    /// without networks.
    #[must_use]
    pub fn step(&self) -> f64 {
        step_of(&self.qualities())
    }

    /// A value for each of these, by the seed they count for.
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
