//! Whether a record says what can be: the last look before it is published, and the first after it is read.

use crate::{
    AttackResult, CurvePoint, Evaluation, GuestOpinion, Opinion, Parameters, Provenance, Record,
};

impl Record {
    /// Whether its numbers are finite, its counts fit one another, and its files are named plainly.
    ///
    /// # Errors
    /// What cannot be, in words.
    pub fn check(&self) -> Result<(), String> {
        for (name, seen) in [("test", &self.test), ("train", &self.train)] {
            seen.iter().try_for_each(|seen| evaluation(name, seen))?;
        }
        curve(&self.curve)?;
        let Parameters { total, trained, .. } = self.parameters;
        if trained > total {
            return Err(format!("{trained} trained parameters of {total}"));
        }
        if let Some((test, rejection)) = self.test.zip(self.rejection) {
            let most = rejection.rejected.max(rejection.correct_of_classes);
            if most > test.images {
                return Err(format!("rejection: {most} of {} test images", test.images));
            }
        }
        let scores = self.layer_scores.iter().flat_map(|layer| [layer.cka, layer.h_score]);
        finite("layer_scores", scores)?;
        self.attack.iter().try_for_each(attack)?;
        self.opinion.iter().try_for_each(opinion)?;
        self.guest_opinion.iter().try_for_each(guest_opinion)?;
        match self.files.keys().find(|name| !is_plain(name)) {
            Some(name) => Err(format!("files: {name:?} is no name of a file")),
            None => Ok(()),
        }
    }
}

impl Provenance {
    /// Whether its numbers are finite.
    ///
    /// # Errors
    /// What is not, in words.
    pub fn check(&self) -> Result<(), String> {
        let seconds = self.seconds;
        let seconds = [seconds.prepare, seconds.train, seconds.evaluate, seconds.total];
        finite("seconds", seconds)?;
        finite("finished", [self.finished])?;
        finite("images_per_second", [self.images_per_second])?;
        finite("latency", self.latency.iter().flat_map(|time| [time.one, time.of_128]))
    }
}

fn finite(name: &str, numbers: impl IntoIterator<Item = f64>) -> Result<(), String> {
    match numbers.into_iter().find(|number| !number.is_finite()) {
        Some(wrong) => Err(format!("{name}: {wrong} is no finite number")),
        None => Ok(()),
    }
}

fn evaluation(name: &str, seen: &Evaluation) -> Result<(), String> {
    let Evaluation { images, correct, correct_top5, loss } = *seen;
    if images == 0 || correct > correct_top5 || correct_top5 > images {
        return Err(format!(
            "{name}: {correct} correct and {correct_top5} among the first five of {images} images"
        ));
    }
    finite(name, [loss])
}

fn curve(points: &[CurvePoint]) -> Result<(), String> {
    if let Some(pair) = points.windows(2).find(|pair| pair[0].epoch >= pair[1].epoch) {
        return Err(format!("curve: epoch {} after {}", pair[1].epoch, pair[0].epoch));
    }
    finite("curve", points.iter().map(|point| point.train_loss))?;
    points.iter().flat_map(|point| &point.test).try_for_each(|seen| evaluation("curve", seen))
}

fn attack(result: &AttackResult) -> Result<(), String> {
    for point in &result.curve {
        let confidences =
            [point.min, point.lower_quartile, point.median, point.upper_quartile, point.max];
        finite("attack.curve", confidences.map(f64::from))?;
        let shares = [point.mean, point.at_least_99, point.at_least_9999, point.predicted];
        finite("attack.curve", shares)?;
    }
    let confidences = result.elites.iter().map(|elite| f64::from(elite.confidence));
    finite("attack.elites", confidences)
}

fn opinion(said: &Opinion) -> Result<(), String> {
    let all = said.confidences.iter().chain(&said.predicted_confidences);
    finite("opinion", all.map(|&confidence| f64::from(confidence)))?;
    let lengths = [said.predicted.len(), said.predicted_confidences.len()];
    same_length("opinion", said.confidences.len(), &lengths)
}

fn guest_opinion(said: &GuestOpinion) -> Result<(), String> {
    let all = said.confidences.iter().chain(&said.predicted_confidences);
    finite("guest_opinion", all.map(|&confidence| f64::from(confidence)))?;
    let lengths = [said.classes.len(), said.predicted.len(), said.predicted_confidences.len()];
    same_length("guest_opinion", said.confidences.len(), &lengths)
}

fn same_length(name: &str, length: usize, others: &[usize]) -> Result<(), String> {
    match others.iter().find(|&&other| other != length) {
        Some(other) => Err(format!("{name}: {length} confidences beside {other} of the rest")),
        None => Ok(()),
    }
}

/// Whether a name is that of a file in the folder itself.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && name != "." && name != ".." && !name.contains(['/', '\\'])
}
