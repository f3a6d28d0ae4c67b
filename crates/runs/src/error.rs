//! What can go wrong with a run on disk.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// An error of a run directory, naming the place.
///
/// What the system said is the error's source: print with `{:#}` through `anyhow`, or walk the chain.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A file or folder could not be read or written.
    #[error("{path}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file of the run is not what it should be.
    #[error("{path}: not a {what} of this version of assay")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        what: &'static str,
        /// What the parser said.
        source: serde_json::Error,
    },
    /// A file of the run is not what was written.
    #[error("{path}: {reason}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A file without a digest, as earlier versions wrote them.
    #[error("{0}: made by an earlier version of assay; use that version, or another --out")]
    EarlierVersion(PathBuf),
    /// A file is what was written, and not what this version reads.
    #[error(
        "{path}: its digest is right, but it is not a {what} of this version of assay ({reason}); use the version that \
         made it, or another --out"
    )]
    OtherVersion {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        what: &'static str,
        /// Why it does not.
        reason: String,
    },
    /// A cell was made from a result that another one has replaced.
    #[error("{path}: made from another result of {needed} than the one that is there now")]
    Outdated {
        /// Its record.
        path: PathBuf,
        /// The cell with the other result.
        needed: String,
    },
    /// A file that the cell did not leave behind.
    #[error(
        "{0}: the record lists no such file; its weights may not have been kept (run.keep_all_weights)"
    )]
    NotKept(PathBuf),
    /// The plan of the run is not what was written.
    #[error(
        "{path}: {reason}; delete it and give the command of the run again, which plans it anew and keeps what is whole"
    )]
    DamagedPlan {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A cell came to something that cannot be.
    #[error("the record of {cell} is impossible: {reason}")]
    Impossible {
        /// The cell.
        cell: String,
        /// What cannot be.
        reason: String,
    },
    /// The directory holds something that is no run.
    #[error(
        "{0}: no run is here (a run has a plan.json); give an empty or a new directory, or that of a run"
    )]
    NotARun(PathBuf),
    /// The directory holds a run with other settings.
    #[error(
        "{path} holds a run of another configuration ({difference}); give --out another directory"
    )]
    OtherPlan {
        /// The run.
        path: PathBuf,
        /// The first difference found.
        difference: String,
    },
    /// Another process made the run grow.
    #[error("{0}: another process has just changed the plan of this run; give the command again")]
    PlanChanged(PathBuf),
    /// Another process is working on the run.
    #[error("{path} is in use by another process ({holder}); wait for it, or stop it first")]
    Locked {
        /// The run.
        path: PathBuf,
        /// What that process wrote of itself.
        holder: String,
    },
}

impl RunError {
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }

    pub(crate) fn damaged(path: &Path, reason: impl Into<String>) -> Self {
        Self::Damaged { path: path.to_owned(), reason: reason.into() }
    }

    pub(crate) fn other_version(
        path: &Path,
        what: &'static str,
        reason: impl Into<String>,
    ) -> Self {
        Self::OtherVersion { path: path.to_owned(), what, reason: reason.into() }
    }

    /// Whether a file is missing or not what was written, and neither the system nor another version of assay at
    /// fault.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Damaged { .. } => true,
            Self::Io { source, .. } => {
                matches!(source.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
            }
            _ => false,
        }
    }

    /// The error and what it comes from, in one line.
    #[must_use]
    pub fn in_words(&self) -> String {
        let mut words = self.to_string();
        let mut source = std::error::Error::source(self);
        while let Some(error) = source {
            words = format!("{words}: {error}");
            source = error.source();
        }
        words
    }
}
