//! Normalized knowledge distillation (NKD): two cross-entropies instead of KL divergences.

use burn::tensor::activation::{log_softmax, softmax};
use burn::tensor::{Int, Tensor};

use crate::reductions::{
    assert_labeled, assert_positive, assert_same_shape, reduce, select_label, without_label,
};

/// Normalized knowledge distillation (NKD) of student logits z from teacher logits v: `-p^v_t log
/// p^z_t - g T^2 sum over i != t of p'^v_i log p'^z_i`.
///
/// p is the softmax at temperature 1; p' is the softmax at temperature T over the classes other
/// than the target t. The teacher's confidence weights the hard label. The loss is not minimal at z
/// = v: its first part decreases until `p^z_t` is 1.
///
/// Published settings: T = 3, g = 3.5, cross-entropy with weight 1 on CIFAR-100; T = 1, g = 1.5 on
/// ImageNet. Some commits of the published code do not mask the target in the second part; this
/// function follows the paper.
///
/// # Shapes
/// - student, teacher: `[batch, classes]`, logits, at least 2 classes
/// - labels: `[batch]`, each below `classes`
/// - output: `[1]`, nonnegative, summed over the classes and averaged over the batch
///
/// # Panics
/// When shapes do not match, there is only one class, or the temperature is not positive.
///
/// Source: Yang et al. 2023, "From Knowledge Distillation to Self-Knowledge Distillation";
/// temperatures and factor T^2 as in `cls_KD`.
#[must_use]
pub fn nkd(
    student: Tensor<2>,
    teacher: Tensor<2>,
    labels: &Tensor<1, Int>,
    temperature: f64,
    rest_weight: f64,
) -> Tensor<1> {
    assert_same_shape(&student, &teacher);
    assert_labeled(&student, labels);
    assert_positive("temperature", temperature);
    let teacher = teacher.inner();
    let confidence = select_label(softmax(teacher.clone(), 1), labels);
    let right = confidence * select_label(log_softmax(student.clone(), 1), labels);
    let rest = |logits: Tensor<2>| without_label(logits.div_scalar(temperature), labels);
    let rest = softmax(rest(teacher), 1) * log_softmax(rest(student), 1);
    (reduce(right) + reduce(rest).mul_scalar(rest_weight * temperature * temperature)).neg()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{assert_close, labels, rows, value};

    #[test]
    fn target_and_rest_have_separate_temperatures() {
        // At T = 1 the target has probability 1/6 (student) and 1/11 (teacher). At T = 2 the other
        // classes have probabilities (2/3, 1/3) and (3/4, 1/4).
        let student = rows([[2.0 * 2f32.ln(), 0.0, 0.0]]);
        let teacher = rows([[2.0 * 3f32.ln(), 0.0, 0.0]]);
        let right = 6f64.ln() / 11.0;
        let rest = 4.0 * (0.75 * 1.5f64.ln() + 0.25 * 3f64.ln());
        let loss = |g| value(nkd(student.clone(), teacher.clone(), &labels([1]), 2.0, g));
        assert_close(loss(0.0), right, 1e-6);
        assert_close(loss(1.5), right + 1.5 * rest, 1e-5);
    }

    #[test]
    #[should_panic(expected = "logits of 1 classes")]
    fn one_class_panics() {
        let _ = nkd(rows([[0.0]]), rows([[0.0]]), &labels([0]), 1.0, 1.0);
    }
}
