//! External models: networks of other runs that evaluate the images found here.

use std::path::Path;

use anyhow::{Context, Result, anyhow, bail, ensure};
use assay_classifier_cells::{AttackCell, CellKind, ExternalEvaluationCell, Method};
use assay_datasets::{Normalization, Shape};
use assay_engine::data_module::DataModule;
use assay_engine::experiment::{FinishedNetworks, Registry, RequestingRun};
use assay_engine::network::{network_config, network_from_bytes};
use assay_runs::{
    Cell, CellId, CellSpec, ExternalModel, Outcome, Plan, RunDirectory, digest, file,
};
use burn::tensor::Device;

use super::classifier::Classifier;

/// A network of another run, with the id of its cell there.
type CellModel = (CellId, ExternalModel);

/// Plans the evaluation of every evolved image by the trained networks of other runs.
///
/// `runs` are the paths of their directories. A network takes part if its weights were kept. Returns
/// a warning for each omission: a network that shares no class with the data here, or a network and
/// the images that were found on that same network.
///
/// # Errors
/// - A run does not exist, has no network with weights, or none that shares a class.
/// - A network expects images of another shape.
/// - The other run's data cannot be read, or weights do not match their record.
pub fn add_external_evaluations(
    plan: &mut Plan,
    runs: &[String],
    data_module: &DataModule,
    data_dir: Option<&Path>,
    registry: &Registry,
) -> Result<Vec<String>> {
    let attacks: Vec<_> = plan.cells.iter().filter_map(as_evolution).cloned().collect();
    let Some(first) = attacks.first() else {
        ensure!(
            runs.is_empty(),
            "external_runs: the plan has no evolved images for other runs' networks"
        );
        return Ok(Vec::new());
    };
    let host = RequestingRun { data_module, data_dir };
    let shape = data_module.shape(&first.network.views);
    let mut omissions = Vec::new();
    for run in runs {
        let models = models_of_run(Path::new(run), &host, shape, registry);
        let models = models.with_context(|| format!("external_runs: {run}"))?;
        let (sharing, others): (Vec<CellModel>, Vec<CellModel>) =
            models.into_iter().partition(|(_, model)| shares_a_class(model, data_module));
        ensure!(!sharing.is_empty(), "external_runs: {run}: {}", no_shared_class(&others));
        omissions.extend(
            others.iter().map(|(_, model)| {
                format!("{run}: {}: it shares no class with the data", model.cell)
            }),
        );
        for attack in &attacks {
            plan.cells.extend(evaluations(attack, &sharing));
        }
        let is_attacked =
            |(cell, _): &&CellModel| attacks.iter().any(|attack| attack.network.id() == *cell);
        omissions.extend(sharing.iter().filter(is_attacked).map(|(_, model)| {
            format!("{run}: {}, what was found on it: it is the same network", model.cell)
        }));
    }
    plan.cells = Plan::in_dependency_order(std::mem::take(&mut plan.cells));
    Ok(omissions)
}

/// The error for a run whose networks, `models`, share no class with the data.
fn no_shared_class(models: &[CellModel]) -> String {
    let classes = models.iter().flat_map(|(_, model)| &model.classes).take(3);
    let classes: Vec<&str> = classes.map(String::as_str).collect();
    format!(
        "its networks share no class with the data; their classes are {}, ...",
        classes.join(", ")
    )
}

/// One evaluation of the attack's images by each model but the attacked network itself.
fn evaluations<'a>(
    attack: &'a AttackCell,
    models: &'a [CellModel],
) -> impl Iterator<Item = Cell> + 'a {
    let attacked = attack.network.id();
    let others = models.iter().filter(move |(cell, _)| *cell != attacked);
    others.map(|(_, model)| {
        let (data, attack, external_model) = (attack.data.clone(), attack.clone(), model.clone());
        Cell::from(ExternalEvaluationCell { data, attack, external_model })
    })
}

/// The attack of `cell`, if it is evolution and not part of a retraining round.
fn as_evolution(cell: &Cell) -> Option<&AttackCell> {
    match CellKind::from(cell) {
        CellKind::Attack(cell) if cell.repeat == 0 && cell.attack.method == Method::Evolution => {
            Some(cell)
        }
        _ => None,
    }
}

fn shares_a_class(model: &ExternalModel, data_module: &DataModule) -> bool {
    data_module.data().classes.iter().any(|class| model.classes.contains(&class.name))
}

/// The trained networks of a run whose weights were kept.
fn models_of_run(
    path: &Path,
    requesting: &RequestingRun,
    shape: Shape,
    registry: &Registry,
) -> Result<Vec<CellModel>> {
    let run = RunDirectory::open(path)?;
    let mut networks = Vec::new();
    for cell in run.plan().cells.iter().filter(|cell| cell.is_compared()) {
        let Some(record) = run.record(cell)? else { continue };
        if record.outcome == Outcome::Trained && record.files.contains_key(file::WEIGHTS) {
            networks.push((cell, digest(&run.read_published(cell, file::WEIGHTS)?)));
        }
    }
    ensure!(
        !networks.is_empty(),
        "the run kept no weights of a trained network; run.keep_all_weights=true keeps all of them"
    );
    let finished = FinishedNetworks { run: &run, networks: &networks };
    let models = registry.find(&run.plan().study)?.external_networks(&finished, requesting)?;
    for model in &models {
        let Shape { channels, height, width } = shape;
        let expected = [channels, height, width].map(|size| size as u32);
        ensure!(
            model.input == expected,
            "{} takes images of {}; those found here are {}",
            model.cell,
            model.input.map(|size| size.to_string()).join(" x "),
            shape
        );
    }
    Ok(networks.iter().map(|(cell, _)| cell.id()).zip(models).collect())
}

/// Loads an external model from one of the runs at the paths `runs`.
///
/// # Errors
/// No run has the weights that the cell was planned with, or they are damaged.
pub fn load_external_model(
    model: &ExternalModel,
    runs: &[String],
    device: &Device,
) -> Result<Classifier> {
    let weights = read_weights(model, runs)?;
    let [channels, height, width] = model.input.map(|size| size as usize);
    let shape = Shape { channels, height, width };
    let config = network_config(&model.network, shape, model.outputs as usize)?;
    let network = network_from_bytes(&weights, &config, device);
    let network = network.map_err(|reason| anyhow!("{}: {reason}", model.cell))?.frozen();
    let (mean, deviation) = (model.mean.clone(), model.deviation.clone());
    Ok(Classifier::new(network, shape, Normalization { mean, deviation }, device.clone()))
}

fn read_weights(model: &ExternalModel, runs: &[String]) -> Result<Vec<u8>> {
    for run in runs {
        let path = Path::new(run).join("cells").join(&model.cell).join(file::WEIGHTS);
        if path.exists() {
            let bytes = std::fs::read(&path).with_context(|| path.display().to_string())?;
            if digest(&bytes) == model.weights {
                return Ok(bytes);
            }
        }
    }
    bail!(
        "the weights of {} (BLAKE3 {}) are no longer in {}",
        model.cell,
        &model.weights[..16.min(model.weights.len())],
        runs.join(" or ")
    )
}
