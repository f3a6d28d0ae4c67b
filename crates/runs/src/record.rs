//! What a cell came to: its record, which depends on the cell alone, and its provenance, which does not.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::files::{digest_of, read_regular};
use crate::{AttackResult, Cell, CellId, GuestOpinion, Opinion, RunError, digest, file};

/// How a training ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Outcome {
    /// It went through its schedule and does better than chance.
    Trained,
    /// It went through its schedule and has learnt nothing. On hard labels: its training loss is still the
    /// entropy of the labels, ln(classes) where each is as common. On soft targets: it classifies no more
    /// validation images correctly than naming the commonest class for all of them does, and three standard
    /// deviations of chance.
    Stuck,
    /// A loss was no longer finite: that of the training, or that of the images it is looked at with.
    Diverged {
        /// The epoch, from 1, in or after which that was seen.
        epoch: u32,
    },
    /// Nothing was trained; finished networks were scored, attacked or shown images, or a network was
    /// read from a file.
    Measured,
}

/// How a network does on a set of images.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Images seen.
    pub images: u32,
    /// Images whose most likely class is their own.
    pub correct: u32,
    /// Images whose own class is among the five most likely.
    pub correct_top5: u32,
    /// Cross-entropy in nats, mean over the images.
    pub loss: f64,
}

impl Evaluation {
    /// The share of images classified correctly, in [0, 1].
    #[must_use]
    pub fn accuracy(&self) -> f64 {
        f64::from(self.correct) / f64::from(self.images.max(1))
    }

    /// Whether the loss is a number that a record can have: JSON has no infinity.
    #[must_use]
    pub fn is_finite(&self) -> bool {
        self.loss.is_finite()
    }
}

/// A point of a learning curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// Epochs done, from 1.
    pub epoch: u32,
    /// Cross-entropy in nats on the training batches of this epoch, mean over the images.
    pub train_loss: f64,
    /// After this epoch, where it was measured: on the test images in the transfer study, on the held-out
    /// ones in the others, which read the test images once, at the end.
    pub test: Option<Evaluation>,
}

impl CurvePoint {
    /// Whether all of its losses are finite.
    #[must_use]
    pub fn is_finite(&self) -> bool {
        self.train_loss.is_finite() && self.test.as_ref().is_none_or(Evaluation::is_finite)
    }
}

/// How many numbers a network has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameters {
    /// All weights and biases.
    pub total: u64,
    /// Those that training may change.
    pub trained: u64,
    /// Multiplications of one image's forward pass; 0 where it was not counted.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub multiplications: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde asks for")]
fn is_nothing(number: &u64) -> bool {
    *number == 0
}

/// What a network with a reject class makes of the test images. Its [`Evaluation`]s compare all outputs, so
/// that a test image it rejects is an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejection {
    /// Images of the reject class it was trained on, those of earlier rounds included.
    pub images: u32,
    /// Test images of which the reject class is the most likely.
    pub rejected: u32,
    /// Test images whose own class is more likely than every other class of the data, whatever the
    /// reject class.
    pub correct_of_classes: u32,
}

/// Cheap scores of one layer of a base, to stand beside the measured transfer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LayerScores {
    /// The layer, from 1.
    pub layer: u8,
    /// Linear centered kernel alignment with the same layer of the other half's base, in [0, 1]
    /// (Kornblith et al. 2019).
    pub cka: f64,
    /// H-score of the layer's features on the other half's labels (Bao et al. 2019).
    pub h_score: f64,
}

/// What a cell came to. Depends on the cell alone: on a CPU two records of one cell are equal
/// bit for bit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The cell.
    pub cell: Cell,
    /// How the training ended.
    pub outcome: Outcome,
    /// On the test images of the target classes, after the last step; none where it diverged.
    pub test: Option<Evaluation>,
    /// Of a classifier: on the training images it saw, each in its central view, after the last step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub train: Option<Evaluation>,
    /// One point an epoch.
    pub curve: Vec<CurvePoint>,
    /// The network's size.
    pub parameters: Parameters,
    /// BLAKE3 of the final weights.
    pub weights: String,
    /// Of a classifier with a reject class: what it makes of the test images.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejection: Option<Rejection>,
    /// Of a classifier, an attack and a showing: BLAKE3 of the file with the network's logits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logits: Option<String>,
    /// Of a specialist: the labels of its field, ascending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<u16>,
    /// Of a cell of scores: one entry a layer, but for layers that have no finite score.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub layer_scores: Vec<LayerScores>,
    /// Of an attack: the elites, and how they came to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attack: Option<AttackResult>,
    /// Of a showing: what the network says of the elites; none where it, or the attacked one, diverged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opinion: Option<Opinion>,
    /// Of a showing to a network of another run; none where the attacked one diverged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guest_opinion: Option<GuestOpinion>,
    /// BLAKE3 of every file that was published beside it, by name, but for its provenance. Weights that no cell needs
    /// are among them where `run.keep_all_weights` says so.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, String>,
    /// What it was made from: the [`Record::result`] of each cell that its own needs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub made_from: BTreeMap<CellId, String>,
}

impl Record {
    /// Of work that trained nothing, which is yet to be told.
    #[must_use]
    pub fn measured(cell: Cell) -> Self {
        Self {
            cell,
            outcome: Outcome::Measured,
            test: None,
            train: None,
            rejection: None,
            curve: Vec::new(),
            parameters: Parameters { total: 0, trained: 0, multiplications: 0 },
            weights: String::new(),
            logits: None,
            classes: Vec::new(),
            layer_scores: Vec::new(),
            attack: None,
            opinion: None,
            guest_opinion: None,
            files: BTreeMap::new(),
            made_from: BTreeMap::new(),
        }
    }

    /// A digest of what other cells take from this one, and of what it was made from itself: equal for two records
    /// on which other cells can rest alike. Whether weights were kept changes nothing.
    ///
    /// # Panics
    /// Never: digests and names are plain data.
    #[must_use]
    pub fn result(&self) -> String {
        let files: BTreeMap<_, _> =
            self.files.iter().filter(|(name, _)| *name != file::WEIGHTS).collect();
        let all = serde_json::to_vec(&(&self.weights, files, &self.made_from));
        digest(&all.expect("plain data"))
    }

    /// Reads a file that was published beside this record, in `folder`.
    ///
    /// # Errors
    /// When the record names no such file, it cannot be read, or it is not what was published.
    pub fn read_file(&self, folder: &Path, name: &str) -> Result<Vec<u8>, RunError> {
        let path = folder.join(name);
        let expected = self.files.get(name).ok_or_else(|| RunError::NotKept(path.clone()))?;
        let bytes = read_regular(&path)?;
        compare(&path, &digest(&bytes), expected)?;
        Ok(bytes)
    }

    /// Compares every file that was published beside this record, in `folder`, with its digest.
    ///
    /// # Errors
    /// When one cannot be read, or is not what was published.
    pub fn verify_files(&self, folder: &Path) -> Result<(), RunError> {
        self.files.iter().try_for_each(|(name, expected)| {
            let path = folder.join(name);
            compare(&path, &digest_of(&path)?, expected)
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
    /// Whether the losses of all looks at the finished network are finite.
    #[must_use]
    pub fn is_finite(&self) -> bool {
        self.test.iter().chain(&self.train).all(Evaluation::is_finite)
    }

    /// What is left of it where they are not: its training diverged, as the end of this epoch shows, and
    /// what was seen of the network counts for nothing.
    #[must_use]
    pub fn diverged(self, epoch: u32) -> Self {
        let outcome = Outcome::Diverged { epoch };
        Self { outcome, test: None, train: None, rejection: None, logits: None, ..self }
    }
}

/// Where the seconds of a cell went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Seconds {
    /// Building the network and the output of the frozen layers.
    pub prepare: f64,
    /// Training steps.
    pub train: f64,
    /// Looking at the test images.
    pub evaluate: f64,
    /// From start to finish, over all attempts that left a checkpoint behind.
    pub total: f64,
}

/// Milliseconds of one forward pass, the median of several.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// Of one image.
    pub one: f64,
    /// Of 128 images together.
    pub of_128: f64,
}

/// What a record without a precision was computed in.
fn f32_in_full() -> String {
    "f32".to_owned()
}

/// Where and how a cell was trained: everything that may differ between two equal records.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// The device, as `--device` spells it.
    pub device: String,
    /// What the device computed in, as `--precision` spells it.
    #[serde(default = "f32_in_full")]
    pub precision: String,
    /// What the machine is called and made of, its card included where it trained on one.
    pub machine: String,
    /// Version of assay, with the commit where it is known.
    pub version: String,
    /// Seconds, by what they were spent on.
    pub seconds: Seconds,
    /// When it was done, in seconds since 1970 by the machine's clock.
    pub finished: f64,
    /// Training images seen a second of training.
    pub images_per_second: f64,
    /// Of a classifier: how long one look at images takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency: Option<Latency>,
    /// How many of the first layers were computed once and kept.
    pub cached_layers: u8,
    /// How many times the cell was taken up again from a checkpoint.
    pub resumed: u32,
    /// Devices of earlier attempts, where it was taken up on another, or in another precision.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier_devices: Vec<String>,
}
