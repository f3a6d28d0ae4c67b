//! What a device says of operations, in the order they are done.

use std::fmt;

use burn::tensor::Tensor;
use serde::Serialize;

/// A kind of operation, in the order of a training step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Images on the device, normalized.
    Data,
    /// One layer's output.
    Forward,
    /// The network's output.
    Logits,
    /// A loss.
    Loss,
    /// A gradient of a loss.
    Gradient,
    /// A parameter after one step of training.
    Step,
    /// A velocity of the optimizer after one step.
    Velocity,
    /// What an attack hears of images.
    Confidences,
    /// Counts and loss of an evaluation.
    Evaluation,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Data => "data",
            Self::Forward => "forward",
            Self::Logits => "logits",
            Self::Loss => "loss",
            Self::Gradient => "gradient",
            Self::Step => "step",
            Self::Velocity => "velocity",
            Self::Confidences => "confidences",
            Self::Evaluation => "evaluation",
        })
    }
}

/// An operation by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Operation {
    /// The network, or `losses`.
    pub part: String,
    /// Steps of training that the state has behind it.
    pub after_steps: u32,
    /// The kind of operation.
    pub stage: Stage,
    /// Of what: a layer, a parameter, a loss.
    pub what: String,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { part, after_steps, stage, what } = self;
        write!(f, "{part} after {after_steps} steps: {stage} of {what}")
    }
}

/// An operation, and the numbers that came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// The operation.
    pub operation: Operation,
    /// The numbers, in the order of the tensor's shape.
    pub values: Vec<f32>,
}

/// MetricsLog what a device says. Where the device panics, what was said before stays, and so does the name
/// of the operation it was at.
#[derive(Debug)]
pub struct Recorder {
    part: String,
    after_steps: u32,
    said: Vec<Said>,
    at: Option<Operation>,
}

impl Recorder {
    /// For operations of one part from one state.
    #[must_use]
    pub fn new(part: &str, after_steps: u32) -> Self {
        Self { part: part.to_owned(), after_steps, said: Vec::new(), at: None }
    }

    /// Does an operation, reads its result and metrics it.
    pub(super) fn note<const D: usize>(
        &mut self,
        stage: Stage,
        what: &str,
        operation: impl FnOnce() -> Tensor<D>,
    ) {
        self.note_numbers(stage, what, || {
            let data = operation().inner().into_data().convert::<f32>();
            data.try_into_vec::<f32>().expect("just converted")
        });
    }

    /// The same for an operation that reads its result itself.
    pub(super) fn note_numbers(
        &mut self,
        stage: Stage,
        what: &str,
        operation: impl FnOnce() -> Vec<f32>,
    ) {
        let (part, what) = (self.part.clone(), what.to_owned());
        let named = Operation { part, after_steps: self.after_steps, stage, what };
        self.at = Some(named.clone());
        let values = operation();
        self.said.push(Said { operation: named, values });
        self.at = None;
    }

    /// What was said, and the operation that was not finished.
    #[must_use]
    pub fn finish(self) -> (Vec<Said>, Option<Operation>) {
        (self.said, self.at)
    }
}
