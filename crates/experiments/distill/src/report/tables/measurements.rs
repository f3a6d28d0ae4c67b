//! The tidy table: every classifier with its condition, its seed and what pairs it.

use assay_report::measurements::{LongRow, long_table};
use assay_report::tables::{Entry, Table};

use crate::report::condition::Condition;
use crate::report::group::{Measures, Training};
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
type Metric = fn(&Measures) -> Option<f64>;

const METRICS: [(&str, Metric); 7] = [
    ("error %", |one| Some(one.quality.error_percent())),
    ("NLL (nats)", |one| Some(one.quality.nll)),
    ("Brier", |one| Some(one.quality.brier)),
    ("ECE-15 %", |one| Some(one.quality.calibration_error())),
    ("word error %", |one| one.quality.utterance_error_percent()),
    ("agreement %", |one| Some(one.likeness.as_ref()?.agreement)),
    ("KL at T = 1 (nats)", |one| Some(one.likeness.as_ref()?.divergence)),
];

/// One row per classifier and metric.
pub(in crate::report) fn measurements(index: &Index) -> Table {
    let trainings = index.groups().iter().flat_map(|group| &group.trainings);
    long_table(&FACTORS, trainings.map(|training| long_row(index, training)).collect())
}

fn long_row(index: &Index, training: &Training) -> LongRow {
    let condition = Condition::of(training.cell);
    let outcome = training.cell_result.outcome();
    let classes = &index.plan().classes;
    let name = |&class: &u16| classes.get(usize::from(class)).map_or("?", String::as_str);
    let excluded_classes: Vec<&str> = condition.excluded_classes.iter().map(name).collect();
    let metrics = match &training.measures {
        None => vec![(METRICS[0].0, Err(outcome.to_owned()))],
        Some(measures) => {
            METRICS.iter().filter_map(|(name, value)| Some((*name, Ok(value(measures)?)))).collect()
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
