//! Which networks a fooling run trains, attacks and shows the others' images to.

use anyhow::Result;
use assay_runs::{
    Attack, AttackCell, Cell, ClassifierCell, CrossEvaluationCell, Encoding, Loss, Method, Plan,
    Preset, Regularization, Role, Study, TrainingSubset,
};

use super::retraining::retraining;
use super::{AttackSettings, FoolProfile};
use assay_classifiers::validation_images;
use assay_engine::data_module::DataModule;
use assay_engine::network::network_config;
use assay_engine::profile::view_settings;

/// The plan of a profile on its data: all networks, then every attack on each of them, then what each
/// evolution found shown to all other networks, then the rounds of retraining.
///
/// # Errors
/// When a network does not fit the data.
pub fn plan(name: &str, profile: &FoolProfile, data_module: &DataModule) -> Result<Plan> {
    data_module.require_every_class()?;
    validation_images(data_module.data(), profile.held_out)?;
    let classes = data_module.data().classes.len();
    let networks = networks(profile, data_module);
    for cell in &networks {
        view_settings(&cell.views).validate(data_module.data().train.shape())?;
        network_config(&cell.network, data_module.shape(&cell.views), classes)?.layers()?;
    }
    let attacks: Vec<AttackCell> =
        networks.iter().flat_map(|network| attacks(profile, network)).collect();
    let evolved: Vec<&AttackCell> =
        attacks.iter().filter(|cell| cell.attack.method == Method::Evolution).collect();
    let showings: Vec<Cell> = evolved
        .iter()
        .flat_map(|cell| showings(cell, &networks))
        .map(Cell::CrossEvaluation)
        .collect();
    let retrained = retraining(profile, &networks, &evolved, classes)?;
    let first = networks.into_iter().map(Cell::Classifier);
    let second = attacks.into_iter().map(Cell::Attack);
    Ok(Plan {
        study: Study::Fool,
        profile: name.to_owned(),
        settings: serde_json::to_value(profile)?,
        layers: Vec::new(),
        classes: data_module.data().classes.iter().map(|class| class.name.clone()).collect(),
        cells: Plan::in_dependency_order(first.chain(second).chain(showings).chain(retrained)),
    })
}

/// Seed by seed, a network of each architecture.
fn networks(profile: &FoolProfile, data_module: &DataModule) -> Vec<ClassifierCell> {
    let settings = &profile.networks;
    let network = |seed: u32, architecture: &str| ClassifierCell {
        role: Role::Network,
        seed,
        data: data_module.identity(),
        examples: TrainingSubset { held_out: profile.held_out, omitted: Vec::new(), fraction: 1.0 },
        views: settings.views,
        network: settings.network.with_architecture(architecture),
        schedule: settings.schedule.clone(),
        loss: Loss::HardLabels,
        teachers: Vec::new(),
        panel: None,
        weights: None,
        reject: None,
        aligned_by: None,
    };
    (0..profile.seeds)
        .flat_map(|seed| settings.architectures.iter().map(move |name| network(seed, name)))
        .collect()
}

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

/// Only gradient ascent on pixels has several: what they do to an image has no meaning for weights. It is
/// the same in all presets, so one of them is enough.
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
        _ => &[Regularization::Nothing],
    }
}

/// One for each other network, so that a run can grow by networks.
fn showings(cell: &AttackCell, networks: &[ClassifierCell]) -> Vec<CrossEvaluationCell> {
    let others = networks.iter().filter(|network| **network != cell.network);
    let showing = |network: &ClassifierCell| CrossEvaluationCell {
        data: cell.data.clone(),
        shown: cell.clone(),
        audience: network.clone(),
    };
    others.map(showing).collect()
}
