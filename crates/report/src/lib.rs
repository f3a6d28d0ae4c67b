//! Records to statistics, figures, tables and one HTML page. No Burn, no training: a report is
//! rebuilt from a run directory alone, finished or not.
//!
//! A study's module makes [`Findings`] of a run's [`Observations`]; the frame around them, from the
//! claims' rules to the page, is the same for every study.
//!
//! [`write_report`] reads `RUN` and writes
//!
//! ```text
//! RUN/summary.json               claims and verdicts (assay_runs::Summary)
//! RUN/report/index.html          everything on one page, without any other file
//! RUN/report/figures/*.svg, *.png
//! RUN/report/tables/*.csv, *.md
//! RUN/report/elites/ATTACK/CLASS.png   of a fooling run: every image found
//! ```
//!
//! [`TemperatureCurve`] alone needs no run: it draws what a temperature does to a softmax.

mod answer;
mod claims;
mod data;
pub mod distill;
mod error;
mod figures;
mod findings;
mod font;
pub mod fool;
mod html;
mod observations;
mod own_folder;
mod ranks;
mod statistics;
mod summary;
mod tables;
mod temperature_curve;
mod tensors;
pub mod transfer;
mod words;
mod write;

pub use answer::Sentence;
pub use claims::{DEFAULT_MARGIN, Member, Question, Reading, Rule, margin};
pub use error::ReportError;
pub use figures::Figure;
pub use findings::{CountedFailure, Findings, Folder, Section};
pub use font::{FAMILY, font_face_css};
pub use html::page;
pub use observations::{Observation, Observations, State};
pub use ranks::{RankTest, mann_whitney};
pub use statistics::{
    CONFIDENCE, Estimate, Interval, deviation, estimate_mean, holm, jackknife, mean, slope, wilson,
};
pub use summary::summarize;
pub use tables::{Entry, Sign, Table};
pub use temperature_curve::{TemperatureCurve, softmax};
pub use write::{Report, report, write_figure, write_report};
