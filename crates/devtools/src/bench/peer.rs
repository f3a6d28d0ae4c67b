//! Peers: programs in Python that do the same work in the usual way.
//!
//! A peer gets a folder that describes the work. It prints one JSON object per line: first what it is, then
//! each sample when it is done. With `--check` it exits after the first line.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use assay_engine::device::DeviceSpec;
use assay_engine::worker::reuse_freed_memory;

use super::entry::{Entry, Measurement, Output};
use super::run::{Competitor, CompetitorInfo};

/// The Python packages that the peers need.
const REQUIREMENTS: &str = "bench/peers/requirements.txt";

/// How the competitors compute.
#[derive(Debug, Clone)]
pub struct Resources {
    /// The device of every competitor.
    pub device_spec: DeviceSpec,
    /// The number of worker processes, and of the peer's threads.
    pub jobs: usize,
    /// The peer, if a Python is named.
    pub peer: Option<Peer>,
}

impl Resources {
    /// The processes of a peer that uses more than one: as many as workers, on the CPU.
    pub fn peer_processes(&self) -> usize {
        if self.device_spec.device.is_cpu() { self.jobs } else { 1 }
    }

    /// The cells that a competitor trains at the same time.
    pub fn at_once(&self, competitor: Competitor) -> usize {
        match competitor {
            Competitor::Ours | Competitor::Uncached => self.jobs,
            Competitor::PeerProcesses | Competitor::PeerCached => self.peer_processes(),
            Competitor::Peer | Competitor::PeerCompiled => 1,
        }
    }
}

/// A Python interpreter and a script.
#[derive(Debug, Clone)]
pub struct Peer {
    python: PathBuf,
    script: PathBuf,
    /// What it says about itself: the versions of its packages.
    about: String,
}

impl Peer {
    /// Checks that a peer can start, so that problems show up before the first run.
    ///
    /// # Errors
    /// Returns an error that says what to do if the Python, the script or a module is missing.
    pub fn find(python: PathBuf, script: PathBuf) -> Result<Self> {
        ensure!(
            script.is_file(),
            "{}: no such file; --peer-script names the script",
            script.display()
        );
        let name = python.display();
        let mut check = Command::new(&python);
        check.arg(&script).arg("--check").stdin(Stdio::null());
        let output = match check.output() {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                bail!("{name}: no such program; --peer names a Python, 3.10 or later")
            }
            output => output.with_context(|| format!("starting {name}"))?,
        };
        let errors = String::from_utf8_lossy(&output.stderr);
        if let Some(module) = missing_module(&errors) {
            bail!("{name} has no module {module}: {name} -m pip install -r {REQUIREMENTS}");
        }
        ensure!(output.status.success(), "{check:?} ended with {}:\n{errors}", output.status);
        let about = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        Ok(Self { python, script, about })
    }

    /// What the peer says about itself: the versions of its packages, as JSON.
    pub fn about(&self) -> &str {
        &self.about
    }

    /// A command that runs the script with the folder of the work.
    pub fn command(&self, work: &Path) -> Command {
        let mut command = Command::new(&self.python);
        command.arg(&self.script).arg(work);
        // The same allocator settings for both.
        reuse_freed_memory(&mut command);
        command
    }

    /// The peer as a competitor that does the work in `work`, with flags of its own.
    ///
    /// # Errors
    /// Returns an error for devices that peers do not support.
    pub fn entry(
        &self,
        info: CompetitorInfo,
        sample_ids: BTreeSet<String>,
        work: &Path,
        resources: &Resources,
        flags: &[&str],
    ) -> Result<Entry> {
        let device = resources.device_spec.device.to_string();
        ensure!(
            device == "cpu" || device.starts_with("cuda"),
            "a peer supports cpu and cuda, not {device}; leave out --peer"
        );
        let threads = resources.jobs.to_string();
        let mut arguments: Vec<OsString> = vec![self.script.clone().into(), work.into()];
        let shared = ["--device", &device, "--threads", &threads];
        arguments.extend(shared.iter().chain(flags).map(OsString::from));
        let program = self.python.clone();
        Ok(Entry { info, sample_ids, program, arguments, output: Output::Printed })
    }
}

/// The module that Python did not find, from its standard error.
fn missing_module(errors: &str) -> Option<&str> {
    let (_, rest) = errors.rsplit_once("ModuleNotFoundError: No module named '")?;
    rest.split('\'').next()
}

/// Reads the output of a program that prints as peers do, the file `stdout` of the run's folder.
///
/// # Errors
/// Returns an error if a line is not in the peers' format or there are no samples.
pub fn read_peer_output(folder: &Path) -> Result<Measurement> {
    let output = folder.join("stdout");
    let output = std::fs::read_to_string(&output).with_context(|| output.display().to_string())?;
    let mut lines = output.lines();
    let first = lines.next().context("the peer printed nothing")?;
    let about =
        serde_json::from_str(first).with_context(|| format!("the peer printed {first:?}"))?;
    let sample =
        |line| serde_json::from_str(line).with_context(|| format!("the peer printed {line:?}"));
    let samples: Vec<_> = lines.map(sample).collect::<Result<_>>()?;
    ensure!(!samples.is_empty(), "the peer did nothing");
    Ok(Measurement { about: Some(about), samples })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Measurement> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("stdout"), text).unwrap();
        read_peer_output(folder.path())
    }

    #[test]
    fn a_peers_output_is_read_and_unknown_keys_are_ignored() {
        let measurement = parse("{\"torch\": \"2.4\"}\n\
             {\"id\": \"a\", \"kind\": \"base\", \"seconds\": 2.0, \"count\": 8, \"loss\": 1.5}\n\
             {\"id\": \"b\", \"kind\": \"base\", \"seconds\": 3.0, \"busy\": 1.0, \"count\": 4, \"score\": 0.5}\n")
        .unwrap();
        assert_eq!(measurement.about.unwrap()["torch"], "2.4");
        let busy: Vec<Option<f64>> = measurement.samples.iter().map(|sample| sample.busy).collect();
        assert_eq!(busy, [None, Some(1.0)]);
        assert_eq!(measurement.samples[1].score, Some(0.5));
    }

    #[test]
    fn unexpected_output_of_a_peer_is_quoted() {
        let error = |text: &str| format!("{:#}", parse(text).unwrap_err());
        assert_eq!(error(""), "the peer printed nothing");
        assert_eq!(error("{}\n"), "the peer did nothing");
        assert!(error("{}\nhello\n").starts_with("the peer printed \"hello\""));
    }

    #[test]
    fn the_last_missing_module_is_reported() {
        let errors = "Traceback\nModuleNotFoundError: No module named 'torch'\n\
                        Traceback\nModuleNotFoundError: No module named 'ribs'\n";
        assert_eq!(missing_module(errors), Some("ribs"));
        assert_eq!(missing_module("ImportError: cannot import name 'x'"), None);
    }
}
