//! Standardized logits: what is compared is their shape, not their size.

use burn::tensor::Tensor;

/// What keeps the quotient finite where all logits of an image are equal.
const EPSILON: f64 = 1e-7;

/// `(x - mean) / (1e-7 + deviation)` of each image's logits, the deviation taken with `classes - 1`.
///
/// To be put before any loss between logits, on the student's and on the teacher's; the hard labels
/// are compared with the logits as they are. Unchanged by `a x + b` with a > 0. Where all logits of an
/// image are equal the result is 0, and its slope the inverse of the 1e-7.
///
/// Published settings: [`soft_targets`](crate::soft_targets) on standardized logits, T 2, with 0.1 of
/// cross-entropy and 9 of it (CIFAR-100).
///
/// # Shapes
/// - logits: `[batch, classes]`, of 2 classes or more
/// - output: `[batch, classes]`, of mean 0 and deviation 1 in each row
///
/// # Panics
/// When there is one class only.
///
/// Source: Sun et al. 2024, "Logit Standardization in Knowledge Distillation"; the epsilon and
/// `classes - 1` as in their code.
#[must_use]
pub fn standardized(logits: Tensor<2>) -> Tensor<2> {
    let [_, classes] = logits.dims();
    assert!(classes >= 2, "logits of {classes} classes; a deviation needs 2 or more");
    let centered = logits.clone() - logits.mean_dim(1);
    let variance = centered.clone().square().sum_dim(1).div_scalar((classes - 1) as f64);
    // The square root of 0 has no slope: 1 takes its place before, 0 after.
    let equal = variance.clone().equal_elem(0.0);
    let deviation = variance.mask_fill(equal.clone(), 1.0).sqrt().mask_fill(equal, 0.0);
    centered / deviation.add_scalar(EPSILON)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{assert_close, gradient, rows};

    fn values<const N: usize>(logits: [f32; N]) -> Vec<f32> {
        standardized(rows([logits])).into_data().try_into_vec().unwrap()
    }

    #[test]
    fn the_deviation_divides_by_one_less_than_the_classes() {
        // (2, 4, 6) has mean 4 and deviation sqrt(8 / 2) = 2.
        for (found, expected) in values([2.0, 4.0, 6.0]).into_iter().zip([-1.0, 0.0, 1.0]) {
            assert_close(found, expected, 1e-6);
        }
    }

    #[test]
    fn equal_logits_become_0_and_the_epsilon_is_their_slope() {
        assert_eq!(values([3.0; 4]), [0.0; 4]);
        let found = gradient(&[[3.0; 4]], |logits| standardized(logits).narrow(1, 0, 1).sum());
        for (found, expected) in found[0].into_iter().zip([0.75e7, -0.25e7, -0.25e7, -0.25e7]) {
            assert_close(found, expected, 10.0);
        }
    }

    #[test]
    fn a_deviation_as_small_as_the_epsilon_is_halved() {
        // (1e-7, -1e-7) / sqrt(2) has deviation 1e-7.
        let small = 1e-7 / 2f32.sqrt();
        let found = values([small, -small]);
        assert_close(found[0], 0.5 / 2f64.sqrt(), 1e-4);
    }

    #[test]
    #[should_panic(expected = "logits of 1 classes")]
    fn one_class_is_refused() {
        let _ = standardized(rows([[1.0]]));
    }
}
