//! The plan of a transfer sweep.

use anyhow::{Result, bail};
use assay_models::Architecture;
use assay_runs::{Cell, Half, Initialization, Plan};
use assay_transfer::{ClassSplit, LayerMode, TransferCell, Treatment};

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
            data_module.halves(&split)?;
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
        };
        cells.extend(Half::BOTH.map(|target| cell(Treatment::Base { target })));
        for kind in &profile.cells {
            cells.extend(treatments(*kind, cuts).into_iter().map(cell));
        }
    }
    cells
}

/// All treatments of one kind: for both targets and, unless `kind` has no cut points, every cut
/// point.
fn treatments(kind: CellKind, cuts: &[u8]) -> Vec<Treatment> {
    let per_cut = |make: &dyn Fn(u8, Half) -> Treatment| {
        cuts.iter().flat_map(|&n| Half::BOTH.map(|target| make(n, target))).collect()
    };
    let copied = |same_half: bool, layer_mode: LayerMode| {
        per_cut(&move |layers, target| Treatment::Copied {
            source: if same_half { target } else { target.other() },
            layers,
            target,
            layer_mode,
        })
    };
    let random = |initialization: Initialization| {
        per_cut(&move |layers, target| Treatment::Random { layers, target, initialization })
    };
    match kind {
        CellKind::Selffer => copied(true, LayerMode::Frozen),
        CellKind::SelfferPlus => copied(true, LayerMode::FineTuned),
        CellKind::Transfer => copied(false, LayerMode::Frozen),
        CellKind::TransferPlus => copied(false, LayerMode::FineTuned),
        CellKind::BaseLong => Half::BOTH.map(|target| Treatment::BaseLong { target }).to_vec(),
        CellKind::RandomHe => random(Initialization::He),
        CellKind::RandomPaper => random(Initialization::Paper),
        CellKind::All => vec![Treatment::All],
        CellKind::Scores => Half::BOTH.map(|source| Treatment::Scores { source }).to_vec(),
    }
}
