//! What can be wrong with a loss's numbers, naming what was given and what would be right.

/// An error of a loss's configuration.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LossError {
    /// A number out of its range.
    #[error("loss: {parameter} is {given}; it must be {right}")]
    OutOfRange {
        /// The number's name.
        parameter: &'static str,
        /// What was given.
        given: f64,
        /// What would be right.
        right: &'static str,
    },
    /// Two weights of which at least one has to count.
    #[error("loss: {first} and {second} are both 0; at least one must be above 0")]
    NothingWeighted {
        /// The first weight's name.
        first: &'static str,
        /// The second weight's name.
        second: &'static str,
    },
}
