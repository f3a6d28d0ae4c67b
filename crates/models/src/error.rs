//! Errors of network configurations and weight files.

use std::path::PathBuf;

/// An invalid network configuration or weight file.
///
/// The error of the operating system is the `source`: print it with `{:#}` through `anyhow`, or
/// follow the chain.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The name of an unknown architecture.
    #[error(
        "unknown network {given:?}: use one of {allowed}, or an mlp of 1 to 254 hidden layers of 1 to \
         65536 units, such as mlp-1200-1200"
    )]
    UnknownArchitecture {
        /// The name given.
        given: String,
        /// Names of the architectures of fixed size.
        allowed: String,
    },
    /// An invalid network configuration.
    #[error("network {architecture}: {reason}")]
    Config {
        /// Name of the architecture.
        architecture: String,
        /// What is wrong and what would be valid.
        reason: String,
    },
    /// A weight file could not be read or written.
    #[error("{path}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// A weight file does not fit the network.
    #[error("{path}: {reason}")]
    Weights {
        /// The file.
        path: PathBuf,
        /// What is wrong and what would be valid.
        reason: String,
    },
}
