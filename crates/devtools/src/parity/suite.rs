//! The comparison of all operations, part by part.

use std::time::Instant;

use anyhow::{Result, bail};
use burn::tensor::Device;
use serde::Serialize;

use super::{
    Comparison, LayerInputs, NetworkCase, OperationResult, Recorder, STEPS, Stage, State, Verdict,
    compare_all, losses, run_network,
};
use assay_engine::device::{DeviceName, OpenDevice, Precision, catch_panics};

/// The name of the part that is not a network.
const LOSSES: &str = "losses";

/// The result of comparing a device with the CPU.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Parity {
    /// The version of assay.
    pub version: String,
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

impl Parity {
    /// The first operation for which the device does not agree.
    #[must_use]
    pub fn first_difference(&self) -> Option<&Comparison> {
        self.comparisons.iter().find(|comparison| !comparison.verdict.agrees())
    }

    /// The number of operations with a verdict.
    #[must_use]
    pub fn count(&self, verdict: &Verdict) -> usize {
        self.comparisons.iter().filter(|comparison| comparison.verdict == *verdict).count()
    }
}

/// The names of all parts: the networks and `losses`.
#[must_use]
pub fn parts() -> Vec<String> {
    let networks = NetworkCase::all().into_iter().map(|case| case.name);
    networks.chain([LOSSES.to_owned()]).collect()
}

/// Compares a device with the CPU on the parts named in `only`, or on all parts if it is empty.
///
/// `say` is told about each part before it begins.
///
/// # Errors
/// Returns an error if a part does not exist.
pub fn parity(
    name: DeviceName,
    opened: &OpenDevice,
    only: &[String],
    say: &dyn Fn(&str),
) -> Result<Parity> {
    check_parts(only)?;
    let wanted = |part: &str| only.is_empty() || only.iter().any(|only| only == part);
    let began = Instant::now();
    let mut comparisons = Vec::new();
    let mut logits = None;
    for case in NetworkCase::all() {
        // The losses are computed from the first network's logits.
        let for_losses = logits.is_none() && wanted(LOSSES);
        if !wanted(&case.name) && !for_losses {
            continue;
        }
        say(&case.name);
        let states = case.states(&STEPS)?;
        let references: Vec<Reference> =
            states.iter().map(|state| Reference::compute(&case, state)).collect::<Result<_>>()?;
        if for_losses {
            logits = Some(references.iter().map(Reference::logits).collect::<Vec<_>>());
        }
        if wanted(&case.name) {
            for (state, reference) in states.iter().zip(&references) {
                comparisons.extend(reference.compare(&case, state, opened));
            }
        }
    }
    if logits.is_some() {
        say(LOSSES);
    }
    for (after_steps, logits) in STEPS.into_iter().zip(logits.into_iter().flatten()) {
        comparisons.extend(compare_losses(&logits, after_steps, opened));
    }
    Ok(Parity {
        version: assay_version::version(),
        device: name.to_string(),
        gpu_name: opened.gpu_name.clone(),
        precision: opened.precision,
        seconds: began.elapsed().as_secs_f64(),
        comparisons,
    })
}

fn check_parts(only: &[String]) -> Result<()> {
    let known = parts();
    if let Some(unknown) = only.iter().find(|part| !known.contains(part)) {
        bail!("there is no part {unknown:?}; there are {}", known.join(", "));
    }
    Ok(())
}

/// The CPU's results for a state.
struct Reference {
    results: Vec<OperationResult>,
    inputs: LayerInputs,
}

impl Reference {
    fn compute(case: &NetworkCase, state: &State) -> Result<Self> {
        let mut recorder = Recorder::new(&case.name, state.after_steps);
        let inputs = run_network(case, state, &Device::flex(), None, &mut recorder)?;
        Ok(Self { results: recorder.finish().0, inputs })
    }

    fn logits(&self) -> Vec<f32> {
        let logits = self.results.iter().find(|result| result.operation.stage == Stage::Logits);
        logits.map(|result| result.values.clone()).unwrap_or_default()
    }

    fn compare(&self, case: &NetworkCase, state: &State, opened: &OpenDevice) -> Vec<Comparison> {
        let mut recorder = Recorder::new(&case.name, state.after_steps);
        let done = catch_panics(|| {
            let given = Some(&self.inputs);
            run_network(case, state, &opened.device, given, &mut recorder).map(drop)
        });
        let failed = match done {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(format!("{error:#}")),
            Err(panic) => Some(panic),
        };
        compare_recorded(&self.results, recorder, failed, opened.precision)
    }
}

fn compare_losses(logits: &[f32], after_steps: u32, opened: &OpenDevice) -> Vec<Comparison> {
    let mut reference = Recorder::new(LOSSES, after_steps);
    losses(logits, after_steps, &Device::flex(), &mut reference);
    let mut recorder = Recorder::new(LOSSES, after_steps);
    let done = catch_panics(|| losses(logits, after_steps, &opened.device, &mut recorder));
    compare_recorded(&reference.finish().0, recorder, done.err(), opened.precision)
}

/// Compares the results. If the device failed, the last comparison names the failed operation.
fn compare_recorded(
    reference: &[OperationResult],
    recorder: Recorder,
    failed: Option<String>,
    precision: Precision,
) -> Vec<Comparison> {
    let (results, unfinished) = recorder.finish();
    let failure = failed.and_then(|reason| {
        // Between two operations, the next one is the one that was not reached.
        let next = reference.get(results.len()).map(|next| next.operation.clone());
        Some((unfinished.or(next)?, reason))
    });
    compare_all(reference, &results, failure, precision)
}
