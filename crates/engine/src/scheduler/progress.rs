//! The progress display of a sweep on standard error: bars on a terminal, plain lines elsewhere.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// The shortest time between two plain lines.
const LINE_EVERY: Duration = Duration::from_secs(15);

/// The progress display: bars on a terminal, plain lines elsewhere.
pub struct SweepProgress {
    bars: Option<Bars>,
    cells: u64,
    done: u64,
    began: Instant,
    /// Cells done before this session. They do not count for the estimate of the remaining time.
    done_before: u64,
    last_line: Instant,
}

struct Bars {
    all: MultiProgress,
    sweep: ProgressBar,
    workers: Vec<ProgressBar>,
}

impl SweepProgress {
    /// Creates the display of a sweep of `cells` cells, `done` of which were done before, with `workers`
    /// workers.
    ///
    /// # Panics
    /// Never: the templates are constant.
    #[must_use]
    pub fn new(cells: usize, done: usize, workers: usize) -> Self {
        let (cells, done) = (cells as u64, done as u64);
        let bars = std::io::stderr().is_terminal().then(|| {
            let all = MultiProgress::new();
            let sweep = ProgressStyle::with_template(
                "{bar:32} {pos}/{len} cells, {elapsed} so far, {eta} to go {msg}",
            );
            let worker = ProgressStyle::with_template("  {bar:30} {percent:>3} % {msg}");
            let sweep_bar = all.add(ProgressBar::new(cells).with_style(sweep.expect("constant")));
            sweep_bar.set_position(done);
            sweep_bar.reset_eta();
            let worker = worker.expect("constant");
            let bar = |_| all.add(ProgressBar::new(1).with_style(worker.clone()));
            Bars { workers: (0..workers).map(bar).collect(), sweep: sweep_bar, all }
        });
        let now = Instant::now();
        Self { bars, cells, done, began: now, done_before: done, last_line: now }
    }

    /// Shows that a worker begins a cell.
    pub fn begin(&mut self, worker: usize, name: &str) {
        if let Some(bars) = &self.bars {
            bars.workers[worker].set_position(0);
            bars.workers[worker].set_message(name.to_owned());
        }
    }

    /// Shows how many steps of its cell a worker has done.
    pub fn step(&mut self, worker: usize, done: u64, total: u64) {
        if let Some(bars) = &self.bars {
            bars.workers[worker].set_length(total);
            bars.workers[worker].set_position(done);
        }
    }

    /// Shows that a cell is done.
    pub fn done(&mut self, name: &str, result: &str) {
        self.done += 1;
        match &self.bars {
            Some(bars) => bars.sweep.set_position(self.done),
            None if self.last_line.elapsed() >= LINE_EVERY || self.done == self.cells => {
                self.last_line = Instant::now();
                eprintln!(
                    "{}/{} cells, {}; last: {name}: {result}",
                    self.done,
                    self.cells,
                    self.remaining_time()
                );
            }
            None => {}
        }
    }

    fn remaining_time(&self) -> String {
        let done = self.done - self.done_before;
        let left = self.cells - self.done;
        let seconds = self.began.elapsed().as_secs_f64() / done.max(1) as f64 * left as f64;
        format!("about {} s to go", seconds.round())
    }

    /// Prints a line above the bars.
    pub fn print(&self, text: &str) {
        match &self.bars {
            Some(bars) => {
                // A closed terminal is no reason to stop training.
                let _ = bars.all.println(text);
            }
            None => eprintln!("{text}"),
        }
    }
}

impl Drop for SweepProgress {
    fn drop(&mut self) {
        if let Some(bars) = &self.bars {
            for bar in &bars.workers {
                bar.finish_and_clear();
            }
            bars.sweep.abandon();
        }
    }
}
