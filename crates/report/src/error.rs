//! What can go wrong while a report is made.

use std::path::PathBuf;

/// An error of a report, naming the place.
///
/// What the system said is the error's source: print with `{:#}` through `anyhow`, or walk the chain.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The run cannot be read.
    #[error(transparent)]
    Run(#[from] assay_runs::RunError),
    /// A folder or file of the report cannot be written.
    #[error("{path}")]
    Io {
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file of tensors does not hold what it should.
    #[error("{path}: {reason}")]
    Tensors {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The list of the files that a report wrote cannot be read.
    #[error(
        "{path}: the list of what an earlier report wrote cannot be read; delete {}, and give the command again",
        path.parent().unwrap_or(path).display()
    )]
    List {
        /// The list.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A folder has a file in the place of one of a report, and no list of what reports wrote.
    #[error(
        "{file}: nothing says that a report wrote it, since the list {} is missing; delete {folder} if it is of \
         an earlier report, else move it away, and give the command again",
        folder.join("files.txt").display()
    )]
    NoList {
        /// The folder.
        folder: PathBuf,
        /// The file.
        file: PathBuf,
    },
    /// Something that is not of a report is where a report would be written.
    #[error("{0}: not written by a report, or a link; move it away, and give the command again")]
    InTheWay(PathBuf),
    /// The run is of an experiment that is not among those given.
    #[error("a run of the experiment {0}, which this program cannot report")]
    UnknownExperiment(String),
    /// A figure cannot be drawn.
    #[error("figure {name}: {reason}")]
    Figure {
        /// The figure.
        name: String,
        /// What the drawing library said.
        reason: String,
    },
}

impl ReportError {
    /// The error of a folder or file that cannot be written.
    pub fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }

    /// The error of a figure that cannot be drawn.
    pub fn figure(name: &str, reason: &dyn std::fmt::Display) -> Self {
        Self::Figure { name: name.to_owned(), reason: reason.to_string() }
    }
}
