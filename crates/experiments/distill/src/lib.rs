//! The distillation experiment after Hinton, Vinyals and Dean 2015: how much of a teacher's knowledge a student
//! takes over.

pub mod report;
mod temperature_curve;

use assay_report::ExperimentReport;

pub use temperature_curve::TemperatureCurve;

/// The name of the experiment in plans, and of its folder in `runs`.
pub const NAME: &str = "distill";
/// The experiment, as the report knows it.
pub const REPORT: ExperimentReport =
    ExperimentReport { experiment: NAME, report: report::report_content };
