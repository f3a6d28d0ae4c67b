//! What a device says beside what the processor says.

use serde::Serialize;

use super::{Operation, Said, tolerance};
use assay_engine::device::Precision;

/// What a comparison comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Within what f32 allows.
    AsF32,
    /// Beyond that, but within what the device's own precision allows.
    AsOwnPrecision,
    /// Beyond what is allowed.
    Differs,
    /// It came to no numbers: why.
    Failed(String),
}

impl Verdict {
    /// Whether the device computes what the processor does.
    #[must_use]
    pub fn agrees(&self) -> bool {
        matches!(self, Self::AsF32 | Self::AsOwnPrecision)
    }
}

/// One operation, on both sides.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// The operation.
    pub operation: Operation,
    /// The largest difference of two numbers as a share of the processor's largest; none where one is not
    /// finite, or there are not as many.
    pub difference: Option<f64>,
    /// The largest that the device's precision allows.
    pub allowed: f64,
    /// What it comes to.
    pub verdict: Verdict,
}

/// Compares what was said of the same operations, in their order; `broken` is the operation at which the
/// device failed, and how.
#[must_use]
pub fn compared(
    reference: &[Said],
    found: &[Said],
    broken: Option<(Operation, String)>,
    precision: Precision,
) -> Vec<Comparison> {
    let pairs = reference.iter().zip(found);
    let mut comparisons: Vec<Comparison> =
        pairs.map(|(reference, found)| compare(reference, found, precision)).collect();
    comparisons.extend(broken.map(|(operation, reason)| Comparison {
        allowed: tolerance(operation.stage, precision),
        operation,
        difference: None,
        verdict: Verdict::Failed(reason),
    }));
    comparisons
}

fn compare(reference: &Said, found: &Said, precision: Precision) -> Comparison {
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

/// The largest difference as a share of the largest of `reference`; 0 of all zeros where both are.
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
    use crate::parity::Stage;

    fn said(values: &[f32]) -> Said {
        let (part, what) = ("net".to_owned(), "conv1".to_owned());
        let operation = Operation { part, after_steps: 1, stage: Stage::Forward, what };
        Said { operation, values: values.to_vec() }
    }

    fn verdict(found: &[f32], precision: Precision) -> Verdict {
        let reference = [said(&[1.0, -4.0, 0.0])];
        compared(&reference, &[said(found)], None, precision).remove(0).verdict
    }

    #[test]
    fn a_difference_is_a_share_of_the_processors_largest_number() {
        assert_eq!(difference(&[1.0, -4.0], &[1.5, -4.0]), Some(0.125));
        assert_eq!(difference(&[0.0, 0.0], &[0.0, 0.0]), Some(0.0));
        assert_eq!(difference(&[1.0], &[1.0, 2.0]), None);
        assert_eq!(difference(&[1.0], &[f32::NAN]), None);
        assert!(difference(&[0.0], &[1e-3]).is_some_and(|difference| difference > 1.0));
    }

    #[test]
    fn what_f32_allows_and_what_tf32_allows_are_told_apart() {
        // 4 times 1e-3 lies between 2e-5 and 3e-3; 4 times 0.01 beyond both.
        let rounded = [1.004, -4.0, 0.0];
        assert_eq!(verdict(&[1.00004, -4.0, 0.0], Precision::Tf32), Verdict::AsF32);
        assert_eq!(verdict(&rounded, Precision::Tf32), Verdict::AsOwnPrecision);
        assert_eq!(verdict(&rounded, Precision::F32), Verdict::Differs);
        assert_eq!(verdict(&[1.04, -4.0, 0.0], Precision::Tf32), Verdict::Differs);
        assert_eq!(verdict(&[f32::INFINITY, -4.0, 0.0], Precision::Bf16), Verdict::Differs);
    }

    #[test]
    fn an_operation_that_failed_is_named_after_those_that_did_not() {
        let one = said(&[1.0]);
        let broken = Operation { what: "conv2".to_owned(), ..one.operation.clone() };
        let failed = Some((broken.clone(), "no shader".to_owned()));
        let one = [one];
        let both = compared(&one, &one, failed, Precision::F32);
        assert_eq!(both[0].verdict, Verdict::AsF32);
        assert_eq!(both[1].verdict, Verdict::Failed("no shader".to_owned()));
        assert_eq!(both[1].operation, broken);
        assert!(!both[1].verdict.agrees());
    }
}
