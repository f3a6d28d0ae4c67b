//! What can be wrong with a network or its weights, naming what was given and what would be right.

use std::path::PathBuf;

/// An error of a network's configuration or of a file of weights.
///
/// What the system said is the error's source: print with `{:#}` through `anyhow`, or walk the chain.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A name no architecture has.
    #[error(
        "unknown network {given:?}: use one of {allowed}, or an mlp of 1 to 254 hidden layers of 1 to \
         65536 units, such as mlp-1200-1200"
    )]
    UnknownArchitecture {
        /// What was given.
        given: String,
        /// The names of one size.
        allowed: String,
    },
    /// A configuration that makes no network.
    #[error("network {architecture}: {reason}")]
    Config {
        /// The architecture.
        architecture: String,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// A file of weights could not be read or written.
    #[error("{path}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file of weights that does not fit the network.
    #[error("{path}: {reason}")]
    Weights {
        /// The file.
        path: PathBuf,
        /// What is wrong and what would be right.
        reason: String,
    },
}
