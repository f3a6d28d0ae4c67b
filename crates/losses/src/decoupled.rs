//! Decoupled knowledge distillation (DKD): compares the target class and the other classes
//! separately.

use burn::tensor::activation::{log_sigmoid, log_softmax};
use burn::tensor::{Int, Tensor};

use crate::reductions::{
    assert_labeled, assert_positive, assert_same_shape, divergence, log_sum_exp, select_label,
    without_label,
};

/// Decoupled knowledge distillation (DKD) of student logits z from teacher logits v: `T^2 [a KL(b_v
/// || b_z) + b KL(p'_v || p'_z)]`.
///
/// With `p = softmax(x/T)` and target class t, `b = (p_t, 1 - p_t)` is the binary distribution of
/// the target class, and p' is the softmax of the other classes. The loss is equal to
/// [`soft_targets`](crate::soft_targets) if a = 1 and b is `1 - p_t` of the teacher for each image;
/// DKD makes b a free parameter.
///
/// Published settings: T = 4, a = 1, b = 8, cross-entropy with weight 1. The loss is multiplied by
/// min(epoch / 20, 1) with epochs from 1 to 240 (mdistiller, CIFAR-100).
///
/// # Shapes
/// - student, teacher: `[batch, classes]`, logits, at least 2 classes
/// - labels: `[batch]`, each below `classes`
/// - output: `[1]`, nonnegative, summed over the classes and averaged over the batch
///
/// # Panics
/// When shapes do not match, there is only one class, or the temperature is not positive.
///
/// Source: Zhao et al. 2022, "Decoupled Knowledge Distillation", section 3; factor T^2 as in
/// mdistiller.
#[must_use]
pub fn decoupled(
    student: Tensor<2>,
    teacher: Tensor<2>,
    labels: &Tensor<1, Int>,
    temperature: f64,
    label_weight: f64,
    rest_weight: f64,
) -> Tensor<1> {
    assert_same_shape(&student, &teacher);
    assert_labeled(&student, labels);
    assert_positive("temperature", temperature);
    let (binary, rest) = parts(student.div_scalar(temperature), labels);
    let (teachers_binary, teachers_rest) = parts(teacher.inner().div_scalar(temperature), labels);
    let label = divergence(teachers_binary, binary).mul_scalar(label_weight);
    let rest = divergence(teachers_rest, rest).mul_scalar(rest_weight);
    (label + rest).mul_scalar(temperature * temperature)
}

/// Log probabilities b, `[batch, 2]`, and p', `[batch, classes - 1]`.
fn parts(logits: Tensor<2>, labels: &Tensor<1, Int>) -> (Tensor<2>, Tensor<2>) {
    let rest = without_label(logits.clone(), labels);
    // Log odds log(p_t / (1 - p_t)): log-sigmoid is stable however close p_t is to 0 or 1.
    let odds = select_label(logits, labels) - log_sum_exp(rest.clone());
    let binary = Tensor::cat(vec![log_sigmoid(odds.clone()), log_sigmoid(odds.neg())], 1);
    (binary, log_softmax(rest, 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{assert_close, labels, rows, value};

    #[test]
    fn the_two_parts_have_separate_weights() {
        // At T = 2 the teacher's probabilities are (1/2, 3/8, 1/8): b = (1/2, 1/2), p' = (3/4,
        // 1/4). The student's are 1/3 each: b = (1/3, 2/3), p' = (1/2, 1/2).
        let probabilities = [0.5f32, 0.375, 0.125];
        let teacher = rows([probabilities.map(|p| 2.0 * p.ln())]);
        let student = rows([[1.0; 3]]);
        let label = 4.0 * (0.5 * 1.5f64.ln() + 0.5 * 0.75f64.ln());
        let rest = 4.0 * (0.75 * 1.5f64.ln() + 0.25 * 0.5f64.ln());
        let loss =
            |a, b| value(decoupled(student.clone(), teacher.clone(), &labels([0]), 2.0, a, b));
        assert_close(loss(1.0, 0.0), label, 1e-6);
        assert_close(loss(0.0, 1.0), rest, 1e-6);
        assert_close(loss(1.0, 8.0), label + 8.0 * rest, 1e-5);
    }

    #[test]
    fn the_rest_does_not_depend_on_the_target() {
        let teacher = rows([[2.0, -1.0, 0.5]]);
        let student = |label| rows([[0.3, label, -0.4]]);
        let loss =
            |label| value(decoupled(student(label), teacher.clone(), &labels([1]), 4.0, 0.0, 1.0));
        // Masking the target with -1000 would not hide a logit of 1e4.
        assert_close(loss(1e4), loss(0.0), 0.0);
    }

    #[test]
    #[should_panic(expected = "logits of 1 classes")]
    fn one_class_panics() {
        let _ = decoupled(rows([[0.0]]), rows([[0.0]]), &labels([0]), 1.0, 1.0, 1.0);
    }

    #[test]
    #[should_panic(expected = "logits of 1 images, labels of 2")]
    fn a_wrong_number_of_labels_panics() {
        let _ = decoupled(rows([[0.0; 2]]), rows([[0.0; 2]]), &labels([0, 1]), 1.0, 1.0, 1.0);
    }
}
