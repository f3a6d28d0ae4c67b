//! The numbers that a claim is decided by.

use assay_report::claims::Member;
use assay_stats::Estimate;

/// Measured numbers and what they were computed from.
pub(super) struct Measurement {
    /// The networks, as text.
    pub of: String,
    pub members: Vec<Member>,
    pub left_out: Vec<String>,
    /// The text for a missing number.
    pub absent: &'static str,
}

pub(super) fn member(name: String, estimate: Option<Estimate>) -> Member {
    Member { name, estimate }
}
