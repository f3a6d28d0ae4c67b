//! Checks whether a device computes the same as the CPU.
//!
//! Small networks of every architecture are trained on the CPU. From their saved states, the CPU and the
//! device do the same operations: batches, each layer on the CPU's input of it, logits, losses, gradients, a
//! training step, confidences, an evaluation. [`tolerance`] defines which differences are allowed, and why.

mod case;
mod comparison;
mod losses;
mod network;
mod recorder;
mod suite;
mod table;
#[cfg(test)]
mod tests;
mod tolerance;

pub use case::{NetworkCase, STEPS, State};
pub use comparison::{Comparison, Verdict, compare_all};
pub use losses::losses;
pub use network::{LayerInputs, run_network};
pub use recorder::{Operation, OperationResult, Recorder, Stage};
pub use suite::{Parity, parity, parts};
pub use table::table;
pub use tolerance::tolerance;
