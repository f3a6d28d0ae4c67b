//! The record of a cell: its result, which depends on the cell only.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::details::{Details, DetailsSpec};
use crate::files::{digest_file, read_regular};
use crate::{Cell, CellId, RunError, digest, file};

/// The outcome of a training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Outcome {
    /// The training was completed, and the network is better than chance.
    Trained,
    /// The training was completed, but the network has not learned anything.
    ///
    /// On hard labels: the training loss is still the entropy of the labels, ln(classes) for
    /// balanced classes. On soft targets: validation accuracy is not above that of always
    /// predicting the most common class, by more than three standard deviations.
    DidNotLearn,
    /// The training loss or the loss of an evaluation was not finite.
    Diverged {
        /// The epoch, from 1, in or after which this happened.
        epoch: u32,
    },
    /// Nothing was trained: finished networks were scored, attacked or evaluated, or weights were
    /// imported.
    Measured,
}

/// Classification performance on a set of images.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Number of images.
    pub images: u32,
    /// Images whose most likely class is correct (top-1).
    pub correct: u32,
    /// Images whose class is among the five most likely (top-5).
    pub correct_top5: u32,
    /// Cross-entropy in nats, averaged over the images.
    pub loss: f64,
}

impl Evaluation {
    /// Top-1 accuracy, in [0, 1].
    #[must_use]
    pub fn accuracy(&self) -> f64 {
        f64::from(self.correct) / f64::from(self.images.max(1))
    }

    /// Whether the loss is finite. JSON cannot represent infinity or NaN.
    #[must_use]
    pub fn is_finite(&self) -> bool {
        self.loss.is_finite()
    }
}

/// A point of a learning curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// Epochs completed, from 1.
    pub epoch: u32,
    /// Cross-entropy in nats on the training batches of this epoch, averaged over the images.
    pub train_loss: f64,
    /// Evaluation on the validation images after this epoch, if there was one. The test images are
    /// used once, at the end.
    pub evaluation: Option<Evaluation>,
}

impl CurvePoint {
    /// Whether all losses are finite.
    #[must_use]
    pub fn is_finite(&self) -> bool {
        self.train_loss.is_finite() && self.evaluation.as_ref().is_none_or(Evaluation::is_finite)
    }
}

/// The size of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameters {
    /// Number of weights and biases.
    pub total: u64,
    /// Number of weights and biases that are trained.
    pub trained: u64,
    /// Multiplications in the forward pass of one image; 0 if not counted.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub multiplications: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde requires this signature")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// The result of a cell. It depends on the cell only: on a CPU, two records of a cell are
/// identical.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The cell.
    pub cell: Cell,
    /// The outcome of the training.
    pub outcome: Outcome,
    /// Performance on the test images of the target classes after the last step; none if it
    /// diverged.
    pub test: Option<Evaluation>,
    /// For a classifier: performance on its training images (center crops) after the last step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub train: Option<Evaluation>,
    /// Learning curve, one point per epoch.
    pub curve: Vec<CurvePoint>,
    /// The factor on the learning rate that was chosen on validation images; none if none was
    /// chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lr_factor: Option<f64>,
    /// The size of the network.
    pub parameters: Parameters,
    /// BLAKE3 of the final weights.
    pub weights: String,
    /// For classifiers, attacks and cross-evaluations: BLAKE3 of the file with the network's
    /// logits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logits: Option<String>,
    /// The results that only this kind of cell has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Details>,
    /// BLAKE3 of each published file by name, except for the provenance. With
    /// `run.keep_all_weights`, this includes weights that no other cell needs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, String>,
    /// The [`Record::result_digest`] of each dependency, as it was used.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub made_from: BTreeMap<CellId, String>,
}

impl Record {
    /// An empty record of a cell in which nothing is trained.
    #[must_use]
    pub fn without_training(cell: Cell) -> Self {
        Self {
            cell,
            outcome: Outcome::Measured,
            test: None,
            train: None,
            curve: Vec::new(),
            lr_factor: None,
            parameters: Parameters { total: 0, trained: 0, multiplications: 0 },
            weights: String::new(),
            logits: None,
            details: None,
            files: BTreeMap::new(),
            made_from: BTreeMap::new(),
        }
    }

    /// The results that only this kind of cell has, if they are of type `T`.
    #[must_use]
    pub fn details<T: DetailsSpec>(&self) -> Option<&T> {
        self.details.as_ref()?.downcast_ref()
    }

    /// Performance on the validation images after the last step; none if it was not measured.
    #[must_use]
    pub fn validation(&self) -> Option<Evaluation> {
        self.curve.last()?.evaluation
    }

    /// The accuracy on the validation images, in [0, 1], by which a learning rate is chosen: 0 if the
    /// training diverged; none if it was not measured.
    #[must_use]
    pub fn validation_score(&self) -> Option<f64> {
        if matches!(self.outcome, Outcome::Diverged { .. }) {
            return Some(0.0);
        }
        Some(self.validation()?.accuracy())
    }

    /// A digest of everything that other cells use from this one, and of what it was made from. (They
    /// use the validation accuracy of a trial, too, which follows from its weights.)
    /// Cells that depend on this one can use any record with the same digest. Whether the weights
    /// were kept does not matter.
    ///
    /// # Panics
    /// Never: digests and names can be written as JSON.
    #[must_use]
    pub fn result_digest(&self) -> String {
        let files: BTreeMap<_, _> =
            self.files.iter().filter(|(name, _)| *name != file::WEIGHTS).collect();
        let all = serde_json::to_vec(&(&self.weights, files, &self.details, &self.made_from));
        digest(&all.expect("digests can be written as JSON"))
    }

    /// Reads a file that was published with this record in `folder`.
    ///
    /// # Errors
    /// When the record does not list the file, or it cannot be read or is damaged.
    pub fn read_file(&self, folder: &Path, name: &str) -> Result<Vec<u8>, RunError> {
        let path = folder.join(name);
        let expected = self.files.get(name).ok_or_else(|| RunError::NotInRecord(path.clone()))?;
        let bytes = read_regular(&path)?;
        compare(&path, &digest(&bytes), expected)?;
        Ok(bytes)
    }

    /// Compares every file that was published with this record in `folder` with its digest.
    ///
    /// # Errors
    /// When a file cannot be read or is damaged.
    pub fn verify_files(&self, folder: &Path) -> Result<(), RunError> {
        self.files.iter().try_for_each(|(name, expected)| {
            let path = folder.join(name);
            compare(&path, &digest_file(&path)?, expected)
        })
    }
}

fn compare(path: &Path, found: &str, expected: &str) -> Result<(), RunError> {
    if found == expected {
        return Ok(());
    }
    Err(RunError::damaged(
        path,
        format!("damaged or replaced: its BLAKE3 is {found}, the record says {expected}"),
    ))
}

impl Record {
    /// Whether the losses of all final evaluations are finite.
    #[must_use]
    pub fn is_finite(&self) -> bool {
        self.test.iter().chain(&self.train).all(Evaluation::is_finite)
    }

    /// The record of a training whose final evaluation was not finite: it diverged in this epoch,
    /// and the evaluations are dropped.
    #[must_use]
    pub fn diverged(self, epoch: u32) -> Self {
        let outcome = Outcome::Diverged { epoch };
        Self { outcome, test: None, train: None, details: None, logits: None, ..self }
    }
}
