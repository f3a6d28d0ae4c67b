//! Progress as a bar on a terminal, and as plain lines elsewhere.

use std::cell::RefCell;

use assay_engine::scheduler::SweepProgress;
use assay_engine::worker::ProgressSink;
use assay_runs::{Cell, CurvePoint};

use super::ProgressView;

/// A bar on a terminal, and a line per epoch.
pub struct PlainProgress {
    progress: RefCell<SweepProgress>,
}

impl PlainProgress {
    /// Creates a view for `cells` cells.
    pub fn new(cells: usize) -> Self {
        Self { progress: RefCell::new(SweepProgress::new(cells, 0, 1)) }
    }
}

impl ProgressSink for PlainProgress {
    fn on_progress(&self, done: u64, total: u64) {
        self.progress.borrow_mut().step(0, done, total);
    }

    fn on_epoch(&self, point: &CurvePoint) {
        let accuracy = point.evaluation.map_or_else(String::new, |test| {
            format!(", {:.2} % of {} images", 100.0 * test.accuracy(), test.images)
        });
        let CurvePoint { epoch, train_loss, .. } = point;
        self.progress
            .borrow()
            .print(&format!("epoch {epoch}: training loss {train_loss:.4}{accuracy}"));
    }
}

impl ProgressView for PlainProgress {
    fn begin(&self, cell: &Cell) {
        let name = cell.name();
        self.progress.borrow().print(&name);
        self.progress.borrow_mut().begin(0, &name);
    }

    fn done(&self, cell: &Cell, result: &str) {
        let mut progress = self.progress.borrow_mut();
        progress.print(&format!("{}: {result}", cell.name()));
        progress.done(&cell.name(), result);
    }
}
