//! `assay-dev bench scaling`: how speed and memory of training depend on batch size, image size and width.

mod figure;

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use assay_engine::output::print_line;
use assay_engine::worker::describe_host;
use assay_report::write_figure;
use clap::Args;
use serde::Serialize;

use super::export::write;
use super::layers::{Program, Row, StepSpeed, check, median, time_processes};
use super::networks::BenchNetwork;
use super::peer::Peer;

/// Times training steps of `alexnet_small` on one core for different batch sizes, images and widths, and compares
/// with PyTorch if a Python is named.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assay-dev bench scaling --figure scaling.svg
  assay-dev bench scaling --peer .venv/bin/python --json scaling.json --figure scaling.svg")]
pub struct Scaling {
    /// A Python that has what the peer needs
    #[arg(long, value_name = "PYTHON")]
    peer: Option<PathBuf>,
    /// The peer's script
    #[arg(long, value_name = "FILE", default_value = "bench/peers/torch_layers.py")]
    peer_script: PathBuf,
    /// Seconds of each measurement
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// Measurements of each point, in turns
    #[arg(long, value_name = "N", default_value_t = 3)]
    repeats: usize,
    /// Also writes everything as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Also draws a figure, as SVG and as PNG
    #[arg(long, value_name = "FILE.svg")]
    figure: Option<PathBuf>,
}

/// The size of a training step.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
struct Size {
    /// Images per step.
    batch: usize,
    /// Side of an image in pixels.
    side: usize,
    /// Factor on the number of units of every hidden layer.
    width: f64,
}

/// The size at which one factor is varied.
const CENTER: Size = Size { batch: 64, side: 32, width: 1.0 };

/// What is varied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Factor {
    Batch,
    Side,
    Width,
}

impl Factor {
    const ALL: [Self; 3] = [Self::Batch, Self::Side, Self::Width];

    /// The sizes that differ from [`CENTER`] in this factor, and that size itself.
    fn sizes(self) -> Vec<Size> {
        match self {
            Self::Batch => [8, 16, 32, 64, 128, 256].map(|batch| Size { batch, ..CENTER }).to_vec(),
            Self::Side => [16, 24, 32, 48, 64].map(|side| Size { side, ..CENTER }).to_vec(),
            Self::Width => {
                [0.25, 0.5, 1.0, 2.0, 4.0].map(|width| Size { width, ..CENTER }).to_vec()
            }
        }
    }

    /// The value of this factor.
    fn of(self, size: Size) -> f64 {
        match self {
            Self::Batch => size.batch as f64,
            Self::Side => size.side as f64,
            Self::Width => size.width,
        }
    }
}

impl Size {
    fn row(self) -> Result<Row> {
        let Self { batch, side, width } = self;
        let network =
            BenchNetwork::new("alexnet_small", [3, side, side], 50, (width, false), batch)?;
        let name = format!("alexnet_small, batch {batch}, side {side}, width {width}");
        Ok(Row { name, layers: network.layers, batch, training: true })
    }
}

/// The rows of all sizes.
///
/// # Errors
/// Never: the networks are valid.
pub fn scaling_rows() -> Result<Vec<Row>> {
    Factor::ALL.iter().flat_map(|factor| factor.sizes()).map(Size::row).collect()
}

/// What one program did at one size, on one core.
#[derive(Debug, Clone, Serialize)]
struct Point {
    size: Size,
    program: Program,
    /// One value per repeat.
    images_per_second: Vec<f64>,
    /// The largest of all repeats.
    peak_mebibytes: f64,
}

impl Point {
    fn median(&self) -> f64 {
        median(&self.images_per_second)
    }
}

#[derive(Debug, Serialize)]
struct ScalingResult {
    version: String,
    machine: String,
    /// What the peer says about itself.
    peer: Option<String>,
    date: String,
    seconds: f64,
    points: Vec<Point>,
}

impl ScalingResult {
    /// The points of a factor and program, by the factor's value.
    fn points_of(&self, factor: Factor, program: Program) -> Vec<&Point> {
        let sizes = factor.sizes();
        let points = sizes.iter().filter_map(|size| {
            self.points.iter().find(|point| point.size == *size && point.program == program)
        });
        points.collect()
    }
}

impl Scaling {
    pub fn run(&self) -> Result<ExitCode> {
        check(self.seconds, self.repeats)?;
        let peer = self.peer.clone().map(|python| Peer::find(python, self.peer_script.clone()));
        let peer = peer.transpose()?;
        let mut sizes: Vec<Size> = Vec::new();
        for size in Factor::ALL.iter().flat_map(|factor| factor.sizes()) {
            if !sizes.contains(&size) {
                sizes.push(size);
            }
        }
        let is_eager = |program: &Program| *program != Program::PyTorchCompiled;
        let programs: Vec<Program> = Program::all(peer.is_some()).filter(is_eager).collect();
        let mut points = Vec::new();
        for size in sizes {
            points.extend(self.measure(size, &programs, peer.as_ref())?);
        }
        let result = ScalingResult {
            version: assay_version::version(),
            machine: describe_host(),
            peer: peer.as_ref().map(|peer| peer.about().to_owned()),
            date: chrono::Utc::now().date_naive().to_string(),
            seconds: self.seconds,
            points,
        };
        print_line(table(&result).trim_end())?;
        if let Some(path) = &self.json {
            write(path, &serde_json::to_vec_pretty(&result)?)?;
        }
        if let Some(path) = &self.figure {
            let figure = figure::figure(&result, &programs)?.context("nothing was measured")?;
            write_figure(path, &figure)?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn measure(&self, size: Size, programs: &[Program], peer: Option<&Peer>) -> Result<Vec<Point>> {
        let row = size.row()?;
        let folder = tempfile::tempdir().context("creating a temporary folder")?;
        write(&folder.path().join("work.json"), &serde_json::to_vec(&row.describe())?)?;
        let new =
            |&program| Point { size, program, images_per_second: Vec::new(), peak_mebibytes: 0.0 };
        let mut points: Vec<Point> = programs.iter().map(new).collect();
        for _ in 0..self.repeats {
            for point in &mut points {
                let command = || {
                    let mut command = point.program.command(&row, folder.path(), peer)?;
                    command.args(["--threads", "1", "--seconds", &self.seconds.to_string()]);
                    Ok(command)
                };
                let speeds = time_processes(1, command)?;
                let StepSpeed { images_per_second, peak_mebibytes } = speeds[0];
                eprintln!(
                    "{}, {}: {images_per_second:.0} images/s, {peak_mebibytes:.0} MiB",
                    row.name, point.program
                );
                point.images_per_second.push(images_per_second);
                point.peak_mebibytes = point.peak_mebibytes.max(peak_mebibytes);
            }
            points.rotate_left(1);
        }
        points.sort_by_key(|point| point.program);
        Ok(points)
    }
}

fn table(result: &ScalingResult) -> String {
    let mut text = String::from("batch  side  width  program             images/s    peak MiB\n");
    for point in &result.points {
        let Point { size: Size { batch, side, width }, program, peak_mebibytes, .. } = point;
        let _ = writeln!(
            text,
            "{batch:>5} {side:>5} {width:>6}  {program:<18}{:>10.0}{peak_mebibytes:>12.0}",
            point.median()
        );
    }
    let _ = write!(
        text,
        "\nalexnet_small on one core, training; the median of the repeats\n{}, {}",
        result.machine, result.date
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_has_a_row_and_the_center_belongs_to_every_factor() {
        assert_eq!(scaling_rows().unwrap().len(), 16);
        for factor in Factor::ALL {
            assert!(factor.sizes().contains(&CENTER), "{factor:?}");
            assert!(factor.sizes().is_sorted_by(|a, b| factor.of(*a) < factor.of(*b)));
        }
    }
}
