//! Records to statistics, figures, tables and one HTML page. No Burn, no training: a report is
//! rebuilt from a run directory alone, finished or not.
//!
//! [`write_report`] reads `RUN` and writes
//!
//! ```text
//! RUN/summary.json               claims and verdicts (assay_runs::Summary)
//! RUN/report/index.html          everything on one page, without any other file
//! RUN/report/figures/*.svg, *.png
//! RUN/report/tables/*.csv, *.md
//! ```

mod answer;
mod claims;
mod contrast;
mod error;
mod figures;
mod font;
mod html;
mod observations;
mod paper;
mod statistics;
mod summary;
mod tables;
mod transition;
mod words;
mod write;

pub use answer::{Sentence, answer};
pub use claims::{
    CLAIMS, Cuts, DEFAULT_MARGIN, Measure, Reading, Rule, Statement, last_cut, margin, read_claims,
};
pub use contrast::{Contrast, Role, Scope, Values, mean_of, weighted};
pub use error::ReportError;
pub use figures::{Figure, figures};
pub use font::{FAMILY, font_face_css};
pub use html::page;
use html::verdict_in_words;
pub use observations::{Cluster, Observation, Observations, State};
pub use paper::{LAST_CUT, Paper, at_relative_depth, paper};
pub use statistics::{
    CONFIDENCE, Estimate, Interval, estimate_mean, holm, jackknife, mean, slope, welch,
};
pub use summary::summarize;
pub use tables::{Entry, Sign, Table, tables};
pub use transition::{Answer, Transition, transition};
pub use write::write_report;
