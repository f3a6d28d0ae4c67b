//! `assay bench distill`: students on hard labels and on a teacher's soft targets, whose logits are kept
//! or asked for at every step and, where there is a Python with PyTorch, the same two ways there.

mod export;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use assay_runs::{Cell, ClassifierCell, Plan, Role, RunDirectory, Study};
use serde_json::Value;
use tempfile::TempDir;

use self::export::export;
use super::case::{Case, Column, Contender, Entry, Said, Turn};
use super::peer::{Peer, said_by_peer};
use super::result::{BenchResult, Ratio};
use super::study::{StudyRun, said_by_run};
use assay_distill_execute::{DistillData, DistillProfile, plan};
use assay_engine::device::{self, DeviceSpec};
use assay_engine::scheduler::{SweepSettings, sweep};

/// What to time.
#[derive(Debug, Clone)]
pub struct DistillSettings {
    /// The profile's name, for the result.
    pub name: String,
    /// The profile, overrides applied. Of its students those of the first temperature are timed, on all classes
    /// and all images.
    pub profile: DistillProfile,
    /// Where every contender computes.
    pub place: DeviceSpec,
    /// Where the data is, when it was said.
    pub data_dir: Option<PathBuf>,
    /// Our worker processes; the peer's threads.
    pub jobs: usize,
    /// A Python with PyTorch, and its script.
    pub peer: Option<Peer>,
}

/// Students, ready to be timed: their teachers are trained.
pub struct DistillCase {
    settings: DistillSettings,
    plan: Plan,
    run: StudyRun,
    test_images: usize,
    folder: TempDir,
}

/// What kinds end with.
const HARD: &str = "hard labels";
const SOFT: &str = "distilled";

impl DistillCase {
    /// Plans the run, trains its teachers, which are the same for every contender, and spells the rest out
    /// for the peer.
    ///
    /// # Errors
    /// When the profile has what is not timed, the data cannot be opened, or a teacher cannot be trained.
    pub fn new(mut settings: DistillSettings) -> Result<Self> {
        can_be_timed(&settings)?;
        let how = &mut settings.profile.distillation;
        // A step costs the same at any temperature, and a peer has soft targets only.
        how.temperatures.truncate(1);
        how.published.clear();
        how.omitted = vec![Vec::new()];
        how.fractions = vec![1.0];
        let folder = tempfile::tempdir().context("a temporary folder")?;
        let data_dir = settings.data_dir.as_deref();
        let (profile, device) = (&settings.profile, device::for_planning());
        let data = DistillData::open(profile, data_dir, &device)?;
        let (data_module, plan) = (data.of_seed(0), plan(&settings.name, profile, &data)?);
        let file = folder.path().join("profile.toml");
        std::fs::write(&file, toml::to_string(&settings.profile)?)?;
        let prepared = trained_teachers(&folder.path().join("prepared"), &plan, &settings)?;
        if settings.peer.is_some() {
            export(folder.path(), &settings.profile, &plan, data_module, &prepared)?;
        }
        let run = StudyRun {
            study: Study::Distill,
            profile: file,
            place: settings.place,
            jobs: settings.jobs,
            data_dir: settings.data_dir.clone(),
        };
        let test_images = data_module.data().test.len();
        Ok(Self { settings, plan, run, test_images, folder })
    }

    fn students(&self) -> impl Iterator<Item = &ClassifierCell> {
        self.plan.cells.iter().filter_map(Cell::classifier).filter(|cell| kind(cell).is_some())
    }

    /// Whether two contenders come to the same accuracy, as far as chance allows.
    fn agreement(&self, result: &BenchResult, kind: &str, other: &Entry) -> Option<String> {
        let (ours, theirs) =
            (result.row(kind, Contender::Ours)?, result.row(kind, other.contender)?);
        let (p, q) = (ours.score?, theirs.score?);
        // Repeats of a cell come to the same: only cells are draws of their own.
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

/// Whether every contender can do a profile's work, and each in its own way.
fn can_be_timed(settings: &DistillSettings) -> Result<()> {
    let DistillSettings { name, profile, .. } = settings;
    ensure!(
        profile.data.speech.is_none(),
        "profile {name} is of speech, whose labels and windows no peer has; a profile of images can be timed, \
         such as quick or mnist"
    );
    ensure!(
        profile.specialists.is_none(),
        "profile {name} has specialists, and a peer has soft targets of plain teachers only; a profile without \
         a table specialists can be timed, such as quick or mnist"
    );
    ensure!(
        profile.run.cache_mebibytes > 0,
        "profile {name} has run.cache_mebibytes = 0, so nothing would be kept and two contenders would be the \
         same; give it room for the teachers' logits, as --set run.cache_mebibytes=512 does"
    );
    Ok(())
}

/// A run with the plan's teachers and nothing else, all of them done.
fn trained_teachers(path: &Path, plan: &Plan, settings: &DistillSettings) -> Result<RunDirectory> {
    let is_teacher =
        |cell: &&Cell| cell.classifier().is_some_and(|cell| cell.role == Role::Teacher);
    let cells = plan.cells.iter().filter(is_teacher).cloned().collect();
    let run = RunDirectory::create_or_open(path, Plan { cells, ..plan.clone() })?;
    let DistillSettings { place, jobs, data_dir, .. } = settings.clone();
    let program = std::env::current_exe().context("the program itself")?;
    let settings = SweepSettings { place, jobs, data_dir, program, stop_after: None };
    let ending = sweep(&run, &settings)?;
    ensure!(ending.failed == 0 && !ending.is_to_go_on(), "not every teacher could be trained");
    Ok(run)
}

/// The name of a student's kind; none for a teacher.
fn kind(cell: &ClassifierCell) -> Option<String> {
    let how = match cell.role {
        Role::Student => HARD,
        Role::Distilled => SOFT,
        Role::Teacher | Role::Network | Role::Aligner => return None,
    };
    Some(format!("{}, {how}", cell.network.architecture))
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to).with_context(|| to.display().to_string())?;
    for entry in std::fs::read_dir(from).with_context(|| from.display().to_string())? {
        let entry = entry?;
        let (path, copy) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy_folder(&path, &copy)?;
        } else {
            std::fs::copy(&path, &copy).with_context(|| path.display().to_string())?;
        }
    }
    Ok(())
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

    fn entries(&self) -> Vec<Entry> {
        let jobs = self.settings.jobs;
        let mut entries = vec![
            Entry::new(Contender::Ours, "assay", jobs),
            Entry::new(Contender::Uncached, "no cache", jobs),
        ];
        if self.settings.peer.is_some() {
            entries.push(Entry::new(Contender::Peer, "PyTorch", 1));
            entries.push(Entry::new(Contender::PeerCached, "PyTorch, kept", 1));
        }
        entries
    }

    fn command(&self, contender: Contender, folder: &Path) -> Result<Command> {
        let peer = || self.settings.peer.as_ref().context("a turn of no peer");
        let work = || -> Result<Command> {
            peer()?.command(self.folder.path(), self.settings.place.device, self.settings.jobs)
        };
        match contender {
            Contender::Peer => work(),
            Contender::PeerCached => {
                let mut command = work()?;
                command.arg("--keep-logits");
                Ok(command)
            }
            Contender::Ours | Contender::Uncached => {
                let out = folder.join("run");
                // A finished cell is never trained again: the run goes on after its teachers.
                copy_folder(&self.folder.path().join("prepared"), &out)?;
                self.run.command(&out, contender)
            }
        }
    }

    fn said(&self, contender: Contender, folder: &Path) -> Result<Said> {
        let said = match contender {
            Contender::Peer | Contender::PeerCached => said_by_peer(&folder.join("stdout"))?,
            Contender::Ours | Contender::Uncached => {
                let kind = |cell: &Cell| kind(cell.classifier()?);
                said_by_run(&folder.join("run"), &kind, |done| Some(done.seconds.train))?
            }
        };
        said.is_of(self.students().map(|cell| cell.id().to_string()))?;
        Ok(said)
    }

    fn ratios(&self, turns: &[Turn]) -> Vec<Ratio> {
        use Contender::{Ours, Peer, PeerCached, Uncached};
        let entries = self.entries();
        let of = |turn: &Turn, part: &str, how: &str| {
            let is_meant = |kind: &str| kind.ends_with(how);
            let seconds = match part {
                "steps" => turn.busy_of(is_meant)?,
                _ => turn.seconds_of(is_meant)?,
            };
            let entry = entries.iter().find(|entry| entry.contender == turn.contender)?;
            Some(seconds / entry.at_once as f64)
        };
        let pairs = [
            (SOFT, "no cache / assay", [Uncached, Ours]),
            (SOFT, "PyTorch / assay", [Peer, Ours]),
            (SOFT, "PyTorch / no cache", [Peer, Uncached]),
            (SOFT, "PyTorch, kept / assay", [PeerCached, Ours]),
            (HARD, "PyTorch / assay", [Peer, Ours]),
        ];
        let parts = ["steps", "cells"].into_iter().flat_map(|part| pairs.map(|pair| (part, pair)));
        let of_cells = parts.filter_map(|(part, (how, name, who))| {
            Ratio::of(format!("{how}, {part}: {name}"), turns, who, |turn| of(turn, part, how))
        });
        let whole = pairs.into_iter().filter(|(how, _, _)| *how == SOFT);
        let of_wholes = whole.filter_map(|(_, name, who)| {
            Ratio::of(format!("whole: {name}"), turns, who, |turn| Some(turn.watched.seconds))
        });
        of_cells.chain(of_wholes).collect()
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
        let others: Vec<Entry> =
            self.entries().into_iter().filter(|entry| entry.contender != Contender::Ours).collect();
        let pairs = kinds.iter().flat_map(|kind| others.iter().map(move |other| (kind, other)));
        pairs.filter_map(|(kind, other)| self.agreement(result, kind, other)).collect()
    }

    fn legend(&self) -> String {
        format!(
            "steps: the seconds of training steps; cells: those of whole cells; whole: those of the processes.\n\
             steps/s, images/s: over the seconds of training steps, times the cells trained at once ({} here,\n\
             1 in PyTorch). seconds: of a cell, from start to finish: asking its teacher for what is kept,\n\
             and looks at other images, are among them. Teachers were trained before; their time is in no row.\n\
             noise: two standard errors of a difference of two shares of the {} test images, as if they were\n\
             drawn anew for each cell; chance in training comes on top.\n",
            self.settings.jobs, self.test_images
        )
    }
}
