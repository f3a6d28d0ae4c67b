//! DIST: correlation with the teacher instead of equality.

use burn::tensor::Tensor;
use burn::tensor::activation::softmax;

use crate::rows::{assert_positive, assert_same_shape};

/// A deviation from the mean of this share of the values' own size is rounding in f32.
const ROUNDING: f64 = 1e-6;
/// Below this size, deviations of probabilities count as none.
const NEGLIGIBLE: f64 = 1e-12;

/// `T^2 [1 - mean over rows of rho] + T^2 [1 - mean over columns of rho]`, rho being Pearson's
/// correlation of `softmax(z/T)` with `softmax(v/T)`.
///
/// A row holds the classes of one image, a column one class over the images of the batch. What does
/// not vary has no correlation: where a row or column of the student or of the teacher is constant
/// up to rounding, rho is 0, without a gradient. So a batch of one costs T^2 for its columns, and
/// one class costs 2 T^2, as constants. (Public code adds 1e-8 to the denominator instead: the same
/// value, but a gradient of the order of 1e8 for a student whose logits are all equal.)
///
/// Published settings: weight 2 beside a cross-entropy of weight 1, T 4 on CIFAR-100, T 1 on ImageNet.
///
/// # Shapes
/// - student, teacher: `[batch, classes]`, logits
/// - output: `[1]`, from 0 to `4 T^2`
///
/// # Panics
/// When the shapes differ, or the temperature is not above 0.
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

/// Pearson's correlation along a dimension, which shrinks to 1; 0 where either side is constant.
fn correlation(student: Tensor<2>, teacher: Tensor<2>, dim: usize) -> Tensor<2> {
    (direction(student, dim) * direction(teacher, dim)).sum_dim(dim)
}

/// Deviations from the mean along a dimension, as a unit vector; 0, and without a gradient, where
/// there are none.
fn direction(values: Tensor<2>, dim: usize) -> Tensor<2> {
    let deviations = values.clone() - values.clone().mean_dim(dim);
    let squared = deviations.clone().square().sum_dim(dim);
    let size = values.detach().square().sum_dim(dim).mul_scalar(ROUNDING * ROUNDING);
    let constant = squared.clone().lower_equal(size.add_scalar(NEGLIGIBLE * NEGLIGIBLE));
    // The square root of 0 has no slope: 1 takes its place before, and the mask removes it after.
    let length = squared.mask_fill(constant.clone(), 1.0).sqrt();
    let [height, width] = deviations.dims();
    (deviations / length).mask_fill(constant.expand([height, width]), 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{assert_close, gradient, rows, value};

    /// Logits whose softmax at temperature T these probabilities are.
    fn logits<const B: usize>(probabilities: [[f32; 2]; B], temperature: f32) -> Tensor<2> {
        rows(probabilities.map(|row| row.map(|p| temperature * p.ln())))
    }

    #[test]
    fn two_values_correlate_fully_or_inversely() {
        let student = [[0.8, 0.2], [0.6, 0.4]];
        // The first image leans the same way, the second the other; both classes fall from the first
        // image to the second in both.
        let teacher = [[0.7, 0.3], [0.2, 0.8]];
        let loss = |t: f32| value(dist(logits(student, t), logits(teacher, t), f64::from(t)));
        assert_close(loss(1.0), 1.0, 1e-5);
        assert_close(loss(2.0), 4.0, 1e-5);
        // Now the classes rise where the student's fall, too: no correlation of rows, -1 of columns.
        let teacher = [[0.2, 0.8], [0.7, 0.3]];
        assert_close(value(dist(logits(student, 1.0), logits(teacher, 1.0), 1.0)), 3.0, 1e-5);
    }

    #[test]
    fn a_batch_of_one_costs_t_squared_for_its_columns() {
        let (student, teacher) = (rows([[0.0, 1.0, 5.0]]), rows([[0.0, 1.0, 5.0]]));
        assert_close(value(dist(student, teacher, 3.0)), 9.0, 1e-5);
    }

    #[test]
    fn one_class_costs_twice_t_squared_without_a_gradient() {
        let (student, teacher) = ([[3.0], [-2.0]], rows([[1.0], [4.0]]));
        assert_close(value(dist(rows(student), teacher.clone(), 2.0)), 8.0, 1e-6);
        let found = gradient(&student, |student| dist(student, teacher, 2.0));
        assert_eq!(found, [[0.0], [0.0]]);
    }

    #[test]
    fn a_constant_side_has_no_correlation_and_no_gradient() {
        // Equal logits in every row make every row and every column of the softmax constant.
        let student = [[0.1; 7], [0.1; 7], [0.1; 7]];
        let other = [[0.1, -3.0, 2.0, 0.4, 1.0, 0.0, 0.3]; 3];
        let found = gradient(&student, |student| dist(student, rows(other), 4.0));
        assert_eq!(found, [[0.0; 7]; 3]);
        assert_close(value(dist(rows(student), rows(other), 4.0)), 32.0, 1e-5);
    }
}
