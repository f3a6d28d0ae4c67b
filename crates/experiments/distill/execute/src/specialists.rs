//! Settings of specialists (Hinton et al. 2015, section 5).

use anyhow::{Result, ensure};
use assay_classifier_cells::{ClassifierCell, SpecialistEnsemble};
use assay_datasets::DataSet;
use assay_runs::TrainingConfig;
use serde::{Deserialize, Serialize};

use assay_classifiers::training_images;
use assay_engine::profile::check_schedule;

/// The specialists of each seed's teacher, which is their generalist.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpecialistSettings {
    /// Number of specialists.
    pub count: u32,
    /// Maximum number of classes of a specialist. A smaller cluster is used as it is.
    pub classes: u32,
    /// Passes of online k-means over the classes.
    pub kmeans_iterations: u32,
    /// Share of each batch that is of the specialist's own classes, in (0, 1); 0.5 in the paper.
    pub own_class_share: f64,
    /// The training of a specialist, which starts from the generalist's weights.
    pub schedule: TrainingConfig,
}

impl SpecialistSettings {
    /// Checks the settings, given the number of teachers per seed.
    ///
    /// # Errors
    /// A value is out of its range. The error names it and the allowed range.
    pub fn check(&self, ensemble: u32) -> Result<()> {
        check_schedule("specialists.schedule", &self.schedule)?;
        let counts = [
            ("count", self.count),
            ("classes", self.classes),
            ("kmeans_iterations", self.kmeans_iterations),
        ];
        for (name, value) in counts {
            ensure!(value > 0, "specialists.{name} is 0; it must be at least 1");
        }
        let share = self.own_class_share;
        ensure!(
            share > 0.0 && share < 1.0,
            "specialists.own_class_share is {share}; it must be in (0, 1)"
        );
        let batch = self.schedule.batch;
        ensure!(
            batch >= 2,
            "specialists.schedule.batch is {batch}; it must be at least 2: one image of the specialist's \
             own classes and one of the others"
        );
        ensure!(
            ensemble == 1,
            "teacher.ensemble is {ensemble}; it must be 1, as specialists have one generalist"
        );
        Ok(())
    }

    /// Checks that a data set has enough classes and images for the specialists.
    ///
    /// # Errors
    /// There are too few classes, or too few training images of some.
    pub fn check_data(&self, data: &DataSet, generalist: &ClassifierCell) -> Result<()> {
        let all = data.classes.len();
        ensure!(
            self.count as usize <= all && (self.classes as usize) < all,
            "specialists.count is {} and specialists.classes {}; {} has {all} classes, so they must be \
             at most {all} and {}",
            self.count,
            self.classes,
            data.opened_as,
            all - 1
        );
        let images = training_images(data, &generalist.examples, generalist.seed)?;
        let mut counts = vec![0; all];
        for image in &images {
            counts[usize::from(data.train.labels()[*image as usize])] += 1;
        }
        // The clusters are not known yet, so assume the classes with the most images.
        counts.sort_unstable();
        let max_own: usize = counts.iter().rev().take(self.classes as usize).sum();
        let batch = (self.schedule.batch as usize).min(images.len());
        let own_per_batch = (batch as f64 * self.own_class_share).round() as usize;
        ensure!(
            max_own >= own_per_batch && counts[0] > 0,
            "specialists: {} classes have at most {max_own} training images, but a batch takes \
             {own_per_batch} of them; and each class needs at least one",
            self.classes
        );
        Ok(())
    }

    /// The ensemble of a generalist and its specialists.
    #[must_use]
    pub fn ensemble(&self, generalist: &ClassifierCell) -> SpecialistEnsemble {
        SpecialistEnsemble {
            generalist: generalist.clone(),
            specialists: self.count,
            classes: self.classes,
            kmeans_iterations: self.kmeans_iterations,
            own_class_share: self.own_class_share,
            schedule: self.schedule.clone(),
        }
    }
}
