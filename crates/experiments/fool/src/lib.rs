//! The fooling experiment after Nguyen, Yosinski and Clune 2015: images that mean nothing and that networks are
//! sure of.

pub mod report;

use assay_report::ExperimentReport;

/// The experiment, as the report knows it.
pub const REPORT: ExperimentReport =
    ExperimentReport { experiment: "fool", report: report::study_report };
