//! How a cell of the distillation study is brought to its record.

use std::path::Path;

use anyhow::{Context, Result, bail};
use assay_runs::{Cell, Data, Plan};
use burn::tensor::Device;

use super::DistillProfile;
use crate::classifier::{Classifiers, WeightFiles};
use crate::material::Material;
use crate::worker::{Desk, Workshop};

/// The data of a distillation run, and what is done with it.
pub struct DistillWorkshop {
    classifiers: Classifiers,
    /// Of the teachers that are not trained here.
    files: WeightFiles,
}

impl DistillWorkshop {
    /// Opens the data of a planned run.
    ///
    /// # Errors
    /// When the plan's settings are no profile, or its data cannot be read.
    pub fn open(plan: &Plan, data_dir: Option<&Path>, device: &Device) -> Result<Self> {
        let profile: DistillProfile =
            serde_json::from_value(plan.settings.clone()).context("the settings of the plan")?;
        let material = Material::open(&profile.data, &profile.run, data_dir, device)?;
        let files = WeightFiles::new(&profile.teacher.weights);
        Ok(Self { classifiers: Classifiers::new(material)?, files })
    }
}

impl Workshop for DistillWorkshop {
    fn data(&self) -> Data {
        self.classifiers.material().identity()
    }

    fn work(&self, cell: &Cell, desk: &Desk) -> Result<Option<String>> {
        match cell {
            Cell::Classifier(cell) if cell.weights.is_some() => {
                self.classifiers.adopt(cell, &self.files, desk).map(Some)
            }
            Cell::Classifier(cell) => self.classifiers.work(cell, desk),
            Cell::Specialist(cell) => self.classifiers.specialise(cell, desk),
            Cell::Panel(cell) => self.classifiers.answer_together(cell, desk).map(Some),
            _ => bail!("a cell of another study in a distillation"),
        }
    }
}
