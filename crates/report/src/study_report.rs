//! What a study gives the frame: everything the report shows that is the study's own.

use crate::answer::Sentence;
use crate::claims::ClaimResult;
use crate::figures::Figure;
use crate::markdown::Section;
use crate::tables::Table;

/// What a study found in a run, and its words for the page.
#[derive(Debug, Clone)]
pub struct StudyReport {
    /// The study's question, the page's heading.
    pub question: &'static str,
    /// The study and its paper.
    pub study: &'static str,
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
    /// Files beside the page, folder by folder.
    pub folders: Vec<Folder>,
    /// Which cells the study leaves out of its statistics, and why; none where it leaves out none.
    pub not_analysed: Option<String>,
    /// Stuck and diverged networks that the statistics count all the same.
    pub counted_failures: Vec<CountedFailure>,
    /// Sections after the tables.
    pub sections: Vec<Section>,
    /// The `cargo xtask` task that repeats the run.
    pub command: &'static str,
}

/// A stuck or diverged network that the statistics count.
#[derive(Debug, Clone, PartialEq)]
pub struct CountedFailure {
    /// The cell's name.
    pub cell: String,
    /// What became of it, and what it counts as.
    pub text: String,
}

/// A folder of the report with files of a study's own.
#[derive(Debug, Clone)]
pub struct Folder {
    /// Its name in the report.
    pub name: &'static str,
    /// Path below the folder, with `/` between its parts, and content.
    pub files: Vec<(String, Vec<u8>)>,
}
