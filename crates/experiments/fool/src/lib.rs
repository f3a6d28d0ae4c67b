//! The fooling experiment after Nguyen, Yosinski and Clune 2015: images that mean nothing and that networks
//! classify with high confidence.

mod report;

use assay_report::ExperimentReport;

pub use report::CLAIMS;

/// The experiment, as the report knows it.
pub const REPORT: ExperimentReport =
    ExperimentReport { experiment: "fool", report: report::report_content };
