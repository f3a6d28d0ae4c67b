//! Tests the benchmarks at toy size, with a peer that answers at once.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use assay_classifier_cells::{ClassifierCell, Role};
use assay_devtools::bench::{BenchResult, Competitor, Run};
use assay_runs::{Cell, CellSpec, Plan};

const DISTILL: [&str; 7] = [
    "tuning.lr_factors=[]",
    "validation_images=48",
    "data.forms_train_images_per_class=12",
    "data.forms_test_images_per_class=4",
    "teacher.schedule.epochs=1",
    "student.schedule.epochs=2",
    "distillation.temperatures=[2.0]",
];

const TRANSFER: [&str; 2] = ["cells=[\"selffer\"]", "cuts=[7]"];
const TRANSFER_PROFILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../cli/tests/toy.toml");

fn assay(arguments: &[&str], changes: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_assay-dev"));
    command.args(arguments).args(changes.iter().flat_map(|change| ["--set", change]));
    command.output().unwrap()
}

/// Writes a shell script that prints `lines` as a peer does.
fn write_peer(folder: &Path, lines: &[String]) -> PathBuf {
    let script = folder.join("peer.sh");
    let about = "echo '{\"torch\": \"none\", \"threads\": 1}'\n";
    let check = "if [ \"$1\" = --check ]; then exit 0; fi\n";
    let lines = lines.join("\n");
    let answer = format!("{about}{check}cat <<'END'\n{lines}\nEND\n");
    std::fs::write(&script, answer).unwrap();
    script
}

/// A sample of 8 seconds, 4 of them for 64 images, with a score of 0.5.
fn sample_line(id: &str, kind: &str) -> String {
    serde_json::json!({
        "id": id, "kind": kind, "seconds": 8.0, "busy": 4.0, "count": 64.0, "score": 0.5,
    })
    .to_string()
}

/// Runs a benchmark with a peer that prints `lines`. Returns the result and what was printed.
fn bench(arguments: &[&str], changes: &[&str], lines: &[String]) -> (BenchResult, String) {
    let folder = tempfile::tempdir().unwrap();
    let script = write_peer(folder.path(), lines).display().to_string();
    let json = folder.path().join("bench.json").display().to_string();
    let peer = ["--peer", "sh", "--peer-script", &script, "--json", &json, "--jobs", "2"];
    let output = assay(&[&["bench"], arguments, &peer].concat(), changes);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let result = serde_json::from_slice(&std::fs::read(json).unwrap()).unwrap();
    (result, String::from_utf8(output.stdout).unwrap())
}

fn plan(arguments: &[&str], changes: &[&str]) -> Plan {
    let output = assay(&[arguments, &["--dry-run", "--json"]].concat(), changes);
    serde_json::from_slice(&output.stdout).unwrap()
}

fn first_run(result: &BenchResult, competitor: Competitor) -> &Run {
    result.runs_of(competitor).next().unwrap()
}

fn median(result: &BenchResult, name: &str) -> f64 {
    let ratio = result.ratios.iter().find(|ratio| ratio.name == name);
    ratio.unwrap_or_else(|| panic!("no ratio {name}")).spread.median
}

fn assert_close(found: f64, expected: f64) {
    assert!((found / expected - 1.0).abs() < 1e-9, "{found} is not {expected}");
}

#[test]
fn students_are_compared_with_a_peer() {
    let seeds = ["--seeds", "1"];
    let plan = plan(&[&["distill", "--profile", "smoke"][..], &seeds].concat(), &DISTILL);
    let student = |cell: &Cell| {
        let cell = cell.downcast_ref::<ClassifierCell>().unwrap();
        let kind = match cell.role {
            Role::Student => "mlp-60-60, hard labels",
            Role::Distilled => "mlp-60-60, distilled",
            _ => return None,
        };
        Some(sample_line(&cell.id().to_string(), kind))
    };
    let lines: Vec<String> = plan.cells.iter().filter_map(student).collect();
    let repeats = ["distill", "--profile", "smoke", "--repeats", "1"];
    let (result, text) = bench(&[&repeats[..], &seeds].concat(), &DISTILL, &lines);
    assert_eq!(result.runs.len(), 5);
    let ours = first_run(&result, Competitor::Ours);
    let uncached = first_run(&result, Competitor::Uncached);
    assert_eq!(ours.samples.len(), 2);
    // Teachers that are evaluated at every step give the same results.
    let scores = |run: &Run| run.samples.iter().map(|sample| sample.score).collect::<Vec<_>>();
    assert_eq!(scores(ours), scores(uncached));
    // Two of our cells run in parallel, so half of a cell's seconds counts against the peer's eight.
    let soft = ours.seconds_of(|kind| kind.ends_with("distilled")).unwrap();
    assert_close(median(&result, "distilled, cells: PyTorch / assay"), 8.0 / (soft / 2.0));
    let busy = ours.busy_of(|kind| kind.ends_with("distilled")).unwrap();
    assert_close(median(&result, "distilled, steps: PyTorch / assay"), 4.0 / (busy / 2.0));
    assert_close(
        median(&result, "whole: no cache / assay"),
        uncached.usage.seconds / ours.usage.seconds,
    );
    // 64 images in 4 seconds.
    assert_close(result.row("mlp-60-60, distilled", Competitor::Peer).unwrap().per_second, 16.0);
    assert!(text.contains("accuracy, mlp-60-60, hard labels: assay"), "{text}");
    assert!(text.contains("PyTorch: threads 1, torch none"), "{text}");
}

#[test]
fn a_sweep_is_compared_with_a_peer() {
    let profile = ["--profile", TRANSFER_PROFILE];
    let plan = plan(&[&["transfer-sweep"][..], &profile].concat(), &TRANSFER);
    let lines: Vec<String> =
        plan.cells.iter().map(|cell| sample_line(&cell.id().to_string(), "base")).collect();
    let arguments = [&["transfer", "--repeats", "1"][..], &profile].concat();
    let (result, _) = bench(&arguments, &TRANSFER, &lines);
    // Two bases, and a selffer on each half.
    assert!(result.runs.iter().all(|run| run.samples.len() == 4));
    let seconds = |competitor| first_run(&result, competitor).usage.seconds;
    let peers = [
        ("PyTorch / assay", Competitor::Peer),
        ("PyTorch, processes / assay", Competitor::PeerProcesses),
        ("PyTorch, cached / assay", Competitor::PeerCached),
    ];
    for (name, peer) in peers {
        assert_close(median(&result, name), seconds(peer) / seconds(Competitor::Ours));
    }
}

/// The output of pyribs for its two searches.
fn searches() -> Vec<String> {
    let parts = ["vary", "render", "network", "insert", "all"];
    let kinds = ["gaussian", "iso+line"]
        .iter()
        .flat_map(|search| parts.iter().map(move |part| format!("direct, {search}: {part}")));
    kinds.map(|kind| sample_line(&kind, &kind)).collect()
}

/// Three generations of four images.
const FOOL: [&str; 7] = ["fool", "--network", "mlp-9", "--batch", "4", "--generations", "3"];

#[test]
fn the_parts_of_a_search_are_compared_with_the_peers() {
    let arguments = [&FOOL[..], &["--repeats", "2"]].concat();
    let (result, text) = bench(&arguments, &[], &searches());
    // Ours runs first in the first repeat, a peer in the second.
    let order: Vec<Competitor> = result.runs.iter().map(|run| run.competitor).collect();
    let [ours, peer, compiled] = [Competitor::Ours, Competitor::Peer, Competitor::PeerCompiled];
    assert_eq!(order, [ours, peer, compiled, peer, compiled, ours]);
    let row = |kind: &str| result.row(kind, Competitor::Ours).unwrap();
    let parts = ["vary", "render", "network", "insert"].map(|part| row(&format!("cppn: {part}")));
    let sum: f64 = parts.iter().map(|part| part.seconds).sum();
    assert!(sum <= row("cppn: all").seconds && (row("cppn: all").count - 12.0).abs() < 1e-9);
    // Three parts of eight seconds each, divided by ours, per repeat.
    let own = |run: &Run| {
        run.seconds_of(|kind| ["direct: vary", "direct: render", "direct: insert"].contains(&kind))
    };
    let mut ratios: Vec<f64> =
        result.runs_of(Competitor::Ours).map(|run| 24.0 / own(run).unwrap()).collect();
    ratios.sort_by(f64::total_cmp);
    assert_close(
        median(&result, "own work: pyribs direct, iso+line / assay direct"),
        f64::midpoint(ratios[0], ratios[1]),
    );
    assert!(text.contains("own work: pyribs direct, gaussian / assay direct"), "{text}");
    assert!(text.contains("in numpy on one thread, ours on 2 threads (--jobs)"), "{text}");
}

#[test]
fn a_search_that_is_compared_with_the_peer_uses_its_replacement_rule() {
    let once =
        ["fool", "--network", "mlp-9", "--batch", "4", "--generations", "1", "--repeats", "1"];
    let (result, _) = bench(&once, &[], &searches());
    let score = |kind: &str| result.row(kind, Competitor::Ours).unwrap().score.unwrap();
    // Both start with the same four images. If images compete for all cells, all ten are filled; if they compete
    // for their own class only, at most four.
    let [every, own] = ["direct: all", "direct, iso+line: all"].map(score);
    assert!(own > 0.0 && own < every, "{own} {every}");
}

/// What a refused command prints. Its exit status is 2.
fn refusal(arguments: &[&str]) -> String {
    let output = assay(arguments, &[]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
    assert!(!said.contains("panicked"), "{said}");
    said
}

#[test]
fn a_peer_that_cannot_start_is_refused_before_the_first_run() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("peer.sh");
    let lacking = "echo \"ModuleNotFoundError: No module named 'ribs'\" >&2\nexit 1\n";
    std::fs::write(&script, lacking).unwrap();
    let script = script.display().to_string();
    let with = |more: &[&str]| refusal(&[&["bench"], &FOOL[..], more].concat());
    let said = with(&["--peer", "sh", "--peer-script", &script]);
    assert!(said.contains("sh has no module ribs: sh -m pip install -r"), "{said}");
    let said = with(&["--peer", "no-such-python", "--peer-script", &script]);
    assert!(said.contains("no-such-python: no such program; --peer names a Python"), "{said}");
    let said = with(&["--peer", "sh", "--peer-script", "no-such-script"]);
    assert!(said.contains("no-such-script: no such file; --peer-script"), "{said}");
}

#[test]
fn a_peer_that_does_other_work_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut lines = searches();
    lines.pop();
    lines.push(sample_line("direct, cma-es: all", "direct, cma-es: all"));
    let script = write_peer(folder.path(), &lines).display().to_string();
    let peer = ["--repeats", "1", "--peer", "sh", "--peer-script", &script];
    let said = refusal(&[&["bench"], &FOOL[..], &peer].concat());
    assert!(said.contains("not done: [\"direct, iso+line: all\"]"), "{said}");
}

#[test]
fn profiles_that_cannot_be_timed_are_refused() {
    for (profile, change, words) in [
        ("speech", "margin=0.5", "profile speech is of speech"),
        ("specialists-cpu", "margin=0.5", "profile specialists-cpu has specialists"),
        ("smoke", "run.cache_mebibytes=0", "profile smoke has run.cache_mebibytes = 0"),
    ] {
        let said = refusal(&["bench", "distill", "--profile", profile, "--set", change]);
        assert!(said.contains(words), "{profile}: {said}");
    }
}

#[test]
fn values_out_of_range_are_named() {
    for (wrong, words) in [
        (["--repeats", "0"], "--repeats 0"),
        (["--batch", "3"], "--batch 3: two parents have two children"),
        (["--generations", "0"], "--generations 0"),
        (["--jobs", "0"], "--jobs 0"),
        (["--network", "lenot"], "lenot"),
        (["--weights", "no-such-file"], "no-such-file"),
        (["--device", "gpu"], "unknown device \"gpu\""),
    ] {
        let said = refusal(&[&["bench", "fool"][..], &wrong].concat());
        assert!(said.contains(words), "{wrong:?}: {said}");
    }
}
