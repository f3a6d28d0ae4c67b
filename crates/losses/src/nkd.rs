//! Normalized knowledge distillation (NKD): two cross-entropies instead of divergences.

use burn::tensor::activation::{log_softmax, softmax};
use burn::tensor::{Int, Tensor};

use crate::rows::{
    assert_labeled, assert_positive, assert_same_shape, of_label, summed, without_label,
};

/// `-p^v_t log p^z_t - g T^2 sum over i != t of p'^v_i log p'^z_i` of logits z and a teacher's v.
///
/// p is the softmax at temperature 1, p' the softmax at temperature T of the classes other than the
/// label t. The teacher's confidence weighs the hard label; the rest is distilled apart. Its minimum
/// is not at z = v: the first part has none, it only falls as `p^z_t` goes to 1.
///
/// Published settings: T 3, g 3.5 beside a cross-entropy of weight 1 on CIFAR-100; T 1, g 1.5 on
/// ImageNet. The released code has, at some commits, a mask that leaves the label in the second
/// part; this is the paper's formula.
///
/// # Shapes
/// - student, teacher: `[batch, classes]`, logits of 2 classes or more
/// - labels: `[batch]`, each below `classes`
/// - output: `[1]`, 0 or more, sum over the classes and mean over the batch
///
/// # Panics
/// When the shapes do not fit, there is one class only, or the temperature is not above 0.
///
/// Source: Yang et al. 2023, "From Knowledge Distillation to Self-Knowledge Distillation"; the
/// temperatures and T^2 as in `cls_KD`.
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
    let confidence = of_label(softmax(teacher.clone(), 1), labels);
    let right = confidence * of_label(log_softmax(student.clone(), 1), labels);
    let rest = |logits: Tensor<2>| without_label(logits.div_scalar(temperature), labels);
    let rest = softmax(rest(teacher), 1) * log_softmax(rest(student), 1);
    (summed(right) + summed(rest).mul_scalar(rest_weight * temperature * temperature)).neg()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{assert_close, labels, rows, value};

    #[test]
    fn the_label_counts_at_temperature_1_and_the_rest_at_its_own() {
        // At T = 1 the student's label has 1/6, the teacher's 1/11. At T = 2, beside the label, the
        // student says (2/3, 1/3), the teacher (3/4, 1/4).
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
    fn one_class_is_refused() {
        let _ = nkd(rows([[0.0]]), rows([[0.0]]), &labels([0]), 1.0, 1.0);
    }
}
