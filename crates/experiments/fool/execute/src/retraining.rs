//! Retraining rounds: networks trained on the images that fool them, and attacked again.

use anyhow::{Result, ensure};
use assay_classifier_cells::{
    Attack, AttackCell, ClassifierCell, CrossEvaluationCell, Method, Regularization, RejectClass,
};
use assay_runs::Cell;

use super::FoolProfile;

/// The cells of all retraining rounds (Nguyen et al. 2015).
///
/// Each round trains every network again, from new initial weights, on the data and on all
/// images that fooled its predecessors. The network of the last round is attacked like the others.
/// As a control, every retrained network also evaluates the images `evolved` on the first network,
/// which no network was trained on.
///
/// # Errors
/// `retrain.images` is larger than the number of images of one attack.
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
    let available = 2 * classes as u32;
    ensure!(
        settings.images <= available,
        "retrain.images is {}; an attack on {classes} classes has {available}: one elite per class \
         after its first generation, and one after its last",
        settings.images
    );
    let attack = retraining_attack(profile);
    let mut cells = Vec::new();
    let mut latest = networks.to_vec();
    for round in 1..=settings.rounds {
        let attacks = if round == 1 { settings.first_attacks } else { settings.attacks };
        for (first, latest) in networks.iter().zip(&mut latest) {
            let images = settings.images;
            let network = latest.clone();
            let reject = RejectClass { network, attack, attacks, images, balanced: true };
            *latest = ClassifierCell { reject: Some(Box::new(reject)), ..first.clone() };
            cells.push(latest.clone().into());
            let on_first = evolved.iter().filter(|attack| attack.network == *first);
            cells.extend(on_first.map(|attack| CrossEvaluationCell::new(attack, latest).into()));
        }
    }
    let last_attacks =
        latest.iter().flat_map(|network| AttackCell::repeats(network, attack, settings.attacks));
    cells.extend(last_attacks.map(Cell::from));
    Ok(cells)
}

/// The attack of every round.
fn retraining_attack(profile: &FoolProfile) -> Attack {
    Attack {
        method: Method::Evolution,
        encoding: profile.retrain.encoding,
        preset: profile.attack.main_preset(),
        initial: profile.attack.initial,
        children: profile.attack.children,
        generations: profile.retrain.generations,
        regularization: Regularization::Unregularized,
    }
}
