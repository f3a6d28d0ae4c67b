//! Errors of reading and splitting data sets.

use std::path::PathBuf;

use assay_speech::SpeechError;

/// An error of a data set: its source, its format, or the split of its classes.
///
/// The error of the operating system is the `source`: print it with `{:#}` through `anyhow`, or
/// follow the chain.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// A file or folder could not be read or written.
    #[error("{path}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// The content of a file or folder is not as expected.
    #[error("{path}: {reason}")]
    Malformed {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with it, and what was expected.
        reason: String,
    },
    /// An unknown data set, or one that is not on this machine.
    #[error("{0}")]
    Unknown(String),
    /// A file could not be downloaded.
    #[error("{url}: {reason}")]
    Download {
        /// URL of the file.
        url: String,
        /// What went wrong.
        reason: String,
    },
    /// A setting is out of range.
    #[error("{0}")]
    Settings(String),
    /// Recordings of speech cannot be read as requested.
    #[error(transparent)]
    Speech(#[from] SpeechError),
    /// The classes cannot be split as requested.
    #[error("class split: {0}")]
    Split(String),
}

impl DataError {
    /// Creates an [`DataError::Io`] at `path`, for `map_err`.
    pub fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }

    /// Creates a [`DataError::Malformed`] at `path`.
    pub fn malformed(path: impl Into<PathBuf>, reason: impl Into<String>) -> Self {
        Self::Malformed { path: path.into(), reason: reason.into() }
    }
}
