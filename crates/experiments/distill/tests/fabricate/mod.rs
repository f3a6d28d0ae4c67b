//! Distillation runs: logits of networks that get as many images wrong as they are meant to.

#![allow(dead_code)] // each test file uses some

pub mod reports;
pub mod runs;
mod speech;
use std::path::Path;

use assay_classifier_cells::{
    CellKind, ClassifierCell, Loss, Role, SpecialistCell, SpecialistClasses, SpecialistEnsemble,
    SpecialistEnsembleCell, TrainingSubset,
};
use assay_report::ReportError;
use assay_runs::{
    Cell, CurvePoint, Evaluation, Latency, Outcome, Parameters, Plan, Provenance, Record,
    RunDirectory, Summary, ViewConfig, random_stream,
};
use rand::RngExt;
use safetensors::Dtype;

use self::speech::{aligned, fold, label, of_fold, words};
use assay_test_support::tensors::{file, gallery, integer};
use assay_test_support::{
    Ending, data, draw_owner, network, normal, provenance, publish, schedule,
};

/// Makes the report of a run of this experiment.
pub fn write_report(path: &Path) -> Result<Summary, ReportError> {
    assay_report::write_report(path, &[assay_distill::REPORT]).map(|report| report.summary)
}

/// Errors in percent of the test images.
pub struct Truth {
    /// Of a cell, by itself.
    pub test: fn(&ClassifierCell) -> f64,
    /// The same on the training images.
    pub train: fn(&ClassifierCell) -> f64,
    /// Standard deviation of that over cells.
    pub noise: f64,
    /// How much less the logits of excluded classes are.
    pub offset: f64,
}

/// A run to be fabricated.
#[allow(clippy::struct_excessive_bools, reason = "each is a property of its own")]
pub struct Fabrication {
    pub truth: Truth,
    pub data: &'static str,
    pub seeds: u32,
    pub ensemble: u32,
    pub teacher: &'static str,
    pub students: Vec<&'static str>,
    pub temperatures: Vec<f64>,
    /// The losses of students that learn by another one.
    pub other_losses: Vec<Loss>,
    pub excluded_classes: Vec<Vec<u16>>,
    pub fractions: Vec<f64>,
    pub test_images: usize,
    /// Whether the teachers' weights are from files, the same for every seed.
    pub from_file: bool,
    /// How many specialists each teacher has; 0 for no specialist ensemble.
    pub specialists: u32,
    /// Whether specialists have a control: the generalist, trained further.
    pub specialists_control: bool,
    /// Errors of a teacher in percent less those of it and its specialists.
    pub specialists_gain: f64,
    /// Whether each seed has data of its own, with ten images more than the one before.
    pub folds: bool,
    /// Whether labels were aligned by a cell that had others.
    pub aligned: bool,
    pub ending: Box<dyn Fn(&ClassifierCell) -> Ending>,
}

impl Default for Fabrication {
    fn default() -> Self {
        Self {
            truth: Truth { test: errors, train: training_errors, noise: 0.05, offset: 4.0 },
            data: "mnist",
            seeds: 3,
            ensemble: 1,
            teacher: "mlp-1200-1200",
            students: vec!["mlp-30-30", "mlp-800-800"],
            temperatures: vec![1.0, 2.5, 4.0, 10.0, 20.0],
            other_losses: vec![],
            excluded_classes: vec![vec![], vec![3]],
            fractions: vec![0.03, 1.0],
            test_images: 1000,
            from_file: false,
            specialists: 0,
            specialists_control: true,
            specialists_gain: 1.1,
            folds: false,
            aligned: false,
            ending: Box::new(|_| Ending::Trained),
        }
    }
}

/// As the paper would have it, with more errors than on MNIST.
fn errors(cell: &ClassifierCell) -> f64 {
    let narrow = cell.network.architecture == "mlp-30-30";
    let few = cell.examples.fraction < 1.0;
    match (cell.role, &cell.loss) {
        (Role::Teacher, _) => 2.0,
        (Role::Student, _) => 5.0 + if narrow { 4.0 } else { 0.0 } + if few { 15.0 } else { 0.0 },
        (_, Loss::SoftTargets { temperature, .. }) => {
            let warm = match (narrow, *temperature) {
                (true, at) if (2.5..=4.0).contains(&at) => 6.5,
                (true, _) => 8.0,
                (false, at) if at > 8.0 => 2.5,
                (false, _) => 3.5,
            };
            warm + if few { 6.0 } else { 0.0 }
        }
        (_, Loss::HardLabels | Loss::Compared { .. }) => 5.0,
    }
}

fn training_errors(cell: &ClassifierCell) -> f64 {
    match cell.role {
        Role::Distilled => 1.5,
        _ => 0.0,
    }
}

const EPOCHS: u32 = 12;
const CLASSES: usize = 10;
const HELD_OUT_IMAGES: usize = 600;
const SHOWN_IMAGES: usize = 24;

impl Fabrication {
    /// Writes the run to `path`.
    pub fn write(&self, path: &Path) -> RunDirectory {
        let plan = Plan {
            study: "distill".to_owned(),
            profile: "fabricated".to_owned(),
            settings: serde_json::json!({"margin": 0.5, "seeds": self.seeds}),
            layers: Vec::new(),
            classes: (0..CLASSES).map(|class| class.to_string()).collect(),
            cells: Plan::in_dependency_order(self.cells().into_iter().map(Cell::from)),
        };
        let run = RunDirectory::create_or_open(path, plan).unwrap();
        for cell in &run.plan().cells {
            match CellKind::from(cell) {
                CellKind::Classifier(classifier) => match (self.ending)(classifier) {
                    Ending::Missing => {}
                    Ending::Failed => run.record_failure(cell, "out of memory").unwrap(),
                    ending => self.finish(&run, classifier, ending),
                },
                CellKind::Specialist(specialist) => self.specialize(&run, specialist),
                CellKind::SpecialistEnsemble(ensemble) => self.finish_ensemble(&run, ensemble),
                _ => panic!("a distillation has no {}", cell.name()),
            }
        }
        run
    }

    /// The class subset of a specialist is three classes, from that with its own number on.
    fn specialize(&self, run: &RunDirectory, cell: &SpecialistCell) {
        if (self.ending)(&cell.ensemble.generalist) != Ending::Trained {
            return;
        }
        let whole = Cell::from(cell.clone());
        let first = cell.class_subset as u16;
        let record = Record {
            outcome: Outcome::Trained,
            test: Some(evaluation(self.test_images, 7)),
            details: Some(SpecialistClasses { classes: (first..first + 3).collect() }.into()),
            ..Record::without_training(whole.clone())
        };
        run.stage(&whole).unwrap().publish(&record, &provenance()).unwrap();
    }

    fn finish_ensemble(&self, run: &RunDirectory, cell: &SpecialistEnsembleCell) {
        let generalist = &cell.ensemble.generalist;
        if (self.ending)(generalist) != Ending::Trained {
            return;
        }
        let whole = Cell::from(cell.clone());
        let id = draw_owner(2, &whole);
        let attempt = run.stage(&whole).unwrap();
        let percent = (self.truth.test)(generalist) - self.specialists_gain
            + self.truth.noise * normal(&id, "errors");
        let sets = [("test", self.test_images), ("validation_images", HELD_OUT_IMAGES)];
        let sets =
            sets.map(|(name, images)| (name, self.logits(generalist, &id, name, images, percent)));
        std::fs::write(attempt.path().join("logits.safetensors"), logits_file(generalist, &sets))
            .unwrap();
        publish(attempt, &Record::without_training(whole.clone()), &provenance());
    }

    fn cells(&self) -> Vec<ClassifierCell> {
        let cells = (0..self.seeds).flat_map(|seed| {
            let fold = if self.folds { seed } else { 0 };
            self.of_seed(seed).into_iter().map(move |cell| of_fold(cell, fold))
        });
        if self.aligned { cells.map(aligned).collect() } else { cells.collect() }
    }

    /// Test images of a cell's data.
    fn test_images(&self, cell: &ClassifierCell) -> usize {
        self.test_images + 10 * fold(cell)
    }

    fn of_seed(&self, seed: u32) -> Vec<ClassifierCell> {
        let whole =
            TrainingSubset { validation_images: 600, excluded_classes: Vec::new(), fraction: 1.0 };
        let teachers: Vec<ClassifierCell> = (0..self.ensemble)
            .map(|member| {
                let seed = if self.from_file { 0 } else { seed * self.ensemble } + member;
                let weights = self.from_file.then(|| format!("file {member}"));
                let teacher = self.cell(Role::Teacher, self.teacher, seed, whole.clone());
                ClassifierCell { weights, ..teacher }
            })
            .collect();
        let mut cells = teachers.clone();
        if self.specialists > 0 && self.specialists_control {
            cells.push(self.ensemble(&teachers[0]).continued_generalist());
        }
        for student in &self.students {
            for &fraction in &self.fractions {
                let all = TrainingSubset { fraction, ..whole.clone() };
                cells.push(self.cell(Role::Student, student, seed, all.clone()));
                if self.specialists > 0 {
                    cells.extend(self.of_specialists(student, seed, &teachers[0], &all));
                }
                cells.extend(self.other_losses.iter().map(|loss| ClassifierCell {
                    loss: loss.clone(),
                    teachers: teachers.clone(),
                    ..self.cell(Role::Distilled, student, seed, all.clone())
                }));
                for excluded_classes in &self.excluded_classes {
                    for &temperature in &self.temperatures {
                        let some = TrainingSubset {
                            excluded_classes: excluded_classes.clone(),
                            ..all.clone()
                        };
                        cells.push(ClassifierCell {
                            loss: Loss::SoftTargets {
                                temperature,
                                soft_weight: 1.0,
                                hard_weight: 0.1,
                            },
                            teachers: teachers.clone(),
                            ..self.cell(Role::Distilled, student, seed, some)
                        });
                    }
                }
            }
        }
        cells
    }

    fn ensemble(&self, generalist: &ClassifierCell) -> SpecialistEnsemble {
        SpecialistEnsemble {
            generalist: generalist.clone(),
            specialists: self.specialists,
            classes: 3,
            kmeans_iterations: 20,
            own_class_share: 0.5,
            schedule: schedule(EPOCHS),
        }
    }

    fn of_specialists(
        &self,
        student: &str,
        seed: u32,
        generalist: &ClassifierCell,
        examples: &TrainingSubset,
    ) -> Vec<ClassifierCell> {
        let ensemble = self.ensemble(generalist);
        let soft = |&temperature: &f64| ClassifierCell {
            loss: Loss::SoftTargets { temperature, soft_weight: 1.0, hard_weight: 0.1 },
            ensemble: Some(Box::new(ensemble.clone())),
            ..self.cell(Role::Distilled, student, seed, examples.clone())
        };
        self.temperatures.iter().map(soft).collect()
    }

    fn cell(
        &self,
        role: Role,
        architecture: &str,
        seed: u32,
        examples: TrainingSubset,
    ) -> ClassifierCell {
        ClassifierCell {
            role,
            seed,
            data: data(self.data),
            examples,
            views: ViewConfig { count: 1, crop_padding: 0, crop: 0, horizontal_flip: false },
            network: network(architecture),
            schedule: schedule(EPOCHS),
            loss: Loss::HardLabels,
            teachers: Vec::new(),
            initial_network: None,
            ensemble: None,
            weights: None,
            reject: None,
            tuning: None,
            trial: None,
            alignment_network: None,
        }
    }

    fn finish(&self, run: &RunDirectory, cell: &ClassifierCell, ending: Ending) {
        let whole = Cell::from(cell.clone());
        let attempt = run.stage(&whole).unwrap();
        let id = draw_owner(2, &whole);
        let percent = match ending {
            Ending::Trained => (self.truth.test)(cell) + self.truth.noise * normal(&id, "errors"),
            _ => 90.0,
        };
        let sets = [("test", self.test_images(cell)), ("validation_images", HELD_OUT_IMAGES)];
        let sets = sets.map(|(name, images)| (name, self.logits(cell, &id, name, images, percent)));
        let file = logits_file(cell, &sets);
        std::fs::write(attempt.path().join("logits.safetensors"), file).unwrap();
        if cell.role == Role::Teacher {
            std::fs::write(attempt.path().join("sample_images.safetensors"), gallery(SHOWN_IMAGES))
                .unwrap();
            std::fs::write(attempt.path().join("weights.safetensors"), [0; 4096]).unwrap();
        }
        let outcome = match ending {
            Ending::Stuck => Outcome::DidNotLearn,
            Ending::Diverged => Outcome::Diverged { epoch: 3 },
            _ if cell.weights.is_some() => Outcome::Measured,
            _ => Outcome::Trained,
        };
        let test = evaluation(self.test_images(cell), wrong(cell, &sets[0].1));
        let trained = (self.truth.train)(cell) / 100.0 * 1000.0;
        let record = Record {
            outcome,
            test: (ending != Ending::Diverged).then_some(test),
            train: Some(evaluation(1000, trained.round() as usize)),
            curve: curve(percent),
            parameters: parameters(&cell.network.architecture),
            weights: "none".to_owned(),
            logits: Some("none".to_owned()),
            ..Record::without_training(whole.clone())
        };
        let latency = Some(Latency { batch_1: 0.21, batch_128: 3.4 });
        publish(attempt, &record, &Provenance { latency, ..provenance() });
    }

    /// Image i is of class i mod 10; which images are hard is the same for every network, but for
    /// some chance of its own. The second most likely class is near its own.
    fn logits(
        &self,
        cell: &ClassifierCell,
        id: &str,
        set: &str,
        images: usize,
        percent: f64,
    ) -> Vec<f32> {
        let mut shared = random_stream(&set, "difficulty");
        let mut own = random_stream(&id, set);
        let scores: Vec<f64> = (0..images)
            .map(|_| {
                let difficulty: f64 = (0..4).map(|_| shared.random::<f64>()).sum();
                difficulty + 1.5 * own.random::<f64>()
            })
            .collect();
        let mut sorted = scores.clone();
        sorted.sort_by(f64::total_cmp);
        let wrong = (percent / 100.0 * images as f64).round() as usize;
        let threshold = sorted[images - 1 - wrong];
        let mut logits = Vec::with_capacity(images * CLASSES);
        for (image, score) in scores.iter().enumerate() {
            let margin = 5.0 * (threshold - score) + 1e-3;
            let label = label(cell, image);
            let rival = (label + 1 + image / CLASSES % 3) % CLASSES;
            for class in 0..CLASSES {
                let mut logit = match class {
                    _ if class == label => margin.max(0.0),
                    _ if class == rival => (-margin).max(0.0),
                    _ => -1.5 - 3.0 * own.random::<f64>(),
                };
                if cell
                    .examples
                    .excluded_classes
                    .iter()
                    .any(|&excluded_classes| usize::from(excluded_classes) == class)
                {
                    logit -= self.truth.offset;
                }
                logits.push(logit as f32);
            }
        }
        logits
    }
}

/// Images of which another class is as likely as their own.
fn wrong(cell: &ClassifierCell, logits: &[f32]) -> usize {
    let rows = logits.chunks_exact(CLASSES).enumerate();
    let is_wrong = |(image, row): &(usize, &[f32])| {
        let label = label(cell, *image);
        row.iter().enumerate().any(|(class, &logit)| class != label && logit >= row[label])
    };
    rows.filter(is_wrong).count()
}

fn evaluation(images: usize, wrong: usize) -> Evaluation {
    let (images, wrong) = (images as u32, wrong as u32);
    Evaluation { images, correct: images - wrong, correct_top5: images, loss: 0.1 }
}

fn curve(percent: f64) -> Vec<CurvePoint> {
    let point = |epoch: u32| {
        let gone = f64::from(epoch) / f64::from(EPOCHS);
        let errors = percent * (1.0 + 8.0 * ((-5.0 * gone).exp() - (-5.0_f64).exp()));
        let wrong = (errors.min(90.0) / 100.0 * 10_000.0) as usize;
        CurvePoint {
            epoch,
            train_loss: 2.3 - 2.0 * gone,
            evaluation: Some(evaluation(10_000, wrong)),
        }
    };
    (1..=EPOCHS).map(point).collect()
}

/// Of two hidden layers on 784 inputs.
fn parameters(architecture: &str) -> Parameters {
    let units = architecture.split('-').nth(1).and_then(|units| units.parse().ok()).unwrap_or(1);
    let multiplications: u64 = 784 * units + units * units + units * 10;
    let total = multiplications + 2 * units + 10;
    Parameters { total, trained: total, multiplications }
}

fn logits_file(cell: &ClassifierCell, sets: &[(&str, Vec<f32>)]) -> Vec<u8> {
    let mut tensors = Vec::new();
    if cell.data.name == "fsdd" {
        tensors.extend(words(sets[0].1.len() / CLASSES, |image| label(cell, image)));
    }
    for (name, logits) in sets {
        let images = logits.len() / CLASSES;
        let labels = (0..images).flat_map(|image| integer(label(cell, image)));
        let bytes: Vec<u8> = logits.iter().flat_map(|logit| logit.to_le_bytes()).collect();
        tensors.push(((*name).to_owned(), Dtype::F32, vec![images, CLASSES], bytes));
        tensors.push((format!("{name}_labels"), Dtype::I64, vec![images], labels.collect()));
    }
    file(&tensors)
}
