//! The worker process: works on the cells that its parent names, one at a time.

mod parent_process;

use std::io::BufRead;
use std::path::Path;
use std::process::Command;
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

pub use crate::context::{
    CellContext, ProgressReporter, ProgressSink, STALE_INPUTS, describe_record, training_record,
};
pub use crate::host::{describe_host, unix_time};

use parent_process::{ParentProcess, send_to_parent};

/// Works on cells until the parent sends a stop message or exits.
///
/// # Errors
/// Returns an error if the parent cannot be reached or a thread has panicked.
pub fn serve(
    registry: &Registry,
    run: &Path,
    device: DeviceSpec,
    data_dir: Option<&Path>,
) -> Result<()> {
    use_current_thread_for_rayon()?;
    // A cluster sends SIGTERM to all processes of a job. The parent decides what happens then.
    #[cfg(unix)]
    signal_hook::flag::register(signal_hook::consts::SIGTERM, Arc::default())
        .context("ignoring SIGTERM")?;
    let stop = Arc::new(AtomicBool::new(false));
    let commands = read_commands(stop.clone());
    let (context, runner) =
        match open_run(registry, run, device, data_dir, stop, Rc::new(ParentProcess)) {
            Ok(opened) => opened,
            Err(error) => return send_to_parent(&FromWorker::Unable(format!("{error:#}"))),
        };
    send_to_parent(&FromWorker::Ready)?;
    while let Ok(ToWorker::Train(number)) = commands.recv() {
        let cell = &context.run.plan().cells[number];
        let message = match runner.work(cell, &context) {
            Ok(Some(result)) => FromWorker::Done { result },
            Ok(None) => FromWorker::Stopped,
            Err(error) => FromWorker::Failed(format!("{error:#}")),
        };
        // A GPU's allocator keeps what the cell has freed; the next cell may have other shapes.
        context.burn_device.memory_cleanup();
        // On a panic the worker exits. The parent notices and starts another.
        panics::ensure_none()?;
        send_to_parent(&message)?;
    }
    Ok(())
}
/// Opens a run and its data on a device, to work on cells in this process.
///
/// Once `stop` is set, work on the current cell stops and is saved. From now on, a panic in any thread
/// makes the current cell fail.
///
/// # Errors
/// Returns an error if the run, the device or the data cannot be opened, or if the data has changed since
/// planning.
pub fn open_run(
    registry: &Registry,
    run: &Path,
    device: DeviceSpec,
    data_dir: Option<&Path>,
    stop: Arc<AtomicBool>,
    progress_sink: Rc<dyn ProgressSink>,
) -> Result<(CellContext, Box<dyn CellRunner>)> {
    let run = RunDirectory::open(run)?;
    let run_settings: RunSettings =
        serde_json::from_value(run.plan().settings["run"].clone()).context("run of the plan")?;
    let opened = device::open(device)?;
    panics::start_recording();
    let experiment = registry.find(&run.plan().study)?;
    tracing::info!(device = %device.device, gpu = opened.gpu_name, "opened");
    let runner = experiment.open(run.plan(), data_dir, &opened.device)?;
    tracing::info!(cells = run.plan().cells.len(), "opened the data");
    let (planned, found) =
        (run.plan().cells.first().context("the plan has no cells")?.data(), runner.data());
    ensure!(
        *planned == found,
        "the data set {} is not what it was when the run was planned: fingerprint {} then, {} now",
        run.plan().opened_as().as_deref().unwrap_or(&planned.name),
        planned.fingerprint,
        found.fingerprint
    );
    let host = [Some(describe_host()), opened.gpu_name].into_iter().flatten().collect::<Vec<_>>();
    let context = CellContext {
        run,
        run_settings,
        device: device.device,
        precision: opened.precision,
        host: host.join(", "),
        assay_version: registry.version.clone(),
        burn_device: opened.device,
        stop,
        progress_sink,
    };
    Ok((context, runner))
}

/// Makes rayon use the calling thread only.
///
/// Even a pool with one thread of its own costs a sixth of the time on small networks, since every
/// operation would wake that thread and wait for it.
///
/// # Errors
/// Returns an error if rayon's global pool exists already.
pub fn use_current_thread_for_rayon() -> Result<()> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread();
    pool.build_global().context("configuring rayon's thread pool")
}

/// Settings of glibc's allocator: freed memory of up to 8 GiB is used again, and only blocks above 4 GiB
/// are taken from the system and given back one by one. (Before 2.35, glibc allows no more than 32 MiB
/// there, and ignores the second one.)
const ALLOCATOR: [(&str, &str); 2] =
    [("MALLOC_TRIM_THRESHOLD_", "8589934592"), ("MALLOC_MMAP_THRESHOLD_", "4294967296")];

/// Makes a process that trains use freed memory again, unless the environment says otherwise.
///
/// A training step allocates and frees the same blocks again and again. By default glibc gives many of them
/// back to the system each time. `alexnet_small` had ten times as many page faults at a batch of 128, and
/// took 9 to 51 % longer at one of 256. Only the environment can change that, before the process starts.
/// Other allocators ignore these variables.
pub fn reuse_freed_memory(command: &mut Command) {
    for (name, value) in ALLOCATOR {
        if std::env::var_os(name).is_none() {
            command.env(name, value);
        }
    }
}

/// Reads the parent's commands in a thread.
///
/// When standard input ends, the parent is gone and the worker exits at once: another parent may already
/// be working on the run.
fn read_commands(stop: Arc<AtomicBool>) -> Receiver<ToWorker> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            let Ok(command) = serde_json::from_str(&line) else { continue };
            if command == ToWorker::Stop {
                stop.store(true, Ordering::Relaxed);
            }
            if sender.send(command).is_err() {
                return;
            }
        }
        std::process::exit(1);
    });
    receiver
}
