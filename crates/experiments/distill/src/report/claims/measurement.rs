//! The numbers that a claim is decided by.

use assay_report::claims::Member;
use assay_stats::Estimate;

/// Measured numbers with what they came from.
pub(super) struct Measurement {
    /// The networks, in words.
    pub of: String,
    pub members: Vec<Member>,
    pub left_out: Vec<String>,
    /// What to say where there is no number.
    pub absent: &'static str,
}

pub(super) fn member(name: String, estimate: Option<Estimate>) -> Member {
    Member { name, estimate }
}
