//! Damages checkpoints of cells in progress.

use std::path::PathBuf;

use assay_runs::{Cell, RunDirectory, verify_digest, with_digest};
use safetensors::SafeTensors;

use crate::Tally;
use crate::killing::kill_during_a_cell;
use crate::toy::{Study, forget};

/// Interrupts a run while a cell is in progress. Returns the run and the cell's checkpoint.
pub fn interrupt(study: &Study, matches: impl Fn(&Cell) -> bool) -> (RunDirectory, PathBuf) {
    for _ in 0..20 {
        let run = study.copy_run(&study.whole(), "interrupted");
        let cell = run.plan().cells.iter().find(|cell| matches(cell)).unwrap();
        forget(&run, cell);
        if kill_during_a_cell(&mut study.command(run.path()), run.path()) {
            let checkpoint = run.checkpoint(cell);
            return (run, checkpoint);
        }
    }
    panic!("it was done before it could be killed, again and again");
}

pub type Change<'a> = (&'a str, Box<dyn Fn(&[u8]) -> Vec<u8>>);

/// Changes to a sealed file.
pub fn changes<'a>() -> Vec<Change<'a>> {
    let flip = |share: f64| {
        move |bytes: &[u8]| {
            let mut bytes = bytes.to_vec();
            let at = ((bytes.len() - 1) as f64 * share) as usize;
            bytes[at] ^= 4;
            bytes
        }
    };
    vec![
        ("a bit of its beginning", Box::new(flip(0.0))),
        ("a bit of its first third", Box::new(flip(0.3))),
        ("a bit of its last third", Box::new(flip(0.7))),
        ("its last bit", Box::new(flip(1.0))),
        ("cut", Box::new(|bytes| bytes[..bytes.len() / 2].to_vec())),
        ("zeroed", Box::new(|bytes| vec![0; bytes.len()])),
        ("empty", Box::new(|_| Vec::new())),
        ("without its digest", Box::new(|bytes| verify_digest(bytes).unwrap().to_vec())),
    ]
}

pub fn damages_of_a_checkpoint(
    study: &Study,
    matches: impl Fn(&Cell) -> bool,
    more: Vec<Change<'_>>,
    tally: &mut Tally,
) {
    let (interrupted, checkpoint) = interrupt(study, &matches);
    let saved = std::fs::read(&checkpoint).unwrap();
    let all = changes().into_iter().chain(more);
    for (what, change) in [("nothing", None)].into_iter().chain(all.map(|(w, c)| (w, Some(c)))) {
        let run = study.copy_run(interrupted.path(), "damaged");
        let cell = run.plan().cells.iter().find(|cell| matches(cell)).unwrap();
        if let Some(change) = &change {
            std::fs::write(run.checkpoint(cell), change(&saved)).unwrap();
        }
        let said = study.repaired(&run);
        let named = format!("{}: ", run.checkpoint(cell).display());
        let is_named = said.contains(&named) && said.contains("the cell starts over");
        let resumed = run.provenance(cell).unwrap().unwrap().resumed;
        assert_eq!(
            (is_named, resumed == 0),
            (change.is_some(), change.is_some()),
            "{what}: {said}"
        );
        tally.count(format!(
            "{what} of a checkpoint: {}",
            if is_named { "named, and begun anew" } else { "resumed" }
        ));
    }
}

/// Changes the progress in a checkpoint, and gives it a valid digest.
pub fn with_progress(saved: &[u8], change: impl Fn(&mut serde_json::Value)) -> Vec<u8> {
    let body = verify_digest(saved).unwrap();
    let (_, header) = SafeTensors::read_metadata(body).unwrap();
    let mut text = header.metadata().clone().unwrap();
    let mut progress = serde_json::from_str(&text["progress"]).unwrap();
    change(&mut progress);
    text.insert("progress".to_owned(), progress.to_string());
    let tensors = SafeTensors::deserialize(body).unwrap();
    with_digest(&safetensors::serialize(tensors.tensors(), Some(text)).unwrap())
}

pub fn impossible_progress<'a>() -> Vec<Change<'a>> {
    let step =
        |saved: &[u8]| with_progress(saved, |progress| progress["step"] = 10_u64.pow(15).into());
    let more = |saved: &[u8]| {
        with_progress(saved, |progress| {
            let point = serde_json::json!({"epoch": 1, "train_loss": 1.0, "test": null});
            progress["curve"].as_array_mut().unwrap().push(point);
        })
    };
    vec![
        ("steps beyond the schedule, sealed,", Box::new(step)),
        ("an epoch too many, sealed,", Box::new(more)),
    ]
}
