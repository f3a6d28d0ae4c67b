//! Errors in the configuration of a loss.

/// An invalid configuration of a loss.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LossError {
    /// A parameter is out of range.
    #[error("loss: {parameter} is {given}; it must be {right}")]
    OutOfRange {
        /// Name of the parameter.
        parameter: &'static str,
        /// The value given.
        given: f64,
        /// The valid range, in words.
        right: &'static str,
    },
    /// Both weights are 0.
    #[error("loss: {first} and {second} are both 0; at least one must be above 0")]
    BothWeightsZero {
        /// Name of the first weight.
        first: &'static str,
        /// Name of the second weight.
        second: &'static str,
    },
}
