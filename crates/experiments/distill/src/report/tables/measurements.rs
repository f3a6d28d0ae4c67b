//! The tidy table: every classifier with its condition, its seed and what pairs it.

use assay_report::measurements::{LongRow, long_table};
use assay_report::tables::{Entry, Table};

use crate::report::group::{Group, Metrics, Training};
use crate::report::index::Index;

const FACTORS: [&str; 10] = [
    "group",
    "network",
    "temperature",
    "other loss",
    "excluded classes",
    "share of the images",
    "teachers",
    "specialists",
    "seed",
    "outcome",
];

/// A number of a trained classifier; none if it does not have this number.
type Metric = fn(&Metrics) -> Option<f64>;

const METRICS: [(&str, Metric); 7] = [
    ("error %", |one| Some(one.classification.error_percent())),
    ("NLL (nats)", |one| Some(one.classification.nll)),
    ("Brier", |one| Some(one.classification.brier)),
    ("ECE-15 %", |one| Some(one.classification.calibration_error())),
    ("word error %", |one| one.classification.word_error_percent()),
    ("agreement %", |one| Some(one.agreement.as_ref()?.percent)),
    ("KL at T = 1 (nats)", |one| Some(one.agreement.as_ref()?.divergence)),
];

/// One row per classifier and metric.
pub(in crate::report) fn measurements(index: &Index) -> Table {
    let rows = index.trainings().map(|(group, training)| long_row(index, group, training));
    long_table(&FACTORS, rows.collect())
}

fn long_row(index: &Index, group: &Group, training: &Training) -> LongRow {
    let condition = &group.condition;
    let outcome = training.cell_result.outcome();
    let classes = &index.plan.classes;
    let name = |&class: &u16| classes.get(usize::from(class)).map_or("?", String::as_str);
    let excluded_classes: Vec<&str> = condition.excluded_classes.iter().map(name).collect();
    let metrics = match &training.metrics {
        Err(_) => vec![(METRICS[0].0, Err(outcome.to_owned()))],
        Ok(found) => {
            METRICS.iter().filter_map(|(name, value)| Some((*name, Ok(value(found)?)))).collect()
        }
    };
    LongRow {
        cell: training.cell_result.cell.name(),
        factors: vec![
            Entry::Text(format!("{:?}", condition.role).to_lowercase()),
            Entry::Text(condition.network()),
            condition.temperature.map_or(Entry::Nothing, Entry::text),
            condition.other_loss.as_ref().map_or(Entry::Nothing, Entry::text),
            Entry::Text(excluded_classes.join(" ")),
            Entry::text(condition.fraction),
            Entry::count(condition.teachers),
            Entry::text(condition.specialists),
            Entry::text(training.cell.seed),
            Entry::text(outcome),
        ],
        cluster: format!("seed {}", training.counts_for),
        metrics,
    }
}
