//! A bar on a terminal, plain lines elsewhere.

use std::cell::RefCell;

use assay_engine::scheduler::Progress;
use assay_engine::worker::ProgressSink;
use assay_runs::{Cell, CurvePoint};

use super::Show;

/// A bar on a terminal, and a line for each epoch.
pub struct InLines {
    progress: RefCell<Progress>,
}

impl InLines {
    /// For so many cells.
    pub fn new(cells: usize) -> Self {
        Self { progress: RefCell::new(Progress::new(cells, 0, 1)) }
    }
}

impl ProgressSink for InLines {
    fn progress(&self, done: u64, all: u64) {
        self.progress.borrow_mut().step(0, done, all);
    }

    fn epoch(&self, point: &CurvePoint) {
        let accuracy = point.test.map_or_else(String::new, |test| {
            format!(", {:.2} % of {} images", 100.0 * test.accuracy(), test.images)
        });
        let CurvePoint { epoch, train_loss, .. } = point;
        self.progress
            .borrow()
            .say(&format!("epoch {epoch}: training loss {train_loss:.4}{accuracy}"));
    }
}

impl Show for InLines {
    fn begin(&self, cell: &Cell) {
        let name = cell.name();
        self.progress.borrow().say(&name);
        self.progress.borrow_mut().begin(0, &name);
    }

    fn done(&self, cell: &Cell, result: &str) {
        let mut progress = self.progress.borrow_mut();
        progress.say(&format!("{}: {result}", cell.name()));
        progress.done(&cell.name(), result);
    }
}
