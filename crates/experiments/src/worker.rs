//! A worker process: trains the cells its parent names, one at a time.

mod machine;
mod observer;

use std::io::{BufRead, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use assay_runs::{Cell, Outcome, Parameters, Provenance, Record, RunDirectory, Seconds, Treatment};

use crate::device::DeviceName;
use crate::profile::Profile;
use crate::scheduler::{FromWorker, ToWorker};
use crate::trainer::{Ended, Snapshot, Training};
use crate::transfer::{Material, initial_network, layer_scores, network_config};
use observer::WorkerObserver;

pub use machine::machine;

/// Everything a worker needs for every cell.
struct Bench {
    run: RunDirectory,
    profile: Profile,
    material: Material,
    device: DeviceName,
    stop: Arc<AtomicBool>,
}

/// Serves the parent until it says stop or goes away.
///
/// # Errors
/// When the parent can no longer be told anything.
pub fn serve(run: &Path, device: DeviceName, data_dir: Option<&Path>) -> Result<()> {
    on_this_thread()?;
    let stop = Arc::new(AtomicBool::new(false));
    let orders = listen(stop.clone());
    let bench = match Bench::prepare(run, device, data_dir, stop) {
        Ok(bench) => bench,
        Err(error) => return say(&FromWorker::Unable(format!("{error:#}"))),
    };
    say(&FromWorker::Ready)?;
    while let Ok(ToWorker::Train(number)) = orders.recv() {
        let cell = &bench.run.plan().cells[number];
        let message = match bench.work(cell) {
            Ok(Some(result)) => FromWorker::Done { result },
            Ok(None) => FromWorker::Stopped,
            Err(error) => FromWorker::Failed(format!("{error:#}")),
        };
        say(&message)?;
    }
    Ok(())
}

/// Makes this thread the only one of rayon's pool. With a pool of its own, even of one thread,
/// every operation of a small network would wake that thread and wait for it: a sixth of the time.
fn on_this_thread() -> Result<()> {
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

impl Bench {
    fn prepare(
        run: &Path,
        device: DeviceName,
        data_dir: Option<&Path>,
        stop: Arc<AtomicBool>,
    ) -> Result<Self> {
        let run = RunDirectory::open(run)?;
        let profile: Profile = serde_json::from_value(run.plan().settings.clone())
            .context("the settings of the plan")?;
        let material = Material::open(&profile, data_dir, &device.open()?)?;
        let planned = &run.plan().cells[0].data;
        ensure!(
            *planned == material.identity(),
            "the data set {} is not what it was when the run was planned: fingerprint {} then, {} now",
            planned.name,
            planned.fingerprint,
            material.identity().fingerprint
        );
        Ok(Self { run, profile, material, device, stop })
    }

    /// Brings a cell to its record, in words; or as far as it gets before it is stopped.
    fn work(&self, cell: &Cell) -> Result<Option<String>> {
        if matches!(cell.treatment, Treatment::Scores { .. }) {
            return self.score(cell).map(Some);
        }
        self.train(cell)
    }

    fn score(&self, cell: &Cell) -> Result<String> {
        let began = Instant::now();
        let record = Record {
            cell: cell.clone(),
            outcome: Outcome::Measured,
            test: None,
            curve: Vec::new(),
            parameters: Parameters { total: 0, trained: 0 },
            weights: String::new(),
            layer_scores: layer_scores(cell, &self.material, &self.run)?,
        };
        let total = began.elapsed().as_secs_f64();
        let provenance = Provenance {
            device: self.device.to_string(),
            machine: machine(),
            version: crate::version(),
            seconds: Seconds { evaluate: total, total, ..Seconds::default() },
            finished: machine::now(),
            images_per_second: 0.0,
            cached_layers: 0,
            resumed: 0,
            earlier_devices: Vec::new(),
        };
        self.run.attempt(cell)?.publish(&record, &provenance)?;
        Ok("scored".to_owned())
    }

    fn train(&self, cell: &Cell) -> Result<Option<String>> {
        let began = Instant::now();
        let checkpoint = self.run.checkpoint(cell);
        let config = network_config(cell, &self.material)?;
        let mut training = self.prepared(cell)?;
        if let Some(snapshot) = Snapshot::load(&checkpoint, &config, self.material.device())? {
            training = training.resume(snapshot);
        }
        training = training.keep_frozen_output(self.profile.run.cache_mebibytes << 20);
        training.progress_mut().devices.push(self.device.to_string());
        training.progress_mut().seconds.prepare += began.elapsed().as_secs_f64();
        let every = self.profile.run.checkpoint_seconds;
        let mut observer = WorkerObserver::new(&checkpoint, every, began, self.stop.clone());
        match training.run(&mut observer)? {
            Ended::Stopped => Ok(None),
            Ended::Finished(outcome) => {
                training.progress_mut().seconds.total += began.elapsed().as_secs_f64();
                self.publish(cell, &training, outcome).map(Some)
            }
        }
    }

    fn prepared(&self, cell: &Cell) -> Result<Training> {
        let network = initial_network(cell, &self.material, &self.run)?;
        let classes = self.material.classes(cell, cell.treatment.target())?.len();
        let batches = self.material.batches(cell)?;
        let evaluate_every = self.profile.run.evaluate_every;
        Ok(Training::new(network, &cell.schedule, cell.id(), classes, batches, evaluate_every))
    }

    fn publish(&self, cell: &Cell, training: &Training, outcome: Outcome) -> Result<String> {
        let weights = training.network().to_safetensors();
        let (total, trained) = training.network().parameters();
        let curve = training.progress().curve.clone();
        let record = Record {
            cell: cell.clone(),
            test: match outcome {
                Outcome::Diverged { .. } => None,
                _ => curve.last().and_then(|point| point.test),
            },
            outcome,
            curve,
            parameters: Parameters { total: total as u64, trained: trained as u64 },
            weights: blake3::hash(&weights).to_hex().to_string(),
            layer_scores: Vec::new(),
        };
        let attempt = self.run.attempt(cell)?;
        if self.profile.run.keep_all_weights || matches!(cell.treatment, Treatment::Base { .. }) {
            let path = attempt.path().join("weights.safetensors");
            std::fs::write(&path, &weights).with_context(|| path.display().to_string())?;
        }
        attempt.publish(&record, &provenance(training))?;
        Ok(in_words(&record))
    }
}

fn provenance(training: &Training) -> Provenance {
    let progress = training.progress();
    let seconds: Seconds = progress.seconds;
    let images = progress.step as f64 * training.batch() as f64;
    let (device, earlier) = progress.devices.split_last().expect("noted at the start");
    Provenance {
        device: device.clone(),
        machine: machine(),
        version: crate::version(),
        seconds,
        finished: machine::now(),
        images_per_second: images / seconds.train.max(1e-9),
        cached_layers: training.kept() as u8,
        resumed: earlier.len() as u32,
        earlier_devices: earlier.iter().filter(|other| *other != device).cloned().collect(),
    }
}

fn in_words(record: &Record) -> String {
    match (&record.outcome, record.test) {
        (Outcome::Diverged { epoch }, _) => format!("diverged in epoch {epoch}"),
        (Outcome::Stuck, _) => "learnt nothing (loss at ln classes)".to_owned(),
        (Outcome::Trained, Some(test)) => format!("{:.1} %", 100.0 * test.accuracy()),
        (Outcome::Trained | Outcome::Measured, None) | (Outcome::Measured, Some(_)) => {
            "done".to_owned()
        }
    }
}
