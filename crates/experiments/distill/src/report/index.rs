//! The table of observations: the classifiers of the run by condition and seed, each with its
//! metrics or its outcome. Claims, figures and tables select and compare them.

mod specialists;

use std::collections::HashMap;
use std::rc::Rc;

use assay_classifier_cells::{CellKind, ClassifierCell, Role};
use assay_report::ReportError;
use assay_report::run_results::{CellResult, RunResults};
use assay_report::tuning::Trial;
use assay_report::words::plural;
use assay_runs::{CellId, CellSpec, Outcome, Plan, file};

use super::agreement::Agreement;
use super::classification::ClassificationMetrics;
use super::condition::Condition;
use super::correction::corrections;
use super::files::{Logits, read_logits};
use super::group::{Group, Metrics, Teachers, Training};
use super::predictions::Ensemble;
use super::specialist_ensembles::EnsembleResult;

/// All planned classifiers, with their results.
#[derive(Debug)]
pub struct Index<'a> {
    pub plan: &'a Plan,
    planned: HashMap<CellId, &'a CellResult>,
    /// Every condition, in the order of the plan.
    pub groups: Vec<Group<'a>>,
    /// The distinct teachers of students, in the order of the plan.
    pub teachers: Vec<Rc<Teachers>>,
    /// For every teacher, the seed of its first students.
    taught: HashMap<CellId, u32>,
    /// The logits of teachers, specialist ensembles and their controls only. Those of the others are many, and read
    /// only once.
    logits: HashMap<CellId, Logits>,
    /// For every generalist, the control of its specialists.
    controls: HashMap<CellId, CellId>,
    /// Every planned specialist ensemble, in the order of the plan.
    pub specialist_ensembles: Vec<EnsembleResult<'a>>,
    /// The labels of the test and validation images, by data and network for forced alignment. They
    /// are the same for every cell of both.
    labels: HashMap<(String, Option<CellId>), [Vec<usize>; 2]>,
    /// The number of cells that differ from an earlier one, but not in their condition or seed. The
    /// statistics leave them out.
    pub unpaired: usize,
    /// The trials of learning rates.
    pub trials: Vec<Trial<'a>>,
}

impl<'a> Index<'a> {
    /// Selects the classifiers from a run's cells, and reads their logits.
    ///
    /// # Errors
    /// When a file of logits cannot be read, or has other images than the others.
    pub fn read(run: &'a RunResults) -> Result<Self, ReportError> {
        let (mut taught, mut controls) = (HashMap::new(), HashMap::new());
        let classifiers = || run.all().iter().filter_map(|one| one.cell.downcast_ref());
        let is_compared = |cell: &&ClassifierCell| cell.trial.is_none();
        for cell in classifiers().filter(is_compared) {
            if let Some(generalist) = &cell.initial_network {
                controls.insert(generalist.id(), cell.id());
            }
            for teacher in &cell.teachers {
                taught.entry(teacher.id()).or_insert(cell.seed);
            }
        }
        let mut index = Self {
            plan: run.plan(),
            planned: run.all().iter().map(|one| (one.cell.id(), one)).collect(),
            groups: Vec::new(),
            teachers: Vec::new(),
            taught,
            logits: HashMap::new(),
            controls,
            specialist_ensembles: Vec::new(),
            labels: HashMap::new(),
            unpaired: 0,
            trials: Vec::new(),
        };
        // In the order of the plan, each cell comes after its teachers.
        for cell_result in run.all() {
            match CellKind::from(&cell_result.cell) {
                CellKind::Classifier(cell) if cell.trial.is_some() => {
                    let trial = index.trial(cell, cell_result);
                    index.trials.extend(trial);
                }
                CellKind::Classifier(cell) => index.add(cell, cell_result)?,
                CellKind::SpecialistEnsemble(cell) => {
                    index.add_specialist_ensemble(cell, cell_result)?;
                }
                _ => {}
            }
        }
        Ok(index)
    }

    /// The trial of a learning rate. Every condition chooses by itself.
    fn trial(&self, cell: &'a ClassifierCell, cell_result: &'a CellResult) -> Option<Trial<'a>> {
        let lr_factor = cell.trial?;
        Some(Trial {
            networks: self.name(&Condition::from(cell)),
            tuning: cell.tuning.as_ref()?,
            lr_factor,
            learning_rate: cell.schedule.learning_rate * lr_factor,
            cell_result,
        })
    }

    fn add(
        &mut self,
        cell: &'a ClassifierCell,
        cell_result: &'a CellResult,
    ) -> Result<(), ReportError> {
        let id = cell_result.cell.id();
        let logits = self.read_logits(cell, cell_result)?;
        let teachers = self.add_teachers(cell);
        let condition = Condition::from(cell);
        let metrics = match &logits {
            Some(logits) => Ok(self.measure(cell, logits, teachers.as_deref())),
            None => Err(format!("{} {}", self.name(&condition), cell_result.outcome())),
        };
        let counts_for = self.taught.get(&id).copied().unwrap_or(cell.seed);
        if let Some(logits) =
            logits.filter(|_| matches!(cell.role, Role::Teacher | Role::Continued))
        {
            self.logits.insert(id, logits);
        }
        let training = Training { cell, cell_result, metrics, counts_for, teachers };
        match self.groups.iter_mut().find(|group| group.condition == condition) {
            Some(group) if group.with_seed(cell.seed).is_some() => self.unpaired += 1,
            Some(group) => group.trainings.push(training),
            None => self.groups.push(Group { condition, trainings: vec![training] }),
        }
        Ok(())
    }

    /// The logits of a network that was trained, or read from a file; none for any other outcome.
    fn read_logits(
        &mut self,
        cell: &ClassifierCell,
        cell_result: &CellResult,
    ) -> Result<Option<Logits>, ReportError> {
        let measured = |outcome: &Outcome| matches!(outcome, Outcome::Trained | Outcome::Measured);
        if cell_result.record().is_none_or(|record| !measured(&record.outcome)) {
            return Ok(None);
        }
        let logits = read_logits(cell_result)?;
        let path = cell_result.folder.join(file::LOGITS);
        let classes = self.plan.classes.len();
        if logits.test.classes != classes || logits.validation_images.classes != classes {
            let reason = format!("logits of other than the plan's {classes} classes");
            return Err(ReportError::Tensors { path, reason });
        }
        let labels = [logits.test.labels.clone(), logits.validation_images.labels.clone()];
        let aligner = cell.alignment_network.as_ref().map(|aligner| aligner.id());
        let images = (cell.data.fingerprint.clone(), aligner);
        if self.labels.entry(images).or_insert_with(|| labels.clone()) != &labels {
            let reason = "labels of other images than those of the cells before".to_owned();
            return Err(ReportError::Tensors { path, reason });
        }
        Ok(Some(logits))
    }

    /// The teachers that a cell learns from, if it learns from any. A specialist ensemble counts as
    /// one teacher.
    fn add_teachers(&mut self, cell: &ClassifierCell) -> Option<Rc<Teachers>> {
        let ensemble = cell.ensemble.iter().map(|ensemble| ensemble.ensemble_cell().id());
        let members: Vec<CellId> =
            cell.teachers.iter().map(ClassifierCell::id).chain(ensemble).collect();
        if members.is_empty() {
            return None;
        }
        let known = self.teachers.iter().find(|teachers| teachers.members == members).cloned();
        Some(known.unwrap_or_else(|| {
            let metrics = self.metrics_of_teachers(&members);
            let teachers = Rc::new(Teachers { members, seed: cell.seed, metrics });
            self.teachers.push(teachers.clone());
            teachers
        }))
    }

    fn metrics_of_teachers(
        &self,
        members: &[CellId],
    ) -> Result<(Vec<ClassificationMetrics>, ClassificationMetrics), String> {
        let logits = |id: &CellId| self.logits_or_reason(id, &format!("teacher {id}"));
        let members = members.iter().map(logits).collect::<Result<Vec<_>, _>>()?;
        let members: Vec<_> = members.into_iter().map(|logits| &logits.test).collect();
        let each = members.iter().map(|&one| ClassificationMetrics::new(&Ensemble::from(one)));
        Ok((each.collect(), ClassificationMetrics::new(&Ensemble::new(members))))
    }

    /// The logits of a teacher or specialist ensemble, or its name and outcome.
    fn logits_or_reason(&self, id: &CellId, name: &str) -> Result<&Logits, String> {
        self.logits.get(id).ok_or_else(|| {
            let outcome = self.planned(id).map_or("is not planned", CellResult::outcome);
            format!("{name} {outcome}")
        })
    }

    fn measure(
        &self,
        cell: &ClassifierCell,
        logits: &Logits,
        teachers: Option<&Teachers>,
    ) -> Metrics {
        let test = Ensemble::from(&logits.test);
        let teachers = teachers.and_then(|teachers| self.ensemble(teachers));
        let temperature = Condition::from(cell).temperature;
        let agreement = teachers.map(|teachers| Agreement::new(&test, &teachers, temperature));
        let classes = logits.test.classes;
        let excluded_classes: Vec<usize> =
            cell.examples.excluded_classes.iter().copied().map(usize::from).collect();
        let some = (1..classes).contains(&excluded_classes.len())
            && excluded_classes.iter().all(|class| *class < classes);
        let corrections = if some {
            corrections(&logits.validation_images, &logits.test, &excluded_classes)
        } else {
            Vec::new()
        };
        Metrics { classification: ClassificationMetrics::new(&test), agreement, corrections }
    }

    /// The mean predictions of teachers on the test images; none unless all were trained.
    pub fn ensemble(&self, teachers: &Teachers) -> Option<Ensemble<'_>> {
        let test = |id: &CellId| self.logits.get(id).map(|logits| &logits.test);
        teachers.members.iter().map(test).collect::<Option<Vec<_>>>().map(Ensemble::new)
    }

    /// Whether each seed has test data of its own.
    pub fn has_folds(&self) -> bool {
        let mut data = self.groups.iter().flat_map(|group| &group.trainings);
        let first = data.next().map(|one| &one.cell.data);
        data.any(|one| Some(&one.cell.data) != first)
    }

    /// The name of a condition in the report.
    pub fn name(&self, condition: &Condition) -> String {
        condition.name(&self.plan.classes)
    }

    /// The cells of a condition, if they are planned.
    pub fn group(&self, condition: &Condition) -> Option<&Group<'a>> {
        self.groups.iter().find(|group| &group.condition == condition)
    }

    /// The groups of a role, in the order of the plan.
    pub fn groups_of_role(&self, role: Role) -> impl Iterator<Item = &Group<'a>> {
        self.groups.iter().filter(move |group| group.condition.role == role)
    }

    /// All planned classifiers, by condition.
    pub fn trainings(&self) -> impl Iterator<Item = (&Group<'a>, &Training<'a>)> {
        self.groups
            .iter()
            .flat_map(|group| group.trainings.iter().map(move |training| (group, training)))
    }

    /// A planned cell.
    pub fn planned(&self, cell: &CellId) -> Option<&'a CellResult> {
        self.planned.get(cell).copied()
    }

    /// Ensembles of several teachers by size, and specialist ensembles: the name of each kind, with
    /// the metrics of those that were trained.
    pub fn ensembles(&self) -> Vec<(String, Vec<&ClassificationMetrics>)> {
        let mut found: Vec<(String, Vec<&ClassificationMetrics>)> = Vec::new();
        for teachers in self.teachers.iter().filter(|one| one.members.len() > 1) {
            let Ok((_, together)) = &teachers.metrics else { continue };
            let name = format!("ensemble of {}", plural(teachers.members.len(), "teacher"));
            match found.iter_mut().find(|(known, _)| *known == name) {
                Some((_, metrics)) => metrics.push(together),
                None => found.push((name, vec![together])),
            }
        }
        let known = self.specialist_ensembles.iter().filter_map(|one| one.metrics.as_ref().ok());
        let metrics: Vec<_> = known.map(|known| &known.ensemble).collect();
        if !metrics.is_empty() {
            let specialists = self.specialist_ensembles[0].specialists.len();
            found.push((format!("generalist and {}", plural(specialists, "specialist")), metrics));
        }
        found
    }
}
