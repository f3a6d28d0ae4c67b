//! Weighted transformed teacher matching (WTTM): only the teacher is softened.

use burn::tensor::Tensor;
use burn::tensor::activation::log_softmax;

use crate::reductions::{assert_positive, assert_same_shape, reduce};

/// Weighted transformed teacher matching (WTTM) of student logits z from teacher logits v: `U
/// KL(p_v^g / U || softmax(z))` with `p_v = softmax(v)` and `U = sum of p_v^g`.
///
/// The teacher's probabilities are raised to the power g, which corresponds to temperature 1/g.
/// Images on which the teacher is less certain have a larger weight U. The loss is 0 where
/// `softmax(z) = softmax(g v)`.
///
/// Published settings: g = 0.2, weight 4, cross-entropy with weight 1. These are the only ones in
/// the authors' README (CIFAR-100, vgg13 to vgg8, combined with the feature loss CRD). The weight
/// 45 in the same README belongs to the loss without the factor U (TTM). The paper tunes the weight
/// for each pair of networks (appendix A.4).
///
/// # Shapes
/// - student, teacher: `[batch, classes]`, logits
/// - output: `[1]`, nonnegative, summed over the classes and averaged over the batch
///
/// # Panics
/// When shapes differ, or the power is not positive.
///
/// Source: Zheng, Yang 2024, "Knowledge Distillation Based on Transformed Teacher Matching".
#[must_use]
pub fn wttm(student: Tensor<2>, teacher: Tensor<2>, power: f64) -> Tensor<1> {
    assert_same_shape(&student, &teacher);
    assert_positive("power", power);
    let raised = log_softmax(teacher.inner(), 1).mul_scalar(power);
    let weight = raised.clone().exp().sum_dim(1);
    let log_p = log_softmax(raised, 1);
    let log_q = log_softmax(student, 1);
    reduce(weight * log_p.clone().exp() * (log_p - log_q))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{assert_close, rows, value};

    #[test]
    fn the_teacher_is_raised_to_the_power() {
        // (16/25, 9/25) to the power 1/2 is (4/5, 3/5): U = 7/5, and the target is (4/7, 3/7).
        let teacher = rows([[0.64f32.ln(), 0.36f32.ln()]]);
        let to_equal = 4.0 / 7.0 * (8.0f64 / 7.0).ln() + 3.0 / 7.0 * (6.0f64 / 7.0).ln();
        let found = wttm(rows([[2.0, 2.0]]), teacher.clone(), 0.5);
        assert_close(value(found), 1.4 * to_equal, 1e-6);
        let met = wttm(rows([[4f32.ln(), 3f32.ln()]]), teacher, 0.5);
        assert_close(value(met), 0.0, 1e-6);
    }

    #[test]
    #[should_panic(expected = "power -1 is not above 0")]
    fn a_negative_power_panics() {
        let _ = wttm(rows([[0.0; 2]]), rows([[0.0; 2]]), -1.0);
    }
}
