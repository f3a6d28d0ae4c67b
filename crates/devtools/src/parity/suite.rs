//! Everything that is compared, part by part.

use std::time::Instant;

use anyhow::{Result, bail};
use burn::tensor::Device;
use serde::Serialize;

use super::{
    Comparison, LayerInputs, NetworkCase, Recorder, STEPS, Said, Stage, State, Verdict, compared,
    losses, network,
};
use assay_engine::device::{DeviceName, Opened, Precision, guarded};

/// The part that is no network.
const LOSSES: &str = "losses";

/// What came of comparing a device with the processor.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Parity {
    /// Version of assay.
    pub version: String,
    /// The device, as `--device` spells it.
    pub device: String,
    /// What the card is called.
    pub card: Option<String>,
    /// What the device computes in.
    pub precision: Precision,
    /// Seconds it took, training the states on the processor included.
    pub seconds: f64,
    /// Every operation, in the order they were done.
    pub comparisons: Vec<Comparison>,
}

impl Parity {
    /// The first operation of which the device says something else, or nothing.
    #[must_use]
    pub fn first_difference(&self) -> Option<&Comparison> {
        self.comparisons.iter().find(|comparison| !comparison.verdict.agrees())
    }

    /// How many operations came to a verdict.
    #[must_use]
    pub fn count(&self, verdict: &Verdict) -> usize {
        self.comparisons.iter().filter(|comparison| comparison.verdict == *verdict).count()
    }
}

/// The names of all parts: the networks, and `losses`.
#[must_use]
pub fn parts() -> Vec<String> {
    let networks = NetworkCase::all().into_iter().map(|case| case.name);
    networks.chain([LOSSES.to_owned()]).collect()
}

/// Compares a device with the processor on the parts named in `only`, on all where none is. `say` hears
/// of each part before it begins.
///
/// # Errors
/// When there is no part of a name.
pub fn parity(
    name: DeviceName,
    opened: &Opened,
    only: &[String],
    say: &dyn Fn(&str),
) -> Result<Parity> {
    let known = parts();
    if let Some(unknown) = only.iter().find(|part| !known.contains(part)) {
        bail!("there is no part {unknown:?}; there are {}", known.join(", "));
    }
    let wanted = |part: &str| only.is_empty() || only.iter().any(|only| only == part);
    let began = Instant::now();
    let mut comparisons = Vec::new();
    let mut logits = None;
    for case in NetworkCase::all() {
        // The losses are taken of the first network's logits.
        let for_losses = logits.is_none() && wanted(LOSSES);
        if !wanted(&case.name) && !for_losses {
            continue;
        }
        say(&case.name);
        let states = case.states(&STEPS)?;
        let known: Vec<Known> =
            states.iter().map(|state| Known::of(&case, state)).collect::<Result<_>>()?;
        if for_losses {
            logits = Some(known.iter().map(Known::logits).collect::<Vec<_>>());
        }
        if wanted(&case.name) {
            for (state, known) in states.iter().zip(&known) {
                comparisons.extend(known.beside(&case, state, opened));
            }
        }
    }
    if logits.is_some() {
        say(LOSSES);
    }
    for (after_steps, logits) in STEPS.into_iter().zip(logits.into_iter().flatten()) {
        comparisons.extend(losses_beside(&logits, after_steps, opened));
    }
    Ok(Parity {
        version: assay_version::version(),
        device: name.to_string(),
        card: opened.card.clone(),
        precision: opened.precision,
        seconds: began.elapsed().as_secs_f64(),
        comparisons,
    })
}

/// What the processor says of a state.
struct Known {
    said: Vec<Said>,
    inputs: LayerInputs,
}

impl Known {
    fn of(case: &NetworkCase, state: &State) -> Result<Self> {
        let mut recorder = Recorder::new(&case.name, state.after_steps);
        let inputs = network(case, state, &Device::flex(), None, &mut recorder)?;
        Ok(Self { said: recorder.finish().0, inputs })
    }

    fn logits(&self) -> Vec<f32> {
        let of_all = self.said.iter().find(|said| said.operation.stage == Stage::Logits);
        of_all.map(|said| said.values.clone()).unwrap_or_default()
    }

    fn beside(&self, case: &NetworkCase, state: &State, opened: &Opened) -> Vec<Comparison> {
        let mut recorder = Recorder::new(&case.name, state.after_steps);
        let done = guarded(|| {
            let given = Some(&self.inputs);
            network(case, state, &opened.device, given, &mut recorder).map(drop)
        });
        let failed = match done {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(format!("{error:#}")),
            Err(panic) => Some(panic),
        };
        beside(&self.said, recorder, failed, opened.precision)
    }
}

fn losses_beside(logits: &[f32], after_steps: u32, opened: &Opened) -> Vec<Comparison> {
    let mut known = Recorder::new(LOSSES, after_steps);
    losses(logits, after_steps, &Device::flex(), &mut known);
    let mut recorder = Recorder::new(LOSSES, after_steps);
    let done = guarded(|| losses(logits, after_steps, &opened.device, &mut recorder));
    beside(&known.finish().0, recorder, done.err(), opened.precision)
}

/// The comparisons; where the device failed, the last is of the operation at which it did.
fn beside(
    known: &[Said],
    recorder: Recorder,
    failed: Option<String>,
    precision: Precision,
) -> Vec<Comparison> {
    let (said, at) = recorder.finish();
    let broken = failed.and_then(|reason| {
        // Between two operations it is the next one that was not reached.
        let next = known.get(said.len()).map(|next| next.operation.clone());
        Some((at.or(next)?, reason))
    });
    compared(known, &said, broken, precision)
}
