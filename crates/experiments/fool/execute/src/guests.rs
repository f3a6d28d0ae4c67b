//! Networks that other runs left behind, to which the images found here are shown.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use assay_datasets::Shape;
use assay_engine::data_module::DataModule;
use assay_engine::experiment::{FinishedNetworks, Host, Registry};
use assay_runs::{
    Cell, CellId, ExternalEvaluationCell, ExternalModel, Method, Outcome, Plan, RunDirectory,
    digest, file,
};

/// A network of another run, with its cell there.
type Known = (CellId, ExternalModel);

/// Adds to a plan of a fooling run that what every evolution by itself found is shown to the trained
/// networks of other runs whose weights were kept. Gives what is left out, each with its reason: networks
/// that share no class with the data here, and what would be shown to the very network it was found on.
///
/// # Errors
/// When there is no run, it has no such network, none of them shares a class, or one takes images of
/// another shape than those here; when its data cannot be read, or its weights are not those of its record.
pub fn guests(
    plan: &mut Plan,
    nets: &[String],
    data_module: &DataModule,
    data_dir: Option<&Path>,
    registry: &Registry,
) -> Result<Vec<String>> {
    let evolved: Vec<_> = plan.cells.iter().filter_map(evolved).cloned().collect();
    let Some(first) = evolved.first() else {
        ensure!(nets.is_empty(), "nets: the plan has no evolution to show to other runs' networks");
        return Ok(Vec::new());
    };
    let host = Host { data_module, data_dir };
    let shape = data_module.shape(&first.network.views);
    let mut without = Vec::new();
    for net in nets {
        let context = || format!("nets: {net}");
        let all = of_run(Path::new(net), &host, shape, registry).with_context(context)?;
        let (sharing, others): (Vec<Known>, Vec<Known>) =
            all.into_iter().partition(|(_, guest)| shares_a_class(guest, data_module));
        if sharing.is_empty() {
            let theirs = others.iter().flat_map(|(_, guest)| &guest.classes).take(3);
            let theirs: Vec<&str> = theirs.map(String::as_str).collect();
            bail!(
                "nets: {net}: its networks know none of the classes here: {}, ...",
                theirs.join(", ")
            );
        }
        let unknown = |(_, guest): &Known| {
            format!("{net}: {}: it knows none of the classes here", guest.cell)
        };
        without.extend(others.iter().map(unknown));
        for shown in &evolved {
            let on = shown.network.id();
            plan.cells.extend(sharing.iter().filter(|(cell, _)| *cell != on).map(|(_, guest)| {
                let (data, shown, guest) = (shown.data.clone(), shown.clone(), guest.clone());
                Cell::ExternalEvaluation(ExternalEvaluationCell { data, shown, guest })
            }));
        }
        let is_attacked =
            |(cell, _): &&Known| evolved.iter().any(|shown| shown.network.id() == *cell);
        without.extend(sharing.iter().filter(is_attacked).map(|(_, guest)| {
            format!("{net}: {}, what was found on it: it is the same network", guest.cell)
        }));
    }
    plan.cells = Plan::in_dependency_order(std::mem::take(&mut plan.cells));
    Ok(without)
}

/// The attack, if it is an evolution by itself.
fn evolved(cell: &Cell) -> Option<&assay_runs::AttackCell> {
    match cell {
        Cell::Attack(cell) if cell.repeat == 0 && cell.attack.method == Method::Evolution => {
            Some(cell)
        }
        _ => None,
    }
}

fn shares_a_class(guest: &ExternalModel, data_module: &DataModule) -> bool {
    data_module.data().classes.iter().any(|class| guest.classes.contains(&class.name))
}

/// The trained networks of a run whose weights were kept.
fn of_run(path: &Path, host: &Host, shape: Shape, registry: &Registry) -> Result<Vec<Known>> {
    let run = RunDirectory::open(path)?;
    let mut left = Vec::new();
    for cell in &run.plan().cells {
        let Some(record) = run.record(cell)? else { continue };
        if record.outcome == Outcome::Trained && record.files.contains_key(file::WEIGHTS) {
            left.push((cell, digest(&run.read_published(cell, file::WEIGHTS)?)));
        }
    }
    ensure!(
        !left.is_empty(),
        "no trained network has kept its weights; run.keep_all_weights=true keeps those of all"
    );
    let networks = FinishedNetworks { run: &run, networks: &left };
    let guests = registry.find(run.plan().study)?.external_networks(&networks, host)?;
    for guest in &guests {
        let Shape { channels, height, width } = shape;
        let here = [channels, height, width].map(|size| size as u32);
        ensure!(
            guest.input == here,
            "{} takes images of {}; those found here are {}",
            guest.cell,
            guest.input.map(|size| size.to_string()).join(" x "),
            shape
        );
    }
    Ok(left.iter().map(|(cell, _)| cell.id()).zip(guests).collect())
}
