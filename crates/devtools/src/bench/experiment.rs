//! Benchmarks whose runs are experiments of assay itself.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use assay_engine::profile::{Override, Profile};
use assay_runs::{Cell, Plan, RunDirectory};
use clap::Args;
use walkdir::WalkDir;

use super::entry::{Column, Entry, ExperimentOutput, Measurement, Output};
use super::peer::Resources;
use super::run::{Competitor, CompetitorInfo, Sample};

/// The flags of the cases that run an experiment.
#[derive(Debug, Args)]
pub struct ExperimentFlags {
    /// A profile by name, or a TOML file
    #[arg(long, default_value = "quick")]
    pub profile: String,
    /// Overrides one value of the profile
    #[arg(long = "set", value_name = "KEY=VALUE")]
    overrides: Vec<Override>,
    /// Where downloaded data sets are [default: `$ASSAY_DATA`, or datasets/cache]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
}

impl ExperimentFlags {
    /// Reads the profile, with this number of seeds.
    pub fn read<P: Profile>(&self, seeds: u32) -> Result<P> {
        let seeds = Override::new("seeds", i64::from(seeds));
        let overrides: Vec<Override> = self.overrides.iter().cloned().chain([seeds]).collect();
        P::read(&self.profile, &overrides)
    }
}

/// An experiment that every competitor runs.
pub struct ExperimentWork<'a> {
    /// The subcommand that runs it.
    pub command: &'static str,
    /// The folder with its `profile.toml`, and with what is exported for the peer.
    pub folder: &'a Path,
    /// Its cells. Those that have a kind are timed.
    pub plan: &'a Plan,
    /// What assay writes.
    pub output: ExperimentOutput,
    /// How the competitors compute.
    pub resources: &'a Resources,
    /// The folder of downloaded data sets; `None` for the default.
    pub data_dir: Option<&'a Path>,
}

impl ExperimentWork<'_> {
    /// assay with and without caches; if there is a peer: in one process with all threads, in one process per
    /// thread, and the latter with the same caches as assay.
    pub fn entries(&self) -> Result<Vec<Entry>> {
        let ours = self.entry(Competitor::Ours, "assay", &[])?;
        let uncached = ["--set", "run.cache_mebibytes=0"];
        let uncached = self.entry(Competitor::Uncached, "no cache", &uncached)?;
        let mut peers: Vec<(Competitor, &str, &[&str])> = vec![(Competitor::Peer, "PyTorch", &[])];
        if self.resources.peer_processes() > 1 {
            let (one, cached) = (&["--process-per-core"], &["--process-per-core", "--cache"]);
            peers.push((Competitor::PeerProcesses, "PyTorch, processes", one));
            peers.push((Competitor::PeerCached, "PyTorch, cached", cached));
        } else {
            peers.push((Competitor::PeerCached, "PyTorch, cached", &["--cache"]));
        }
        let peers = peers.into_iter().map(|(competitor, name, flags)| {
            let info = CompetitorInfo::new(competitor, name, self.resources.at_once(competitor));
            let Some(peer) = &self.resources.peer else { return Ok(None) };
            peer.entry(info, self.sample_ids(), self.folder, self.resources, flags).map(Some)
        });
        let peers = peers.collect::<Result<Vec<_>>>()?;
        Ok([ours, uncached].into_iter().chain(peers.into_iter().flatten()).collect())
    }

    fn entry(&self, competitor: Competitor, name: &str, flags: &[&str]) -> Result<Entry> {
        let Resources { device_spec, jobs, .. } = self.resources;
        let profile = self.folder.join("profile.toml");
        let mut arguments: Vec<OsString> = vec![self.command.into()];
        arguments.extend(["--profile".into(), profile.into()]);
        arguments.extend(["--jobs".into(), jobs.to_string().into()]);
        arguments.extend(device_spec.arguments().into_iter().map(OsString::from));
        if let Some(folder) = self.data_dir {
            arguments.extend(["--data-dir".into(), folder.into()]);
        }
        arguments.extend(flags.iter().map(OsString::from));
        Ok(Entry {
            info: CompetitorInfo::new(competitor, name, *jobs),
            sample_ids: self.sample_ids(),
            program: std::env::current_exe().context("finding this program")?,
            arguments,
            output: Output::Run(self.output.clone()),
        })
    }

    fn sample_ids(&self) -> BTreeSet<String> {
        let timed = self.plan.cells.iter().filter(|cell| (self.output.kind)(cell).is_some());
        timed.map(|cell| cell.id().to_string()).collect()
    }
}

impl ExperimentOutput {
    /// Returns the run's directory, which has the finished cells.
    pub fn prepare(&self, folder: &Path) -> Result<PathBuf> {
        let out = folder.join("run");
        if let Some(prepared) = &self.prepared {
            copy_folder(prepared, &out)?;
        }
        Ok(out)
    }

    /// Reads the timed cells of a finished run, in the plan's order.
    pub fn measurement(&self, folder: &Path) -> Result<Measurement> {
        let run = RunDirectory::open(&folder.join("run"))?;
        let with_kind = |cell| Some((cell, (self.kind)(cell)?));
        let sample = |(cell, kind): (&Cell, String)| -> Result<Sample> {
            let (record, provenance) = (run.record(cell)?, run.provenance(cell)?);
            let (record, provenance) =
                record.zip(provenance).with_context(|| format!("{} has no record", cell.name()))?;
            Ok(Sample {
                id: cell.id().to_string(),
                kind,
                seconds: provenance.seconds.total,
                busy: (self.busy)(&provenance),
                count: provenance.images_per_second * provenance.seconds.train,
                score: record.test.map(|test| test.accuracy()),
            })
        };
        let samples = run.plan().cells.iter().filter_map(with_kind).map(sample);
        Ok(Measurement { about: None, samples: samples.collect::<Result<_>>()? })
    }
}

/// The columns that the benchmarks of experiments share; with the digits of the accuracy.
pub fn columns(digits: usize) -> Vec<Column> {
    vec![
        Column::new("images/s", 0, |_, row| Some(row.per_second)),
        Column::new("seconds", 2, |_, row| Some(row.seconds)),
        Column::new("accuracy %", digits, |_, row| Some(100.0 * row.score?)),
    ]
}

/// Copies a folder with everything in it.
fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    for entry in WalkDir::new(from) {
        let entry = entry?;
        let (path, copy) = (entry.path(), to.join(entry.path().strip_prefix(from)?));
        let copied = if entry.file_type().is_dir() {
            std::fs::create_dir_all(copy)
        } else {
            std::fs::copy(path, copy).map(drop)
        };
        copied.with_context(|| path.display().to_string())?;
    }
    Ok(())
}
