//! The cells of the distillation experiment by condition and seed, with the measurements on their
//! logits.

use std::collections::HashMap;

use assay_classifier_cells::{CellKind, ClassifierCell, Role, SpecialistEnsembleCell};
use assay_runs::{Cell, CellId, CellSpec, Outcome, Plan, file};

use super::condition::Condition;
use super::correction::corrections;
use super::files::{Answers, read_answers};
use super::group::{Group, Measures, Teachers, Training};
use super::likeness::Likeness;
use super::panels::PanelOutcome;
use super::predictions::Ensemble;
use super::quality::Quality;
use assay_report::ReportError;
use assay_report::run_results::{CellResult, RunResults};

/// All planned classifiers, with their results.
#[derive(Debug)]
pub struct Index<'a> {
    run: &'a RunResults,
    planned: HashMap<CellId, &'a CellResult>,
    groups: Vec<Group<'a>>,
    teachers: Vec<Teachers>,
    /// For every teacher, the seed of its first students.
    taught: HashMap<CellId, u32>,
    /// The logits of teachers and specialist ensembles only. Those of the others are many, and read
    /// only once.
    answers: HashMap<CellId, Answers>,
    panels: Vec<PanelOutcome<'a>>,
    /// The labels of the test and validation images, by data and network for forced alignment. They
    /// are the same for every cell of both.
    labels: HashMap<(String, Option<CellId>), [Vec<usize>; 2]>,
    unpaired: usize,
}

impl<'a> Index<'a> {
    /// Selects the classifiers from a run's cells, and reads their logits.
    ///
    /// # Errors
    /// When a file of logits cannot be read, or has other images than the others.
    pub fn read(run: &'a RunResults) -> Result<Self, ReportError> {
        let planned = run.all().iter().map(|one| (one.cell.id(), one)).collect();
        let mut index = Self {
            run,
            planned,
            groups: Vec::new(),
            teachers: Vec::new(),
            taught: taught(run),
            answers: HashMap::new(),
            panels: Vec::new(),
            labels: HashMap::new(),
            unpaired: 0,
        };
        // In the order of the plan, each cell comes after its teachers.
        for cell_result in run.all() {
            match CellKind::from(&cell_result.cell) {
                CellKind::Classifier(cell) => index.add(cell, cell_result)?,
                CellKind::SpecialistEnsemble(cell) => index.add_panel(cell, cell_result)?,
                _ => {}
            }
        }
        Ok(index)
    }

    fn add(
        &mut self,
        cell: &'a ClassifierCell,
        cell_result: &'a CellResult,
    ) -> Result<(), ReportError> {
        let answers = self.read_answers(cell, cell_result)?;
        let teachers = self.place_of_teachers(cell);
        let measures = answers.as_ref().map(|answers| self.measure(cell, answers, teachers));
        if let Some(answers) = answers.filter(|_| cell.role == Role::Teacher) {
            self.answers.insert(cell_result.cell.id(), answers);
        }
        let weights = std::fs::metadata(cell_result.folder.join(file::WEIGHTS));
        let weights_bytes = weights.ok().map(|file| file.len());
        let counts_for = self.taught.get(&cell_result.cell.id()).copied().unwrap_or(cell.seed);
        let training =
            Training { cell, cell_result, measures, weights_bytes, counts_for, teachers };
        let condition = Condition::of(cell);
        match self.groups.iter_mut().find(|group| group.condition == condition) {
            Some(group) if group.at(cell.seed).is_some() => self.unpaired += 1,
            Some(group) => group.trainings.push(training),
            None => self.groups.push(Group { condition, trainings: vec![training] }),
        }
        Ok(())
    }

    fn add_panel(
        &mut self,
        cell: &'a SpecialistEnsembleCell,
        cell_result: &'a CellResult,
    ) -> Result<(), ReportError> {
        let id = cell_result.cell.id();
        if let Some(answers) = self.read_answers(&cell.ensemble.generalist, cell_result)? {
            self.answers.insert(id.clone(), answers);
        }
        let answers = [&cell.ensemble.generalist.id(), &id].map(|id| self.answers.get(id));
        let planned = |cell: &Cell| self.planned.get(&cell.id()).copied();
        self.panels.push(PanelOutcome::new(cell, answers, planned));
        Ok(())
    }

    /// The logits of a network that was trained, or read from a file; none for any other outcome.
    fn read_answers(
        &mut self,
        cell: &ClassifierCell,
        cell_result: &CellResult,
    ) -> Result<Option<Answers>, ReportError> {
        let says = |outcome: &Outcome| matches!(outcome, Outcome::Trained | Outcome::Measured);
        if cell_result.record().is_none_or(|record| !says(&record.outcome)) {
            return Ok(None);
        }
        let path = cell_result.folder.join(file::LOGITS);
        let answers = read_answers(cell_result)?;
        let classes = self.plan().classes.len();
        if answers.test.classes() != classes || answers.validation_images.classes() != classes {
            let reason = format!("logits of other than the plan's {classes} classes");
            return Err(ReportError::Tensors { path, reason });
        }
        let labels = [answers.test.labels().to_vec(), answers.validation_images.labels().to_vec()];
        let aligner = cell.alignment_network.as_ref().map(|aligner| aligner.id());
        let of = (cell.data.fingerprint.clone(), aligner);
        if self.labels.entry(of).or_insert_with(|| labels.clone()) != &labels {
            let reason = "labels of other images than those of the cells before".to_owned();
            return Err(ReportError::Tensors { path, reason });
        }
        Ok(Some(answers))
    }

    /// The index of the teachers that a cell learns from, if it learns from any. A specialist
    /// ensemble counts as one teacher.
    fn place_of_teachers(&mut self, cell: &ClassifierCell) -> Option<usize> {
        let panel = cell.ensemble.iter().map(|panel| panel.ensemble_cell().id());
        let members: Vec<CellId> =
            cell.teachers.iter().map(ClassifierCell::id).chain(panel).collect();
        if members.is_empty() {
            return None;
        }
        let place = self.teachers.iter().position(|teachers| teachers.members == members);
        Some(place.unwrap_or_else(|| {
            let quality = self.quality_of_teachers(&members);
            self.teachers.push(Teachers { members, seed: cell.seed, quality });
            self.teachers.len() - 1
        }))
    }

    fn quality_of_teachers(&self, members: &[CellId]) -> Result<(Vec<Quality>, Quality), String> {
        let one = |id: &CellId| {
            self.answers.get(id).map(|answers| &answers.test).ok_or_else(|| {
                let outcome = self.planned.get(id).map_or("is not planned", |one| one.outcome());
                format!("teacher {id} {outcome}")
            })
        };
        let members = members.iter().map(one).collect::<Result<Vec<_>, _>>()?;
        let each = members.iter().map(|&member| Quality::of(&Ensemble::new(vec![member])));
        Ok((each.collect(), Quality::of(&Ensemble::new(members))))
    }

    fn measure(
        &self,
        cell: &ClassifierCell,
        answers: &Answers,
        teachers: Option<usize>,
    ) -> Measures {
        let test = Ensemble::new(vec![&answers.test]);
        let teachers = teachers.and_then(|place| self.ensemble(&self.teachers[place]));
        let temperature = Condition::of(cell).temperature;
        let likeness = teachers.map(|teachers| Likeness::of(&test, &teachers, temperature));
        let classes = answers.test.classes();
        let excluded_classes: Vec<usize> =
            cell.examples.excluded_classes.iter().copied().map(usize::from).collect();
        let some =
            !excluded_classes.is_empty() && excluded_classes.iter().all(|class| *class < classes);
        let corrections = if some && excluded_classes.len() < classes {
            corrections(&answers.validation_images, &answers.test, &excluded_classes)
        } else {
            Vec::new()
        };
        Measures { quality: Quality::of(&test), likeness, corrections }
    }

    /// The quality of teachers together on the test images; none unless all were trained.
    #[must_use]
    pub fn ensemble(&self, teachers: &Teachers) -> Option<Ensemble<'_>> {
        let of = |id: &CellId| self.answers.get(id).map(|answers| &answers.test);
        teachers.members.iter().map(of).collect::<Option<Vec<_>>>().map(Ensemble::new)
    }

    /// The plan of the run.
    #[must_use]
    pub fn plan(&self) -> &'a Plan {
        self.run.plan()
    }

    /// Every condition, in the order of the plan.
    #[must_use]
    pub fn groups(&self) -> &[Group<'a>] {
        &self.groups
    }

    /// The cells of a condition, if they are planned.
    #[must_use]
    pub fn group(&self, condition: &Condition) -> Option<&Group<'a>> {
        self.groups.iter().find(|group| &group.condition == condition)
    }

    /// The distinct teachers of students, in the order of the plan.
    #[must_use]
    pub fn all_teachers(&self) -> &[Teachers] {
        &self.teachers
    }

    /// The teachers of a distilled student.
    #[must_use]
    pub fn teachers(&self, training: &Training) -> Option<&Teachers> {
        training.teachers.map(|place| &self.teachers[place])
    }

    /// Every planned specialist ensemble, in the order of the plan.
    #[must_use]
    pub fn panels(&self) -> &[PanelOutcome<'a>] {
        &self.panels
    }

    /// A planned cell.
    #[must_use]
    pub fn planned(&self, cell: &CellId) -> Option<&'a CellResult> {
        self.planned.get(cell).copied()
    }

    /// Cells that differ from an earlier one, but not in their condition or seed. The statistics
    /// leave them out.
    #[must_use]
    pub fn unpaired(&self) -> usize {
        self.unpaired
    }

    /// The quality of a condition's network with one seed on the test images, or what it lacks and
    /// why.
    ///
    /// # Errors
    /// When the cell is not planned or was not trained, as text.
    pub fn quality(&self, condition: &Condition, seed: u32) -> Result<&Quality, String> {
        let name = || condition.name(&self.plan().classes);
        let group = self.group(condition);
        let training = group.and_then(|group| group.at(seed));
        let training = training.ok_or_else(|| format!("{} is not planned", name()))?;
        let measures = training.measures.as_ref();
        let lacks = || format!("{} {}", name(), training.cell_result.outcome());
        measures.map(|measures| &measures.quality).ok_or_else(lacks)
    }
}

/// See [`Index`].
fn taught(run: &RunResults) -> HashMap<CellId, u32> {
    let mut seeds = HashMap::new();
    for cell in run.all().iter().filter_map(|one| one.cell.downcast_ref::<ClassifierCell>()) {
        for teacher in &cell.teachers {
            seeds.entry(teacher.id()).or_insert(cell.seed);
        }
    }
    seeds
}
