//! `assay runs tensorboard`.

mod event_file;

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use assay_engine::output::print_line;
use assay_engine::run_status::read_events;
use assay_engine::scheduler::LogEvent;
use assay_runs::{Cell, CurvePoint, RunDirectory, write_atomically};
use clap::Args;

use event_file::{Point, event_file};

/// Writes the learning curves of a run as event files, which `TensorBoard` shows: one folder for each cell. Works on a
/// run in progress, too; the same command writes them again, and a `TensorBoard` that is started afterwards shows them
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  assay runs tensorboard runs/transfer-quick && tensorboard --logdir runs/transfer-quick/tensorboard")]
pub struct Tensorboard {
    /// The directory of a run (it has a plan.json)
    run: PathBuf,
    /// Where the event files go [default: RUN/tensorboard]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl Tensorboard {
    pub(super) fn run(self) -> Result<ExitCode> {
        let run = RunDirectory::open(&self.run)?;
        let out = self.out.unwrap_or_else(|| self.run.join("tensorboard"));
        let in_progress = curves_in_progress(&run)?;
        let mut written = 0;
        for cell in &run.plan().cells {
            let points = match points_of_finished(&run, cell)? {
                Some(points) => points,
                None => in_progress.get(&cell.name()).cloned().unwrap_or_default(),
            };
            if points.is_empty() {
                continue;
            }
            let folder = out.join(cell.name());
            std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
            // TensorBoard reads files with this part in their names. The name stays the same, so that the file is
            // replaced when it is written again.
            write_atomically(&folder.join("events.out.tfevents.0.assay"), &event_file(&points))?;
            written += 1;
        }
        print_line(format_args!("{written} learning curves in {}", out.display()))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The curve of a finished cell, and its test accuracy after the last epoch; none if it is not finished.
fn points_of_finished(run: &RunDirectory, cell: &Cell) -> Result<Option<Vec<Point>>> {
    let Some((record, provenance)) = run.record(cell)?.zip(run.provenance(cell)?) else {
        return Ok(None);
    };
    let time = provenance.finished;
    let mut points: Vec<Point> =
        record.curve.iter().flat_map(|point| points_of_epoch(time, point)).collect();
    if let Some(test) = record.test {
        let step = record.curve.last().map_or(0, |point| point.epoch);
        points.push(Point { time, step, tag: "accuracy/test", value: test.accuracy() });
    }
    Ok(Some(points))
}

/// The curves of cells so far, by name, from the logs.
fn curves_in_progress(run: &RunDirectory) -> Result<HashMap<String, Vec<Point>>> {
    // A cell that was continued from a checkpoint has some epochs twice. The last ones count.
    let mut epochs: HashMap<String, BTreeMap<u32, (f64, CurvePoint)>> = HashMap::new();
    let mut lines: Vec<_> = read_events(run)?.into_values().flatten().collect();
    lines.sort_by(|a, b| a.time.total_cmp(&b.time));
    for line in lines {
        if let LogEvent::Epoch { cell, point } = line.event {
            epochs.entry(cell).or_default().insert(point.epoch, (line.time, point));
        }
    }
    let points = |curve: BTreeMap<u32, (f64, CurvePoint)>| {
        curve.values().flat_map(|(time, point)| points_of_epoch(*time, point)).collect()
    };
    Ok(epochs.into_iter().map(|(cell, curve)| (cell, points(curve))).collect())
}

fn points_of_epoch(time: f64, point: &CurvePoint) -> Vec<Point> {
    let of = |tag, value| Point { time, step: point.epoch, tag, value };
    let mut points = vec![of("loss/training", point.train_loss)];
    if let Some(evaluation) = point.evaluation {
        points.push(of("loss/validation", evaluation.loss));
        points.push(of("accuracy/validation", evaluation.accuracy()));
    }
    points
}
