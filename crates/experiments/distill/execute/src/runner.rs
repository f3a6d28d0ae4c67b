//! How a cell of the distillation study is brought to its record.

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;

use anyhow::{Context, Result, bail};
use assay_runs::{Cell, CellId, ClassifierCell, DatasetId, Plan};
use burn::tensor::Device;

use super::{DistillData, DistillProfile};
use assay_classifiers::Classifiers;
use assay_engine::experiment::CellRunner;
use assay_engine::weight_files::WeightFiles;
use assay_engine::worker::CellContext;

/// The data of a distillation run, and what is done with it.
pub struct DistillRunner {
    /// One for all seeds, or one a seed.
    sets: Vec<Classifiers>,
    /// The same on labels that the network of a cell aligned.
    aligned: RefCell<Vec<(CellId, Rc<Classifiers>)>>,
    /// Of the teachers that are not trained here.
    files: WeightFiles,
}

impl DistillRunner {
    /// Opens the data of a planned run.
    ///
    /// # Errors
    /// When the plan's settings are no profile, or its data cannot be read.
    pub fn open(plan: &Plan, data_dir: Option<&Path>, device: &Device) -> Result<Self> {
        let profile: DistillProfile =
            serde_json::from_value(plan.settings.clone()).context("the settings of the plan")?;
        let sets = DistillData::open(&profile, data_dir, device)?.into_sets().into_iter();
        let sets = sets.map(Classifiers::new).collect::<Result<_>>()?;
        let files = WeightFiles::new(&profile.teacher.weights);
        Ok(Self { sets, aligned: RefCell::default(), files })
    }

    /// The data of a cell, with the labels of the recordings themselves.
    fn set(&self, data: &DatasetId) -> Result<&Classifiers> {
        let found = self.sets.iter().find(|set| set.data_module().identity() == *data);
        found.with_context(|| {
            format!(
                "no data of the run has the fingerprint {} that the cell names",
                data.fingerprint
            )
        })
    }

    /// The data of a cell, with the labels that an aligner gave it.
    fn aligned(&self, aligner: &ClassifierCell, context: &CellContext) -> Result<Rc<Classifiers>> {
        let id = aligner.id();
        let known = self.aligned.borrow().iter().find(|one| one.0 == id).map(|one| one.1.clone());
        if let Some(known) = known {
            return Ok(known);
        }
        let found = Rc::new(self.set(&aligner.data)?.with_alignment(aligner, context)?);
        self.aligned.borrow_mut().push((id, found.clone()));
        Ok(found)
    }
}

impl CellRunner for DistillRunner {
    fn data(&self) -> DatasetId {
        self.sets[0].data_module().identity()
    }

    fn work(&self, cell: &Cell, context: &CellContext) -> Result<Option<String>> {
        match cell {
            Cell::Classifier(cell) => match &cell.aligned_by {
                Some(aligner) => self.aligned(aligner, context)?.train(cell, context),
                None if cell.weights.is_some() => {
                    self.set(&cell.data)?.import_pretrained(cell, &self.files, context).map(Some)
                }
                None => self.set(&cell.data)?.train(cell, context),
            },
            Cell::Specialist(cell) => self.set(&cell.data)?.train_specialist(cell, context),
            Cell::SpecialistEnsemble(cell) => {
                self.set(&cell.data)?.evaluate_ensemble(cell, context).map(Some)
            }
            _ => bail!("a cell of another study in a distillation"),
        }
    }
}
