//! `assay-dev bench layers`: training steps of every network, compared with PyTorch in its fastest forms.

mod process;
mod row;
mod steps;

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use assay_engine::output::print_line;
use assay_engine::worker::describe_host;
use clap::Args;
use serde::Serialize;

use super::export::write;
use super::peer::Peer;
use super::result::Spread;
pub use process::{Program, StepSpeed, time_processes};
pub use row::{Row, rows};
pub use steps::time_steps;

/// Times training steps of every network on the CPU, and compares with PyTorch if a Python is named.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assay-dev bench layers
  assay-dev bench layers --peer .venv/bin/python --repeats 3 --json layers.json
  assay-dev bench layers --only alexnet32

Both run as one process with all threads and as one process per core with one thread each; PyTorch also
with torch.compile. The fastest form counts.")]
pub struct Layers {
    /// A Python that has what the peer needs
    #[arg(long, value_name = "PYTHON")]
    peer: Option<PathBuf>,
    /// The peer's script
    #[arg(long, value_name = "FILE", default_value = "bench/peers/torch_layers.py")]
    peer_script: PathBuf,
    /// Only rows whose name contains this, and the product of matrices
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Seconds of each measurement
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// Measurements of each form
    #[arg(long, value_name = "N", default_value_t = 3)]
    repeats: usize,
    /// Cores to use [default: all]
    #[arg(long, value_name = "N")]
    cores: Option<usize>,
    /// Also writes everything as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// A way to use the cores.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
struct Form {
    program: Program,
    processes: usize,
    /// Threads per process.
    threads: usize,
}

/// What one form did with one row.
#[derive(Debug, Clone, Serialize)]
struct FormResult {
    form: Form,
    /// Images per second of all processes, one value per repeat.
    images_per_second: Vec<f64>,
}

impl FormResult {
    fn median(&self) -> f64 {
        median(&self.images_per_second)
    }
}

/// A row of the table.
#[derive(Debug, Serialize)]
struct RowResult {
    name: String,
    batch: usize,
    multiplications: usize,
    forms: Vec<FormResult>,
}

impl RowResult {
    /// The fastest form of assay, or of PyTorch.
    fn best(&self, ours: bool) -> Option<&FormResult> {
        let forms =
            self.forms.iter().filter(|result| (result.form.program == Program::Assay) == ours);
        forms.max_by(|a, b| a.median().total_cmp(&b.median()))
    }

    /// Images per second of assay divided by those of PyTorch.
    fn ratio(&self) -> Option<f64> {
        Some(self.best(true)?.median() / self.best(false)?.median())
    }

    /// Billion multiplications per second.
    fn speed(&self, ours: bool) -> Option<f64> {
        Some(self.best(ours)?.median() * self.multiplications as f64 / 1e9)
    }
}

#[derive(Debug, Serialize)]
struct LayersResult {
    version: String,
    machine: String,
    /// What the peer says about itself.
    peer: Option<String>,
    date: String,
    cores: usize,
    seconds: f64,
    rows: Vec<RowResult>,
}

impl Layers {
    pub fn run(&self) -> Result<ExitCode> {
        check(self.seconds, self.repeats)?;
        let all = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let cores = self.cores.unwrap_or(all).max(1);
        let peer = self.peer.clone().map(|python| Peer::find(python, self.peer_script.clone()));
        let peer = peer.transpose()?;
        let is_chosen =
            |row: &Row| self.only.as_ref().is_none_or(|only| row.name.contains(only.as_str()));
        let mut results = Vec::new();
        for (number, row) in rows()?.into_iter().enumerate() {
            if number == 0 || is_chosen(&row) {
                results.push(self.measure(&row, cores, peer.as_ref())?);
            }
        }
        let result = LayersResult {
            version: assay_version::version(),
            machine: describe_host(),
            peer: peer.as_ref().map(|peer| peer.about().to_owned()),
            date: chrono::Utc::now().date_naive().to_string(),
            cores,
            seconds: self.seconds,
            rows: results,
        };
        print_line(table(&result).trim_end())?;
        if let Some(path) = &self.json {
            write(path, &serde_json::to_vec_pretty(&result)?)?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn measure(&self, row: &Row, cores: usize, peer: Option<&Peer>) -> Result<RowResult> {
        let folder = tempfile::tempdir().context("creating a temporary folder")?;
        write(&folder.path().join("work.json"), &serde_json::to_vec(&row.describe())?)?;
        let mut forms = Vec::new();
        for program in Program::all(peer.is_some()) {
            forms.push(Form { program, processes: cores, threads: 1 });
            if cores > 1 {
                forms.push(Form { program, processes: 1, threads: cores });
            }
        }
        let mut results: Vec<FormResult> = forms
            .into_iter()
            .map(|form| FormResult { form, images_per_second: Vec::new() })
            .collect();
        for repeat in 0..self.repeats {
            for result in &mut results {
                let Form { program, processes, threads } = result.form;
                let command = || {
                    let mut command = program.command(row, folder.path(), peer)?;
                    command.args(["--threads", &threads.to_string()]);
                    command.args(["--seconds", &self.seconds.to_string()]);
                    Ok(command)
                };
                let speeds = time_processes(processes, command)?;
                let speed: f64 = speeds.iter().map(|speed| speed.images_per_second).sum();
                eprintln!(
                    "{} {program} {processes} x {threads}, repeat {}: {speed:.0} images/s",
                    row.name,
                    repeat + 1
                );
                result.images_per_second.push(speed);
            }
            results.rotate_left(1);
        }
        results.sort_by_key(|result| (result.form.program, result.form.threads));
        Ok(RowResult {
            name: row.name.clone(),
            batch: row.batch,
            multiplications: row.multiplications(),
            forms: results,
        })
    }
}

/// Checks the flags that this benchmark shares with that of scaling.
pub fn check(seconds: f64, repeats: usize) -> Result<()> {
    ensure!(repeats > 0, "--repeats 0: it must be at least 1");
    ensure!(
        seconds > 0.0 && seconds <= 3600.0,
        "--seconds {seconds}: it must be above 0 and at most 3600"
    );
    Ok(())
}

/// The median of at least one value.
pub fn median(values: &[f64]) -> f64 {
    Spread::from_values(values.iter().copied()).map_or(0.0, |spread| spread.median)
}

const HEAD: &str = "row                                      batch       assay     PyTorch   ratio  \
                    10^9/s  share of peak  PyTorch's best form\n";
const LEGEND: &str = "\
assay, PyTorch: images/s on all cores, the median of the fastest form. 10^9/s: multiplications of assay.
share of peak: of what the product of two large matrices reaches in the same run, in the faster program.
";

fn table(result: &LayersResult) -> String {
    let mut text = String::from(HEAD);
    let speeds = |row: &RowResult| [true, false].map(|ours| row.speed(ours).unwrap_or(0.0));
    let peak = result.rows.first().map_or(0.0, |row| speeds(row).into_iter().fold(0.0, f64::max));
    let number = |value: Option<f64>, digits: usize| {
        value.map_or("-".to_owned(), |value| format!("{value:.digits$}"))
    };
    for row in &result.rows {
        let best = row.best(false).map_or("-".to_owned(), |best| {
            let Form { program, processes, threads } = &best.form;
            format!("{program}, {processes} x {threads} threads")
        });
        let share = row.speed(true).map(|speed| 100.0 * speed / peak);
        let _ = writeln!(
            text,
            "{:40} {:>5} {:>11} {:>11} {:>7} {:>7} {:>12} %  {best}",
            row.name,
            row.batch,
            number(row.best(true).map(FormResult::median), 0),
            number(row.best(false).map(FormResult::median), 0),
            number(row.ratio(), 2),
            number(row.speed(true), 1),
            number(share, 0),
        );
    }
    let logs: Vec<f64> =
        result.rows[1..].iter().filter_map(|row| Some(row.ratio()?.ln())).collect();
    if !logs.is_empty() {
        let mean = (logs.iter().sum::<f64>() / logs.len() as f64).exp();
        let _ = writeln!(text, "\ngeometric mean of the ratios, without the product: {mean:.2}");
    }
    let _ = write!(
        text,
        "\n{LEGEND}assay {}, {} cores, {}, {}",
        result.version, result.cores, result.machine, result.date
    );
    if let Some(peer) = &result.peer {
        let _ = write!(text, "\npeer: {peer}");
    }
    text
}
