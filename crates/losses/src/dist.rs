//! DIST: the student should correlate with the teacher, not equal it.

use burn::tensor::Tensor;
use burn::tensor::activation::softmax;

use crate::reductions::{assert_positive, assert_same_shape};

/// A standard deviation below this multiple of the values is rounding error of f32.
const ROUNDING: f64 = 1e-6;
/// Deviations of probabilities below this are treated as 0.
const NEGLIGIBLE: f64 = 1e-12;

/// DIST loss `T^2 [1 - mean over rows of rho] + T^2 [1 - mean over columns of rho]`, where rho is
/// Pearson's correlation of `softmax(z/T)` and `softmax(v/T)`.
///
/// A row is the distribution of one image; a column is the probability of one class over the batch.
/// If a row or column of student or teacher is constant up to rounding, rho is 0 and has no
/// gradient. A batch of one image therefore adds a constant T^2 for its columns; with a single
/// class, the loss is the constant 2 T^2. (Published code adds 1e-8 to the denominator: the same
/// value, but gradients of about 1e8 if all logits are equal.)
///
/// Published settings: weight 2, cross-entropy with weight 1, T = 4 on CIFAR-100, T = 1 on
/// ImageNet.
///
/// # Shapes
/// - student, teacher: `[batch, classes]`, logits
/// - output: `[1]`, in `[0, 4 T^2]`
///
/// # Panics
/// When shapes differ, or the temperature is not positive.
///
/// Source: Huang et al. 2022, "Knowledge Distillation from A Stronger Teacher".
#[must_use]
pub fn dist(student: Tensor<2>, teacher: Tensor<2>, temperature: f64) -> Tensor<1> {
    assert_same_shape(&student, &teacher);
    assert_positive("temperature", temperature);
    let student = softmax(student.div_scalar(temperature), 1);
    let teacher = softmax(teacher.inner().div_scalar(temperature), 1);
    let rows = correlation(student.clone(), teacher.clone(), 1).mean();
    let columns = correlation(student, teacher, 0).mean();
    (rows + columns).neg().add_scalar(2.0).mul_scalar(temperature * temperature)
}

/// Pearson's correlation along a dimension, which becomes 1; 0 if one side is constant.
fn correlation(student: Tensor<2>, teacher: Tensor<2>, dim: usize) -> Tensor<2> {
    (direction(student, dim) * direction(teacher, dim)).sum_dim(dim)
}

/// Deviations from the mean along a dimension, scaled to a unit vector; 0 without gradient if the
/// values are constant.
fn direction(values: Tensor<2>, dim: usize) -> Tensor<2> {
    let deviations = values.clone() - values.clone().mean_dim(dim);
    let squared = deviations.clone().square().sum_dim(dim);
    let size = values.detach().square().sum_dim(dim).mul_scalar(ROUNDING * ROUNDING);
    let constant = squared.clone().lower_equal(size.add_scalar(NEGLIGIBLE * NEGLIGIBLE));
    // The gradient of sqrt at 0 is infinite: replace 0 by 1 before, and mask the result after.
    let length = squared.mask_fill(constant.clone(), 1.0).sqrt();
    let [height, width] = deviations.dims();
    (deviations / length).mask_fill(constant.expand([height, width]), 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{assert_close, gradient, rows, value};

    /// Logits that have these probabilities at the temperature.
    fn logits<const B: usize>(probabilities: [[f32; 2]; B], temperature: f32) -> Tensor<2> {
        rows(probabilities.map(|row| row.map(|p| temperature * p.ln())))
    }

    #[test]
    fn two_values_have_correlation_one_or_minus_one() {
        let student = [[0.8, 0.2], [0.6, 0.4]];
        // The first image correlates with rho = 1, the second with -1. Both classes fall from the
        // first image to the second, for student and teacher: rho = 1.
        let teacher = [[0.7, 0.3], [0.2, 0.8]];
        let loss = |t: f32| value(dist(logits(student, t), logits(teacher, t), f64::from(t)));
        assert_close(loss(1.0), 1.0, 1e-5);
        assert_close(loss(2.0), 4.0, 1e-5);
        // Now the columns correlate with -1, and the rows still average 0.
        let teacher = [[0.2, 0.8], [0.7, 0.3]];
        assert_close(value(dist(logits(student, 1.0), logits(teacher, 1.0), 1.0)), 3.0, 1e-5);
    }

    #[test]
    fn a_batch_of_one_adds_t_squared() {
        let (student, teacher) = (rows([[0.0, 1.0, 5.0]]), rows([[0.0, 1.0, 5.0]]));
        assert_close(value(dist(student, teacher, 3.0)), 9.0, 1e-5);
    }

    #[test]
    fn one_class_is_constant_without_gradient() {
        let (student, teacher) = ([[3.0], [-2.0]], rows([[1.0], [4.0]]));
        assert_close(value(dist(rows(student), teacher.clone(), 2.0)), 8.0, 1e-6);
        let found = gradient(&student, |student| dist(student, teacher, 2.0));
        assert_eq!(found, [[0.0], [0.0]]);
    }

    #[test]
    fn constant_logits_have_no_gradient() {
        // With equal logits in every row, each row and each column of the softmax is constant.
        let student = [[0.1; 7], [0.1; 7], [0.1; 7]];
        let other = [[0.1, -3.0, 2.0, 0.4, 1.0, 0.0, 0.3]; 3];
        let found = gradient(&student, |student| dist(student, rows(other), 4.0));
        assert_eq!(found, [[0.0; 7]; 3]);
        assert_close(value(dist(rows(student), rows(other), 4.0)), 32.0, 1e-5);
    }
}
