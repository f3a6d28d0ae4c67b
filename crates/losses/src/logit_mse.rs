//! Mean squared error of centered logits.

use burn::tensor::Tensor;

use crate::reductions::{assert_same_shape, reduce};

/// `1/2 |(z - mean z) - (v - mean v)|^2 / classes`, means over the classes of an image.
///
/// The limit of [`soft_targets`](crate::soft_targets) as its temperature grows, gradients included:
/// `dL/dz = ((z - mean z) - (v - mean v)) / classes` for each image.
///
/// # Shapes
/// - student, teacher: `[batch, classes]`, logits
/// - output: `[1]`, 0 or more, sum over the classes and mean over the batch
///
/// # Panics
/// When the shapes differ.
///
/// Source: Hinton, Vinyals, Dean 2015, section 2.1 (equation 4), integrated, without its `1/T^2`.
#[must_use]
pub fn logit_mse(student: Tensor<2>, teacher: Tensor<2>) -> Tensor<1> {
    assert_same_shape(&student, &teacher);
    let [_, classes] = student.dims();
    let difference = student - teacher.inner();
    let centered = difference.clone() - difference.mean_dim(1);
    reduce(centered.square()).div_scalar(2.0 * classes as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{assert_close, rows, value};

    #[test]
    fn logit_mse_is_half_the_variance_of_differences() {
        // Differences (3, 1, 2) have mean 2, so 1/2 (1 + 1 + 0) / 3; a shift alone costs nothing.
        let student = rows([[3.0, 2.0, 4.0], [1.0, 2.0, 3.0]]);
        let teacher = rows([[0.0, 1.0, 2.0], [8.0, 9.0, 10.0]]);
        assert_close(value(logit_mse(student, teacher)), 1.0 / 6.0, 1e-6);
    }

    #[test]
    #[should_panic(expected = "a student's output of [1, 2], a teacher's of [2, 2]")]
    fn a_different_batch_size_panics() {
        let _ = logit_mse(rows([[0.0; 2]]), rows([[0.0; 2]; 2]));
    }
}
