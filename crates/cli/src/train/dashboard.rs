//! burn-train's dashboard as a progress view.
//!
//! It shows what the trainer reports once per epoch; nothing is read from the device for it.

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

use super::ProgressView;

/// A metric that the dashboard plots.
struct PlottedMetric {
    id: MetricId,
    name: &'static str,
    unit: &'static str,
}

/// The progress of a cell is shown in this many parts. The dashboard assumes that all cells have the same number of
/// steps, and underflows otherwise.
const PARTS: usize = 1000;

/// burn-train's dashboard. The key `q` stops and saves the work, as Ctrl-C does.
pub struct Dashboard {
    screen: RefCell<TuiMetricsRendererWrapper>,
    interrupter: Interrupter,
    stop: Arc<AtomicBool>,
    cells: usize,
    begun: RefCell<usize>,
    loss: PlottedMetric,
    accuracy: PlottedMetric,
}

impl Dashboard {
    /// Creates a dashboard for `cells` cells. Sets `stop` when the user quits.
    pub fn new(cells: usize, stop: Arc<AtomicBool>) -> Self {
        let interrupter = Interrupter::new();
        let mut screen = TuiMetricsRendererWrapper::new(interrupter.clone(), None);
        let metric = |name: &'static str, unit| PlottedMetric {
            id: MetricId::new(Arc::new(name.to_owned())),
            name,
            unit,
        };
        let (loss, accuracy) = (metric("Loss", "nats"), metric("Accuracy", "%"));
        for (metric, higher_is_better) in [(&loss, false), (&accuracy, true)] {
            screen.register_metric(MetricDefinition {
                metric_id: metric.id.clone(),
                name: Arc::new(metric.name.to_owned()),
                description: None,
                attributes: NumericAttributes {
                    unit: Some(metric.unit.to_owned()),
                    higher_is_better,
                }
                .into(),
            });
        }
        let begun = RefCell::new(0);
        Self { screen: RefCell::new(screen), interrupter, stop, cells, begun, loss, accuracy }
    }
}

fn metric_state(metric: &PlottedMetric, value: f64) -> MetricState {
    let shown = SerializedEntry::new(format!("{value:.4} {}", metric.unit), value.to_string());
    let entry = MetricEntry::new(metric.id.clone(), shown);
    MetricState::Numeric(entry, Some(NumericEntry::Value(value)))
}

impl ProgressSink for Dashboard {
    fn on_progress(&self, done: u64, total: u64) {
        let mut screen = self.screen.borrow_mut();
        // The dashboard resets the steps of a cell at each start, so every report starts a new split.
        screen.start_split("train", PARTS);
        screen.update_split((done as usize * PARTS) / (total as usize).max(1));
        if self.interrupter.should_stop() {
            self.stop.store(true, Ordering::Relaxed);
        }
    }

    fn on_epoch(&self, point: &CurvePoint) {
        let mut screen = self.screen.borrow_mut();
        screen.update_train(metric_state(&self.loss, point.train_loss));
        if let Some(test) = point.evaluation {
            screen.update_valid(metric_state(&self.loss, test.loss));
            screen.update_valid(metric_state(&self.accuracy, 100.0 * test.accuracy()));
        }
    }
}

impl ProgressView for Dashboard {
    fn begin(&self, cell: &Cell) {
        *self.begun.borrow_mut() += 1;
        // The dashboard counts from 1 and panics at 0.
        self.screen.borrow_mut().start(self.cells, *self.begun.borrow(), None, Some(&cell.name()));
    }

    fn done(&self, cell: &Cell, result: &str) {
        self.screen.borrow_mut().log_event_training(format!("{}: {result}", cell.name()));
    }
}
