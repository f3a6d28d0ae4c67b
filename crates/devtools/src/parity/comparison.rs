//! Compares the results of a device with those of the CPU.

use serde::Serialize;

use super::recorder::{Operation, OperationResult, Recorder};
use super::tolerance::tolerance;
use assay_engine::device::Precision;

/// The verdict of a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Within the tolerance of f32.
    AsF32,
    /// Beyond that, but within the tolerance of the device's precision.
    AsOwnPrecision,
    /// Beyond the tolerance.
    Differs,
    /// The operation failed; with the reason.
    Failed(String),
}

impl Verdict {
    /// Whether the device computes the same as the CPU.
    pub fn agrees(&self) -> bool {
        matches!(self, Self::AsF32 | Self::AsOwnPrecision)
    }
}

/// The comparison of one operation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// The operation.
    pub operation: Operation,
    /// The largest difference of two values divided by the CPU's largest value; `None` if a value is not finite or
    /// the number of values differs.
    pub difference: Option<f64>,
    /// The largest difference that the device's precision allows.
    pub allowed: f64,
    /// The verdict.
    pub verdict: Verdict,
}

/// Compares the results that a device recorded with those of the CPU, in order. If the device failed for a reason,
/// the last comparison names the failed operation.
pub fn compare_all(
    reference: &[OperationResult],
    recorder: Recorder,
    failed: Option<String>,
    precision: Precision,
) -> Vec<Comparison> {
    let Recorder { results, current, .. } = recorder;
    let pairs = reference.iter().zip(&results);
    let mut comparisons: Vec<Comparison> =
        pairs.map(|(reference, found)| compare(reference, found, precision)).collect();
    // Between two operations, the next one is the one that was not reached.
    let next = reference.get(results.len()).map(|next| next.operation.clone());
    comparisons.extend(current.or(next).zip(failed).map(|(operation, reason)| Comparison {
        allowed: tolerance(operation.stage, precision),
        operation,
        difference: None,
        verdict: Verdict::Failed(reason),
    }));
    comparisons
}

fn compare(
    reference: &OperationResult,
    found: &OperationResult,
    precision: Precision,
) -> Comparison {
    let stage = reference.operation.stage;
    let allowed = tolerance(stage, precision);
    let difference = (reference.operation == found.operation)
        .then(|| difference(&reference.values, &found.values))
        .flatten();
    let verdict = match difference {
        Some(difference) if difference <= tolerance(stage, Precision::F32) => Verdict::AsF32,
        Some(difference) if difference <= allowed => Verdict::AsOwnPrecision,
        _ => Verdict::Differs,
    };
    Comparison { operation: found.operation.clone(), difference, allowed, verdict }
}

/// The largest difference divided by the largest value of `reference`; 0 if both are all zeros.
pub(super) fn difference(reference: &[f32], found: &[f32]) -> Option<f64> {
    if reference.len() != found.len() {
        return None;
    }
    let pairs = || reference.iter().zip(found).map(|(&a, &b)| (f64::from(a), f64::from(b)));
    if !pairs().all(|(a, b)| a.is_finite() && b.is_finite()) {
        return None;
    }
    let largest = pairs().fold(0.0_f64, |most, (a, _)| most.max(a.abs()));
    let difference = pairs().fold(0.0_f64, |most, (a, b)| most.max((a - b).abs()));
    Some(if difference == 0.0 {
        0.0
    } else {
        difference / largest.max(f64::from(f32::MIN_POSITIVE))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parity::recorder::Stage;

    fn result(values: &[f32]) -> OperationResult {
        let (part, what) = ("net".to_owned(), "conv1".to_owned());
        let operation = Operation { part, after_steps: 1, stage: Stage::Forward, what };
        OperationResult { operation, values: values.to_vec() }
    }

    fn verdict(found: &[f32], precision: Precision) -> Verdict {
        compare(&result(&[1.0, -4.0, 0.0]), &result(found), precision).verdict
    }

    #[test]
    fn a_difference_is_relative_to_the_largest_reference_value() {
        assert_eq!(difference(&[1.0, -4.0], &[1.5, -4.0]), Some(0.125));
        assert_eq!(difference(&[0.0, 0.0], &[0.0, 0.0]), Some(0.0));
        assert_eq!(difference(&[1.0], &[1.0, 2.0]), None);
        assert_eq!(difference(&[1.0], &[f32::NAN]), None);
        assert!(difference(&[0.0], &[1e-3]).is_some_and(|difference| difference > 1.0));
    }

    #[test]
    fn the_tolerances_of_f32_and_tf32_are_distinguished() {
        // 4 times 1e-3 is between 2e-5 and 3e-3; 4 times 0.01 is beyond both.
        let rounded = [1.004, -4.0, 0.0];
        assert_eq!(verdict(&[1.00004, -4.0, 0.0], Precision::Tf32), Verdict::AsF32);
        assert_eq!(verdict(&rounded, Precision::Tf32), Verdict::AsOwnPrecision);
        assert_eq!(verdict(&rounded, Precision::F32), Verdict::Differs);
        assert_eq!(verdict(&[1.04, -4.0, 0.0], Precision::Tf32), Verdict::Differs);
        assert_eq!(verdict(&[f32::INFINITY, -4.0, 0.0], Precision::Bf16), Verdict::Differs);
    }

    #[test]
    fn a_failed_operation_comes_after_the_finished_ones() {
        let one = result(&[1.0]);
        let failed = Operation { what: "conv2".to_owned(), ..one.operation.clone() };
        let mut recorder = Recorder::new("net", 1);
        (recorder.results, recorder.current) = (vec![one.clone()], Some(failed.clone()));
        let reason = Some("no shader".to_owned());
        let both = compare_all(&[one], recorder, reason, Precision::F32);
        assert_eq!(both[0].verdict, Verdict::AsF32);
        assert_eq!(both[1].verdict, Verdict::Failed("no shader".to_owned()));
        assert_eq!(both[1].operation, failed);
        assert!(!both[1].verdict.agrees());
    }
}
