//! Weighted transformed teacher matching (WTTM): no temperature on the student's side.

use burn::tensor::Tensor;
use burn::tensor::activation::log_softmax;

use crate::rows::{assert_positive, assert_same_shape, summed};

/// `U KL(p_v^g / U || softmax(z))`, `p_v = softmax(v)`, `U = sum of p_v^g`, of logits z and v.
///
/// The teacher alone is softened, by a power g, which is a temperature 1/g; images on which the
/// teacher is less certain have a larger U and count more. The minimum, 0, is where
/// `softmax(z) = softmax(g v)`.
///
/// Published settings: g 0.2, weight 4 beside a cross-entropy of weight 1, the only ones that the authors'
/// README gives for it (CIFAR-100, vgg13 to vgg8, there together with CRD, a loss on features). The weight
/// of 45 in the same README belongs to the unweighted loss (TTM), which lacks the factor U. The paper
/// tunes the weight for each pair of networks (its appendix A.4).
///
/// # Shapes
/// - student, teacher: `[batch, classes]`, logits
/// - output: `[1]`, 0 or more, sum over the classes and mean over the batch
///
/// # Panics
/// When the shapes differ, or the power is not above 0.
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
    summed(weight * log_p.clone().exp() * (log_p - log_q))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{assert_close, rows, value};

    #[test]
    fn the_square_root_of_the_teacher_weighs_and_leads() {
        // (16/25, 9/25) to the power 1/2 is (4/5, 3/5): U = 7/5, and the student is to say (4/7, 3/7).
        let teacher = rows([[0.64f32.ln(), 0.36f32.ln()]]);
        let to_equal = 4.0 / 7.0 * (8.0f64 / 7.0).ln() + 3.0 / 7.0 * (6.0f64 / 7.0).ln();
        let found = wttm(rows([[2.0, 2.0]]), teacher.clone(), 0.5);
        assert_close(value(found), 1.4 * to_equal, 1e-6);
        let met = wttm(rows([[4f32.ln(), 3f32.ln()]]), teacher, 0.5);
        assert_close(value(met), 0.0, 1e-6);
    }

    #[test]
    #[should_panic(expected = "power -1 is not above 0")]
    fn a_negative_power_is_refused() {
        let _ = wttm(rows([[0.0; 2]]), rows([[0.0; 2]]), -1.0);
    }
}
