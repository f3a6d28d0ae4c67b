//! What classifiers, specialists and attacks record besides the results that all cells have.

use serde::{Deserialize, Serialize};

use assay_runs::{CellId, DetailsSpec, Record, check_finite};

/// Statistics of the elites after one generation. The confidence of an elite is the probability of
/// its own class, in [0, 1].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct GenerationPoint {
    /// Generations completed, from 1.
    pub generation: u32,
    /// Images evaluated so far.
    pub evaluations: u64,
    /// Minimum confidence.
    pub min: f32,
    /// First quartile of the confidences.
    pub lower_quartile: f32,
    /// Median confidence.
    pub median: f32,
    /// Third quartile of the confidences.
    pub upper_quartile: f32,
    /// Maximum confidence.
    pub max: f32,
    /// Mean confidence.
    pub mean: f64,
    /// Share of the classes whose elite has a confidence of at least 0.99.
    pub at_least_99: f64,
    /// Share of the classes whose elite has a confidence of at least 0.9999.
    pub at_least_9999: f64,
    /// Share of the classes whose elite is classified as its own class (argmax).
    pub predicted: f64,
    /// Number of different genomes among the elites. One genome can be the elite of several
    /// classes.
    pub individuals: u32,
    /// Elites replaced in this generation.
    pub replacements: u32,
}

/// The elite (best image) of one class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EliteRecord {
    /// Label of the class.
    pub class: u16,
    /// Confidence of the attacked network in this class, in [0, 1].
    pub confidence: f32,
    /// Label of the class with the highest confidence. A network with a reject class has one label
    /// more than the data set.
    pub predicted: u16,
    /// Generation in which the elite was created, from 0.
    pub generation: u32,
    /// Images evaluated before this class first reached a confidence of 0.99; none if it never did.
    pub evaluations_to_99: Option<u64>,
    /// Images evaluated before this class first reached a confidence of 0.9999; none if it never
    /// did.
    pub evaluations_to_9999: Option<u64>,
    /// Ancestors of the elite, oldest first. Each is named by the class it was the elite of when it
    /// was chosen as a parent.
    pub lineage: Vec<u16>,
}

/// The result of an attack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttackResult {
    /// Statistics at regular intervals; the last generation is always included.
    pub curve: Vec<GenerationPoint>,
    /// One entry for each class that has an elite, by label.
    pub elites: Vec<EliteRecord>,
}

/// Predictions of one network for the images that an attack found on another network. Element i of
/// each list belongs to the i-th image, in the order of the attacked network's classes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Predictions {
    /// The network that made the predictions.
    pub network: CellId,
    /// Confidence in the class that the image was evolved for, in [0, 1].
    pub confidences: Vec<f32>,
    /// Label of the class with the highest confidence. A network with a reject class has one label
    /// more than the data set.
    pub predicted: Vec<u16>,
    /// Confidence in the predicted class, in [0, 1].
    pub predicted_confidences: Vec<f32>,
}

/// Predictions of a network from another run, for those images whose class this network knows as
/// well. Labels are those of this run's data set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExternalPredictions {
    /// Label of each image's class.
    pub classes: Vec<u16>,
    /// Confidence in the image's class, in [0, 1]: softmax over all outputs of the external
    /// network.
    pub confidences: Vec<f32>,
    /// Label of the class with the highest confidence; none if this run's data set does not have
    /// that class.
    pub predicted: Vec<Option<u16>>,
    /// Confidence in the predicted class, in [0, 1].
    pub predicted_confidences: Vec<f32>,
}

#[typetag::serde(name = "attack")]
impl DetailsSpec for AttackResult {
    fn check(&self, _record: &Record) -> Result<(), String> {
        for point in &self.curve {
            let confidences =
                [point.min, point.lower_quartile, point.median, point.upper_quartile, point.max];
            check_finite("attack.curve", confidences.map(f64::from))?;
            let shares = [point.mean, point.at_least_99, point.at_least_9999, point.predicted];
            check_finite("attack.curve", shares)?;
        }
        let confidences = self.elites.iter().map(|elite| f64::from(elite.confidence));
        check_finite("attack.elites", confidences)
    }
}

#[typetag::serde(name = "predictions")]
impl DetailsSpec for Predictions {
    fn check(&self, _record: &Record) -> Result<(), String> {
        let all = self.confidences.iter().chain(&self.predicted_confidences);
        check_finite("predictions", all.map(|&confidence| f64::from(confidence)))?;
        let lengths = [self.predicted.len(), self.predicted_confidences.len()];
        check_same_length("predictions", self.confidences.len(), &lengths)
    }
}

#[typetag::serde(name = "external_predictions")]
impl DetailsSpec for ExternalPredictions {
    fn check(&self, _record: &Record) -> Result<(), String> {
        let all = self.confidences.iter().chain(&self.predicted_confidences);
        check_finite("external_predictions", all.map(|&confidence| f64::from(confidence)))?;
        let lengths = [self.classes.len(), self.predicted.len(), self.predicted_confidences.len()];
        check_same_length("external_predictions", self.confidences.len(), &lengths)
    }
}

/// How a network with a reject class classifies the test images. Its [`Evaluation`](assay_runs::Evaluation)s include the
/// reject class, so a rejected test image counts as an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejection {
    /// Images of the reject class in its training set, including those of earlier rounds.
    pub images: u32,
    /// Test images that were classified as the reject class.
    pub rejected: u32,
    /// Test images that are classified correctly if the reject class is ignored.
    pub correct_among_classes: u32,
}

#[typetag::serde(name = "rejection")]
impl DetailsSpec for Rejection {
    fn check(&self, record: &Record) -> Result<(), String> {
        let most = self.rejected.max(self.correct_among_classes);
        match record.test {
            Some(test) if most > test.images => {
                Err(format!("rejection: {most} of {} test images", test.images))
            }
            _ => Ok(()),
        }
    }
}

/// The classes of a specialist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpecialistClasses {
    /// Their labels, ascending.
    pub classes: Vec<u16>,
}

#[typetag::serde(name = "specialist")]
impl DetailsSpec for SpecialistClasses {
    fn check(&self, _record: &Record) -> Result<(), String> {
        Ok(())
    }
}

fn check_same_length(name: &str, length: usize, others: &[usize]) -> Result<(), String> {
    match others.iter().find(|&&other| other != length) {
        Some(other) => {
            Err(format!("{name}: {length} confidences, but another list has {other} entries"))
        }
        None => Ok(()),
    }
}
