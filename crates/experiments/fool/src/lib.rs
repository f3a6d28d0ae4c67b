//! The fooling experiment after Nguyen, Yosinski and Clune 2015: images that mean nothing and that networks are
//! sure of.

pub mod report;

use assay_report::ExperimentReport;
use assay_runs::Study;

/// The experiment, as the report knows it.
pub const REPORT: ExperimentReport =
    ExperimentReport { study: Study::Fool, report: report::study_report };
