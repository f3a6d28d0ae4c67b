//! Records the results of operations in order.

use std::fmt;

use burn::tensor::Tensor;
use serde::Serialize;

/// The kinds of operation, in the order of a training step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The normalized images on the device.
    Data,
    /// The output of one layer.
    Forward,
    /// The output of the network.
    Logits,
    /// A loss.
    Loss,
    /// The gradient of a loss.
    Gradient,
    /// A parameter after a training step.
    Step,
    /// A velocity of the optimizer after a step.
    Velocity,
    /// The confidences that an attack uses.
    Confidences,
    /// The counts and the loss of an evaluation.
    Evaluation,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format!("{self:?}").to_lowercase())
    }
}

/// The name of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Operation {
    /// The network, or `losses`.
    pub part: String,
    /// The number of training steps before it.
    pub after_steps: u32,
    /// The kind of operation.
    pub stage: Stage,
    /// The layer, parameter or loss.
    pub what: String,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { part, after_steps, stage, what } = self;
        write!(f, "{part} after {after_steps} steps: {stage} of {what}")
    }
}

/// An operation and its result.
#[derive(Debug, Clone, PartialEq)]
pub struct OperationResult {
    /// The operation.
    pub operation: Operation,
    /// The values, in the order of the tensor's shape.
    pub values: Vec<f32>,
}

/// Records the results of a device. If the device panics, earlier results and the name of the current operation
/// remain.
#[derive(Debug)]
pub struct Recorder {
    part: String,
    after_steps: u32,
    /// The results of the finished operations.
    pub(super) results: Vec<OperationResult>,
    /// The operation that is running, or during which the device failed.
    pub(super) current: Option<Operation>,
}

impl Recorder {
    /// Creates a recorder for the operations of one part from one state.
    pub fn new(part: &str, after_steps: u32) -> Self {
        Self { part: part.to_owned(), after_steps, results: Vec::new(), current: None }
    }

    /// Runs an operation and records its result.
    pub(super) fn record<const D: usize>(
        &mut self,
        stage: Stage,
        what: &str,
        operation: impl FnOnce() -> Tensor<D>,
    ) {
        self.record_numbers(stage, what, || {
            let data = operation().inner().into_data().convert::<f32>();
            data.try_into_vec::<f32>().expect("just converted")
        });
    }

    /// Runs an operation that returns numbers, and records them.
    pub(super) fn record_numbers(
        &mut self,
        stage: Stage,
        what: &str,
        operation: impl FnOnce() -> Vec<f32>,
    ) {
        let (part, what) = (self.part.clone(), what.to_owned());
        let named = Operation { part, after_steps: self.after_steps, stage, what };
        self.current = Some(named.clone());
        let values = operation();
        self.results.push(OperationResult { operation: named, values });
        self.current = None;
    }
}
