//! `assay-dev bench distill`: trains students on hard labels and on soft targets, with and without cached
//! teacher logits, and compares with PyTorch.

mod export;
mod preparation;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use assay_runs::{Cell, ClassifierCell, Plan, Role, Study};
use serde_json::Value;
use tempfile::TempDir;

use self::export::export;
use self::preparation::{check_profile, copy_folder, train_teachers};
use super::case::{Case, Column, Measurement};
use super::peer::{Peer, read_peer_output};
use super::result::{BenchResult, Ratio};
use super::run::{Competitor, CompetitorInfo, Run};
use super::study::{StudyRun, measure_run};
use assay_distill_execute::{DistillData, DistillProfile, plan};
use assay_engine::device::{self, DeviceSpec};

/// Settings of the benchmark.
#[derive(Debug, Clone)]
pub struct DistillSettings {
    /// The name of the profile.
    pub name: String,
    /// The profile with overrides applied. Only students of the first temperature, on all classes and all
    /// images, are timed.
    pub profile: DistillProfile,
    /// The device of every competitor.
    pub device_spec: DeviceSpec,
    /// The folder of downloaded data sets; `None` for the default.
    pub data_dir: Option<PathBuf>,
    /// The number of worker processes, and of the peer's threads.
    pub jobs: usize,
    /// A Python with PyTorch and the peer's script.
    pub peer: Option<Peer>,
}

/// The prepared benchmark. The teachers are already trained.
pub struct DistillCase {
    settings: DistillSettings,
    plan: Plan,
    run: StudyRun,
    test_images: usize,
    folder: TempDir,
}

/// The ends of the kinds' names.
const HARD: &str = "hard labels";
const SOFT: &str = "distilled";

impl DistillCase {
    /// Plans the run, trains the teachers that all competitors share, and exports the rest for the peer.
    ///
    /// # Errors
    /// Returns an error if the profile cannot be timed, the data cannot be opened or a teacher fails.
    pub fn new(mut settings: DistillSettings) -> Result<Self> {
        check_profile(&settings)?;
        let distillation = &mut settings.profile.distillation;
        // A step costs the same at any temperature, and the peer supports soft targets only.
        distillation.temperatures.truncate(1);
        distillation.published.clear();
        distillation.excluded_classes = vec![Vec::new()];
        distillation.fractions = vec![1.0];
        let folder = tempfile::tempdir().context("creating a temporary folder")?;
        let data_dir = settings.data_dir.as_deref();
        let (profile, device) = (&settings.profile, device::planning_device());
        let data = DistillData::open(profile, data_dir, &device)?;
        let (data_module, plan) = (data.for_seed(0), plan(&settings.name, profile, &data)?);
        let file = folder.path().join("profile.toml");
        std::fs::write(&file, toml::to_string(&settings.profile)?)?;
        let prepared = train_teachers(&folder.path().join("prepared"), &plan, &settings)?;
        if settings.peer.is_some() {
            export(folder.path(), &settings.profile, &plan, data_module, &prepared)?;
        }
        let run = StudyRun {
            study: Study::Distill,
            profile: file,
            device_spec: settings.device_spec,
            jobs: settings.jobs,
            data_dir: settings.data_dir.clone(),
        };
        let test_images = data_module.data().test.len();
        Ok(Self { settings, plan, run, test_images, folder })
    }

    fn students(&self) -> impl Iterator<Item = &ClassifierCell> {
        self.plan.cells.iter().filter_map(Cell::classifier).filter(|cell| kind(cell).is_some())
    }

    /// Says whether two competitors reach the same accuracy within sampling noise.
    fn agreement(
        &self,
        result: &BenchResult,
        kind: &str,
        other: &CompetitorInfo,
    ) -> Option<String> {
        let (ours, theirs) =
            (result.row(kind, Competitor::Ours)?, result.row(kind, other.competitor)?);
        let (p, q) = (ours.score?, theirs.score?);
        // Repeats of a cell give the same result, so only cells count as independent.
        let cells = self.students().filter(|cell| self::kind(cell).as_deref() == Some(kind));
        let images = (cells.count() * self.test_images) as f64;
        let noise = 2.0 * ((p * (1.0 - p) + q * (1.0 - q)) / images).sqrt();
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
}

/// The name of a student's kind; `None` for a teacher.
fn kind(cell: &ClassifierCell) -> Option<String> {
    let targets = match cell.role {
        Role::Student => HARD,
        Role::Distilled => SOFT,
        Role::Teacher | Role::Network | Role::ForcedAlignment => return None,
    };
    Some(format!("{}, {targets}", cell.network.architecture))
}

impl Case for DistillCase {
    fn name(&self) -> &'static str {
        "distill"
    }

    fn title(&self) -> String {
        let schedule = &self.settings.profile.student.schedule;
        format!(
            "{}, {} students, {} epochs of batches of {}, {} jobs",
            self.settings.name,
            self.students().count(),
            schedule.epochs,
            schedule.batch,
            self.settings.jobs
        )
    }

    fn settings(&self) -> Result<Value> {
        Ok(serde_json::to_value(&self.settings.profile)?)
    }

    fn competitors(&self) -> Vec<CompetitorInfo> {
        let jobs = self.settings.jobs;
        let mut competitors = vec![
            CompetitorInfo::new(Competitor::Ours, "assay", jobs),
            CompetitorInfo::new(Competitor::Uncached, "no cache", jobs),
        ];
        if self.settings.peer.is_some() {
            competitors.push(CompetitorInfo::new(Competitor::Peer, "PyTorch", 1));
            competitors.push(CompetitorInfo::new(Competitor::PeerCached, "PyTorch, cached", 1));
        }
        competitors
    }

    fn command(&self, competitor: Competitor, folder: &Path) -> Result<Command> {
        let peer = || self.settings.peer.as_ref().context("there is no peer");
        let peer_command = || -> Result<Command> {
            peer()?.command(
                self.folder.path(),
                self.settings.device_spec.device,
                self.settings.jobs,
            )
        };
        match competitor {
            Competitor::Peer => peer_command(),
            Competitor::PeerCached => {
                let mut command = peer_command()?;
                command.arg("--keep-logits");
                Ok(command)
            }
            Competitor::Ours | Competitor::Uncached => {
                let out = folder.join("run");
                // Finished cells are not trained again, so the run continues after its teachers.
                copy_folder(&self.folder.path().join("prepared"), &out)?;
                self.run.command(&out, competitor)
            }
        }
    }

    fn measurement(&self, competitor: Competitor, folder: &Path) -> Result<Measurement> {
        let measurement = match competitor {
            Competitor::Peer | Competitor::PeerCached => read_peer_output(&folder.join("stdout"))?,
            Competitor::Ours | Competitor::Uncached => {
                let kind = |cell: &Cell| kind(cell.classifier()?);
                measure_run(&folder.join("run"), &kind, |done| Some(done.seconds.train))?
            }
        };
        measurement.check_ids(self.students().map(|cell| cell.id().to_string()))?;
        Ok(measurement)
    }

    fn ratios(&self, runs: &[Run]) -> Vec<Ratio> {
        use Competitor::{Ours, Peer, PeerCached, Uncached};
        let competitors = self.competitors();
        let seconds = |run: &Run, part: &str, targets: &str| {
            let matches = |kind: &str| kind.ends_with(targets);
            let seconds = match part {
                "steps" => run.busy_of(matches)?,
                _ => run.seconds_of(matches)?,
            };
            let entry = competitors.iter().find(|entry| entry.competitor == run.competitor)?;
            Some(seconds / entry.at_once as f64)
        };
        let pairs = [
            (SOFT, "no cache / assay", [Uncached, Ours]),
            (SOFT, "PyTorch / assay", [Peer, Ours]),
            (SOFT, "PyTorch / no cache", [Peer, Uncached]),
            (SOFT, "PyTorch, cached / assay", [PeerCached, Ours]),
            (HARD, "PyTorch / assay", [Peer, Ours]),
        ];
        let parts = ["steps", "cells"].into_iter().flat_map(|part| pairs.map(|pair| (part, pair)));
        let cell_ratios = parts.filter_map(|(part, (targets, name, pair))| {
            let name = format!("{targets}, {part}: {name}");
            Ratio::over_repeats(name, runs, pair, |run| seconds(run, part, targets))
        });
        let whole = pairs.into_iter().filter(|(targets, _, _)| *targets == SOFT);
        let whole_ratios = whole.filter_map(|(_, name, pair)| {
            Ratio::over_repeats(format!("whole: {name}"), runs, pair, |run| Some(run.usage.seconds))
        });
        cell_ratios.chain(whole_ratios).collect()
    }

    fn columns(&self) -> Vec<Column> {
        let batch = f64::from(self.settings.profile.student.schedule.batch);
        vec![
            Column::new("steps/s", 0, move |_, row| Some(row.per_second / batch)),
            Column::new("images/s", 0, |_, row| Some(row.per_second)),
            Column::new("seconds", 2, |_, row| Some(row.seconds)),
            Column::new("accuracy %", 2, |_, row| Some(100.0 * row.score?)),
        ]
    }

    fn remarks(&self, result: &BenchResult) -> Vec<String> {
        let mut kinds: Vec<String> = self.students().filter_map(kind).collect();
        kinds.sort_unstable();
        kinds.dedup();
        let others: Vec<CompetitorInfo> = self
            .competitors()
            .into_iter()
            .filter(|entry| entry.competitor != Competitor::Ours)
            .collect();
        let pairs = kinds.iter().flat_map(|kind| others.iter().map(move |other| (kind, other)));
        pairs.filter_map(|(kind, other)| self.agreement(result, kind, other)).collect()
    }

    fn legend(&self) -> String {
        format!(
            "steps: seconds of the training steps; cells: seconds of whole cells; whole: seconds of the processes.\n\
             steps/s, images/s: per second of training steps, times the cells trained in parallel ({} here, 1 in\n\
             PyTorch). seconds: of a cell, including teacher logits that are cached and evaluations. Teachers were\n\
             trained before; their time is not included. noise: two standard errors of the difference of two\n\
             accuracies on the {} test images, as if each cell had images of its own; training adds more noise.\n",
            self.settings.jobs, self.test_images
        )
    }
}
