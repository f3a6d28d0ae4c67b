//! The comparison of all operations, part by part.

use std::time::Instant;

use anyhow::{Result, bail};
use assay_engine::device::{DeviceName, OpenDevice, Precision, catch_panics};
use burn::tensor::{Device, TensorData};
use serde::Serialize;

use super::case::{NetworkCase, STEPS, State};
use super::comparison::{Comparison, Verdict, compare_all};
use super::losses::losses;
use super::network::run_network;
use super::recorder::{OperationResult, Recorder, Stage};

/// The name of the part that is not a network.
const LOSSES: &str = "losses";

/// The result of comparing a device with the CPU.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ParityResult {
    /// The version of assay.
    version: String,
    /// The device, as in `--device`.
    pub device: String,
    /// The name of the GPU, if it is one.
    pub gpu_name: Option<String>,
    /// The precision of the device.
    pub precision: Precision,
    /// Duration in seconds, including the training on the CPU.
    pub seconds: f64,
    /// All operations, in order.
    pub comparisons: Vec<Comparison>,
}

impl ParityResult {
    /// The first operation for which the device does not agree.
    pub fn first_difference(&self) -> Option<&Comparison> {
        self.comparisons.iter().find(|comparison| !comparison.verdict.agrees())
    }

    /// The number of operations with a verdict.
    pub fn count(&self, verdict: &Verdict) -> usize {
        self.comparisons.iter().filter(|comparison| comparison.verdict == *verdict).count()
    }
}

/// Compares a device with the CPU on the parts named in `only`, or on all parts if it is empty. Prints each part
/// on standard error before it begins.
///
/// # Errors
/// Returns an error if a part does not exist.
pub fn compare_device(
    name: DeviceName,
    opened: &OpenDevice,
    only: &[String],
) -> Result<ParityResult> {
    let began = Instant::now();
    let comparisons = compare_parts(opened, only)?;
    Ok(ParityResult {
        version: assay_version::version(),
        device: name.to_string(),
        gpu_name: opened.gpu_name.clone(),
        precision: opened.precision,
        seconds: began.elapsed().as_secs_f64(),
        comparisons,
    })
}

fn compare_parts(opened: &OpenDevice, only: &[String]) -> Result<Vec<Comparison>> {
    let cases = NetworkCase::all();
    check_parts(only, &cases)?;
    let wanted = |part: &str| only.is_empty() || only.iter().any(|only| only == part);
    let mut comparisons = Vec::new();
    let mut logits = Vec::new();
    for (index, case) in cases.iter().enumerate() {
        // The losses are computed from the first network's logits.
        let for_losses = index == 0 && wanted(LOSSES);
        if !wanted(&case.name) && !for_losses {
            continue;
        }
        eprintln!("{}", case.name);
        for state in case.states(&STEPS, opened.precision)? {
            let reference = Reference::compute(case, &state)?;
            if for_losses {
                logits.push(reference.logits());
            }
            if wanted(&case.name) {
                comparisons.extend(reference.compare(case, &state, opened));
            }
        }
    }
    if wanted(LOSSES) {
        eprintln!("{LOSSES}");
    }
    for (after_steps, logits) in STEPS.into_iter().zip(logits) {
        comparisons.extend(compare_losses(&logits, after_steps, opened));
    }
    Ok(comparisons)
}

fn check_parts(only: &[String], cases: &[NetworkCase]) -> Result<()> {
    let known: Vec<&str> = cases.iter().map(|case| &*case.name).chain([LOSSES]).collect();
    if let Some(unknown) = only.iter().find(|part| !known.contains(&part.as_str())) {
        bail!("there is no part {unknown:?}; there are {}", known.join(", "));
    }
    Ok(())
}

/// The CPU's results for a state.
struct Reference {
    results: Vec<OperationResult>,
    inputs: Vec<TensorData>,
}

impl Reference {
    fn compute(case: &NetworkCase, state: &State) -> Result<Self> {
        let mut recorder = Recorder::new(&case.name, state.after_steps);
        let inputs = run_network(case, state, &Device::flex(), None, &mut recorder)?;
        Ok(Self { results: recorder.results, inputs })
    }

    fn logits(&self) -> Vec<f32> {
        let logits = self.results.iter().find(|result| result.operation.stage == Stage::Logits);
        logits.map(|result| result.values.clone()).unwrap_or_default()
    }

    fn compare(&self, case: &NetworkCase, state: &State, opened: &OpenDevice) -> Vec<Comparison> {
        let mut recorder = Recorder::new(&case.name, state.after_steps);
        let done = catch_panics(|| {
            let given = Some(&*self.inputs);
            run_network(case, state, &opened.device, given, &mut recorder).map(drop)
        });
        let done = done.and_then(|done| done.map_err(|error| format!("{error:#}")));
        compare_all(&self.results, recorder, done.err(), opened.precision)
    }
}

fn compare_losses(logits: &[f32], after_steps: u32, opened: &OpenDevice) -> Vec<Comparison> {
    let mut reference = Recorder::new(LOSSES, after_steps);
    losses(logits, after_steps, &Device::flex(), &mut reference);
    let mut recorder = Recorder::new(LOSSES, after_steps);
    let done = catch_panics(|| losses(logits, after_steps, &opened.device, &mut recorder));
    compare_all(&reference.results, recorder, done.err(), opened.precision)
}
