//! Soft targets: the teacher's distribution at a temperature.

use burn::tensor::Tensor;
use burn::tensor::activation::log_softmax;

use crate::reductions::{assert_positive, assert_same_shape, divergence, reduce};

/// Distillation with soft targets, from student logits z and teacher logits v: `T^2 KL(softmax(v/T)
/// || softmax(z/T))` in nats.
///
/// The factor T^2 keeps the size of the gradients independent of the temperature, so that the term
/// can be combined with cross-entropy. The gradient of each image is `dL/dz = T (softmax(z/T) -
/// softmax(v/T))`. For logits with mean 0, it approaches `(z - v) / classes` as T grows.
///
/// Published settings: T = 20 on MNIST (Hinton et al. 2015); T = 4 with weight 0.9, cross-entropy
/// with weight 0.1, on CIFAR-100 (mdistiller).
///
/// # Shapes
/// - student, teacher: `[batch, classes]`
/// - output: `[1]`, nonnegative, summed over the classes and averaged over the batch
///
/// # Panics
/// When shapes differ, or the temperature is not positive.
///
/// Source: Hinton, Vinyals, Dean 2015, section 2.
#[must_use]
pub fn soft_targets(student: Tensor<2>, teacher: Tensor<2>, temperature: f64) -> Tensor<1> {
    assert_same_shape(&student, &teacher);
    assert_positive("temperature", temperature);
    let softened = |logits: Tensor<2>| log_softmax(logits.div_scalar(temperature), 1);
    divergence(softened(teacher.inner()), softened(student)).mul_scalar(temperature * temperature)
}

/// [`soft_targets`] from teacher probabilities p *at temperature T*: `T^2 KL(p || softmax(z/T))`.
///
/// For ensembles: the mean of the members' softened probabilities is not the softmax of any
/// member's logits. A probability of 0 contributes 0.
///
/// # Shapes
/// - student: `[batch, classes]`, logits
/// - probabilities: `[batch, classes]`; each row is nonnegative and sums to 1
/// - output: `[1]`, nonnegative, summed over the classes and averaged over the batch
///
/// # Panics
/// When shapes differ, or the temperature is not positive.
///
/// Source: Hinton, Vinyals, Dean 2015, sections 2 and 3.
#[must_use]
pub fn soft_targets_from_probabilities(
    student: Tensor<2>,
    probabilities: Tensor<2>,
    temperature: f64,
) -> Tensor<1> {
    assert_same_shape(&student, &probabilities);
    assert_positive("temperature", temperature);
    let p = probabilities.inner();
    // p log p approaches 0 as p does, but log p does not. Devices may flush numbers below the
    // smallest normal number to 0.
    let vanishing = p.clone().lower_elem(f32::MIN_POSITIVE);
    let log_p = p.clone().log().mask_fill(vanishing, 0.0);
    let log_q = log_softmax(student.div_scalar(temperature), 1);
    reduce(p * (log_p - log_q)).mul_scalar(temperature * temperature)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{assert_close, rows, value};

    #[test]
    fn kl_is_from_teacher_to_student_times_t_squared() {
        // At T = 2 the teacher's probabilities are (3/4, 1/4), the student's (1/2, 1/2).
        let (student, teacher) = (rows([[5.0, 5.0]]), rows([[2.0 * 3f32.ln(), 0.0]]));
        let expected = 4.0 * (0.75 * 1.5f64.ln() + 0.25 * 0.5f64.ln());
        assert_close(value(soft_targets(student.clone(), teacher.clone(), 2.0)), expected, 1e-6);
        // KL divergence is not symmetric.
        let reversed = 4.0 * (0.5 * (2.0f64 / 3.0).ln() + 0.5 * 2.0f64.ln());
        assert_close(value(soft_targets(teacher, student, 2.0)), reversed, 1e-6);
    }

    #[test]
    fn images_are_averaged_and_classes_are_summed() {
        let student = rows([[0.0; 4], [0.0; 4]]);
        // A one-hot target costs ln 4, equal logits cost nothing.
        let teacher = rows([[0.0, 500.0, 0.0, 0.0], [7.0; 4]]);
        assert_close(value(soft_targets(student, teacher, 1.0)), 4f64.ln() / 2.0, 1e-6);
    }

    #[test]
    fn probabilities_of_zero_cost_nothing() {
        let student = rows([[0.0, 0.0, 0.0]]);
        let probabilities = rows([[0.5, 0.0, 0.5]]);
        let found = soft_targets_from_probabilities(student, probabilities, 3.0);
        assert_close(value(found), 9.0 * 1.5f64.ln(), 1e-6);
    }

    #[test]
    #[should_panic(expected = "a student's output of [1, 2], a teacher's of [1, 3]")]
    fn a_different_number_of_classes_panics() {
        let _ = soft_targets(rows([[0.0; 2]]), rows([[0.0; 3]]), 1.0);
    }

    #[test]
    #[should_panic(expected = "temperature 0 is not above 0")]
    fn a_temperature_of_zero_panics() {
        let _ = soft_targets(rows([[0.0; 2]]), rows([[0.0; 2]]), 0.0);
    }
}
