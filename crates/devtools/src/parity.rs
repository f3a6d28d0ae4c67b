//! Whether a device computes what the processor does.
//!
//! Small networks of every architecture are trained on the processor; from their saved states the same
//! operations are done there and on the device, and what both say is compared: batches, each layer by
//! itself on the processor's own input of it, logits, losses, gradients, one step of training, what an
//! attack hears, an evaluation. What is allowed to differ, and why, is in one place: [`tolerance`].

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
pub use comparison::{Comparison, Verdict, compared};
pub use losses::losses;
pub use network::{LayerInputs, network};
pub use recorder::{Operation, Recorder, Said, Stage};
pub use suite::{Parity, parity, parts};
pub use table::table;
pub use tolerance::tolerance;
