//! Runs on a private Slurm cluster, if Slurm is installed here.
#![cfg(target_os = "linux")]

mod common;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use assay_runs::RunDirectory;
use tempfile::TempDir;

use common::results;

const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/slurm");

/// A cluster of two nodes on this machine. It stops when dropped.
struct Cluster {
    folder: TempDir,
}

impl Cluster {
    /// Starts a cluster; none if Slurm is not installed.
    fn start() -> Option<Self> {
        let is_installed = |program: &str| {
            let folders = std::env::var_os("PATH").unwrap_or_default();
            let folders = std::env::split_paths(&folders).chain([PathBuf::from("/usr/sbin")]);
            folders.map(|folder| folder.join(program)).any(|path| path.is_file())
        };
        if !["slurmctld", "slurmd", "sbatch", "munged", "python3"].into_iter().all(is_installed) {
            eprintln!("skipped: Slurm is not installed (slurmctld, slurmd, slurm-client, munge)");
            return None;
        }
        let cluster = Self { folder: tempfile::tempdir().unwrap() };
        let started =
            Command::new(format!("{SCRIPTS}/start.sh")).arg(cluster.folder.path()).output();
        let started = started.unwrap();
        if !started.status.success() {
            eprintln!("skipped: Slurm does not start here: {}", said(&started));
            return None;
        }
        Some(cluster)
    }

    /// A command of Slurm, or of assay, on this cluster.
    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).env("SLURM_CONF", self.folder.path().join("slurm.conf"));
        command
    }

    fn slurm(&self, program: &str, arguments: &[&str]) -> String {
        let output = self.command(program, arguments).output().unwrap();
        assert!(output.status.success(), "{program}: {}", said(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    fn assay(&self, arguments: &[&str]) -> Output {
        self.command(env!("CARGO_BIN_EXE_assay"), arguments).output().unwrap()
    }

    /// What the cluster's controller logged.
    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log/slurmctld.log")).unwrap()
    }

    /// Waits until no task is waiting or running.
    fn wait(&self) {
        let began = Instant::now();
        while !self.slurm("squeue", &["--noheader"]).trim().is_empty() {
            assert!(began.elapsed() < Duration::from_mins(5), "{}", self.slurm("squeue", &[]));
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = Command::new(format!("{SCRIPTS}/stop.sh")).arg(self.folder.path()).status();
    }
}

fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

fn logs(run: &Path) -> String {
    let files = std::fs::read_dir(run.join("slurm")).unwrap().flatten();
    let logs = files.filter(|file| file.path().extension().is_some_and(|end| end == "log"));
    logs.map(|log| std::fs::read_to_string(log.path()).unwrap()).collect()
}

const PROFILES: [(&str, &str); 3] = [
    ("transfer-sweep", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/toy.toml")),
    ("distill", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/specialists.toml")),
    ("fool", "smoke"),
];

/// One test, since a cluster takes seconds to start.
#[test]
fn runs_on_a_cluster_give_the_same_bits() {
    let Some(cluster) = Cluster::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    for (experiment, profile) in PROFILES {
        let [here, there] =
            ["here", "there"].map(|name| folder.path().join(format!("{experiment}-{name}")));
        let out = there.to_str().unwrap();
        let submit = [
            "--profile",
            profile,
            "--device",
            "cpu",
            "--out",
            out,
            "--engine",
            "slurm",
            "--tasks",
            "2",
        ];
        let submit =
            [&[experiment][..], &submit, &["--jobs", "1", "--sbatch=--cpus-per-task=1"]].concat();
        let submitted = cluster.assay(&submit);
        assert_eq!(submitted.status.code(), Some(0), "{}", said(&submitted));
        assert!(said(&submitted).contains("2 tasks for"), "{}", said(&submitted));
        // Submitted again, nothing is queued twice.
        let again = cluster.assay(&submit);
        assert!(said(&again).contains("2 tasks are queued or working"), "{}", said(&again));
        let status = cluster.assay(&["status", out]);
        assert!(said(&status).contains("Slurm task"), "{}", said(&status));
        cluster.wait();
        let local =
            [experiment, "--profile", profile, "--device", "cpu", "--out", here.to_str().unwrap()];
        let local = cluster.assay(&local);
        assert_eq!(local.status.code(), Some(0), "{}", said(&local));
        assert_eq!(results(&here), results(&there), "{}", logs(&there));
        let finished = cluster.assay(&submit);
        assert!(said(&finished).contains("all cells are done"), "{}", said(&finished));
    }
    a_task_whose_time_is_over_continues(&cluster, folder.path());
    a_cancelled_run_continues(&cluster, folder.path());
}

fn long(out: &Path) -> Vec<String> {
    let (experiment, profile) = PROFILES[0];
    let words = [
        experiment,
        "--profile",
        profile,
        "--device",
        "cpu",
        "--set",
        "schedule.epochs=60",
        "--out",
    ];
    words.into_iter().map(str::to_owned).chain([out.to_str().unwrap().to_owned()]).collect()
}

fn submit(cluster: &Cluster, out: &Path) {
    let mut words = long(out);
    words.extend(["--engine=slurm", "--tasks=1", "--jobs=1", "--lease=2"].map(str::to_owned));
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let submitted = cluster.assay(&words);
    assert_eq!(submitted.status.code(), Some(0), "{}", said(&submitted));
}

/// Waits until some cell is being worked on.
fn wait_for_a_cell(run: &Path) {
    let run = RunDirectory::open(run).unwrap();
    let began = Instant::now();
    while run.leases().unwrap().is_empty() {
        assert!(began.elapsed() < Duration::from_mins(1), "{}", logs(run.path()));
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Slurm sends SIGUSR2 some time before it ends a job. The task saves, and queues itself again.
fn a_task_whose_time_is_over_continues(cluster: &Cluster, folder: &Path) {
    let run = folder.join("requeued");
    submit(cluster, &run);
    wait_for_a_cell(&run);
    let task = cluster.slurm("squeue", &["--noheader", "--array", "--format=%i"]);
    cluster.slurm("scancel", &["--signal=USR2", "--batch", task.trim()]);
    let began = Instant::now();
    while !logs(&run).contains("queueing job") {
        assert!(began.elapsed() < Duration::from_mins(1), "{}", logs(&run));
        std::thread::sleep(Duration::from_millis(50));
    }
    let began = Instant::now();
    let run = RunDirectory::open(&run).unwrap();
    while run.records().unwrap().len() < run.plan().cells.len() {
        assert!(began.elapsed() < Duration::from_mins(2), "{}{}", logs(run.path()), cluster.log());
        // Slurm makes a job that was queued again wait for two minutes. Two seconds are needed, or the node
        // takes it for the job that it has just ended.
        std::thread::sleep(Duration::from_secs(2));
        let job = format!("JobId={}", task.trim());
        let _ = cluster.command("scontrol", &["update", &job, "StartTime=now"]).output();
    }
    cluster.wait();
}

fn a_cancelled_run_continues(cluster: &Cluster, folder: &Path) {
    let run = folder.join("cancelled");
    submit(cluster, &run);
    wait_for_a_cell(&run);
    let cancelled = cluster.assay(&["cancel", run.to_str().unwrap()]);
    assert!(said(&cancelled).contains("cancelled 1 Slurm tasks"), "{}", said(&cancelled));
    cluster.wait();
    let words = long(&run);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let local = cluster.assay(&words);
    assert_eq!(local.status.code(), Some(0), "{}", said(&local));
    assert_eq!(results(&run), results(&folder.join("requeued")));
}
