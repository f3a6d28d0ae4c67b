//! A panic in a thread of a backend makes the current cell fail.

mod common;

use std::path::Path;
use std::process::{Command, Stdio};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use assay_engine::device::{DeviceName, DeviceSpec};
use assay_engine::worker::{ProgressSink, open_run};
use assay_runs::{CurvePoint, RunDirectory, verify_digest};
use safetensors::SafeTensors;

fn sweep(out: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
    let profile = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/toy.toml");
    command.args(["transfer-sweep", "--profile", profile, "--set", "cells=[]", "--out"]).arg(out);
    command.args(more).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Panics in another thread after the first epoch.
struct Panics;

impl ProgressSink for Panics {
    fn on_progress(&self, _done: u64, _total: u64) {}

    fn on_epoch(&self, point: &CurvePoint) {
        let thread = std::thread::Builder::new().name("a device".to_owned());
        let epoch = point.epoch;
        let thread = thread.spawn(move || panic!("a kernel failed in epoch {epoch}")).unwrap();
        assert!(thread.join().is_err());
    }
}

#[test]
fn a_panic_in_another_thread_leaves_no_record_and_no_later_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let [out, whole] = ["run", "whole"].map(|name| folder.path().join(name));
    assert!(sweep(&whole, &[]).status().unwrap().success());
    // A planned run without finished cells.
    assert!(sweep(&out, &[]).status().unwrap().success());
    let run = RunDirectory::open(&out).unwrap();
    for cell in &run.plan().cells {
        std::fs::remove_dir_all(run.cell_folder(cell)).unwrap();
    }
    let place = DeviceSpec { device: "cpu".parse::<DeviceName>().unwrap(), precision: None };
    let stop = Arc::new(AtomicBool::new(false));
    let (context, runner) =
        open_run(&assay_cli::registry(), &out, place, None, stop, Rc::new(Panics)).unwrap();
    let cell = &run.plan().cells[0];
    let error = format!("{:#}", runner.work(cell, &context).unwrap_err());
    for words in ["a kernel failed in epoch 1", "thread a device", "panics.rs"] {
        assert!(error.contains(words), "{error}");
    }
    assert!(!run.is_done(cell));
    // The checkpoint from before the panic is intact, so the cell continues from it.
    let saved = std::fs::read(run.checkpoint(cell)).unwrap();
    let (_, header) = SafeTensors::read_metadata(verify_digest(&saved).unwrap()).unwrap();
    let progress = &header.metadata().as_ref().unwrap()["progress"];
    let progress: serde_json::Value = serde_json::from_str(progress).unwrap();
    let is_before =
        progress["step"].as_u64().unwrap() > 0 && progress["curve"] == serde_json::json!([]);
    assert!(is_before, "saved after the panic at the end of the first epoch: {progress}");
    assert!(sweep(&out, &[]).status().unwrap().success());
    assert_eq!(common::results(&whole), common::results(&out));
    assert_eq!(run.provenance(cell).unwrap().unwrap().resumed, 1);
}
