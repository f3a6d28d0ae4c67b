//! Standardization of logits: only their relative sizes are compared.

use burn::tensor::Tensor;

/// Keeps the quotient finite if all logits of an image are equal.
const EPSILON: f64 = 1e-7;

/// Standardizes the logits of each image: `(x - mean) / (1e-7 + deviation)`, with the sample
/// standard deviation (divisor `classes - 1`).
///
/// Apply it to student and teacher before any distillation loss; cross-entropy uses the original
/// logits. The result is invariant under `a x + b` with a > 0. If all logits of an image are equal,
/// it is 0.
///
/// Published settings: [`soft_targets`](crate::soft_targets) with T = 2 and weight 9, cross-entropy
/// with weight 0.1 (CIFAR-100).
///
/// # Shapes
/// - logits: `[batch, classes]`, at least 2 classes
/// - output: `[batch, classes]`, each row with mean 0 and standard deviation 1
///
/// # Panics
/// When there is only one class.
///
/// Source: Sun et al. 2024, "Logit Standardization in Knowledge Distillation"; epsilon and divisor
/// as in the published code.
#[must_use]
pub fn standardize(logits: Tensor<2>) -> Tensor<2> {
    let [_, classes] = logits.dims();
    assert!(classes >= 2, "logits of {classes} classes; standardization needs at least 2");
    let centered = logits.clone() - logits.mean_dim(1);
    let variance = centered.clone().square().sum_dim(1).div_scalar((classes - 1) as f64);
    // The gradient of sqrt at 0 is infinite: replace 0 by 1 before, and by 0 after.
    let equal = variance.clone().equal_elem(0.0);
    let deviation = variance.mask_fill(equal.clone(), 1.0).sqrt().mask_fill(equal, 0.0);
    centered / deviation.add_scalar(EPSILON)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{assert_close, gradient, rows};

    fn values<const N: usize>(logits: [f32; N]) -> Vec<f32> {
        standardize(rows([logits])).into_data().try_into_vec().unwrap()
    }

    #[test]
    fn the_sample_standard_deviation_is_used() {
        // (2, 4, 6) has mean 4 and standard deviation sqrt(8 / 2) = 2.
        for (found, expected) in values([2.0, 4.0, 6.0]).into_iter().zip([-1.0, 0.0, 1.0]) {
            assert_close(found, expected, 1e-6);
        }
    }

    #[test]
    fn equal_logits_become_0() {
        assert_eq!(values([3.0; 4]), [0.0; 4]);
        let found = gradient(&[[3.0; 4]], |logits| standardize(logits).narrow(1, 0, 1).sum());
        for (found, expected) in found[0].into_iter().zip([0.75e7, -0.25e7, -0.25e7, -0.25e7]) {
            assert_close(found, expected, 10.0);
        }
    }

    #[test]
    fn epsilon_is_added_to_the_deviation() {
        // (1e-7, -1e-7) / sqrt(2) has standard deviation 1e-7.
        let small = 1e-7 / 2f32.sqrt();
        let found = values([small, -small]);
        assert_close(found[0], 0.5 / 2f64.sqrt(), 1e-4);
    }

    #[test]
    #[should_panic(expected = "logits of 1 classes")]
    fn one_class_panics() {
        let _ = standardize(rows([[1.0]]));
    }
}
