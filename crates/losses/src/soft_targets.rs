//! Soft targets: the teacher's whole distribution, softened by a temperature.

use burn::tensor::Tensor;
use burn::tensor::activation::log_softmax;

use crate::rows::{assert_positive, assert_same_shape, divergence, summed};

/// `T^2 KL(softmax(v/T) || softmax(z/T))` of a student's logits z and a teacher's logits v, in nats.
///
/// The factor T^2 keeps the gradients' size as the temperature changes, which lets the term be mixed
/// with that of the hard labels: `dL/dz = T (softmax(z/T) - softmax(v/T))` for each image, which
/// goes to `(z - v) / classes` as T grows where the logits of an image have mean 0.
///
/// Published settings: T 20 on MNIST (Hinton et al. 2015), T 4 with 0.1 of cross-entropy and 0.9 of
/// this on CIFAR-100 (mdistiller).
///
/// # Shapes
/// - student, teacher: `[batch, classes]`
/// - output: `[1]`, 0 or more, sum over the classes and mean over the batch
///
/// # Panics
/// When the shapes differ, or the temperature is not above 0.
///
/// Source: Hinton, Vinyals, Dean 2015, section 2; the reference distribution comes first.
#[must_use]
pub fn soft_targets(student: Tensor<2>, teacher: Tensor<2>, temperature: f64) -> Tensor<1> {
    assert_same_shape(&student, &teacher);
    assert_positive("temperature", temperature);
    let softened = |logits: Tensor<2>| log_softmax(logits.div_scalar(temperature), 1);
    divergence(softened(teacher.inner()), softened(student)).mul_scalar(temperature * temperature)
}

/// The same from the teacher's probabilities p *at temperature T*: `T^2 KL(p || softmax(z/T))`.
///
/// For an ensemble whose members' softened probabilities are averaged: such a mean is the softmax of
/// no member's logits. A probability of 0 costs nothing.
///
/// # Shapes
/// - student: `[batch, classes]`, logits
/// - probabilities: `[batch, classes]`, each row 0 or more and of sum 1
/// - output: `[1]`, 0 or more, sum over the classes and mean over the batch
///
/// # Panics
/// When the shapes differ, or the temperature is not above 0.
///
/// Source: Hinton, Vinyals, Dean 2015, sections 2 and 3.
#[must_use]
pub fn soft_targets_of_probabilities(
    student: Tensor<2>,
    probabilities: Tensor<2>,
    temperature: f64,
) -> Tensor<1> {
    assert_same_shape(&student, &probabilities);
    assert_positive("temperature", temperature);
    let p = probabilities.inner();
    // p log p goes to 0 with p, log p alone does not; below the smallest normal number a device may
    // take p for 0.
    let vanishing = p.clone().lower_elem(f32::MIN_POSITIVE);
    let log_p = p.clone().log().mask_fill(vanishing, 0.0);
    let log_q = log_softmax(student.div_scalar(temperature), 1);
    summed(p * (log_p - log_q)).mul_scalar(temperature * temperature)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{assert_close, rows, value};

    #[test]
    fn the_divergence_runs_from_the_teacher_and_counts_t_squared() {
        // At T = 2 the teacher says (3/4, 1/4), the student (1/2, 1/2).
        let (student, teacher) = (rows([[5.0, 5.0]]), rows([[2.0 * 3f32.ln(), 0.0]]));
        let expected = 4.0 * (0.75 * 1.5f64.ln() + 0.25 * 0.5f64.ln());
        assert_close(value(soft_targets(student.clone(), teacher.clone(), 2.0)), expected, 1e-6);
        // The other way round it would be another number.
        let reversed = 4.0 * (0.5 * (2.0f64 / 3.0).ln() + 0.5 * 2.0f64.ln());
        assert_close(value(soft_targets(teacher, student, 2.0)), reversed, 1e-6);
    }

    #[test]
    fn images_are_averaged_and_classes_are_summed() {
        let student = rows([[0.0; 4], [0.0; 4]]);
        // Certain of one class costs ln 4, equal logits cost nothing.
        let teacher = rows([[0.0, 500.0, 0.0, 0.0], [7.0; 4]]);
        assert_close(value(soft_targets(student, teacher, 1.0)), 4f64.ln() / 2.0, 1e-6);
    }

    #[test]
    fn probabilities_of_zero_cost_nothing() {
        let student = rows([[0.0, 0.0, 0.0]]);
        let probabilities = rows([[0.5, 0.0, 0.5]]);
        let found = soft_targets_of_probabilities(student, probabilities, 3.0);
        assert_close(value(found), 9.0 * 1.5f64.ln(), 1e-6);
    }

    #[test]
    #[should_panic(expected = "a student's output of [1, 2], a teacher's of [1, 3]")]
    fn another_number_of_classes_is_refused() {
        let _ = soft_targets(rows([[0.0; 2]]), rows([[0.0; 3]]), 1.0);
    }

    #[test]
    #[should_panic(expected = "temperature 0 is not above 0")]
    fn a_temperature_of_zero_is_refused() {
        let _ = soft_targets(rows([[0.0; 2]]), rows([[0.0; 2]]), 0.0);
    }
}
