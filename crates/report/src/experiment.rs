//! What an experiment gives the report.

use assay_runs::Study;

use crate::{ReportError, RunResults, StudyReport};

/// An experiment, as the report knows it.
#[derive(Debug, Clone, Copy)]
pub struct ExperimentReport {
    /// The runs it reads: those whose plan names this study.
    pub study: Study,
    /// Reads a run.
    ///
    /// # Errors
    /// When a file beside a record does not hold what it should, or a figure cannot be drawn.
    pub report: fn(&RunResults) -> Result<StudyReport, ReportError>,
}
