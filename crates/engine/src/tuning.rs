//! Chooses a learning rate on validation images.

use anyhow::{Context, Result};
use assay_runs::{Cell, RunDirectory, Tuning};

/// The factor on the learning rate that finished trials choose; none without candidates or trials.
///
/// - trials: the factor and the cell of every trial
///
/// # Errors
/// Returns an error if a trial is not finished, or has no validation accuracy.
pub fn chosen_lr_factor(
    tuning: Option<&Tuning>,
    trials: Vec<(f64, impl Into<Cell>)>,
    run: &RunDirectory,
) -> Result<Option<f64>> {
    let Some(tuning) = tuning.filter(|_| !trials.is_empty()) else { return Ok(None) };
    let mut scores = Vec::new();
    for (factor, trial) in trials {
        let cell = trial.into();
        let record = run.record(&cell)?;
        let record = record.with_context(|| format!("{} is not finished", cell.name()))?;
        let score = record.validation_score();
        let missing = || format!("{} has no validation accuracy", cell.name());
        scores.push((factor, score.with_context(missing)?));
    }
    tuning.best(&scores).context("there is no trial of a learning rate").map(Some)
}
