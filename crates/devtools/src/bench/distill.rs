//! `assay-dev bench distill`: trains students on hard labels and on soft targets, with and without cached
//! teacher logits, and compares with PyTorch.

mod export;
mod preparation;

use std::collections::BTreeSet;
use std::process::ExitCode;

use anyhow::{Context, Result};
use assay_classifier_cells::{ClassifierCell, Role};
use assay_distill_execute::{DistillData, DistillProfile, plan};
use assay_engine::device;
use assay_runs::{Cell, TrainingConfig};
use clap::Args;

use self::export::export;
use self::preparation::{timed_profile, train_teachers};
use super::case::{Case, RatioRule};
use super::entry::Column;
use super::entry::ExperimentOutput;
use super::experiment::{ExperimentFlags, ExperimentWork, columns};
use super::flags::BenchFlags;
use super::peer::Resources;
use super::result::{BenchResult, KindRow};
use super::run::Competitor::{self, Ours, Peer, PeerCached, PeerProcesses, Uncached};
use super::run::{CompetitorInfo, Run};

/// Times students on hard labels and soft targets, with and without cached teacher logits, and compares with
/// PyTorch if a Python is named.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assay-dev bench distill --repeats 1 --set student.schedule.epochs=4
  assay-dev bench distill --peer .venv/bin/python --json bench.json
  assay-dev bench distill --profile mnist --set teacher.schedule.epochs=2 --peer .venv/bin/python

Teachers are trained before the first run and shared by all competitors. Only students of the profile's
first temperature, on all classes and all images, are timed.
Prints a table on standard output, progress on standard error.")]
pub struct Distill {
    #[command(flatten)]
    experiment: ExperimentFlags,
    /// Teachers, each with its own students
    #[arg(long, value_name = "N", default_value_t = 2)]
    seeds: u32,
    #[command(flatten)]
    bench: BenchFlags,
}

impl Distill {
    pub fn run(self) -> Result<ExitCode> {
        let resources = self.bench.resources("bench/peers/torch_distill.py")?;
        let case = prepare(&self.experiment, self.experiment.read(self.seeds)?, &resources)?;
        self.bench.run_case(&case, resources.device_spec)
    }
}

/// The ends of the kinds' names.
const HARD: &str = "hard labels";
const SOFT: &str = "distilled";

/// The name of a student's kind; `None` for a teacher.
fn kind(cell: &Cell) -> Option<String> {
    let cell = cell.downcast_ref::<ClassifierCell>()?;
    let targets = match cell.role {
        Role::Student => HARD,
        Role::Distilled => SOFT,
        Role::Teacher | Role::Continued | Role::Network | Role::ForcedAlignment => return None,
    };
    Some(format!("{}, {targets}", cell.network.architecture))
}

/// Plans the run, trains the teachers that all competitors share, and exports the rest for the peer.
fn prepare(
    experiment: &ExperimentFlags,
    profile: DistillProfile,
    resources: &Resources,
) -> Result<Case> {
    let profile = timed_profile(&experiment.profile, profile)?;
    let folder = tempfile::tempdir().context("creating a temporary folder")?;
    let data_dir = experiment.data_dir.as_deref();
    let data = DistillData::open(&profile, data_dir, &device::planning_device())?;
    let (data_module, plan) = (data.for_seed(0), plan(&experiment.profile, &profile, &data)?);
    std::fs::write(folder.path().join("profile.toml"), toml::to_string(&profile)?)?;
    let prepared = folder.path().join("prepared");
    let teachers = train_teachers(&prepared, &plan, resources, data_dir)?;
    if resources.peer.is_some() {
        export(folder.path(), &profile, &plan, data_module, &teachers)?;
    }
    let work = ExperimentWork {
        command: "distill",
        folder: folder.path(),
        plan: &plan,
        output: ExperimentOutput {
            prepared: Some(prepared),
            kind,
            busy: |done| Some(done.seconds.train),
        },
        resources,
        data_dir,
    };
    let kinds: Vec<String> = plan.cells.iter().filter_map(kind).collect();
    let (name, jobs, students) = (&experiment.profile, resources.jobs, kinds.len());
    let TrainingConfig { epochs, batch, .. } = profile.student.schedule;
    let steps = move |_: &BenchResult, row: &KindRow| Some(row.per_second / f64::from(batch));
    let test_images = data_module.data().test.len();
    Ok(Case {
        name: "distill",
        title: format!(
            "{name}, {students} students, {epochs} epochs of batches of {batch}, {jobs} jobs"
        ),
        settings: serde_json::to_value(&profile)?,
        entries: work.entries()?,
        ratios: ratios(resources),
        columns: [Column::new("steps/s", 0, steps)].into_iter().chain(columns(2)).collect(),
        legend: legend(jobs, test_images),
        remarks: Box::new(move |result| remarks(result, &kinds, test_images)),
        folder,
    })
}

fn legend(jobs: usize, test_images: usize) -> String {
    format!(
        "steps: seconds of the training steps; cells: seconds of whole cells; whole: seconds of the processes.\n\
         steps/s, images/s: per second of training steps, times the cells trained in parallel ({jobs} here, 1 in one\n\
         process of PyTorch). seconds: of a cell, including teacher logits that are cached and evaluations. Teachers were\n\
         trained before; their time is not included. noise: two standard errors of the difference of two\n\
         accuracies on the {test_images} test images, as if each cell had images of its own; training adds more noise.\n"
    )
}

/// Compares the training steps, the cells and the whole processes.
fn ratios(resources: &Resources) -> Vec<RatioRule> {
    let resources = resources.clone();
    let pairs = [
        (SOFT, "no cache / assay", [Uncached, Ours]),
        (SOFT, "PyTorch / assay", [Peer, Ours]),
        (SOFT, "PyTorch, processes / assay", [PeerProcesses, Ours]),
        (SOFT, "PyTorch, cached / assay", [PeerCached, Ours]),
        (HARD, "PyTorch / assay", [Peer, Ours]),
        (HARD, "PyTorch, processes / assay", [PeerProcesses, Ours]),
    ];
    let rule = |part: &'static str, (targets, name, competitors): (&'static str, &str, _)| {
        let resources = resources.clone();
        let seconds = move |run: &Run| {
            let matches = |kind: &str| kind.ends_with(targets);
            let seconds =
                if part == "steps" { run.busy_of(matches) } else { run.seconds_of(matches) };
            Some(seconds? / resources.at_once(run.competitor) as f64)
        };
        let name = format!("{targets}, {part}: {name}");
        RatioRule { name, competitors, seconds: Box::new(seconds) }
    };
    let parts = ["steps", "cells"].into_iter().flat_map(|part| pairs.map(|pair| rule(part, pair)));
    let whole = pairs.into_iter().filter(|(targets, ..)| *targets == SOFT);
    let whole = whole.map(|(_, name, pair)| RatioRule::whole(format!("whole: {name}"), pair));
    parts.chain(whole).collect()
}

/// Says for every kind and competitor whether it reaches assay's accuracy. `kinds` are those of all cells.
fn remarks(result: &BenchResult, kinds: &[String], test_images: usize) -> Vec<String> {
    let others = || result.competitors.iter().filter(|entry| entry.competitor != Ours);
    let each: BTreeSet<&String> = kinds.iter().collect();
    let pairs = each.into_iter().flat_map(|kind| others().map(move |other| (kind, other)));
    let remark = |(kind, other): (&String, &CompetitorInfo)| {
        let cells = kinds.iter().filter(|cell| *cell == kind).count();
        agreement(result, kind, other, cells * test_images)
    };
    pairs.filter_map(remark).collect()
}

/// Says whether two competitors reach the same accuracy within sampling noise. Repeats of a cell give the same
/// result, so only the test `images` of different cells count as independent.
fn agreement(
    result: &BenchResult,
    kind: &str,
    other: &CompetitorInfo,
    images: usize,
) -> Option<String> {
    let score = |competitor: Competitor| result.row(kind, competitor)?.score;
    let (p, q) = (score(Ours)?, score(other.competitor)?);
    let noise = 2.0 * ((p * (1.0 - p) + q * (1.0 - q)) / images as f64).sqrt();
    let word = if (p - q).abs() <= noise { "within" } else { "MORE THAN" };
    Some(format!(
        "accuracy, {kind}: assay {:.2} %, {} {:.2} %: {:.2} points apart, {word} noise ({:.2})",
        100.0 * p,
        other.name,
        100.0 * q,
        100.0 * (p - q).abs(),
        100.0 * noise
    ))
}
