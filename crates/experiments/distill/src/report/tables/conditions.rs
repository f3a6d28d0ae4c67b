//! What the networks of each condition come to.

use super::{mean_of, with_interval};
use crate::report::beside::beside;
use crate::report::contrast::over_seeds;
use crate::report::group::{Group, step_of};
use crate::report::index::Index;
use crate::report::panels::PanelOutcome;
use crate::report::paper;
use crate::report::quality::{Quality, percent};
use assay_report::tables::{Entry, Table};
use assay_report::words::plural;
use assay_stats::deviation;

/// Test errors and the worth of probabilities, by condition; ensembles have rows of their own.
pub(super) fn conditions(index: &Index) -> Table {
    let mut rows = Vec::new();
    for group in index.groups() {
        let qualities = group.by_seed(|measures| Some(&measures.quality));
        let name = group.condition.name(&index.plan().classes);
        let train = mean_of(training_accuracies(group));
        rows.extend(condition(name, &qualities, train, paper::errors(&group.condition)));
    }
    for (name, qualities) in ensembles(index).into_iter().chain(panels(index)) {
        let one_a_seed: Vec<_> = qualities.into_iter().map(|one| vec![one]).collect();
        rows.extend(condition(name, &one_a_seed, None, None));
    }
    Table {
        name: "conditions".to_owned(),
        title:
            "Test errors by condition: mean, its 95 % interval over seeds (networks of one seed, such as \
                the members of an ensemble, count once), standard deviation and range over networks; what the \
                probabilities are worth at T = 1; paper: errors in percent"
                .to_owned(),
        columns: vec![
            "condition",
            "networks",
            "errors",
            "error %",
            "low",
            "high",
            "sd",
            "least",
            "most",
            "training accuracy %",
            "NLL (nats)",
            "Brier",
            "ECE-15 %",
            "paper",
        ],
        rows,
    }
}

fn training_accuracies<'t>(group: &'t Group) -> impl Iterator<Item = f64> + use<'t> {
    let trained = group.trainings.iter().filter(|training| training.measures.is_some());
    let records = trained.filter_map(|training| training.observation.record()?.train);
    records.map(|train| 100.0 * train.accuracy())
}

/// Ensembles of several teachers, by size.
pub(super) fn ensembles<'a>(index: &'a Index) -> Vec<(String, Vec<&'a Quality>)> {
    let mut found: Vec<(String, Vec<&Quality>)> = Vec::new();
    for teachers in index.all_teachers().iter().filter(|one| one.members.len() > 1) {
        let Ok((_, together)) = &teachers.quality else { continue };
        let name = format!("ensemble of {}", plural(teachers.members.len(), "teacher"));
        match found.iter_mut().find(|(known, _)| *known == name) {
            Some((_, qualities)) => qualities.push(together),
            None => found.push((name, vec![together])),
        }
    }
    found
}

/// Panels, by the number of their specialists.
fn panels<'a>(index: &'a Index) -> Vec<(String, Vec<&'a Quality>)> {
    let together = |panel: &'a PanelOutcome| Some(&panel.together.as_ref().ok()?.together);
    let qualities: Vec<&Quality> = index.panels().iter().filter_map(together).collect();
    let specialists = index.panels().first().map_or(0, |panel| panel.specialists.len());
    let name = format!("generalist and {}", plural(specialists, "specialist"));
    if qualities.is_empty() { Vec::new() } else { vec![(name, qualities)] }
}

/// Of networks by seed.
fn condition(
    name: String,
    by_seed: &[Vec<&Quality>],
    train: Option<f64>,
    paper: Option<f64>,
) -> Option<Vec<Entry>> {
    let of_seed = |networks: &Vec<&Quality>| -> Vec<f64> {
        networks.iter().map(|one| one.error_percent()).collect()
    };
    let errors: Vec<Vec<f64>> = by_seed.iter().map(of_seed).collect();
    let (qualities, estimate) =
        (by_seed.concat(), over_seeds(&errors, step_of(&by_seed.concat()))?);
    let errors = errors.concat();
    let of = |value: fn(&Quality) -> f64| mean_of(qualities.iter().map(|one| value(one)));
    let count = mean_of(qualities.iter().map(|one| one.errors() as f64));
    let mut row = vec![Entry::Text(name), Entry::count(qualities.len()), Entry::number(count, 1)];
    row.extend(with_interval(Some(estimate), 2));
    row.extend([
        Entry::number(deviation(&errors), 2),
        Entry::number(errors.iter().copied().reduce(f64::min), 2),
        Entry::number(errors.iter().copied().reduce(f64::max), 2),
        Entry::number(train, 2),
        Entry::number(of(|one| one.nll), 4),
        Entry::number(of(|one| one.brier), 4),
        Entry::number(of(Quality::calibration_error), 2),
        Entry::number(paper, 2),
    ]);
    Some(row)
}

/// The paper's errors beside this run's.
pub(super) fn beside_the_paper(index: &Index) -> Table {
    let row = |row: crate::report::beside::Beside| {
        let estimate = over_seeds(&row.ours, row.step);
        let mut entries = vec![Entry::Text(row.name), Entry::number(Some(row.paper), 2)];
        entries.extend(with_interval(estimate, 2));
        entries.push(Entry::count(row.ours.iter().map(Vec::len).sum()));
        entries
    };
    Table {
        name: "paper".to_owned(),
        title:
            "The paper's test errors in percent beside this run's, with 95 % intervals over seeds"
                .to_owned(),
        columns: vec!["network", "paper", "this run", "low", "high", "networks"],
        rows: beside(index).into_iter().map(row).collect(),
    }
}

/// Errors by class.
pub(super) fn by_class(index: &Index) -> Table {
    let classes = &index.plan().classes;
    let rows = index.groups().iter().flat_map(|group| {
        let qualities = group.qualities();
        let condition = group.condition.name(classes);
        let row = |(class, name): (usize, &String)| {
            let first = qualities.first()?;
            let images = first.by_class[class].images;
            let errors: Vec<f64> =
                qualities.iter().map(|one| one.by_class[class].errors as f64).collect();
            // Where speakers are held out, seeds have other images.
            let rate =
                |one: &&Quality| percent(one.by_class[class].errors, one.by_class[class].images);
            let rates: Vec<f64> = qualities.iter().map(rate).collect();
            Some(vec![
                Entry::text(&condition),
                Entry::text(name),
                Entry::count(images),
                Entry::number(mean_of(errors), 1),
                Entry::number(mean_of(rates.iter().copied()), 2),
                Entry::number(deviation(&rates), 2),
                Entry::count(qualities.len()),
            ])
        };
        classes.iter().enumerate().filter_map(row).collect::<Vec<_>>()
    });
    Table {
        name: "classes".to_owned(),
        title: "Test errors by class, mean over the condition's networks".to_owned(),
        columns: vec!["condition", "class", "images", "errors", "error %", "sd", "networks"],
        rows: rows.collect(),
    }
}

/// What a network of each condition costs.
pub(super) fn costs(index: &Index) -> Table {
    let row = |group: &Group| {
        let done: Vec<_> = group.trainings.iter().map(|training| training.observation).collect();
        let parameters = done.iter().find_map(|one| Some(one.record()?.parameters))?;
        let seen = |value: fn(&assay_runs::Provenance) -> Option<f64>| {
            mean_of(done.iter().filter_map(|one| value(one.provenance()?)))
        };
        let sizes = group.trainings.iter().filter_map(|training| training.weights_bytes);
        let bytes = mean_of(sizes.map(|bytes| bytes as f64));
        let multiplications = Some(parameters.multiplications).filter(|count| *count > 0);
        Some(vec![
            Entry::Text(group.condition.name(&index.plan().classes)),
            Entry::text(parameters.total),
            multiplications.map_or(Entry::Nothing, Entry::text),
            Entry::number(bytes.map(|bytes| bytes / 1024.0), 0),
            Entry::number(seen(|one| Some(one.latency?.one)), 3),
            Entry::number(seen(|one| Some(one.latency?.of_128)), 3),
            Entry::number(seen(|one| Some(one.seconds.train)), 1),
        ])
    };
    Table {
        name: "costs".to_owned(),
        title: "What a network costs: its size, one forward pass of one image and of 128 in \
                milliseconds, and its training; means over the condition's networks"
            .to_owned(),
        columns: vec![
            "condition",
            "parameters",
            "multiplications",
            "weights KiB",
            "ms, 1 image",
            "ms, 128 images",
            "training s",
        ],
        rows: index.groups().iter().filter_map(row).collect(),
    }
}
