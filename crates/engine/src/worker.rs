//! A worker process: trains the cells its parent names, one at a time.

mod callback;
mod context;
mod machine;
mod progress_sink;

use std::io::{BufRead, Write};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};

use anyhow::{Context, Result, ensure};
use assay_runs::RunDirectory;

use crate::device::{self, DeviceSpec};
use crate::experiment::{CellRunner, Registry};
use crate::panics;
use crate::profile::RunSettings;
use crate::scheduler::{FromWorker, ToWorker};

pub use callback::ProgressReporter;
pub use context::{CellContext, OTHER_RESULTS, describe, record_of};
pub use machine::{machine, now};
pub use progress_sink::ProgressSink;

use progress_sink::ParentProcess;

/// Serves the parent until it says stop or goes away.
///
/// # Errors
/// When the parent can no longer be told anything, or a thread has panicked.
pub fn serve(
    registry: &Registry,
    run: &Path,
    place: DeviceSpec,
    data_dir: Option<&Path>,
) -> Result<()> {
    on_this_thread()?;
    let stop = Arc::new(AtomicBool::new(false));
    let orders = listen(stop.clone());
    let (context, runner) =
        match prepare(registry, run, place, data_dir, stop, Rc::new(ParentProcess)) {
            Ok(prepared) => prepared,
            Err(error) => return say(&FromWorker::Unable(format!("{error:#}"))),
        };
    say(&FromWorker::Ready)?;
    while let Ok(ToWorker::Train(number)) = orders.recv() {
        let cell = &context.run.plan().cells[number];
        let message = match runner.work(cell, &context) {
            Ok(Some(result)) => FromWorker::Done { result },
            Ok(None) => FromWorker::Stopped,
            Err(error) => FromWorker::Failed(format!("{error:#}")),
        };
        // The parent sees a worker die, and starts another.
        panics::check()?;
        say(&message)?;
    }
    Ok(())
}

/// A place to work on the cells of a run, in this process: work on a cell stops, and is saved, once
/// `stop` is set. From here on a panic of any thread fails whatever cell is in work.
///
/// # Errors
/// When the run, the device or the data cannot be opened, or the data is no longer what was planned.
pub fn prepare(
    registry: &Registry,
    run: &Path,
    place: DeviceSpec,
    data_dir: Option<&Path>,
    stop: Arc<AtomicBool>,
    progress_sink: Rc<dyn ProgressSink>,
) -> Result<(CellContext, Box<dyn CellRunner>)> {
    let run = RunDirectory::open(run)?;
    let settings: RunSettings =
        serde_json::from_value(run.plan().settings["run"].clone()).context("run of the plan")?;
    let opened = device::open(place)?;
    panics::watch();
    let experiment = registry.find(run.plan().study)?;
    let runner = experiment.open(run.plan(), data_dir, &opened.device)?;
    let (planned, found) = (run.plan().cells[0].data(), runner.data());
    ensure!(
        *planned == found,
        "the data set {} is not what it was when the run was planned: fingerprint {} then, {} now",
        run.plan().opened_as().as_deref().unwrap_or(&planned.name),
        planned.fingerprint,
        found.fingerprint
    );
    let machine = [Some(machine()), opened.card].into_iter().flatten().collect::<Vec<_>>();
    let context = CellContext {
        run,
        settings,
        device: place.device,
        precision: opened.precision,
        machine: machine.join(", "),
        version: registry.version.clone(),
        stop,
        progress_sink,
    };
    Ok((context, runner))
}

/// Makes this thread the only one of rayon's pool. With a pool of its own, even of one thread,
/// every operation of a small network would wake that thread and wait for it: a sixth of the time.
///
/// # Errors
/// When there is a pool already.
pub fn on_this_thread() -> Result<()> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread();
    pool.build_global().context("setting up the worker's thread")
}

/// Reads the parent's orders. Where there will be no more of them the parent is gone, and so is
/// the worker, at once: another parent may already be at work on the run.
fn listen(stop: Arc<AtomicBool>) -> Receiver<ToWorker> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            let Ok(order) = serde_json::from_str(&line) else { continue };
            if order == ToWorker::Stop {
                stop.store(true, Ordering::Relaxed);
            }
            if sender.send(order).is_err() {
                return;
            }
        }
        std::process::exit(1);
    });
    receiver
}

pub(crate) fn say(message: &FromWorker) -> Result<()> {
    let mut output = std::io::stdout().lock();
    serde_json::to_writer(&mut output, message)?;
    writeln!(output)?;
    output.flush().context("telling the parent")
}
