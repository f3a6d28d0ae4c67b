//! How a sweep ended.

/// How a sweep ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SweepSummary {
    /// Cells that have a record.
    pub done: usize,
    /// Cells that failed, or depend on one that did.
    pub failed: usize,
    /// Cells that other schedulers of the run have taken, and that were not waited for.
    pub elsewhere: usize,
    /// Whether the user or the time limit stopped the sweep.
    pub interrupted: bool,
    /// Whether a cluster stopped it, because the time of its job is over (`SIGUSR2`).
    pub job_ends: bool,
    /// Why the sweep gave up, if workers kept failing.
    pub abort_reason: Option<String>,
}

impl SweepSummary {
    /// Whether cells are left that the same command would continue with.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        self.interrupted || self.abort_reason.is_some()
    }
}
