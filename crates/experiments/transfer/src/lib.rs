//! The transfer experiment after Yosinski et al. 2014: how general the features of each layer are.

mod cell;
mod class_split;
pub mod report;
mod treatment;

use assay_report::ExperimentReport;

pub use cell::{BaseScores, LayerScores, TransferCell, TransferTuning};
pub use class_split::ClassSplit;
pub use treatment::{LayerMode, ParseTreatmentError, Treatment};

/// The name of the experiment in plans, and of its folder in `runs`.
pub const NAME: &str = "transfer";
/// The experiment, as the report knows it.
pub const REPORT: ExperimentReport =
    ExperimentReport { experiment: NAME, report: report::report_content };
