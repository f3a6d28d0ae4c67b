//! Cross-entropy with hard labels.

use burn::tensor::activation::log_softmax;
use burn::tensor::{Int, Tensor};

/// Cross-entropy of `softmax(logits)` and `labels` in nats, averaged over the batch.
///
/// `L = -(1/batch) sum_i log softmax(z_i)[t_i]`, computed with log-sum-exp, so that it is stable
/// for logits of any finite size.
///
/// # Shapes
/// - logits: `[batch, classes]`
/// - labels: `[batch]`, each below `classes`
/// - output: `[1]`
///
/// # Panics
/// When the batch sizes differ.
#[must_use]
pub fn cross_entropy(logits: Tensor<2>, labels: Tensor<1, Int>) -> Tensor<1> {
    let ([batch, _], [labeled]) = (logits.dims(), labels.dims());
    assert_eq!(batch, labeled, "logits of {batch} images, labels of {labeled}");
    log_softmax(logits, 1).gather(1, labels.reshape([batch, 1])).mean().neg()
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    fn loss(logits: &[[f32; 3]; 2], labels: [i32; 2]) -> f32 {
        let device = Device::flex();
        let logits = Tensor::<2>::from_data(*logits, &device);
        cross_entropy(logits, Tensor::from_data(labels, &device)).into_scalar()
    }

    #[test]
    fn equal_logits_cost_ln_classes() {
        assert!((loss(&[[5.0; 3], [-7.0; 3]], [0, 2]) - 3f32.ln()).abs() < 1e-6);
    }

    #[test]
    fn cross_entropy_of_huge_logits_is_finite() {
        // A confident correct prediction costs nothing, a confident wrong one the difference of the
        // logits.
        let sure = [[1e4, 0.0, 0.0], [0.0, 1e4, 0.0]];
        assert!(loss(&sure, [0, 1]).abs() < 1e-6);
        assert!((loss(&sure, [0, 2]) - 5e3).abs() < 1e-2);
    }

    #[test]
    fn the_gradient_is_softmax_minus_one_hot() {
        let device = Device::flex().autodiff();
        let logits = Tensor::<2>::from_data([[0.0, 2f32.ln()], [0.0, 0.0]], &device).require_grad();
        let labels = Tensor::<1, Int>::from_data([1, 0], &device);
        let gradients = cross_entropy(logits.clone(), labels).backward();
        let found = logits.grad(&gradients).unwrap().into_data().try_into_vec::<f32>().unwrap();
        // Softmax of the first row is (1/3, 2/3), of the second (1/2, 1/2).
        let expected = [1.0 / 6.0, -1.0 / 6.0, -1.0 / 4.0, 1.0 / 4.0];
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-6, "{found} is not {expected}");
        }
    }
}
