//! burn-train's dashboard, fed by our own trainer. It shows what a training reads anyway, once an epoch; the host
//! reads nothing from the device on its behalf.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use assay_engine::worker::ProgressSink;
use assay_runs::{Cell, CurvePoint};
use burn_train::Interrupter;
use burn_train::logger::TrainingProgressLogger;
use burn_train::metric::{
    MetricDefinition, MetricEntry, MetricId, NumericAttributes, NumericEntry, SerializedEntry,
};
use burn_train::renderer::tui::TuiMetricsRendererWrapper;
use burn_train::renderer::{MetricState, MetricsRenderer, MetricsRendererTraining};

use super::Show;

/// A number that the dashboard draws.
struct Drawn {
    id: MetricId,
    name: &'static str,
    unit: &'static str,
}

/// A cell's progress in so many parts: the dashboard adds up the steps of cells as if all had as many, and comes to
/// less than nothing where they have not.
const PARTS: usize = 1000;

/// burn-train's dashboard. Its `q` stops the work as Ctrl-C does: it is saved.
pub struct Dashboard {
    screen: RefCell<TuiMetricsRendererWrapper>,
    interrupter: Interrupter,
    stop: Arc<AtomicBool>,
    cells: usize,
    begun: RefCell<usize>,
    loss: Drawn,
    accuracy: Drawn,
}

impl Dashboard {
    /// For so many cells; sets `stop` when the user asks for it.
    pub fn new(cells: usize, stop: Arc<AtomicBool>) -> Self {
        let interrupter = Interrupter::new();
        let mut screen = TuiMetricsRendererWrapper::new(interrupter.clone(), None);
        let drawn = |name: &'static str, unit| Drawn {
            id: MetricId::new(Arc::new(name.to_owned())),
            name,
            unit,
        };
        let (loss, accuracy) = (drawn("Loss", "nats"), drawn("Accuracy", "%"));
        for (number, higher_is_better) in [(&loss, false), (&accuracy, true)] {
            screen.register_metric(MetricDefinition {
                metric_id: number.id.clone(),
                name: Arc::new(number.name.to_owned()),
                description: None,
                attributes: NumericAttributes {
                    unit: Some(number.unit.to_owned()),
                    higher_is_better,
                }
                .into(),
            });
        }
        let begun = RefCell::new(0);
        Self { screen: RefCell::new(screen), interrupter, stop, cells, begun, loss, accuracy }
    }
}

fn point(number: &Drawn, value: f64) -> MetricState {
    let shown = SerializedEntry::new(format!("{value:.4} {}", number.unit), value.to_string());
    let entry = MetricEntry::new(number.id.clone(), shown);
    MetricState::Numeric(entry, Some(NumericEntry::Value(value)))
}

impl ProgressSink for Dashboard {
    fn progress(&self, done: u64, all: u64) {
        let mut screen = self.screen.borrow_mut();
        // It forgets the steps of a cell at each start, which is why every report is one.
        screen.start_split("train", PARTS);
        screen.update_split((done as usize * PARTS) / (all as usize).max(1));
        if self.interrupter.should_stop() {
            self.stop.store(true, Ordering::Relaxed);
        }
    }

    fn epoch(&self, point_of_curve: &CurvePoint) {
        let mut screen = self.screen.borrow_mut();
        screen.update_train(point(&self.loss, point_of_curve.train_loss));
        if let Some(test) = point_of_curve.test {
            screen.update_valid(point(&self.loss, test.loss));
            screen.update_valid(point(&self.accuracy, 100.0 * test.accuracy()));
        }
    }
}

impl Show for Dashboard {
    fn begin(&self, cell: &Cell) {
        *self.begun.borrow_mut() += 1;
        // It takes the first to be number 1, and panics at a 0.
        self.screen.borrow_mut().start(self.cells, *self.begun.borrow(), None, Some(&cell.name()));
    }

    fn done(&self, cell: &Cell, result: &str) {
        self.screen.borrow_mut().log_event_training(format!("{}: {result}", cell.name()));
    }
}
