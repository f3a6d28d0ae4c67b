//! Specialist ensembles: the combined predictions of a generalist and its specialists, next to
//! those of the generalist alone.

use assay_classifier_cells::{SpecialistClasses, SpecialistEnsembleCell};
use serde::Deserialize;

use super::classification::ClassificationMetrics;
use assay_report::run_results::CellResult;

/// A planned specialist ensemble and its result.
#[derive(Debug, Clone)]
pub struct EnsembleResult<'a> {
    /// The cell.
    pub cell: &'a SpecialistEnsembleCell,
    /// Its specialists, by class subset.
    pub specialists: Vec<SpecialistResult<'a>>,
    /// Its metrics; or which network is missing, and why.
    pub metrics: Result<EnsembleMetrics, String>,
}

/// A planned specialist and its result.
#[derive(Debug, Clone)]
pub struct SpecialistResult<'a> {
    /// The number of its class subset, from 0.
    pub number: u32,
    /// Its result.
    pub cell_result: &'a CellResult,
}

/// The classification metrics of a specialist ensemble on the test images.
#[derive(Debug, Clone)]
pub struct EnsembleMetrics {
    /// The generalist alone.
    pub generalist: ClassificationMetrics,
    /// All together.
    pub ensemble: ClassificationMetrics,
    /// Their control; or why there is none.
    pub control: Result<Control, String>,
    /// For each image, the number of specialists whose class subset has its class.
    pub covering: Vec<usize>,
}

/// The classification metrics of the generalist after further training on all classes, with at least the computation
/// of the specialists.
#[derive(Debug, Clone)]
pub struct Control {
    /// This network alone.
    pub alone: ClassificationMetrics,
    /// The mean of its probabilities and those of the generalist.
    pub with_generalist: ClassificationMetrics,
}

impl Control {
    /// The one with fewer errors on the test images. Choosing on these favors the control, so a claim that specialists
    /// beat it is the harder to support.
    pub fn better(&self) -> &ClassificationMetrics {
        if self.alone.errors() < self.with_generalist.errors() {
            &self.alone
        } else {
            &self.with_generalist
        }
    }
}

/// What a specialist ensemble is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reference {
    /// The generalist alone.
    Generalist,
    /// The control: the generalist trained further, or its mean with the generalist, whichever makes fewer errors.
    Control,
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
    pub ensemble: usize,
}

impl SpecialistResult<'_> {
    /// The labels of its class subset; none while it has no record.
    pub fn class_subset(&self) -> Option<&[u16]> {
        self.cell_result
            .record()?
            .details()
            .map(|subset: &SpecialistClasses| subset.classes.as_slice())
    }
}

impl EnsembleResult<'_> {
    /// The seed of its generalist.
    pub fn seed(&self) -> u32 {
        self.cell.ensemble.generalist.seed
    }
}

/// For each label, the number of specialists whose class subset has it.
pub fn coverage_of_labels(labels: &[usize], class_subsets: &[&[u16]]) -> Vec<usize> {
    let covering = |&label: &usize| {
        let has = |subset: &&&[u16]| subset.iter().any(|&class| usize::from(class) == label);
        class_subsets.iter().filter(has).count()
    };
    labels.iter().map(covering).collect()
}

impl EnsembleMetrics {
    /// The metrics of what the ensemble is compared with.
    ///
    /// # Errors
    /// When there is no control, as text.
    pub fn reference(&self, reference: Reference) -> Result<&ClassificationMetrics, String> {
        match reference {
            Reference::Generalist => Ok(&self.generalist),
            Reference::Control => self.control.as_ref().map(Control::better).map_err(Clone::clone),
        }
    }

    /// Errors of the reference minus those of the ensemble, in percentage points of the test images.
    ///
    /// # Errors
    /// As for [`Self::reference`].
    pub fn gain(&self, over: Reference) -> Result<f64, String> {
        Ok(self.reference(over)?.error_percent() - self.ensemble.error_percent())
    }

    /// The images by the number of specialists whose class subset has their class (table 4 of the
    /// paper), in ascending order. Numbers without images are left out.
    pub fn by_coverage(&self) -> Vec<Coverage> {
        let most = self.covering.iter().copied().max().unwrap_or(0);
        let coverage = |specialists: usize| {
            let images = (0..self.covering.len()).filter(|&at| self.covering[at] == specialists);
            let right = |metrics: &ClassificationMetrics| {
                images.clone().filter(|&at| metrics.right[at]).count()
            };
            Coverage {
                specialists,
                images: images.clone().count(),
                generalist: right(&self.generalist),
                ensemble: right(&self.ensemble),
            }
        };
        (0..=most).map(coverage).filter(|coverage| coverage.images > 0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::predictions::{Ensemble, Predictions};

    /// Metrics of logits that are certain of one class for each image.
    fn metrics(predicted: &[usize], labels: &[i64]) -> ClassificationMetrics {
        let logits = predicted
            .iter()
            .flat_map(|&class| (0..4).map(move |other| if other == class { 3.0 } else { 0.0 }));
        let predictions = Predictions::new(4, logits.collect(), labels).unwrap();
        ClassificationMetrics::new(&Ensemble::from(&predictions))
    }

    #[test]
    fn images_are_counted_by_how_many_specialists_know_their_class() {
        let labels = [0, 1, 2, 3, 1, 1];
        // Class 1 is in both subsets, 0 and 2 in one, 3 in none.
        let covering = coverage_of_labels(&labels.map(|label| label as usize), &[&[0, 1], &[1, 2]]);
        assert_eq!(covering, [1, 2, 1, 0, 2, 2]);
        let generalist = metrics(&[0, 0, 2, 0, 2, 1], &labels);
        let ensemble = metrics(&[0, 1, 3, 0, 1, 1], &labels);
        let control = Err("not planned".to_owned());
        let found = EnsembleMetrics { generalist, ensemble, control, covering };
        let row = |specialists, images, generalist, ensemble| Coverage {
            specialists,
            images,
            generalist,
            ensemble,
        };
        assert_eq!(found.by_coverage(), [row(0, 1, 0, 0), row(1, 2, 2, 1), row(2, 3, 1, 3)]);
    }
}
