//! Every planned classifier of all classes.

use crate::report::condition::Condition;
use crate::report::group::Training;
use crate::report::index::Index;
use crate::report::quality::Quality;
use crate::report::utterances;
use assay_report::tables::{Entry, Table};
use assay_stats::wilson;

/// One row a cell; errors with Wilson's interval, which is of independent images: none where they overlap.
pub(super) fn cells(index: &Index) -> Table {
    let every = "Every planned classifier of all classes, its test errors";
    let title = if utterances::are_planned(index) {
        format!("{every} (no interval: frames of one recording overlap)")
    } else {
        format!("{every} with Wilson's 95 % interval")
    };
    let trainings = index.groups().iter().flat_map(|group| &group.trainings);
    Table {
        name: "cells".to_owned(),
        title,
        columns: vec![
            "condition",
            "seed",
            "outcome",
            "errors",
            "images",
            "error %",
            "low",
            "high",
            "training accuracy %",
            "test accuracy %",
            "NLL (nats)",
            "Brier",
            "ECE-15 %",
            "epochs",
            "seconds",
            "images/s",
            "device",
            "id",
        ],
        rows: trainings.map(|training| cell(index, training)).collect(),
    }
}

fn cell(index: &Index, training: &Training) -> Vec<Entry> {
    let observation = training.observation;
    let (record, provenance) = (observation.record(), observation.provenance());
    let quality = training.measures.as_ref().map(|measures| &measures.quality);
    let counted = |count: fn(&Quality) -> usize| {
        quality.map_or(Entry::Nothing, |quality| Entry::count(count(quality)))
    };
    let number = |value: fn(&Quality) -> f64, decimals| Entry::number(quality.map(value), decimals);
    let independent = quality.filter(|_| !utterances::are_planned(index));
    let interval = independent.map(|quality| wilson(quality.errors(), quality.images()));
    let percent = |share: Option<f64>| Entry::number(share.map(|share| 100.0 * share), 2);
    let accuracy = |evaluation: Option<assay_runs::Evaluation>| {
        percent(evaluation.map(|evaluation| evaluation.accuracy()))
    };
    vec![
        Entry::Text(Condition::of(training.cell).name(&index.plan().classes)),
        Entry::text(training.cell.seed),
        Entry::Text(observation.ending()),
        counted(Quality::errors),
        counted(Quality::images),
        number(Quality::error_percent, 2),
        percent(interval.map(|interval| interval.low)),
        percent(interval.map(|interval| interval.high)),
        accuracy(record.and_then(|record| record.train)),
        accuracy(record.and_then(|record| record.test)),
        number(|quality| quality.nll, 4),
        number(|quality| quality.brier, 4),
        number(Quality::calibration_error, 2),
        record.map_or(Entry::Nothing, |record| Entry::count(record.curve.len())),
        Entry::number(provenance.map(|provenance| provenance.seconds.total), 1),
        Entry::number(provenance.map(|provenance| provenance.images_per_second), 0),
        provenance.map_or(Entry::Nothing, |provenance| Entry::text(&provenance.device)),
        Entry::text(observation.cell.id()),
    ]
}
