//! What the losses share: checks of their operands, the reduction, and softmaxes that leave a class out.

use burn::tensor::{Int, Tensor};

/// Panics where student and teacher do not speak of the same images and classes.
pub(crate) fn assert_same_shape(student: &Tensor<2>, teacher: &Tensor<2>) {
    let (student, teacher) = (student.dims(), teacher.dims());
    assert_eq!(student, teacher, "a student's output of {student:?}, a teacher's of {teacher:?}");
}

/// Panics where there is not one label an image.
pub(crate) fn assert_labeled(logits: &Tensor<2>, labels: &Tensor<1, Int>) {
    let ([batch, _], [labeled]) = (logits.dims(), labels.dims());
    assert_eq!(batch, labeled, "logits of {batch} images, labels of {labeled}");
}

/// Panics where a temperature, or what takes its place, is not a positive number.
pub(crate) fn assert_positive(name: &str, value: f64) {
    assert!(value.is_finite() && value > 0.0, "{name} {value} is not above 0");
}

/// Sum over the classes, mean over the batch: `[batch, classes]` to `[1]`.
pub(crate) fn summed(values: Tensor<2>) -> Tensor<1> {
    values.sum_dim(1).mean()
}

/// `KL(p || q)` from logarithms that are finite, so that a probability of 0 costs nothing.
///
/// Takes the difference of the logarithms first: where the two agree nearly, it keeps all digits.
pub(crate) fn divergence(log_p: Tensor<2>, log_q: Tensor<2>) -> Tensor<1> {
    summed(log_p.clone().exp() * (log_p - log_q))
}

/// `log sum_i exp(x_i)` of each row, `[batch, 1]`, safe for values of any finite size.
pub(crate) fn log_sum_exp(values: Tensor<2>) -> Tensor<2> {
    let largest = values.clone().detach().max_dim(1);
    (values - largest.clone()).exp().sum_dim(1).log() + largest
}

/// The entry of each row that its label names, `[batch, 1]`.
pub(crate) fn of_label(values: Tensor<2>, labels: &Tensor<1, Int>) -> Tensor<2> {
    values.gather(1, labels.clone().reshape([-1, 1]))
}

/// The entries of each row but the one that its label names, in their order, `[batch, classes - 1]`.
///
/// The label is left out, not made small: what remains does not depend on it to the last bit.
///
/// # Panics
/// Where there is one class only, and so nothing beside the label.
pub(crate) fn without_label(values: Tensor<2>, labels: &Tensor<1, Int>) -> Tensor<2> {
    let [batch, classes] = values.dims();
    assert!(classes >= 2, "logits of {classes} classes; a loss beside the label needs 2 or more");
    let rest = [batch, classes - 1];
    let others = i64::try_from(classes - 1).expect("as many classes as memory holds");
    let options = (&labels.device(), labels.dtype());
    let places = Tensor::<1, Int>::arange(0..others, options);
    let places: Tensor<2, Int> = places.reshape([1, -1]).expand(rest);
    let right: Tensor<2, Int> = labels.clone().reshape([-1, 1]).expand(rest);
    // From the label on, the next class takes the place.
    let skipped = places.clone().greater_equal(right).int().cast(labels.dtype());
    values.gather(1, places + skipped)
}
