//! The plan of a transfer sweep.

use anyhow::{Result, bail, ensure};
use assay_models::Architecture;
use assay_runs::{Cell, Half, Initialization, Plan};
use assay_transfer::{ClassSplit, LayerMode, TransferCell, TransferTuning, Treatment};

use super::networks::{base_from_file, network_config};
use super::{CellKind, HalvedDataModule, TransferProfile};

/// The plan of a profile on its data. Cells of the same seed and split are together.
///
/// # Errors
/// The network, a cut point or a split does not fit the data.
pub fn plan(name: &str, profile: &TransferProfile, data_module: &HalvedDataModule) -> Result<Plan> {
    let architecture: Architecture = profile.network.architecture.parse()?;
    let cuts = cut_points(profile, &architecture)?;
    data_module.require_every_class()?;
    let mut cells = Vec::new();
    for seed in 0..profile.seeds {
        for kind in &profile.splits {
            let split = split(kind, seed, data_module);
            check_halves(&split, data_module)?;
            cells.extend(split_cells(profile, data_module, &split, seed, &cuts));
        }
    }
    if data_module.base_weights_digest().is_some() {
        // There is no data of half A, only its base.
        cells.retain(|cell| cell.treatment.target() == Some(Half::B));
        cells.retain(|cell| !matches!(cell.treatment, Treatment::Scores { .. }));
        // Find a file that does not fit now, rather than in every cell that needs it.
        base_from_file(&cells[0], data_module)?;
    }
    let layers = network_config(&cells[0], data_module)?.layers()?;
    let cells = Plan::in_dependency_order(cells.into_iter().map(Cell::from));
    Ok(Plan {
        study: assay_transfer::NAME.to_owned(),
        profile: name.to_owned(),
        settings: serde_json::to_value(profile)?,
        layers: layers.into_iter().map(|layer| layer.name).collect(),
        classes: data_module.data().classes.iter().map(|class| class.name.clone()).collect(),
        cells,
    })
}

/// Checks that a split fits the classes, and that each half has classes to tell apart.
fn check_halves(split: &ClassSplit, data_module: &HalvedDataModule) -> Result<()> {
    let halves = data_module.halves(split)?;
    let [a, b] = Half::BOTH.map(|half| halves.classes_of(half).len());
    // With weights from a file, half A has no images.
    let is_whole = *split == ClassSplit::Weights;
    ensure!(
        b >= 2 && (a >= 2 || is_whole),
        "{} has {} classes; this makes a half A of {a} and a half B of {b}, and each half needs at least 2",
        data_module.data().opened_as,
        data_module.data().classes.len()
    );
    Ok(())
}

/// The cut points of the profile, or all of them if it names none.
fn cut_points(profile: &TransferProfile, architecture: &Architecture) -> Result<Vec<u8>> {
    let last = architecture.depth() as u8 - 1;
    if let Some(wrong) = profile.cuts.iter().find(|&&n| n == 0 || n > last) {
        bail!("cuts: {architecture} has cut points 1 to {last}, not {wrong}");
    }
    Ok(if profile.cuts.is_empty() { (1..=last).collect() } else { profile.cuts.clone() })
}

/// The split that the profile names as `kind`, for one seed.
fn split(kind: &str, seed: u32, data_module: &HalvedDataModule) -> ClassSplit {
    match kind {
        "random" => ClassSplit::Random(seed),
        "semantic" => ClassSplit::Semantic,
        "pair" => ClassSplit::Pair,
        "weights" => ClassSplit::Weights,
        list => data_module.listed_split(list),
    }
}

/// All cells of one split and seed, bases first.
fn split_cells(
    profile: &TransferProfile,
    data_module: &HalvedDataModule,
    split: &ClassSplit,
    seed: u32,
    cuts: &[u8],
) -> Vec<TransferCell> {
    let candidates = profile.tuning.tuning();
    let tuning = candidates.map(|candidates| TransferTuning { candidates, cuts: cuts.to_vec() });
    let mut cells = Vec::new();
    for &images in &profile.images_per_class {
        let cell = |treatment| TransferCell {
            treatment,
            split: split.clone(),
            seed,
            base_weights: data_module.base_weights_digest().map(str::to_owned),
            images_per_class: (images > 0).then_some(images),
            data: data_module.identity(),
            views: profile.views,
            network: profile.network.clone(),
            schedule: profile.schedule.clone(),
            validation_fraction: profile.validation_fraction,
            tuning: tuning.clone(),
            trial: None,
        };
        cells.extend(Half::BOTH.map(|target| cell(Treatment::Base { target })));
        for kind in &profile.cells {
            let treatments = match treatment(*kind) {
                Treatment::Scores { .. } => {
                    Half::BOTH.map(|source| Treatment::Scores { source }).to_vec()
                }
                other => other.at_cuts(cuts),
            };
            cells.extend(treatments.into_iter().map(cell));
        }
    }
    cells
}

/// A treatment of a kind; those of other cut points and targets are of the same kind.
fn treatment(kind: CellKind) -> Treatment {
    let (layers, target) = (1, Half::B);
    let copied = |source, layer_mode| Treatment::Copied { source, layers, target, layer_mode };
    let random = |initialization| Treatment::Random { layers, target, initialization };
    match kind {
        CellKind::Selffer => copied(target, LayerMode::Frozen),
        CellKind::SelfferPlus => copied(target, LayerMode::FineTuned),
        CellKind::Transfer => copied(target.other(), LayerMode::Frozen),
        CellKind::TransferPlus => copied(target.other(), LayerMode::FineTuned),
        CellKind::BaseLong => Treatment::BaseLong { target },
        CellKind::RandomHe => random(Initialization::He),
        CellKind::RandomPaper => random(Initialization::Paper),
        CellKind::All => Treatment::All,
        CellKind::Scores => Treatment::Scores { source: target },
    }
}
