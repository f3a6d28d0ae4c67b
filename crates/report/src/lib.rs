//! Run directories to statistics, figures, tables and one HTML page. No Burn, no training: a report is
//! rebuilt from a run directory alone, finished or not.
//!
//! An [`ExperimentReport`] makes [`Findings`] of a run's [`Observations`]; the frame around them, from the
//! claims' rules to the page, is the same for every experiment.
//!
//! [`write_report`] reads `RUN` and writes
//!
//! ```text
//! RUN/summary.json               claims and verdicts (assay_runs::Summary)
//! RUN/report/index.html          everything on one page, without any other file
//! RUN/report/figures/*.svg, *.png
//! RUN/report/tables/*.csv, *.md
//! RUN/report/FOLDER/*            whatever else an experiment adds
//! ```

pub mod answer;
pub mod claims;
pub mod data;
mod error;
mod experiment;
pub mod figures;
pub mod findings;
mod font;
mod html;
pub mod observations;
mod own_folder;
mod summary;
pub mod tables;
pub mod tensors;
pub mod words;
mod write;

pub use answer::Sentence;
pub use claims::{DEFAULT_MARGIN, Member, Question, Reading, margin};
pub use error::ReportError;
pub use experiment::ExperimentReport;
pub use figures::Figure;
pub use findings::{CountedFailure, Findings, Folder, Section};
pub use font::{FAMILY, font_face_css};
pub use html::page;
pub use observations::{Observation, Observations, State};
pub use summary::summarize;
pub use tables::{Entry, Sign, Table};
pub use write::{Report, report, write_figure, write_report};
