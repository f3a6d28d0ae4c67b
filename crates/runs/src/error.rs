//! Errors of reading and writing a run directory.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// An error of a run directory. Its message names the file or folder.
///
/// The error of the operating system is the `source`: print it with `{:#}` through `anyhow`, or
/// follow the chain.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A file or folder could not be read or written.
    #[error("{path}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// A file of the run could not be parsed.
    #[error("{path}: not a {what} of this version of assay")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What the file should contain.
        what: &'static str,
        /// The error of the parser.
        source: serde_json::Error,
    },
    /// A file of the run is damaged.
    #[error("{path}: {reason}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A file without a digest, written by an early version of assay.
    #[error("{0}: made by an earlier version of assay; use that version, or another --out")]
    EarlierVersion(PathBuf),
    /// A run of another format than this version of assay writes.
    #[error(
        "{path}: a run of format {format}, and this version of assay has format {needed}; use the version that made \
         the run, or another --out"
    )]
    OtherFormat {
        /// The plan.
        path: PathBuf,
        /// Its format.
        format: u64,
        /// The format of this version.
        needed: u64,
    },
    /// An intact file that this version of assay cannot read.
    #[error(
        "{path}: its digest is right, but it is not a {what} of this version of assay ({reason}); use the version that \
         made it, or another --out"
    )]
    OtherVersion {
        /// The file.
        path: PathBuf,
        /// What the file should contain.
        what: &'static str,
        /// Why it cannot be read.
        reason: String,
    },
    /// A dependency of this cell has another result than the one the cell was made from.
    #[error("{path}: made from another result of {needed} than the current one")]
    Outdated {
        /// Record of the cell.
        path: PathBuf,
        /// Name of the dependency.
        needed: String,
    },
    /// The record of the cell does not list this file.
    #[error(
        "{0}: the record lists no such file; the weights may not have been kept (see run.keep_all_weights)"
    )]
    NotInRecord(PathBuf),
    /// The plan of the run is damaged.
    #[error(
        "{path}: {reason}; delete it and run the command again, which creates a new plan and keeps the finished cells"
    )]
    DamagedPlan {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The record of a cell contains impossible values.
    #[error("the record of {cell} is invalid: {reason}")]
    InvalidRecord {
        /// Name of the cell.
        cell: String,
        /// The impossible value.
        reason: String,
    },
    /// The directory is not empty and contains no run.
    #[error(
        "{0}: not a run directory (it has no plan.json); give a new or empty directory, or that of a run"
    )]
    NotARun(PathBuf),
    /// The directory contains a run with other settings.
    #[error(
        "{path} contains a run with other settings ({difference}); choose another directory with --out"
    )]
    PlanMismatch {
        /// The run directory.
        path: PathBuf,
        /// The first difference found.
        difference: String,
    },
    /// Another process extended the plan of the run.
    #[error("{0}: another process has just changed the plan of this run; run the command again")]
    PlanChanged(PathBuf),
    /// Another process holds the lock of the run.
    #[error(
        "{path} is in use by another process ({holder}); wait for it, stop it first, or start both with --join"
    )]
    Locked {
        /// The run directory.
        path: PathBuf,
        /// How the other process identified itself.
        holder: String,
        /// The token of its [`crate::Holder`], if it has the run for itself.
        token: Option<String>,
    },
    /// The file system has no locks.
    #[error(
        "{0}: its file system has no locks, so nothing keeps two processes apart; --join works without them"
    )]
    NoLocks(PathBuf),
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

    /// Whether the cause is a missing or changed file, and not a failure of the system or another
    /// version of assay.
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

    /// The message of the error and of its sources, in one line.
    #[must_use]
    pub fn describe(&self) -> String {
        let mut words = self.to_string();
        let mut source = std::error::Error::source(self);
        while let Some(error) = source {
            words = format!("{words}: {error}");
            source = error.source();
        }
        words
    }
}
