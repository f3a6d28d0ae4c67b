//! The number that decides a claim.

use assay_report::claims::Comparison;
use assay_stats::Estimate;

use crate::report::gap::NO_SEED;

/// Measured numbers and what they were computed from.
pub struct Measurement {
    /// The networks, as text.
    pub networks: String,
    pub members: Vec<Comparison>,
    pub left_out: Vec<String>,
    /// The text for a missing number.
    pub absent: &'static str,
}

impl Measurement {
    /// One number, from clusters some of which may be left out.
    pub(super) fn new(networks: String, estimate: Option<Estimate>, left_out: Vec<String>) -> Self {
        let members = vec![Comparison { name: String::new(), estimate }];
        Self { networks, members, left_out, absent: NO_SEED }
    }
}
