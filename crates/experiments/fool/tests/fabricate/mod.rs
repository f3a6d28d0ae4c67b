//! Fooling runs.

#![allow(dead_code)] // each test file uses some

mod files;
pub mod retraining;
pub mod runs;
use std::path::Path;

use assay_classifier_cells::{
    Attack, AttackCell, AttackResult, CellKind, ClassifierCell, CrossEvaluationCell, EliteRecord,
    Encoding, GenerationPoint, Loss, Method, Predictions, Preset, Regularization, Rejection, Role,
    TrainingSubset,
};
use assay_report::ReportError;
use assay_runs::{
    Cell, CellSpec, Evaluation, ExternalModel, Outcome, Plan, Record, RunDirectory, Summary,
    ViewConfig,
};
use safetensors::{Dtype, tensor::TensorView};

use self::files::{classifier_logits, elite_logits, lineages};
use self::retraining::{external_evaluations, external_predictions, retrained};
use assay_test_support::{Ending, data, network, provenance, publish, schedule};

pub const CLASSES: u16 = 10;
const GENERATIONS: [u32; 6] = [1, 2, 5, 20, 50, 60];

/// Makes the report of a run of this experiment.
pub fn write_report(path: &Path) -> Result<Summary, ReportError> {
    assay_report::write_report(path, &[assay_fool::REPORT]).map(|report| report.summary)
}

/// Of 1000 test images those that are right, and those that are rejected.
type Clean = Box<dyn Fn(&ClassifierCell) -> [u32; 2]>;
type Transferred = Box<dyn Fn(&AttackCell, &ClassifierCell) -> u16>;

/// A run to be fabricated.
pub struct Fabrication {
    pub data: &'static str,
    pub seeds: u32,
    pub architectures: Vec<&'static str>,
    pub presets: Vec<Preset>,
    /// Each with its number of generations.
    pub searches: Vec<(Method, Encoding, u32)>,
    /// Gradient ascents beside them, of 60 generations.
    pub ascents: Vec<(Encoding, Regularization)>,
    /// Evaluations until class 0 has an image of 99 %; each class needs one more than the one before.
    pub to_99: Box<dyn Fn(&AttackCell) -> u64>,
    /// Of how many of the ten classes an attack's elite has 99.999 %; the others have 50 %.
    pub at_9999: Box<dyn Fn(&AttackCell) -> u16>,
    /// The median confidence at the end, in [0, 1].
    pub median: Box<dyn Fn(&AttackCell) -> f32>,
    /// How many of the ten elites a network assigns to their class, at 99.5 %; it assigns the others to
    /// the next class, at 60 %.
    pub transferred: Transferred,
    pub ending: Box<dyn Fn(&Cell) -> Ending>,
    /// Rounds of retraining on CPPN images, each with 3 attacks.
    pub rounds: u32,
    pub clean: Clean,
    /// The logit that a network gives an elite's first class, all others being 0; test images have 1, 2, 3
    /// and 4 there.
    pub logit: Box<dyn Fn(&AttackCell) -> f32>,
    /// Networks of other runs.
    pub external_models: Vec<ExternalModel>,
}

impl Default for Fabrication {
    fn default() -> Self {
        let mut searches = Vec::new();
        for encoding in [Encoding::Direct, Encoding::Cppn] {
            for method in [Method::Evolution, Method::RandomSearch] {
                searches.push((method, encoding, 60));
            }
        }
        Self {
            data: "mnist",
            seeds: 3,
            architectures: vec!["lenet", "mlp-30"],
            presets: vec![Preset::Paper],
            searches,
            ascents: Vec::new(),
            to_99: Box::new(|_| 100),
            at_9999: Box::new(|_| CLASSES),
            median: Box::new(|cell| match cell.attack.method {
                Method::Evolution => 1.0,
                Method::RandomSearch => 0.5,
                Method::GradientAscent => 0.8,
            }),
            transferred: Box::new(|_, _| 5),
            ending: Box::new(|_| Ending::Trained),
            rounds: 0,
            clean: Box::new(|_| [980, 0]),
            logit: Box::new(|_| 0.5),
            external_models: Vec::new(),
        }
    }
}

impl Fabrication {
    /// Writes the run to `path`.
    pub fn write(&self, path: &Path) -> RunDirectory {
        let plan = Plan {
            study: "fool".to_owned(),
            profile: "fabricated".to_owned(),
            settings: serde_json::json!({"margin": 0.5, "seeds": self.seeds}),
            layers: Vec::new(),
            // ImageNet's classes are known by their synsets.
            classes: match self.data {
                "imagenet" => (0..1000).map(|class| format!("n{class:08}")).collect(),
                _ => (0..CLASSES).map(|class| class.to_string()).collect(),
            },
            cells: self.cells(),
        };
        let run = RunDirectory::create_or_open(path, plan).unwrap();
        for cell in &run.plan().cells {
            match (self.ending)(cell) {
                Ending::Missing => {}
                Ending::Failed => run.record_failure(cell, "out of memory").unwrap(),
                ending => self.finish(&run, cell, ending),
            }
        }
        run
    }

    fn cells(&self) -> Vec<Cell> {
        let networks: Vec<ClassifierCell> = (0..self.seeds)
            .flat_map(|seed| self.architectures.iter().map(move |name| (seed, name)))
            .map(|(seed, architecture)| self.network(seed, architecture))
            .collect();
        let attacks: Vec<AttackCell> =
            networks.iter().flat_map(|network| self.attacks(network)).collect();
        let evaluations = |shown: &AttackCell| -> Vec<Cell> {
            let others = networks.iter().filter(|network| **network != shown.network);
            let (data, shown) = (data(self.data), shown.clone());
            let evaluation = |network: &ClassifierCell| CrossEvaluationCell {
                data: data.clone(),
                attack: shown.clone(),
                network: network.clone(),
            };
            others.map(evaluation).map(Cell::from).collect()
        };
        let evolved = attacks.iter().filter(|cell| cell.attack.method == Method::Evolution);
        let evaluations: Vec<Cell> = evolved.flat_map(evaluations).collect();
        let later = retrained(self.rounds, &networks, &attacks);
        let external_models = external_evaluations(&self.external_models, &attacks);
        let networks = networks.iter().cloned().map(Cell::from);
        let attacks = attacks.iter().cloned().map(Cell::from);
        let all = networks.chain(attacks).chain(evaluations).chain(later).chain(external_models);
        Plan::in_dependency_order(all)
    }

    fn network(&self, seed: u32, architecture: &str) -> ClassifierCell {
        ClassifierCell {
            role: Role::Network,
            seed,
            data: data(self.data),
            examples: TrainingSubset {
                validation_images: 100,
                excluded_classes: Vec::new(),
                fraction: 1.0,
            },
            views: ViewConfig { count: 1, crop_padding: 0, crop: 0, horizontal_flip: false },
            network: network(architecture),
            schedule: schedule(4),
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

    fn attacks(&self, network: &ClassifierCell) -> Vec<AttackCell> {
        let nothing = Regularization::Unregularized;
        let searches = self
            .searches
            .iter()
            .map(|&(method, encoding, generations)| (method, encoding, generations, nothing));
        let ascents = self.ascents.iter().map(|&(encoding, regularization)| {
            (Method::GradientAscent, encoding, 60, regularization)
        });
        let all: Vec<_> = searches.chain(ascents).collect();
        let attack = |preset, &(method, encoding, generations, regularization)| AttackCell {
            seed: network.seed,
            repeat: 0,
            data: data(self.data),
            attack: Attack {
                method,
                encoding,
                preset,
                initial: 20,
                children: 20,
                generations,
                regularization,
            },
            network: network.clone(),
        };
        let with_preset = |&preset| all.iter().map(move |search| attack(preset, search));
        self.presets.iter().flat_map(with_preset).collect()
    }

    fn finish(&self, run: &RunDirectory, cell: &Cell, ending: Ending) {
        let attempt = run.stage(cell).unwrap();
        let mut record = Record::without_training(cell.clone());
        let write = |name: &str, bytes: Vec<u8>| {
            std::fs::write(attempt.path().join(name), bytes).unwrap();
        };
        match CellKind::from(cell) {
            CellKind::Classifier(cell) => {
                record.outcome =
                    if ending == Ending::Stuck { Outcome::DidNotLearn } else { Outcome::Trained };
                let [correct, rejected] = (self.clean)(cell);
                let (images, correct_top5) = (1000, 1000);
                record.test = Some(Evaluation { images, correct, correct_top5, loss: 0.1 });
                record.details = cell.reject.as_ref().map(|_| {
                    Rejection {
                        images: 60 * cell.round(),
                        rejected,
                        correct_among_classes: correct + rejected,
                    }
                    .into()
                });
                write("logits.safetensors", classifier_logits(cell));
            }
            CellKind::Attack(cell) => {
                record.details = Some(self.found(cell).into());
                write("elites.safetensors", pixels());
                write("logits.safetensors", elite_logits(&cell.network, (self.logit)(cell)));
                write("lineages.safetensors", lineages());
            }
            CellKind::CrossEvaluation(cell) => {
                record.details = Some(self.predictions(&cell.attack, &cell.network).into());
                let said = elite_logits(&cell.network, (self.logit)(&cell.attack));
                write("logits.safetensors", said);
            }
            CellKind::ExternalEvaluation(cell) => {
                record.details = Some(external_predictions(cell).into());
            }
            _ => panic!("a fooling run has no {}", cell.name()),
        }
        publish(attempt, &record, &provenance());
    }

    fn found(&self, cell: &AttackCell) -> AttackResult {
        let (at_9999, median) = ((self.at_9999)(cell), (self.median)(cell));
        let elite = |class: u16| EliteRecord {
            class,
            confidence: if class < at_9999 { 0.99999 } else { 0.5 },
            predicted: class,
            generation: 40,
            evaluations_to_99: (class < at_9999).then(|| (self.to_99)(cell) + u64::from(class)),
            evaluations_to_9999: (class < at_9999).then(|| 200 + u64::from(class)),
            lineage: vec![0, 0, (class + 1) % CLASSES, class],
        };
        let share = f64::from(at_9999) / f64::from(CLASSES);
        let point = |generation: u32| {
            let gone = (generation as f32).ln() / 60.0_f32.ln();
            GenerationPoint {
                generation,
                evaluations: 20 * u64::from(generation),
                min: 0.2 * gone,
                lower_quartile: 0.7 * median * gone,
                median: median * gone,
                upper_quartile: (1.2 * median * gone).min(1.0),
                max: 1.0,
                mean: f64::from(median * gone),
                at_least_99: share,
                at_least_9999: share,
                predicted: 1.0,
                individuals: 8,
                replacements: 3,
            }
        };
        AttackResult {
            curve: GENERATIONS.into_iter().map(point).collect(),
            elites: (0..CLASSES).map(elite).collect(),
        }
    }

    fn predictions(&self, shown: &AttackCell, network: &ClassifierCell) -> Predictions {
        let transferred = (self.transferred)(shown, network);
        let assigns = |class: u16| class < transferred;
        let all = || 0..CLASSES;
        Predictions {
            network: network.id(),
            confidences: all().map(|class| if assigns(class) { 0.995 } else { 0.1 }).collect(),
            predicted: all()
                .map(|class| if assigns(class) { class } else { (class + 1) % CLASSES })
                .collect(),
            predicted_confidences: all()
                .map(|class| if assigns(class) { 0.995 } else { 0.6 })
                .collect(),
        }
    }
}

/// Ten gray images of 4 by 4: image k is 10 k everywhere, but 255 in its upper left corner.
fn pixels() -> Vec<u8> {
    let image = |class: u8| (0..16).map(move |at| if at == 0 { 255 } else { 10 * class });
    let bytes: Vec<u8> = (0..10).flat_map(image).collect();
    let view = TensorView::new(Dtype::U8, vec![10, 1, 4, 4], &bytes).unwrap();
    safetensors::serialize([("pixels", view)], None).unwrap()
}
