//! Networks that other runs left behind, to which the images found here are shown.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use assay_datasets::{DataSet, Shape, open};
use assay_runs::{
    Cell, CellId, ClassifierCell, Data, Guest, GuestShowingCell, Loss, Method, Outcome, Plan,
    RunDirectory, Study, TransferCell, digest, file,
};

use crate::material::Material;
use crate::profile::{DataSettings, RunSettings, view_settings};
use crate::transfer::{HalvedMaterial, TransferProfile};

/// What it takes to tell whether a network of another run can be shown the images found here.
struct Host<'a> {
    material: &'a Material,
    shape: Shape,
    data_dir: Option<&'a Path>,
}

/// A network of another run, with its cell there.
type Known = (CellId, Guest);

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
    material: &Material,
    data_dir: Option<&Path>,
) -> Result<Vec<String>> {
    let evolved: Vec<_> = plan.cells.iter().filter_map(evolved).cloned().collect();
    let Some(first) = evolved.first() else {
        ensure!(nets.is_empty(), "nets: the plan has no evolution to show to other runs' networks");
        return Ok(Vec::new());
    };
    let host = Host { material, shape: material.shape(&first.network.views), data_dir };
    let mut without = Vec::new();
    for net in nets {
        let context = || format!("nets: {net}");
        let all = of_run(Path::new(net), &host).with_context(context)?;
        let (sharing, others): (Vec<Known>, Vec<Known>) =
            all.into_iter().partition(|(_, guest)| shares_a_class(guest, material));
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
                Cell::GuestShowing(GuestShowingCell { data, shown, guest })
            }));
        }
        let is_attacked =
            |(cell, _): &&Known| evolved.iter().any(|shown| shown.network.id() == *cell);
        without.extend(sharing.iter().filter(is_attacked).map(|(_, guest)| {
            format!("{net}: {}, what was found on it: it is the same network", guest.cell)
        }));
    }
    plan.cells = Plan::ordered(std::mem::take(&mut plan.cells));
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

fn shares_a_class(guest: &Guest, material: &Material) -> bool {
    material.data().classes.iter().any(|class| guest.classes.contains(&class.name))
}

/// The trained networks of a run whose weights were kept.
fn of_run(path: &Path, host: &Host) -> Result<Vec<Known>> {
    let run = RunDirectory::open(path)?;
    let mut left = Vec::new();
    for cell in &run.plan().cells {
        let Some(record) = run.record(cell)? else { continue };
        if record.outcome == Outcome::Trained && record.files.contains_key(file::WEIGHTS) {
            left.push((cell, digest(&run.published(cell, file::WEIGHTS)?)));
        }
    }
    ensure!(
        !left.is_empty(),
        "no trained network has kept its weights; run.keep_all_weights=true keeps those of all"
    );
    let guests = match run.plan().study {
        Study::Transfer => of_transfer(&run, &left, host)?,
        Study::Distill | Study::Fool => of_classifiers(&run, &left, host)?,
    };
    for guest in &guests {
        let Shape { channels, height, width } = host.shape;
        let here = [channels, height, width].map(|size| size as u32);
        ensure!(
            guest.input == here,
            "{} takes images of {}; those found here are {}",
            guest.cell,
            guest.input.map(|size| size.to_string()).join(" x "),
            host.shape
        );
    }
    Ok(left.iter().map(|(cell, _)| cell.id()).zip(guests).collect())
}

fn of_classifiers(run: &RunDirectory, left: &[(&Cell, String)], host: &Host) -> Result<Vec<Guest>> {
    let settings = &run.plan().settings;
    let how: DataSettings =
        serde_json::from_value(settings["data"].clone()).context("data of the plan's settings")?;
    let within: RunSettings =
        serde_json::from_value(settings["run"].clone()).context("run of the plan's settings")?;
    let theirs;
    let data = if left.iter().all(|(cell, _)| *cell.data() == host.material.identity()) {
        host.material.data()
    } else {
        theirs = open(&how.name, &how.open_options(&within, host.data_dir))?;
        &theirs
    };
    let normalisation = data.train.normalisation_of_all()?;
    let names: Vec<String> = data.classes.iter().map(|class| class.name.clone()).collect();
    let guest = |(cell, weights): &(&Cell, String)| {
        let classifier = cell.classifier().context("a network of another study")?;
        same_data(cell.data(), data)?;
        let shape = view_settings(&classifier.views).view_shape(data.train.shape());
        Ok(Guest {
            kind: kind_of(classifier),
            cell: cell.name(),
            weights: weights.clone(),
            data: cell.data().clone(),
            network: classifier.network.clone(),
            input: input(shape),
            outputs: names.len() as u32 + u32::from(classifier.reject.is_some()),
            classes: names.clone(),
            mean: normalisation.mean.clone(),
            deviation: normalisation.deviation.clone(),
        })
    };
    left.iter().map(guest).collect()
}

fn of_transfer(run: &RunDirectory, left: &[(&Cell, String)], host: &Host) -> Result<Vec<Guest>> {
    let profile: TransferProfile =
        serde_json::from_value(run.plan().settings.clone()).context("the plan's settings")?;
    let halved = HalvedMaterial::open(&profile, host.data_dir, host.material.device())?;
    let guest = |(cell, weights): &(&Cell, String)| {
        let transfer: &TransferCell = cell.transfer().context("a network of another study")?;
        same_data(cell.data(), halved.data())?;
        let normalisation = halved.normalisation(transfer)?;
        let classes = halved.classes(transfer, transfer.treatment.target())?;
        let name = |&class: &u16| halved.data().classes[usize::from(class)].name.clone();
        let classes: Vec<String> = classes.iter().map(name).collect();
        Ok(Guest {
            kind: format!("{} {}", transfer.treatment, transfer.network.architecture),
            cell: cell.name(),
            weights: weights.clone(),
            data: cell.data().clone(),
            network: transfer.network.clone(),
            input: input(halved.view_shape()),
            outputs: classes.len() as u32,
            classes,
            mean: normalisation.mean,
            deviation: normalisation.deviation,
        })
    };
    left.iter().map(guest).collect()
}

/// How a network's images are normalised is measured on the data it was trained on.
fn same_data(planned: &Data, found: &DataSet) -> Result<()> {
    ensure!(
        planned.fingerprint == found.fingerprint,
        "the data set {} is not what its networks were trained on: fingerprint {} then, {} now",
        found.opened_as,
        planned.fingerprint,
        found.fingerprint
    );
    Ok(())
}

fn input(shape: Shape) -> [u32; 3] {
    [shape.channels, shape.height, shape.width].map(|size| size as u32)
}

/// What a classifier is but for its repeat.
fn kind_of(cell: &ClassifierCell) -> String {
    let ClassifierCell { role, network, loss, examples, .. } = cell;
    let loss = if *loss == Loss::HardLabels { String::new() } else { format!(" {loss}") };
    let round = cell.round();
    let round = if round > 0 { format!(" round-{round}") } else { String::new() };
    let examples = examples.to_string().replacen('.', " ", 1);
    format!("{role} {}{loss}{examples}{round}", network.architecture)
}
