//! The transfer experiment after Yosinski et al. 2014: how general the features of each layer are.

pub mod report;

use assay_report::ExperimentReport;
use assay_runs::Study;

/// The experiment, as the report knows it.
pub const REPORT: ExperimentReport =
    ExperimentReport { study: Study::Transfer, report: report::study_report };
