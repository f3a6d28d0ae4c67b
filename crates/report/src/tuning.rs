//! The table of the learning rates that were tried.

use assay_runs::Tuning;

use crate::run_results::{CellResult, distinct};
use crate::{Table, TableSpec};

/// A trial of a learning rate.
#[derive(Debug, Clone)]
pub struct Trial<'a> {
    /// The networks that use the rate that is chosen.
    pub networks: String,
    /// The candidates.
    pub tuning: &'a Tuning,
    /// Its factor on the learning rate of the schedule.
    pub lr_factor: f64,
    /// Its learning rate.
    pub learning_rate: f64,
    /// Its result.
    pub cell_result: &'a CellResult,
}

/// One learning rate of a group of networks.
struct Row {
    networks: String,
    learning_rate: f64,
    trials: usize,
    accuracy: Option<f64>,
    choice: &'static str,
}

/// Every learning rate that was tried, with its mean validation accuracy and whether it was chosen. Without
/// rows if there were no trials.
#[must_use]
pub fn learning_rates(trials: &[Trial]) -> Table {
    let title = "Learning rates, chosen by the mean validation accuracy of their trials. Trials have seeds of their \
                 own and are not tested; one that diverged counts as 0 %";
    let groups = distinct(trials.iter().map(|trial| &trial.networks));
    TableSpec::new("learning_rates", title)
        .text("networks", |row: &Row| row.networks.clone())
        .text("learning rate", |row| row.learning_rate)
        .text("trials", |row| row.trials)
        .number("validation accuracy %", 2, |row| row.accuracy)
        .text("choice", |row| row.choice)
        .rows(groups.into_iter().flat_map(|networks| {
            let own: Vec<&Trial> = trials.iter().filter(|one| one.networks == *networks).collect();
            rows(&own)
        }))
}

/// The rows of one group of networks.
fn rows(trials: &[&Trial]) -> Vec<Row> {
    let scores: Vec<(f64, f64)> = trials
        .iter()
        .filter_map(|one| Some((one.lr_factor, one.cell_result.record()?.validation_score()?)))
        .collect();
    let factors = &trials[0].tuning.lr_factors;
    let best = trials[0].tuning.best(&scores).filter(|_| scores.len() == trials.len());
    let row = |&factor: &f64| {
        let is_own = |other: f64| other.total_cmp(&factor).is_eq();
        let first = trials.iter().find(|one| is_own(one.lr_factor))?;
        let own: Vec<f64> = scores.iter().filter(|one| is_own(one.0)).map(|one| one.1).collect();
        let choice = match best {
            Some(best) if !is_own(best) => "",
            None => "",
            _ if factors.len() == 1 => "chosen",
            _ if factors.first() == Some(&factor) => "chosen; the smallest that was tried",
            _ if factors.last() == Some(&factor) => "chosen; the largest that was tried",
            _ => "chosen",
        };
        Some(Row {
            networks: first.networks.clone(),
            learning_rate: first.learning_rate,
            trials: own.len(),
            accuracy: (!own.is_empty()).then(|| 100.0 * own.iter().sum::<f64>() / own.len() as f64),
            choice,
        })
    };
    factors.iter().filter_map(row).collect()
}
