//! Specialist ensembles: the combined predictions of a generalist and its specialists, next to
//! those of the generalist alone.

use assay_classifier_cells::{
    SpecialistCell, SpecialistClasses, SpecialistEnsemble, SpecialistEnsembleCell,
};
use assay_runs::Cell;

use super::files::Answers;
use super::predictions::Ensemble;
use super::quality::Quality;
use assay_report::run_results::CellResult;

/// A planned specialist ensemble and its result.
#[derive(Debug, Clone)]
pub struct PanelOutcome<'a> {
    /// The cell.
    pub cell: &'a SpecialistEnsembleCell,
    /// Its specialists, by class subset.
    pub specialists: Vec<SpecialistOutcome<'a>>,
    /// The quality of its networks; or which of them is missing, and why.
    pub together: Result<Together, String>,
}

/// A planned specialist and its result.
#[derive(Debug, Clone)]
pub struct SpecialistOutcome<'a> {
    /// The number of its class subset, from 0.
    pub number: u32,
    /// Its result.
    pub cell_result: &'a CellResult,
}

/// The quality of a specialist ensemble's networks on the test images.
#[derive(Debug, Clone)]
pub struct Together {
    /// The generalist alone.
    pub generalist: Quality,
    /// All together.
    pub together: Quality,
    /// For each image, the number of specialists whose class subset has its class.
    pub covering: Vec<usize>,
}

/// Test images whose class is in a given number of class subsets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coverage {
    /// The number of specialists.
    pub specialists: usize,
    /// The number of images.
    pub images: usize,
    /// Those that the generalist gets right.
    pub generalist: usize,
    /// Those that the specialist ensemble gets right.
    pub together: usize,
}

impl SpecialistOutcome<'_> {
    /// The labels of its class subset; none while it has no record.
    #[must_use]
    pub fn field(&self) -> Option<&[u16]> {
        self.cell_result
            .record()?
            .details()
            .map(|subset: &SpecialistClasses| subset.classes.as_slice())
    }
}

impl<'a> PanelOutcome<'a> {
    /// The outcome of a planned cell, from the logits of its generalist and of the ensemble.
    /// `planned` finds the specialists.
    pub(super) fn new(
        cell: &'a SpecialistEnsembleCell,
        [generalist, together]: [Option<&Answers>; 2],
        planned: impl Fn(&Cell) -> Option<&'a CellResult>,
    ) -> Self {
        let specialist = |cell: SpecialistCell| {
            let cell_result = planned(&Cell::from(cell.clone()))?;
            Some(SpecialistOutcome { number: cell.class_subset, cell_result })
        };
        let specialists: Vec<_> =
            cell.ensemble.specialist_cells().into_iter().filter_map(specialist).collect();
        let outcome = |cell: Cell| planned(&cell).map_or("is not planned", CellResult::outcome);
        let together = match (generalist, together) {
            (Some(generalist), Some(together)) => {
                let fields = specialists.iter().filter_map(SpecialistOutcome::field);
                Ok(Together::of(generalist, together, &fields.collect::<Vec<_>>()))
            }
            (None, _) => {
                Err(format!("generalist {}", outcome(cell.ensemble.generalist.clone().into())))
            }
            (_, None) => Err(format!("panel {}", outcome(cell.clone().into()))),
        };
        Self { cell, specialists, together }
    }

    /// The specialist ensemble.
    #[must_use]
    pub fn panel(&self) -> &SpecialistEnsemble {
        &self.cell.ensemble
    }

    /// The seed of its generalist.
    #[must_use]
    pub fn seed(&self) -> u32 {
        self.cell.ensemble.generalist.seed
    }

    /// Errors of the generalist minus those of the specialist ensemble, in percentage points of the
    /// test images.
    ///
    /// # Errors
    /// When one of them is missing, as text.
    pub fn gain(&self) -> Result<f64, String> {
        let known = self.together.as_ref().map_err(Clone::clone)?;
        Ok(known.generalist.error_percent() - known.together.error_percent())
    }
}

impl Together {
    fn of(generalist: &Answers, together: &Answers, fields: &[&[u16]]) -> Self {
        let quality = |answers: &Answers| Quality::of(&Ensemble::new(vec![&answers.test]));
        let covering = |&label: &usize| {
            let has = |field: &&&[u16]| field.iter().any(|&class| usize::from(class) == label);
            fields.iter().filter(has).count()
        };
        Self {
            generalist: quality(generalist),
            together: quality(together),
            covering: together.test.labels().iter().map(covering).collect(),
        }
    }

    /// The images by the number of specialists whose class subset has their class (table 4 of the
    /// paper), in ascending order. Numbers without images are left out.
    #[must_use]
    pub fn by_coverage(&self) -> Vec<Coverage> {
        let most = self.covering.iter().copied().max().unwrap_or(0);
        let of = |specialists: usize| {
            let images = (0..self.covering.len()).filter(|&at| self.covering[at] == specialists);
            let right = |quality: &Quality| images.clone().filter(|&at| quality.right[at]).count();
            Coverage {
                specialists,
                images: images.clone().count(),
                generalist: right(&self.generalist),
                together: right(&self.together),
            }
        };
        (0..=most).map(of).filter(|coverage| coverage.images > 0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::predictions::Predictions;

    /// Logits that are certain of one class for each image.
    fn answers(said: &[usize], labels: &[i64]) -> Answers {
        let logits = said
            .iter()
            .flat_map(|&class| (0..4).map(move |other| if other == class { 3.0 } else { 0.0 }));
        let test = Predictions::new(4, logits.collect(), labels).unwrap();
        Answers { validation_images: test.clone(), test }
    }

    #[test]
    fn images_are_counted_by_how_many_specialists_know_their_class() {
        let labels = [0, 1, 2, 3, 1, 1];
        let generalist = answers(&[0, 0, 2, 0, 2, 1], &labels);
        let together = answers(&[0, 1, 3, 0, 1, 1], &labels);
        // Class 1 is in both subsets, 0 and 2 in one, 3 in none.
        let found = Together::of(&generalist, &together, &[&[0, 1], &[1, 2]]);
        assert_eq!(found.covering, [1, 2, 1, 0, 2, 2]);
        let row = |specialists, images, generalist, together| Coverage {
            specialists,
            images,
            generalist,
            together,
        };
        assert_eq!(found.by_coverage(), [row(0, 1, 0, 0), row(1, 2, 2, 1), row(2, 3, 1, 3)]);
    }
}
