//! Specialists of a run's teachers: what is set about them, and the panels that follow from it.

use anyhow::{Result, ensure};
use assay_datasets::DataSet;
use assay_runs::{ClassifierCell, SpecialistEnsemble, TrainingConfig};
use serde::{Deserialize, Serialize};

use assay_classifiers::training_images;
use assay_engine::profile::check_schedule;

/// Specialists of each seed's teacher, which is their generalist.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpecialistSettings {
    /// How many there are.
    pub count: u32,
    /// Most classes of each one's field; a smaller cluster is taken whole.
    pub classes: u32,
    /// Passes of online k-means over the classes.
    pub passes: u32,
    /// The share of each batch that is of the field's classes, in (0, 1); half in the paper.
    pub own_share: f64,
    /// How they are trained on from their generalist.
    pub schedule: TrainingConfig,
}

impl SpecialistSettings {
    /// Whether the values fit together, beside so many teachers a seed.
    ///
    /// # Errors
    /// When one is out of its range, named along with what would be right.
    pub fn check(&self, ensemble: u32) -> Result<()> {
        check_schedule("specialists.schedule", &self.schedule)?;
        let counts = [("count", self.count), ("classes", self.classes), ("passes", self.passes)];
        for (name, value) in counts {
            ensure!(value > 0, "specialists.{name} is 0; it must be at least 1");
        }
        let share = self.own_share;
        ensure!(
            share > 0.0 && share < 1.0,
            "specialists.own_share is {share}; it must be in (0, 1)"
        );
        let batch = self.schedule.batch;
        ensure!(
            batch >= 2,
            "specialists.schedule.batch is {batch}; it needs an image of the field and one of the rest"
        );
        ensure!(
            ensemble == 1,
            "teacher.ensemble is {ensemble}; specialists have one generalist, so it must be 1"
        );
        Ok(())
    }

    /// Whether fields of so many classes can be made of a data set and trained on.
    ///
    /// # Errors
    /// When there are too few classes, or too few images of some, for what is set.
    pub fn fits(&self, data: &DataSet, generalist: &ClassifierCell) -> Result<()> {
        let all = data.classes.len();
        ensure!(
            self.count as usize <= all && (self.classes as usize) < all,
            "specialists: {} of {} classes each; {} has {all} classes, so there can be up to {all} of up \
             to {} each",
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
        // Which classes a specialist has is not known yet: this is the most that it can have.
        counts.sort_unstable();
        let most: usize = counts.iter().rev().take(self.classes as usize).sum();
        let batch = (self.schedule.batch as usize).min(images.len());
        let drawn = (batch as f64 * self.own_share).round() as usize;
        ensure!(
            most >= drawn && counts[0] > 0,
            "specialists: up to {} classes have at most {most} training images, and each class must have one; \
             a batch takes {drawn} of the field",
            self.classes
        );
        Ok(())
    }

    /// The panel of a generalist.
    #[must_use]
    pub fn panel(&self, generalist: &ClassifierCell) -> SpecialistEnsemble {
        SpecialistEnsemble {
            generalist: generalist.clone(),
            specialists: self.count,
            classes: self.classes,
            passes: self.passes,
            own_share: self.own_share,
            schedule: self.schedule.clone(),
        }
    }
}
