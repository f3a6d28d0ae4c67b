//! Specialist ensembles in the table of observations.

use assay_classifier_cells::SpecialistEnsembleCell;
use assay_report::ReportError;
use assay_report::run_results::CellResult;
use assay_runs::{Cell, CellId, CellSpec};

use super::Index;
use crate::report::classification::ClassificationMetrics;
use crate::report::files::Logits;
use crate::report::predictions::Ensemble;
use crate::report::specialist_ensembles::{
    Control, EnsembleMetrics, EnsembleResult, SpecialistResult, coverage_of_labels,
};

impl<'a> Index<'a> {
    pub(super) fn add_specialist_ensemble(
        &mut self,
        cell: &'a SpecialistEnsembleCell,
        cell_result: &'a CellResult,
    ) -> Result<(), ReportError> {
        let (id, generalist) = (cell_result.cell.id(), &cell.ensemble.generalist);
        if let Some(logits) = self.read_logits(generalist, cell_result)? {
            self.logits.insert(id.clone(), logits);
        }
        let cells = cell.ensemble.specialist_cells().into_iter();
        let specialists = cells.filter_map(|cell| {
            let number = cell.class_subset;
            let cell_result = self.planned(&Cell::from(cell).id())?;
            Some(SpecialistResult { number, cell_result })
        });
        let specialists: Vec<_> = specialists.collect();
        let generalist_id = generalist.id();
        let subsets: Vec<&[u16]> =
            specialists.iter().filter_map(SpecialistResult::class_subset).collect();
        let metrics = self.logits_or_reason(&generalist_id, "generalist").and_then(|generalist| {
            let ensemble = &self.logits_or_reason(&id, "specialist ensemble")?.test;
            Ok(EnsembleMetrics {
                generalist: ClassificationMetrics::new(&Ensemble::from(&generalist.test)),
                ensemble: ClassificationMetrics::new(&Ensemble::from(ensemble)),
                control: self.control(&generalist_id, generalist),
                covering: coverage_of_labels(&ensemble.labels, &subsets),
            })
        });
        self.specialist_ensembles.push(EnsembleResult { cell, specialists, metrics });
        Ok(())
    }

    /// The control of a generalist's specialists.
    fn control(&self, id: &CellId, generalist: &Logits) -> Result<Control, String> {
        let control = self.controls.get(id).ok_or("the control is not planned")?;
        let control = &self.logits_or_reason(control, "the control")?.test;
        let with_generalist = Ensemble::new(vec![&generalist.test, control]);
        Ok(Control {
            alone: ClassificationMetrics::new(&Ensemble::from(control)),
            with_generalist: ClassificationMetrics::new(&with_generalist),
        })
    }

    /// Whether specialists have a control in this plan.
    pub fn has_control_of_specialists(&self) -> bool {
        !self.controls.is_empty()
    }
}
