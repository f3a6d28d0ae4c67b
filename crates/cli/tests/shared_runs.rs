//! Several commands that work on one run, and the commands about runs.

mod common;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use assay_engine::run_status::read_events;
use assay_engine::scheduler::LogEvent;
use assay_runs::RunDirectory;
use serde_json::Value;

use common::results;

fn assay(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn sweep(out: &Path, more: &[&str]) -> Command {
    let profile = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/toy.toml");
    let mut command = assay(&["transfer-sweep", "--profile", profile, "--out"]);
    command.arg(out).args(more);
    command
}

fn about(run: &Path, task: &[&str], more: &[&str]) -> Output {
    assay(task).arg(run).args(more).output().unwrap()
}

fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

fn end(child: Child) {
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
}

/// How many times each cell was begun, by any scheduler.
fn times_begun(run: &Path) -> BTreeMap<String, usize> {
    let mut times = BTreeMap::new();
    for lines in read_events(&RunDirectory::open(run).unwrap()).unwrap().into_values() {
        for line in lines {
            if let LogEvent::CellStarted { cell, .. } = line.event {
                *times.entry(cell).or_insert(0) += 1;
            }
        }
    }
    times
}

#[test]
fn three_commands_that_join_a_run_divide_its_cells() {
    let folder = tempfile::tempdir().unwrap();
    let (alone, shared) = (folder.path().join("alone"), folder.path().join("shared"));
    let longer = ["--set", "schedule.epochs=4"];
    end(sweep(&alone, &longer).spawn().unwrap());
    let flags = [&longer[..], &["--join", "--jobs", "1"]].concat();
    let mut children = vec![sweep(&shared, &flags).spawn().unwrap()];
    while !shared.join("plan.json").exists() {
        std::thread::sleep(Duration::from_millis(5));
    }
    for _ in 0..2 {
        children
            .push(assay(&["resume"]).arg(&shared).args(["--join", "--jobs", "1"]).spawn().unwrap());
    }
    children.into_iter().for_each(end);
    assert_eq!(results(&alone), results(&shared));
    let times = times_begun(&shared);
    assert!(times.values().all(|&times| times == 1), "{times:?}");
    assert_eq!(times.len(), RunDirectory::open(&shared).unwrap().plan().cells.len());
    let schedulers = read_events(&RunDirectory::open(&shared).unwrap()).unwrap();
    assert_eq!(schedulers.len(), 3);
}

/// The cells of a command that is killed are taken over, and continue from its checkpoints.
#[test]
fn a_command_that_dies_is_replaced_by_one_that_joined() {
    let folder = tempfile::tempdir().unwrap();
    let (alone, shared) = (folder.path().join("alone"), folder.path().join("shared"));
    let long = ["--set", "schedule.epochs=40", "--set", "run.checkpoint_seconds=0"];
    end(sweep(&alone, &long).spawn().unwrap());
    let join = ["--join", "--lease", "2", "--jobs", "1"];
    let mut dies = sweep(&shared, &[&join[..], &long].concat()).spawn().unwrap();
    while RunDirectory::open(&shared).and_then(|run| run.leases()).is_ok_and(|held| held.is_empty())
        || !shared.join("plan.json").exists()
    {
        std::thread::sleep(Duration::from_millis(2));
    }
    let survives = assay(&["resume"]).arg(&shared).args(join).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(300));
    dies.kill().unwrap();
    dies.wait().unwrap();
    end(survives);
    assert_eq!(results(&alone), results(&shared));
    assert_eq!(RunDirectory::open(&shared).unwrap().leases().unwrap(), []);
}

#[test]
fn a_run_is_for_one_command_alone_or_for_several_that_join() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let long = ["--set", "schedule.epochs=400"];
    for (first, second) in [(vec![], vec!["--join"]), (vec!["--join"], vec![])] {
        let mut child = sweep(&run, &[&first[..], &long].concat()).spawn().unwrap();
        while !shared_or_locked(&run) {
            std::thread::sleep(Duration::from_millis(5));
        }
        let output = about(&run, &["resume"], &second);
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).contains("start both with --join"), "{}", said(&output));
        let status = about(&run, &["status"], &[]);
        assert!(said(&status).contains("transfer"), "{}", said(&status));
        let cancelled = about(&run, &["cancel"], &[]);
        assert!(said(&cancelled).contains("to save and stop"), "{}", said(&cancelled));
        assert_eq!(child.wait().unwrap().code(), Some(1));
    }
}

/// Whether some command works on a cell of the run.
fn shared_or_locked(run: &Path) -> bool {
    let Ok(run) = RunDirectory::open(run) else { return false };
    let lines = read_events(&run).unwrap();
    let is_working = |lines: &Vec<assay_engine::scheduler::LogLine>| {
        let has = |is: fn(&LogEvent) -> bool| lines.iter().any(|line| is(&line.event));
        has(|event| matches!(event, LogEvent::CellStarted { .. }))
            && !has(|event| matches!(event, LogEvent::Ended { .. }))
    };
    lines.values().any(is_working)
}

#[test]
fn a_run_can_be_worked_on_cell_by_cell() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, single) = (folder.path().join("whole"), folder.path().join("single"));
    // With trials of learning rates, which bases need, which other cells need.
    let trials = ["--set", "tuning.lr_factors=[0.5, 1.0]"];
    end(sweep(&whole, &trials).spawn().unwrap());
    end(sweep(&single, &[&trials[..], &["--engine", "none"]].concat()).spawn().unwrap());
    let run = RunDirectory::open(&single).unwrap();
    let (base, last) = (&run.plan().cells[0], run.plan().cells.last().unwrap());
    let too_early = about(&single, &["resume"], &["--cell", &last.id().to_string()]);
    assert_eq!(too_early.status.code(), Some(2), "{}", said(&too_early));
    assert!(said(&too_early).contains("which is not done"), "{}", said(&too_early));
    let output = about(&single, &["resume"], &["--cell", &base.id().to_string()]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(run.records().unwrap().len(), 1);
    // The rest as a shell script.
    let script = about(&single, &["export", "--to", "shell"], &["--device", "cpu"]);
    assert_eq!(script.status.code(), Some(0), "{}", said(&script));
    let lines = String::from_utf8(script.stdout).unwrap();
    assert_eq!(lines.matches("--cell=").count(), run.plan().cells.len() - 1);
    // A copy: the next build would replace the program that cargo has made.
    assert!(lines.contains(&format!("{}/program/assay-", single.display())), "{lines}");
    let output = Command::new("sh").args(["-c", &lines]).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(results(&whole), results(&single));
}

#[test]
fn jobs_for_other_programs_name_every_dependency() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("it's a \"run\" {of} $HOME");
    end(sweep(&run, &["--engine", "none"]).spawn().unwrap());
    let cells = RunDirectory::open(&run).unwrap().plan().cells.clone();
    let edges: usize = cells.iter().map(|cell| cell.dependencies().len()).sum();
    let jobs = about(&run, &["export", "--to", "hyperqueue"], &[]);
    let jobs: toml::Value = toml::from_str(&String::from_utf8(jobs.stdout).unwrap()).unwrap();
    let tasks = jobs["task"].as_array().unwrap();
    let dependencies = tasks.iter().map(|task| task["deps"].as_array().unwrap().len());
    assert_eq!((tasks.len(), dependencies.sum::<usize>()), (cells.len(), edges));
    assert_eq!(tasks[0]["command"][2].as_str(), run.to_str());
    let rules = about(&run, &["export", "--to", "snakemake"], &[]);
    let rules = String::from_utf8(rules.stdout).unwrap();
    assert_eq!(rules.matches("\nrule cell_").count(), cells.len());
    // Each marker is the output of one rule, an input of the first, and an input of those that need it.
    assert_eq!(rules.matches(".done\"").count(), 2 * cells.len() + edges);
    assert!(rules.contains("it's a \\\"run\\\" {{of}} $HOME/snakemake/"), "{rules}");
}

#[test]
fn a_run_is_checked_cleaned_compared_and_explained() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (folder.path().join("first"), folder.path().join("second"));
    for run in [&first, &second] {
        end(sweep(run, &[]).spawn().unwrap());
    }
    let json = |output: &Output| -> Value { serde_json::from_slice(&output.stdout).unwrap() };
    let status = json(&about(&first, &["status"], &["--json"]));
    assert_eq!((&status["done"], &status["running"]), (&status["cells"], &Value::Array(vec![])));
    let diff = assay(&["runs", "diff"]).args([&first, &second]).output().unwrap();
    assert_eq!(diff.status.code(), Some(0), "{}", said(&diff));
    assert!(
        said(&diff).contains("18 cells with equal results; 0 with the same"),
        "{}",
        said(&diff)
    );
    let checked = about(&first, &["runs", "check"], &[]);
    assert_eq!(checked.status.code(), Some(0), "{}", said(&checked));
    assert!(said(&checked).contains("18 cells intact, 0 not done yet, 0 not intact"));
    // One bit of the weights of a base, on which other cells depend.
    let run = RunDirectory::open(&first).unwrap();
    let base = &run.plan().cells[0];
    let mut weights = std::fs::read(run.weights(base)).unwrap();
    *weights.last_mut().unwrap() ^= 1;
    std::fs::write(run.weights(base), weights).unwrap();
    let checked = about(&first, &["runs", "check"], &["--json"]);
    assert_eq!(checked.status.code(), Some(1), "{}", said(&checked));
    assert_eq!(json(&checked)["damaged"][0]["cell"], base.name());
    let shown = about(&first, &["runs", "show"], &[&base.name()]);
    assert!(said(&shown).contains("not intact: ") && said(&shown).contains("began on cpu"));
    // What `check` says repairs it.
    assert_eq!(about(&first, &["resume"], &[]).status.code(), Some(0));
    assert_eq!(results(&first), results(&second));
    let cleaned = about(&first, &["runs", "gc"], &[]);
    assert!(said(&cleaned).contains(&base.name()), "{}", said(&cleaned));
    assert!(!first.join("damaged").join(base.name()).exists());
    assert_eq!(results(&first), results(&second));
    // Another result of the same cell is told from another cell.
    let third = folder.path().join("third");
    end(sweep(&third, &["--set", "schedule.epochs=3"]).spawn().unwrap());
    let diff = assay(&["runs", "diff", "--json"]).args([&first, &third]).output().unwrap();
    let (code, found) = (diff.status.code(), json(&diff));
    assert_eq!(code, Some(0), "{found}");
    assert_eq!(found["pairs"].as_array().unwrap().len(), 18);
    assert!(found["pairs"][0]["same_settings"] == false && found["difference"]["clusters"] == 1);
}
