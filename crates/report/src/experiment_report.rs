//! What an experiment gives the report.

use serde::Serialize;

use crate::answer::Sentence;
use crate::claims::ClaimResult;
use crate::figures::Figure;
use crate::markdown::Section;
use crate::tables::Table;
use crate::{ReportError, RunResults};

/// An experiment, as the report knows it.
#[derive(Debug, Clone, Copy)]
pub struct ExperimentReport {
    /// Its name: it reads the runs whose plan names it.
    pub experiment: &'static str,
    /// Reads a run.
    ///
    /// # Errors
    /// When a file next to a record does not hold what it should, or a figure cannot be drawn.
    pub report: fn(&RunResults) -> Result<ReportContent, ReportError>,
}

/// What an experiment found in a run, and its words for the page.
#[derive(Debug, Clone)]
pub struct ReportContent {
    /// The experiment's question, the page's heading.
    pub question: &'static str,
    /// The experiment and its paper.
    pub experiment: &'static str,
    /// What else belongs in the line below the heading; begins with a comma, or is empty.
    pub extent: String,
    /// The answer in words, most important first.
    pub answer: Vec<Sentence>,
    /// How to read the answer's numbers and names.
    pub note: &'static str,
    /// The claims, in the order they are reported.
    pub claim_results: Vec<ClaimResult>,
    /// The figures, in the page's order.
    pub figures: Vec<Figure>,
    /// The tables, in the page's order; the one named `claims` is shown only as a file.
    pub tables: Vec<Table>,
    /// The tidy table in long form, published as `measurements.csv`; none where the experiment has none.
    pub measurements: Option<Table>,
    /// Files next to the page, folder by folder.
    pub folders: Vec<Folder>,
    /// Which cells the statistics leave out, and why; none where they leave out none.
    pub not_analysed: Option<String>,
    /// Networks that did not learn or diverged, but that the statistics use all the same.
    pub included_failures: Vec<IncludedFailure>,
    /// Sections after the tables.
    pub sections: Vec<Section>,
    /// The `cargo xtask` task that repeats the run.
    pub command: &'static str,
}

/// A network that did not learn or diverged, but that the statistics use.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IncludedFailure {
    /// The cell's name.
    pub cell: String,
    /// What became of it, and the accuracy that is used.
    pub text: String,
}

/// A folder of the report with files of an experiment's own.
#[derive(Debug, Clone)]
pub struct Folder {
    /// Its name in the report.
    pub name: &'static str,
    /// Path below the folder, with `/` between its parts, and content.
    pub files: Vec<(String, Vec<u8>)>,
}
