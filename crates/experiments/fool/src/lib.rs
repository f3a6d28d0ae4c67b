//! The fooling experiment after Nguyen, Yosinski and Clune 2015: images that mean nothing and that networks
//! classify with high confidence.

pub mod report;

use assay_report::ExperimentReport;

pub use report::claims_in_markdown;

/// The name of the experiment in plans, and of its folder in `runs`.
pub const NAME: &str = "fool";
/// The experiment, as the report knows it.
pub const REPORT: ExperimentReport =
    ExperimentReport { experiment: NAME, report: report::report_content };
