//! Computes the cells of the distillation experiment.

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;

use anyhow::{Context, Result, bail};
use assay_classifier_cells::{ALIGNMENT_FILE, CellKind, ClassifierCell, Role};
use assay_runs::{Cell, CellId, CellSpec, DatasetId, Plan};
use burn::tensor::Device;

use super::forced_alignment::{alignment_file, with_aligned_labels};
use super::{DistillData, DistillProfile};
use assay_classifiers::Classifiers;
use assay_engine::experiment::CellRunner;
use assay_engine::weight_files::WeightFiles;
use assay_engine::worker::CellContext;

/// Computes the cells of a distillation run.
pub struct DistillRunner {
    /// One for all seeds, or one per seed.
    classifiers: Vec<Classifiers>,
    /// By the cell of the aligner: the same on the labels that it gave.
    aligned: RefCell<Vec<(CellId, Rc<Classifiers>)>>,
    /// The files of pretrained teachers.
    files: WeightFiles,
}

impl DistillRunner {
    /// Opens the data of a planned run.
    ///
    /// # Errors
    /// The plan's settings are not a distillation profile, or the data cannot be read.
    pub fn open(plan: &Plan, data_dir: Option<&Path>, device: &Device) -> Result<Self> {
        let profile: DistillProfile =
            serde_json::from_value(plan.settings.clone()).context("the settings of the plan")?;
        let data_modules = DistillData::open(&profile, data_dir, device)?.into_data_modules();
        let classifiers = data_modules.into_iter().map(Classifiers::new).collect::<Result<_>>()?;
        let files = WeightFiles::new(&profile.teacher.weights);
        Ok(Self { classifiers, aligned: RefCell::default(), files })
    }

    /// The classifiers on the data of a cell, with its original labels.
    fn on_data(&self, data: &DatasetId) -> Result<&Classifiers> {
        let fits = |classifiers: &&Classifiers| classifiers.data_module().identity() == *data;
        self.classifiers.iter().find(fits).with_context(|| {
            format!("the run has no data with the cell's fingerprint {}", data.fingerprint)
        })
    }

    /// The classifiers on the data of a cell, with the labels of an aligner.
    fn on_aligned_data(
        &self,
        aligner: &ClassifierCell,
        context: &CellContext,
    ) -> Result<Rc<Classifiers>> {
        let id = aligner.id();
        let cached = self.aligned.borrow().iter().find(|entry| entry.0 == id).map(|e| e.1.clone());
        if let Some(cached) = cached {
            return Ok(cached);
        }
        let classifiers = with_aligned_labels(self.on_data(&aligner.data)?, aligner, context)?;
        let classifiers = Rc::new(classifiers);
        self.aligned.borrow_mut().push((id, classifiers.clone()));
        Ok(classifiers)
    }
}

impl CellRunner for DistillRunner {
    fn data(&self) -> DatasetId {
        self.classifiers[0].data_module().identity()
    }

    fn work(&self, cell: &Cell, context: &CellContext) -> Result<Option<String>> {
        match CellKind::from(cell) {
            CellKind::Classifier(cell) => match &cell.alignment_network {
                Some(aligner) => self.on_aligned_data(aligner, context)?.train(cell, context),
                None if cell.weights.is_some() => {
                    let classifiers = self.on_data(&cell.data)?;
                    classifiers.import_pretrained(cell, &self.files, context).map(Some)
                }
                None if cell.role == Role::ForcedAlignment => {
                    let classifiers = self.on_data(&cell.data)?;
                    classifiers.train_with_files(cell, context, &|network, batch| {
                        let alignment = alignment_file(classifiers, cell, network, batch)?;
                        Ok(vec![(ALIGNMENT_FILE, alignment)])
                    })
                }
                None => self.on_data(&cell.data)?.train(cell, context),
            },
            CellKind::Specialist(cell) => self.on_data(&cell.data)?.train_specialist(cell, context),
            CellKind::SpecialistEnsemble(cell) => {
                self.on_data(&cell.data)?.evaluate_ensemble(cell, context).map(Some)
            }
            _ => bail!("the plan of a distillation run has a cell of another experiment"),
        }
    }
}
