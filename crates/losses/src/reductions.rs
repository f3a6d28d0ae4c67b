//! Helpers of the losses: checks of shapes, reductions, and the separation of the target class.

use burn::tensor::{Int, Tensor};

/// Panics if student and teacher differ in shape.
pub(crate) fn assert_same_shape(student: &Tensor<2>, teacher: &Tensor<2>) {
    let (student, teacher) = (student.dims(), teacher.dims());
    assert_eq!(student, teacher, "a student's output of {student:?}, a teacher's of {teacher:?}");
}

/// Panics if the number of labels is not the batch size.
pub(crate) fn assert_labeled(logits: &Tensor<2>, labels: &Tensor<1, Int>) {
    let ([batch, _], [labeled]) = (logits.dims(), labels.dims());
    assert_eq!(batch, labeled, "logits of {batch} images, labels of {labeled}");
}

/// Panics if a temperature or power is not a positive finite number.
pub(crate) fn assert_positive(name: &str, value: f64) {
    assert!(value.is_finite() && value > 0.0, "{name} {value} is not above 0");
}

/// Sum over the classes, mean over the batch: `[batch, classes]` to `[1]`.
pub(crate) fn reduce(values: Tensor<2>) -> Tensor<1> {
    values.sum_dim(1).mean()
}

/// `KL(p || q)` from finite log probabilities, so that a probability of 0 contributes 0.
///
/// Subtracts the log probabilities first, which keeps precision when they are almost equal.
pub(crate) fn divergence(log_p: Tensor<2>, log_q: Tensor<2>) -> Tensor<1> {
    reduce(log_p.clone().exp() * (log_p - log_q))
}

/// `log sum_i exp(x_i)` of each row, `[batch, 1]`, stable for any finite values.
pub(crate) fn log_sum_exp(values: Tensor<2>) -> Tensor<2> {
    let largest = values.clone().detach().max_dim(1);
    (values - largest.clone()).exp().sum_dim(1).log() + largest
}

/// The entry of each row at its label, `[batch, 1]`.
pub(crate) fn select_label(values: Tensor<2>, labels: &Tensor<1, Int>) -> Tensor<2> {
    values.gather(1, labels.clone().reshape([-1, 1]))
}

/// The entries of each row except the one at its label, in order, `[batch, classes - 1]`.
///
/// The entry is removed, not masked by a small value: the result does not depend on it at all.
///
/// # Panics
/// When there is only one class.
pub(crate) fn without_label(values: Tensor<2>, labels: &Tensor<1, Int>) -> Tensor<2> {
    let [batch, classes] = values.dims();
    assert!(classes >= 2, "logits of {classes} classes; at least 2 are needed");
    let rest = [batch, classes - 1];
    let others = i64::try_from(classes - 1).expect("as many classes as memory holds");
    let options = (&labels.device(), labels.dtype());
    let positions = Tensor::<1, Int>::arange(0..others, options);
    let positions: Tensor<2, Int> = positions.reshape([1, -1]).expand(rest);
    let right: Tensor<2, Int> = labels.clone().reshape([-1, 1]).expand(rest);
    // Entries after the label move up by one.
    let skipped = positions.clone().greater_equal(right).int().cast(labels.dtype());
    values.gather(1, positions + skipped)
}
