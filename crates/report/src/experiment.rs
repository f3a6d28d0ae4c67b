//! What an experiment gives the report.

use crate::{ReportError, RunResults, StudyReport};

/// An experiment, as the report knows it.
#[derive(Debug, Clone, Copy)]
pub struct ExperimentReport {
    /// Its name: it reads the runs whose plan names it.
    pub experiment: &'static str,
    /// Reads a run.
    ///
    /// # Errors
    /// When a file beside a record does not hold what it should, or a figure cannot be drawn.
    pub report: fn(&RunResults) -> Result<StudyReport, ReportError>,
}
