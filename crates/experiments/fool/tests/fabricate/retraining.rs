//! Rounds of retraining, and evaluations of networks of other runs.

use assay_classifier_cells::{
    Attack, AttackCell, ClassifierCell, CrossEvaluationCell, Encoding, ExternalEvaluationCell,
    ExternalPredictions, Method, Preset, Regularization, RejectClass,
};
use assay_runs::{Cell, ExternalModel};

use assay_test_support::{data, network};

const REPEATS: u32 = 3;

/// The networks of every round, the attacks on them, and their evaluations of what was found on the first ones.
pub fn retrained(rounds: u32, networks: &[ClassifierCell], attacks: &[AttackCell]) -> Vec<Cell> {
    let attack = Attack {
        method: Method::Evolution,
        encoding: Encoding::Cppn,
        preset: Preset::Paper,
        initial: 20,
        children: 20,
        generations: 60,
        regularization: Regularization::Unregularized,
    };
    let mut cells = Vec::new();
    let mut latest = networks.to_vec();
    for _ in 0..rounds {
        for (first, latest) in networks.iter().zip(&mut latest) {
            let reject = RejectClass {
                network: latest.clone(),
                attack,
                attacks: REPEATS,
                images: 20,
                balanced: true,
            };
            *latest = ClassifierCell { reject: Some(Box::new(reject)), ..first.clone() };
            cells.push(latest.clone().into());
            let evolved = attacks.iter().filter(|cell| cell.attack.method == Method::Evolution);
            cells.extend(evolved.filter(|cell| cell.network == *first).map(|shown| {
                let (data, shown) = (shown.data.clone(), shown.clone());
                Cell::from(CrossEvaluationCell { data, attack: shown, network: latest.clone() })
            }));
        }
    }
    if rounds > 0 {
        let last = latest.iter().flat_map(|one| AttackCell::repeats(one, attack, REPEATS));
        cells.extend(last.map(Cell::from));
    }
    cells
}

/// A network of another run that knows these classes.
pub fn external_model(kind: &str, number: u32, classes: &[&str]) -> ExternalModel {
    ExternalModel {
        kind: kind.to_owned(),
        cell: format!("{kind}.seed-{number}"),
        weights: "0123".to_owned(),
        data: data("mnist"),
        network: network("lenet"),
        input: [1, 4, 4],
        outputs: u32::try_from(classes.len()).unwrap(),
        classes: classes.iter().map(|&name| name.to_owned()).collect(),
        mean: vec![33.0],
        deviation: vec![78.5],
    }
}

pub fn external_evaluations(
    external_models: &[ExternalModel],
    attacks: &[AttackCell],
) -> Vec<Cell> {
    let evolved = attacks.iter().filter(|cell| cell.attack.method == Method::Evolution);
    let evaluation = |shown: &AttackCell, external_model: &ExternalModel| {
        let (data, shown, external_model) =
            (shown.data.clone(), shown.clone(), external_model.clone());
        Cell::from(ExternalEvaluationCell { data, attack: shown, external_model })
    };
    evolved
        .flat_map(|shown| {
            external_models.iter().map(move |external_model| evaluation(shown, external_model))
        })
        .collect()
}

/// It assigns the first of the classes that it knows, at 99.5 %, and to all other images a class of its own; of an
/// attack with seed 2 it assigns two.
pub fn external_predictions(cell: &ExternalEvaluationCell) -> ExternalPredictions {
    let classes: Vec<u16> =
        cell.external_model.classes.iter().filter_map(|name| name.parse().ok()).collect();
    let count = if cell.attack.seed == 2 { 2 } else { 1 };
    let assigns = |at: usize| at < count;
    let all = || 0..classes.len();
    ExternalPredictions {
        confidences: all().map(|at| if assigns(at) { 0.995 } else { 0.1 }).collect(),
        predicted: all().map(|at| assigns(at).then_some(classes[at])).collect(),
        predicted_confidences: all().map(|at| if assigns(at) { 0.995 } else { 0.6 }).collect(),
        classes,
    }
}
