//! Transfer runs.

#![allow(dead_code)] // each test file uses some

pub mod runs;
use std::path::Path;

use assay_report::ReportError;
use assay_runs::{
    Cell, CurvePoint, Evaluation, Half, Initialization, Outcome, Parameters, Plan, Record,
    RunDirectory, Summary, ViewConfig, random_stream,
};
use assay_transfer::{BaseScores, ClassSplit, LayerMode, LayerScores, TransferCell, Treatment};
use rand::RngExt;

use assay_test_support::{Ending, data, network, normal, provenance, publish, schedule};

/// Makes the report of a run of this experiment.
pub fn write_report(path: &Path) -> Result<Summary, ReportError> {
    assay_report::write_report(path, &[assay_transfer::REPORT]).map(|report| report.summary)
}

/// The effects, in percentage points, by n from 1.
#[derive(Debug, Clone)]
pub struct Truth {
    /// `BnB - base`.
    pub selffer: Vec<f64>,
    /// `AnB - BnB` on random splits.
    pub specificity: Vec<f64>,
    /// The factor on it on the natural/man-made split.
    pub dissimilar: f64,
    /// `BnB+ - base`.
    pub selffer_plus: f64,
    /// `AnB+ - base`.
    pub transfer_plus: f64,
    /// The base trained twice as long - base; none where there is no such base.
    pub long: Option<f64>,
    /// Random frozen layers - base, a layer.
    pub random_a_layer: f64,
    /// What fewer images cost frozen and fine-tuned copies and the base.
    pub fewer_images: [f64; 3],
    /// Standard deviation of what the networks of a cluster share.
    pub between_clusters: f64,
    /// Standard deviation of each network on its own.
    pub noise: f64,
}

impl Default for Truth {
    /// The paper's.
    fn default() -> Self {
        Self {
            selffer: vec![0.2, 0.0, -0.3, -1.9, -3.0, -0.5, 0.0],
            specificity: vec![0.0, 0.0, -0.2, -0.7, -1.7, -3.9, -8.2],
            dissimilar: 3.0,
            selffer_plus: 0.0,
            transfer_plus: 1.5,
            long: Some(0.2),
            random_a_layer: -6.0,
            fewer_images: [-6.0, -14.0, -20.0],
            between_clusters: 1.0,
            noise: 0.06,
        }
    }
}

/// A run to be fabricated.
pub struct Fabrication {
    pub truth: Truth,
    pub seeds: u32,
    pub semantic: bool,
    /// Whether the random splits are lists that come with the program, as for `ImageNet`.
    pub listed: bool,
    pub paper_initialization: bool,
    pub images_per_class: Vec<Option<u32>>,
    pub layers: Vec<&'static str>,
    pub classes: Vec<String>,
    pub ending: Box<dyn Fn(&TransferCell) -> Ending>,
}

impl Default for Fabrication {
    fn default() -> Self {
        Self {
            truth: Truth::default(),
            seeds: 3,
            semantic: true,
            listed: false,
            paper_initialization: true,
            images_per_class: vec![None],
            classes: (0..20).map(|number| format!("class {number}")).collect(),
            layers: vec!["conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8"],
            ending: Box::new(|_| Ending::Trained),
        }
    }
}

const EPOCHS: u32 = 12;
const TEST_IMAGES: u32 = 20_000;

impl Fabrication {
    /// Writes the run to `path`.
    pub fn write(&self, path: &Path) -> RunDirectory {
        let settings = serde_json::json!({
            "margin": 0.5, "seeds": self.seeds, "splits": ["random", "semantic"],
            "schedule": {"epochs": EPOCHS, "batch": 64}
        });
        let plan = Plan {
            study: "transfer".to_owned(),
            profile: "fabricated".to_owned(),
            settings,
            layers: self.layers.iter().map(|name| (*name).to_owned()).collect(),
            classes: self.classes.clone(),
            cells: self.cells(),
        };
        let run = RunDirectory::create_or_open(path, plan).unwrap();
        for cell in run.plan().cells.iter().filter_map(Cell::downcast_ref::<TransferCell>) {
            match (self.ending)(cell) {
                Ending::Missing => {}
                Ending::Failed => {
                    run.record_failure(&cell.clone().into(), "out of memory").unwrap();
                }
                ending => self.finish(&run, cell, ending),
            }
        }
        run
    }

    fn cells(&self) -> Vec<Cell> {
        let random = |number: u32| {
            if self.listed {
                (ClassSplit::Listed(format!("imagenet-random-{}", number + 1)), 0)
            } else {
                (ClassSplit::Random(number), number)
            }
        };
        let mut clusters: Vec<(ClassSplit, u32)> = (0..self.seeds).map(random).collect();
        if self.semantic {
            clusters.extend((0..self.seeds.min(2)).map(|seed| (ClassSplit::Semantic, seed)));
        }
        let mut cells = Vec::new();
        for &images in &self.images_per_class {
            for (split, seed) in &clusters {
                for treatment in self.treatments() {
                    cells.push(cell(treatment, split.clone(), *seed, images).into());
                }
            }
        }
        Plan::in_dependency_order(cells)
    }

    fn treatments(&self) -> Vec<Treatment> {
        let mut treatments = Vec::new();
        for target in Half::BOTH {
            treatments.push(Treatment::Base { target });
            treatments.extend(self.truth.long.map(|_| Treatment::BaseLong { target }));
            treatments.push(Treatment::Scores { source: target });
            for layers in 1..u8::try_from(self.layers.len()).unwrap() {
                for source in Half::BOTH {
                    for layer_mode in [LayerMode::Frozen, LayerMode::FineTuned] {
                        treatments.push(Treatment::Copied { source, layers, target, layer_mode });
                    }
                }
                let initialization = Initialization::He;
                treatments.push(Treatment::Random { layers, target, initialization });
                if self.paper_initialization {
                    let initialization = Initialization::Paper;
                    treatments.push(Treatment::Random { layers, target, initialization });
                }
            }
        }
        treatments
    }

    /// The expected accuracy in percent.
    fn expected(&self, cell: &TransferCell) -> f64 {
        let truth = &self.truth;
        let value_at = |values: &[f64], layers: u8| values[usize::from(layers) - 1];
        let dissimilar = if cell.split == ClassSplit::Semantic { truth.dissimilar } else { 1.0 };
        let [frozen, tuned, fresh] = match cell.images_per_class {
            Some(_) => truth.fewer_images,
            None => [0.0; 3],
        };
        let effect = match cell.treatment {
            Treatment::Base { .. } | Treatment::All | Treatment::Scores { .. } => fresh,
            Treatment::BaseLong { .. } => truth.long.unwrap_or_default() + fresh,
            Treatment::Copied { source, layers, target, layer_mode } => {
                let transfer = source != target;
                match layer_mode {
                    LayerMode::FineTuned if transfer => truth.transfer_plus + tuned,
                    LayerMode::FineTuned => truth.selffer_plus + tuned,
                    LayerMode::Frozen => {
                        let far = if transfer { value_at(&truth.specificity, layers) } else { 0.0 };
                        value_at(&truth.selffer, layers) + dissimilar * far + frozen
                    }
                }
            }
            Treatment::Random { layers, initialization, .. } => {
                let factor = if initialization == Initialization::He { 1.0 } else { 1.3 };
                factor * truth.random_a_layer * f64::from(layers) + fresh
            }
        };
        let of_target = if cell.treatment.target() == Some(Half::B) { 1.0 } else { -1.0 };
        let cluster = format!("{} {}", cell.split, cell.seed);
        62.0 + of_target
            + effect
            + truth.between_clusters * normal(&cluster, "cluster")
            + truth.noise * normal(&id(cell), "cell")
    }

    fn finish(&self, run: &RunDirectory, cell: &TransferCell, ending: Ending) {
        let accuracy = match ending {
            Ending::Trained => self.expected(cell),
            Ending::Poor => self.expected(cell) - 30.0,
            _ => 10.0,
        };
        let whole = Cell::from(cell.clone());
        let attempt = run.stage(&whole).unwrap();
        let is_base = matches!(cell.treatment, Treatment::Base { .. });
        if is_base && cell.images_per_class.is_none() {
            std::fs::write(attempt.path().join("weights.safetensors"), weights(cell)).unwrap();
        }
        let is_scores = matches!(cell.treatment, Treatment::Scores { .. });
        let outcome = match ending {
            _ if is_scores => Outcome::Measured,
            Ending::Stuck => Outcome::DidNotLearn,
            Ending::Diverged => Outcome::Diverged { epoch: 3 },
            _ => Outcome::Trained,
        };
        let test = (ending != Ending::Diverged && !is_scores).then(|| evaluation(accuracy));
        let record = Record {
            outcome,
            test,
            curve: if is_scores { Vec::new() } else { curve(accuracy, ending) },
            parameters: Parameters { total: 1000, trained: 900, multiplications: 0 },
            weights: "none".to_owned(),
            details: is_scores.then(|| BaseScores { layers: self.scores(cell) }.into()),
            ..Record::without_training(whole.clone())
        };
        publish(attempt, &record, &provenance());
    }

    fn scores(&self, cell: &TransferCell) -> Vec<LayerScores> {
        let mut draws = random_stream(&id(cell), "scores");
        let layers = 1..=u8::try_from(self.layers.len()).unwrap();
        let scores_of_layer = |layer: u8| {
            let depth = f64::from(layer) / 8.0;
            let cka = 0.95 - 0.7 * depth * depth + 0.02 * draws.random::<f64>();
            LayerScores { layer, cka, h_score: 2.0 + 5.0 * depth + 0.3 * draws.random::<f64>() }
        };
        layers.map(scores_of_layer).collect()
    }
}

fn cell(
    treatment: Treatment,
    split: ClassSplit,
    seed: u32,
    images_per_class: Option<u32>,
) -> TransferCell {
    TransferCell {
        treatment,
        split,
        seed,
        images_per_class,
        base_weights: None,
        data: data("forms"),
        views: ViewConfig { count: 1, crop_padding: 0, crop: 0, horizontal_flip: false },
        network: network("alexnet_small"),
        schedule: schedule(EPOCHS),
        validation_fraction: 0.0,
        tuning: None,
        trial: None,
    }
}

/// The identity of a cell.
/// What owns the draws of a cell: its name without the identity, so that new names of fields change no draw.
fn id(cell: &TransferCell) -> String {
    assay_test_support::draw_owner(1, &Cell::from(cell.clone()))
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn evaluation(percent: f64) -> Evaluation {
    let correct = (percent.clamp(0.0, 100.0) / 100.0 * f64::from(TEST_IMAGES)).round() as u32;
    let correct_top5 = correct.midpoint(TEST_IMAGES);
    Evaluation { images: TEST_IMAGES, correct, correct_top5, loss: 1.3 }
}

fn curve(accuracy: f64, ending: Ending) -> Vec<CurvePoint> {
    let epochs = if ending == Ending::Diverged { 3 } else { EPOCHS };
    let point = |epoch: u32| {
        let gone = f64::from(epoch) / f64::from(EPOCHS);
        let reached =
            10.0 + (accuracy - 10.0) * (1.0 - (-4.0 * gone).exp()) / (1.0 - (-4.0_f64).exp());
        CurvePoint { epoch, train_loss: 2.3 - gone, evaluation: Some(evaluation(reached)) }
    };
    (1..=epochs).map(point).collect()
}

/// A first layer of 32 filters of 3 by 5 by 5: gratings of some orientation, and color blobs.
fn weights(cell: &TransferCell) -> Vec<u8> {
    let mut draws = random_stream(&id(cell), "weights");
    let mut values: Vec<f32> = Vec::new();
    for filter in 0..32 {
        let angle = draws.random::<f64>() * std::f64::consts::PI;
        let tint: [f64; 3] = std::array::from_fn(|_| draws.random::<f64>() - 0.5);
        for tint in tint {
            for place in 0..25_u8 {
                let (x, y) = (f64::from(place % 5) - 2.0, f64::from(place / 5) - 2.0);
                let along = x * angle.cos() + y * angle.sin();
                let window = (-(x * x + y * y) / 5.0).exp();
                let wave =
                    if filter % 3 == 0 { 3.0 * tint } else { (1.6 * along).sin() + 0.3 * tint };
                #[allow(clippy::cast_possible_truncation)]
                values.push((window * wave) as f32);
            }
        }
    }
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    let shape = vec![32, 3, 5, 5];
    let view =
        safetensors::tensor::TensorView::new(safetensors::Dtype::F32, shape, &bytes).unwrap();
    safetensors::serialize([("conv1.weight", view)], None).unwrap()
}
