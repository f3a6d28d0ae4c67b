//! The plan of a fooling run: networks, attacks, cross evaluations, and retraining rounds.

use anyhow::Result;
use assay_classifier_cells::{
    Attack, AttackCell, ClassifierCell, CrossEvaluationCell, Encoding, Loss, Method, Preset,
    Regularization, Role, TrainingSubset,
};
use assay_runs::{Cell, Plan};

use super::retraining::retraining;
use super::{AttackSettings, FoolProfile};
use assay_classifiers::validation_images;
use assay_datasets::check_views;
use assay_engine::data_module::DataModule;
use assay_engine::network::network_config;

/// The plan of a profile on its data.
///
/// Cells come in this order: all networks; every attack on each of them; the evaluation of evolved
/// images by all other networks; the retraining rounds.
///
/// # Errors
/// The data lacks images of a class, or a network does not fit the data.
pub fn plan(name: &str, profile: &FoolProfile, data_module: &DataModule) -> Result<Plan> {
    data_module.require_every_class()?;
    validation_images(data_module.data(), profile.validation_images)?;
    let classes = data_module.data().classes.len();
    let networks = networks(profile, data_module);
    for cell in &networks {
        check_views(&cell.views, data_module.data().train.shape())?;
        network_config(&cell.network, data_module.shape(&cell.views), classes)?.layers()?;
    }
    let attacks: Vec<AttackCell> =
        networks.iter().flat_map(|network| attacks(profile, network)).collect();
    let evolved: Vec<&AttackCell> =
        attacks.iter().filter(|cell| cell.attack.method == Method::Evolution).collect();
    let cross_evaluations: Vec<Cell> =
        evolved.iter().flat_map(|attack| cross_evaluations(attack, &networks)).collect();
    let retrained = retraining(profile, &networks, &evolved, classes)?;
    let networks = networks.into_iter().map(Cell::from);
    let attacks = attacks.into_iter().map(Cell::from);
    Ok(Plan {
        study: assay_fool::NAME.to_owned(),
        profile: name.to_owned(),
        settings: serde_json::to_value(profile)?,
        layers: Vec::new(),
        classes: data_module.data().classes.iter().map(|class| class.name.clone()).collect(),
        cells: Plan::in_dependency_order(
            networks.chain(attacks).chain(cross_evaluations).chain(retrained),
        ),
    })
}

/// One network of each architecture per seed, seed by seed.
fn networks(profile: &FoolProfile, data_module: &DataModule) -> Vec<ClassifierCell> {
    let settings = &profile.networks;
    let network = |seed: u32, architecture: &str| ClassifierCell {
        role: Role::Network,
        seed,
        data: data_module.identity(),
        examples: TrainingSubset {
            validation_images: profile.validation_images,
            excluded_classes: Vec::new(),
            fraction: 1.0,
        },
        views: settings.views,
        network: settings.network.with_architecture(architecture),
        schedule: settings.schedule.clone(),
        loss: Loss::HardLabels,
        teachers: Vec::new(),
        initial_network: None,
        ensemble: None,
        weights: None,
        reject: None,
        tuning: None,
        trial: None,
        alignment_network: None,
    };
    (0..profile.seeds)
        .flat_map(|seed| settings.architectures.iter().map(move |name| network(seed, name)))
        .collect()
}

/// All attacks on `network`: every method with every encoding, preset and regularization.
fn attacks(profile: &FoolProfile, network: &ClassifierCell) -> Vec<AttackCell> {
    let settings = &profile.attack;
    let mut attacks = Vec::new();
    for &preset in &settings.presets {
        for &encoding in &settings.encodings {
            for &method in &settings.methods {
                for &regularization in regularizations(settings, method, encoding, preset) {
                    let attack = Attack {
                        method,
                        encoding,
                        preset,
                        initial: settings.initial,
                        children: settings.children,
                        generations: settings.generations,
                        regularization,
                    };
                    attacks.push(AttackCell {
                        seed: network.seed,
                        repeat: 0,
                        data: network.data.clone(),
                        attack,
                        network: network.clone(),
                    });
                }
            }
        }
    }
    attacks
}

/// The regularizations of an attack; empty if it is redundant.
///
/// Only gradient ascent on pixels has several, since they are defined on images. It does not depend
/// on the preset, so it runs with the main one only.
fn regularizations(
    settings: &AttackSettings,
    method: Method,
    encoding: Encoding,
    preset: Preset,
) -> &[Regularization] {
    let main = settings.main_preset();
    match (method, encoding) {
        (Method::GradientAscent, Encoding::Direct) if preset == main => &settings.regularizations,
        (Method::GradientAscent, Encoding::Direct) => &[],
        _ => &[Regularization::Unregularized],
    }
}

/// Evaluations of an attack's images by every other network. Each is a cell of its own, so that a
/// run can be extended by networks.
fn cross_evaluations(attack: &AttackCell, networks: &[ClassifierCell]) -> Vec<Cell> {
    let others = networks.iter().filter(|network| **network != attack.network);
    others.map(|network| CrossEvaluationCell::new(attack, network).into()).collect()
}
