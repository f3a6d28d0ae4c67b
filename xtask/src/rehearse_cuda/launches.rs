//! Counting what a training step asks of a GPU.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// Images, epochs and batch size of the training that is counted, and the steps that follow.
const IMAGES: &str = "data.forms_train_images_per_class=100";
const CLASSES: usize = 24;
const VALIDATION: usize = 96;
pub const EPOCHS: usize = 4;
const BATCH: usize = 128;

/// Kernels of cubecl that measure the device before the training.
const MEASUREMENTS: [&str; 3] = ["throughput", "launch_overhead", "prime_buffer"];

/// What a training step asks of a GPU.
#[derive(Debug, PartialEq, Eq)]
pub struct Counts {
    /// Launches of kernels in a step, the median.
    pub launches: usize,
    /// Steps after which the host read from the device before the next one.
    pub reads: usize,
    /// Different kernels of the process.
    pub kernels: usize,
}

/// Trains a network of some steps, with a driver that runs no kernel, and counts.
pub fn count(architecture: &str, command: impl Fn() -> Command, folder: &Path) -> Result<Counts> {
    let settings = [
        format!("networks.architectures=[\"{architecture}\"]"),
        format!("networks.schedule.epochs={EPOCHS}"),
        format!("networks.schedule.batch={BATCH}"),
        format!("validation_images={VALIDATION}"),
        IMAGES.to_owned(),
        "data.image_size=32".to_owned(),
        "networks.network.width=1.0".to_owned(),
        "networks.network.groups=true".to_owned(),
        "networks.network.local_response_norm=true".to_owned(),
        "networks.network.dropout=0.5".to_owned(),
        "attack.generations=1".to_owned(),
        "attack.methods=[\"evolution\"]".to_owned(),
        "attack.encodings=[\"direct\"]".to_owned(),
    ];
    let mut train = command();
    train.args(["fool", "--profile", "smoke", "--seeds=1", "--jobs=1", "--device=cuda", "--out"]);
    train.arg(folder.join("counted"));
    train.args(settings.iter().flat_map(|setting| ["--set", setting]));
    train.env("ASSAY_CUDA_EMULATOR", "count");
    train.env("ASSAY_CUDA_EMULATOR_TRACE", folder.join("trace"));
    // Without kernels nothing is learned, and the attack after the training fails: that is not counted.
    let said = train.output().context("training with a driver that runs no kernel")?;
    let steps = EPOCHS * ((100 * CLASSES - VALIDATION) / BATCH);
    let mut traces = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let is_trace =
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("trace."));
        if is_trace {
            traces.push(fs::read_to_string(&path).with_context(|| path.display().to_string())?);
        }
    }
    let counted = traces.iter().find_map(|trace| counts(trace, steps));
    ensure!(
        counted.is_some(),
        "no kernel was launched once in each of {steps} steps:\n{}",
        String::from_utf8_lossy(&said.stderr)
    );
    Ok(counted.expect("checked before"))
}

/// The counts of a trace. A kernel that is launched as often as there are steps may mark the steps. Of several, it
/// is the one with the most steps of equal length.
fn counts(trace: &str, steps: usize) -> Option<Counts> {
    let lines: Vec<Vec<&str>> = trace.lines().map(|line| line.split(' ').collect()).collect();
    let measures = |name: &str| MEASUREMENTS.iter().any(|part| name.contains(part));
    let (mut kernels, mut frequency) = (Vec::new(), HashMap::<&str, usize>::new());
    for line in &lines {
        match line[..] {
            ["kernel", number, name] if !measures(name) => kernels.push(number),
            ["launch", number, ..] => *frequency.entry(number).or_default() += 1,
            _ => {}
        }
    }
    let markers = kernels.iter().filter(|number| frequency.get(**number) == Some(&steps));
    let counted = markers.filter_map(|marker| between(&lines, marker, &kernels));
    let (_, counts) = counted.max_by_key(|(equal, _)| *equal)?;
    Some(counts)
}

/// The counts between the launches of a marker, and how many steps have as many launches as the median.
fn between(lines: &[Vec<&str>], marker: &str, kernels: &[&str]) -> Option<(usize, Counts)> {
    let (mut per_step, mut reads, mut launches, mut has_read) = (Vec::new(), 0, None, false);
    for line in lines {
        match (&line[..], &mut launches) {
            (["launch", number, ..], _) if *number == marker => {
                per_step.extend(launches.replace(0).map(|launches| launches + 1));
                reads += usize::from(std::mem::take(&mut has_read));
            }
            (["launch", number, ..], Some(launches)) if kernels.contains(number) => *launches += 1,
            (["read", _], Some(_)) => has_read = true,
            _ => {}
        }
    }
    per_step.sort_unstable();
    let launches = *per_step.get(per_step.len() / 2)?;
    let equal = per_step.iter().filter(|other| **other == launches).count();
    Some((equal, Counts { launches, reads, kernels: kernels.len() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_counted_between_the_launches_of_their_marker() {
        let step = "launch 1 1x1x1 32x1x1 0\nlaunch 2 1x1x1 32x1x1 0\nlaunch 2 1x1x1 32x1x1 0\n";
        let measured =
            "kernel 9 memory_throughput\n".to_owned() + &"launch 9 1x1x1 1x1x1 0\n".repeat(4);
        let named = "kernel 1 loss\nkernel 2 sum\n";
        let trace = [named, &measured, step, step, "read 4\n", step, step].concat();
        // The marker is launched first: the read is between the second and the third.
        assert_eq!(counts(&trace, 4), Some(Counts { launches: 3, reads: 1, kernels: 2 }));
        assert_eq!(counts(&trace, 5), None);
    }
}
