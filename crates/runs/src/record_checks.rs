//! Plausibility checks of records, before they are published and after they are read.

use crate::{CurvePoint, Evaluation, Parameters, Provenance, Record};

impl Record {
    /// Checks that numbers are finite, counts are consistent and file names are plain.
    ///
    /// # Errors
    /// A description of the first problem.
    pub fn check(&self) -> Result<(), String> {
        for (name, evaluation_result) in [("test", &self.test), ("train", &self.train)] {
            evaluation_result
                .iter()
                .try_for_each(|evaluation_result| check_evaluation(name, evaluation_result))?;
        }
        check_curve(&self.curve)?;
        let Parameters { total, trained, .. } = self.parameters;
        if trained > total {
            return Err(format!("{trained} trained parameters, but only {total} in all"));
        }
        self.details.iter().try_for_each(|details| details.check(self))?;
        match self.files.keys().find(|name| !is_plain_file_name(name)) {
            Some(name) => Err(format!("files: {name:?} is not a plain file name")),
            None => Ok(()),
        }
    }
}

impl Provenance {
    /// Checks that numbers are finite.
    ///
    /// # Errors
    /// A description of the first problem.
    pub fn check(&self) -> Result<(), String> {
        let seconds = self.seconds;
        let seconds = [seconds.prepare, seconds.train, seconds.evaluate, seconds.total];
        check_finite("seconds", seconds)?;
        check_finite("finished", [self.finished])?;
        check_finite("images_per_second", [self.images_per_second])?;
        check_finite("latency", self.latency.iter().flat_map(|time| [time.batch_1, time.batch_128]))
    }
}

/// Checks that numbers are finite.
///
/// # Errors
/// A description of the first problem, with `name`.
pub fn check_finite(name: &str, numbers: impl IntoIterator<Item = f64>) -> Result<(), String> {
    match numbers.into_iter().find(|number| !number.is_finite()) {
        Some(wrong) => Err(format!("{name}: {wrong} is not finite")),
        None => Ok(()),
    }
}

fn check_evaluation(name: &str, evaluation_result: &Evaluation) -> Result<(), String> {
    let Evaluation { images, correct, correct_top5, loss } = *evaluation_result;
    if images == 0 || correct > correct_top5 || correct_top5 > images {
        return Err(format!(
            "{name}: {correct} correct and {correct_top5} among the first five of {images} images"
        ));
    }
    check_finite(name, [loss])
}

fn check_curve(points: &[CurvePoint]) -> Result<(), String> {
    if let Some(pair) = points.windows(2).find(|pair| pair[0].epoch >= pair[1].epoch) {
        return Err(format!("curve: epoch {} after {}", pair[1].epoch, pair[0].epoch));
    }
    check_finite("curve", points.iter().map(|point| point.train_loss))?;
    points
        .iter()
        .flat_map(|point| &point.evaluation)
        .try_for_each(|evaluation_result| check_evaluation("curve", evaluation_result))
}

/// Whether this is a plain file name, without a path.
fn is_plain_file_name(name: &str) -> bool {
    !name.is_empty() && name != "." && name != ".." && !name.contains(['/', '\\'])
}
