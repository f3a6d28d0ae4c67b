//! Plausibility checks of records, before they are published and after they are read.

use crate::{
    AttackResult, CurvePoint, Evaluation, ExternalPredictions, Parameters, Predictions, Provenance,
    Record,
};

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
        if let Some((test, rejection)) = self.test.zip(self.rejection) {
            let most = rejection.rejected.max(rejection.correct_among_classes);
            if most > test.images {
                return Err(format!("rejection: {most} of {} test images", test.images));
            }
        }
        let scores = self.layer_scores.iter().flat_map(|layer| [layer.cka, layer.h_score]);
        check_finite("layer_scores", scores)?;
        self.attack.iter().try_for_each(check_attack)?;
        self.predictions.iter().try_for_each(check_predictions)?;
        self.external_predictions.iter().try_for_each(check_external_predictions)?;
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

fn check_finite(name: &str, numbers: impl IntoIterator<Item = f64>) -> Result<(), String> {
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
        .flat_map(|point| &point.test)
        .try_for_each(|evaluation_result| check_evaluation("curve", evaluation_result))
}

fn check_attack(result: &AttackResult) -> Result<(), String> {
    for point in &result.curve {
        let confidences =
            [point.min, point.lower_quartile, point.median, point.upper_quartile, point.max];
        check_finite("attack.curve", confidences.map(f64::from))?;
        let shares = [point.mean, point.at_least_99, point.at_least_9999, point.predicted];
        check_finite("attack.curve", shares)?;
    }
    let confidences = result.elites.iter().map(|elite| f64::from(elite.confidence));
    check_finite("attack.elites", confidences)
}

fn check_predictions(predictions: &Predictions) -> Result<(), String> {
    let all = predictions.confidences.iter().chain(&predictions.predicted_confidences);
    check_finite("predictions", all.map(|&confidence| f64::from(confidence)))?;
    let lengths = [predictions.predicted.len(), predictions.predicted_confidences.len()];
    check_same_length("predictions", predictions.confidences.len(), &lengths)
}

fn check_external_predictions(predictions: &ExternalPredictions) -> Result<(), String> {
    let all = predictions.confidences.iter().chain(&predictions.predicted_confidences);
    check_finite("external_predictions", all.map(|&confidence| f64::from(confidence)))?;
    let lengths = [
        predictions.classes.len(),
        predictions.predicted.len(),
        predictions.predicted_confidences.len(),
    ];
    check_same_length("external_predictions", predictions.confidences.len(), &lengths)
}

fn check_same_length(name: &str, length: usize, others: &[usize]) -> Result<(), String> {
    match others.iter().find(|&&other| other != length) {
        Some(other) => {
            Err(format!("{name}: {length} confidences, but another list has {other} entries"))
        }
        None => Ok(()),
    }
}

/// Whether this is a plain file name, without a path.
fn is_plain_file_name(name: &str) -> bool {
    !name.is_empty() && name != "." && name != ".." && !name.contains(['/', '\\'])
}
