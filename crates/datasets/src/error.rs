//! What can be wrong with data, each naming what was given, where, and what would be right.

use std::path::PathBuf;

/// An error of the data: its source, its format, or the way its classes were split.
///
/// What the system said is the error's source: print with `{:#}` through `anyhow`, or walk the chain.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// A file or folder could not be read or written.
    #[error("{path}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file was read and is not what its name or place says.
    #[error("{path}: {reason}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and what was expected.
        reason: String,
    },
    /// A name that no data set has, or a data set that is not on this machine.
    #[error("{0}")]
    Unknown(String),
    /// A file could not be downloaded.
    #[error("{url}: {reason}")]
    Download {
        /// The file asked for.
        url: String,
        /// What went wrong.
        reason: String,
    },
    /// A setting out of its range.
    #[error("{0}")]
    Settings(String),
    /// A list of classes that cannot be split as asked.
    #[error("class split: {0}")]
    Split(String),
}

impl DataError {
    /// An [`DataError::Io`] at `path`, for `map_err`.
    pub fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }

    /// A [`DataError::Malformed`] at `path`.
    pub fn malformed(path: impl Into<PathBuf>, reason: impl Into<String>) -> Self {
        Self::Malformed { path: path.into(), reason: reason.into() }
    }
}
