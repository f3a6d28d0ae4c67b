//! Losses between logits and what they should have been, one a file.

mod hard_labels;

pub use hard_labels::cross_entropy;
