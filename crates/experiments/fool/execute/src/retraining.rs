//! Which networks are trained on what fools them, and attacked again.

use anyhow::{Result, ensure};
use assay_runs::{
    Attack, AttackCell, Cell, ClassifierCell, CrossEvaluationCell, Method, Regularization,
    RejectClass,
};

use super::FoolProfile;

/// Round by round: every network trained anew, from its own first weights, on the data and on all that
/// fooled the networks of its line before it; the attacks on it, whose images the next one learns; and,
/// shown to it, what `evolved` found on the first network of its line, which no network has learnt.
///
/// # Errors
/// When more images are to be drawn from an attack than it has.
pub fn retraining(
    profile: &FoolProfile,
    networks: &[ClassifierCell],
    evolved: &[&AttackCell],
    classes: usize,
) -> Result<Vec<Cell>> {
    let settings = &profile.retrain;
    if settings.rounds == 0 {
        return Ok(Vec::new());
    }
    let most = 2 * classes as u32;
    ensure!(
        settings.images <= most,
        "retrain.images is {}; an attack on {classes} classes has {most}: an elite a class after its \
         first generation and after its last",
        settings.images
    );
    let attack = search(profile);
    let mut cells = Vec::new();
    let mut latest = networks.to_vec();
    for round in 1..=settings.rounds {
        let attacks = if round == 1 { settings.first_attacks } else { settings.attacks };
        for (first, latest) in networks.iter().zip(&mut latest) {
            let images = settings.images;
            let reject = RejectClass { network: latest.clone(), attack, attacks, images };
            *latest = ClassifierCell { reject: Some(Box::new(reject)), ..first.clone() };
            cells.push(Cell::Classifier(latest.clone()));
            cells.extend(shown_to(latest, first, evolved));
        }
    }
    let last = latest.iter().flat_map(|of| AttackCell::repeats(of, attack, settings.attacks));
    cells.extend(last.map(Cell::Attack));
    Ok(cells)
}

/// The search of every round.
fn search(profile: &FoolProfile) -> Attack {
    Attack {
        method: Method::Evolution,
        encoding: profile.retrain.encoding,
        preset: profile.attack.main_preset(),
        initial: profile.attack.initial,
        children: profile.attack.children,
        generations: profile.retrain.generations,
        regularization: Regularization::Nothing,
    }
}

fn shown_to<'a>(
    network: &'a ClassifierCell,
    first: &'a ClassifierCell,
    evolved: &'a [&AttackCell],
) -> impl Iterator<Item = Cell> + 'a {
    let on_the_first = evolved.iter().filter(move |cell| cell.network == *first);
    on_the_first.map(|&shown| {
        let shown = shown.clone();
        Cell::CrossEvaluation(CrossEvaluationCell {
            data: network.data.clone(),
            shown,
            audience: network.clone(),
        })
    })
}
