//! Run directories to statistics, figures, tables and one HTML page. No Burn, no training: a report is
//! rebuilt from a run directory alone, finished or not.
//!
//! An [`ExperimentReport`] makes [`ReportContent`] of a run's [`RunResults`]; the frame around it, from the
//! claims' rules to the page, is the same for every experiment.
//!
//! [`write_report`] reads `RUN` and writes
//!
//! ```text
//! RUN/summary.json               claims and verdicts (assay_runs::Summary)
//! RUN/report/index.html          everything on one page, without any other file
//! RUN/report/figures/*.svg, *.png
//! RUN/report/tables/*.csv, *.md, *.tex
//! RUN/report/measurements.csv    the tidy table: one row per cell and metric
//! RUN/report/FOLDER/*            whatever else an experiment adds
//! ```

pub mod answer;
pub mod chart;
pub mod claims;
pub mod data;
mod error;
mod experiment_report;
pub mod figures;
mod font;
pub mod image_grid;
pub mod markdown;
pub mod measurements;
mod own_folder;
mod page;
pub mod run_results;
mod summary;
mod table_spec;
pub mod tables;
pub mod tensors;
pub mod tuning;
pub mod words;
mod write;

pub use answer::Sentence;
pub use claims::{ClaimResult, ClaimSpec, Comparison, UndecidedClaim, margin};
pub use error::ReportError;
pub use experiment_report::{ExperimentReport, Folder, IncludedFailure, ReportContent};
pub use figures::Figure;
pub use markdown::Section;
pub use run_results::{CellResult, RunResults, State};
pub use summary::summarize;
pub use table_spec::TableSpec;
pub use tables::{Entry, Table};
pub use write::{Report, write_figure, write_report};
