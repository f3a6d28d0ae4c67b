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
        .text("learning rate", |row| rounded(row.learning_rate))
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
    let tuning = trials[0].tuning;
    let best = tuning.best(&scores).filter(|_| scores.len() == trials.len());
    let means = tuning.means(&scores);
    let row = |trial: &&Trial| {
        let is_own = |other: f64| other.total_cmp(&trial.lr_factor).is_eq();
        let mean = means.iter().find(|mean| is_own(mean.0));
        Row {
            networks: trial.networks.clone(),
            learning_rate: trial.learning_rate,
            trials: scores.iter().filter(|score| is_own(score.0)).count(),
            accuracy: mean.map(|mean| 100.0 * mean.1),
            choice: if best.is_some_and(is_own) { choice(trial) } else { "" },
        }
    };
    let with_factor =
        |factor: &f64| trials.iter().find(|trial| trial.lr_factor.total_cmp(factor).is_eq());
    tuning.lr_factors.iter().filter_map(with_factor).map(row).collect()
}

/// A positive number with four significant digits.
fn rounded(number: f64) -> f64 {
    let factor = 10_f64.powi(3 - number.log10().floor() as i32);
    (number * factor).round() / factor
}

/// What is said of the rate that was chosen.
fn choice(trial: &Trial) -> &'static str {
    let factors = &trial.tuning.lr_factors;
    let is_own =
        |other: Option<&f64>| other.is_some_and(|other| other.total_cmp(&trial.lr_factor).is_eq());
    match () {
        () if factors.len() == 1 => "chosen",
        () if is_own(factors.first()) => "chosen; the smallest that was tried",
        () if is_own(factors.last()) => "chosen; the largest that was tried",
        () => "chosen",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_have_four_digits() {
        assert_eq!(rounded(0.01 * 0.33).to_string(), "0.0033");
        assert_eq!(rounded(0.003 * 3.0).to_string(), "0.009");
        assert_eq!(rounded(1.0 / 3.0).to_string(), "0.3333");
    }
}
