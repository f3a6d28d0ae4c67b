//! Extreme logits: huge, equal, or of a single class.

use burn::tensor::{DType, Device, Tensor};

use super::{assert_close, gradient, labels, loss, random, random_labels, rows, soft_terms, value};
use crate::{decoupled, logit_mse, soft_targets, soft_targets_from_probabilities, wttm};

/// Asserts that all losses and gradients are finite, and that no loss is negative beyond rounding.
fn all_finite<const B: usize, const C: usize>(
    what: &str,
    (student, teacher): ([[f32; C]; B], [[f32; C]; B]),
) {
    let right = random_labels(9, C as u8);
    for (name, config) in soft_terms() {
        let found = value(loss(&config, rows(student), &teacher, right));
        assert!(found.is_finite() && found > -1e-3, "{name}, {what}: {found}");
        let slopes = gradient(&student, |student| loss(&config, student, &teacher, right));
        assert!(
            slopes.iter().flatten().all(|slope| slope.is_finite()),
            "{name}, {what}: {slopes:?}"
        );
    }
}

#[test]
fn extreme_logits_give_finite_losses_and_gradients() {
    let (huge, small) = (random::<4, 6>(1, 1e4), random::<4, 6>(2, 2.0));
    let equal = [[0.7; 6]; 4];
    // Confident predictions: correct, wrong, and the same for all images.
    let certain: [[f32; 6]; 4] = std::array::from_fn(|row| {
        std::array::from_fn(|class| if class == row { 1e4 } else { 0.0 })
    });
    let one = [[1e4, 0.0, 0.0, 0.0, 0.0, 0.0]; 4];
    let kinds =
        [("huge", huge), ("small", small), ("equal", equal), ("certain", certain), ("one", one)];
    for (name, student) in kinds {
        for (other, teacher) in kinds {
            all_finite(&format!("{name} student, {other} teacher"), (student, teacher));
        }
    }
}

#[test]
fn one_image_or_two_classes_give_finite_losses() {
    all_finite("one image", (random::<1, 5>(1, 3.0), random(2, 3.0)));
    all_finite("two classes", (random::<3, 2>(3, 3.0), random(4, 3.0)));
    all_finite("one image, two classes", ([[1e4, -1e4]], [[-1e4, 1e4]]));
}

#[test]
fn one_class_has_zero_loss() {
    let (z, v) = ([[3.0], [-1e4]], [[-2.0], [7.0]]);
    for found in [
        soft_targets(rows(z), rows(v), 4.0),
        soft_targets_from_probabilities(rows(z), rows([[1.0], [1.0]]), 4.0),
        logit_mse(rows(z), rows(v)),
        wttm(rows(z), rows(v), 0.1),
    ] {
        assert_close(value(found), 0.0, 0.0);
    }
}

#[test]
fn confident_errors_cost_the_logit_difference() {
    // The teacher's distribution is (1, 0), the student's (0, 1) with a logit difference of 2e4:
    // T^2 2e4 / T.
    let (z, v) = ([[-1e4, 1e4]], [[1e4, -1e4]]);
    assert_close(value(soft_targets(rows(z), rows(v), 4.0)), 8e4, 1.0);
    // All of it is in the target part; with two classes there is no rest.
    assert_close(value(decoupled(rows(z), rows(v), &labels([0]), 4.0, 1.0, 8.0)), 8e4, 1.0);
    let found = gradient(&z, |student| soft_targets(student, rows(v), 4.0));
    assert_eq!(found, [[-4.0, 4.0]]);
    // Probabilities that were rounded to 0 and 1.
    let found = soft_targets_from_probabilities(rows(z), rows([[1.0, 0.0]]), 4.0);
    assert_close(value(found), 8e4, 1.0);
}

#[test]
fn labels_may_be_of_any_integer_type() {
    let (z, v) = (random::<3, 4>(1, 2.0), random::<3, 4>(2, 2.0));
    let expected = decoupled(rows(z), rows(v), &labels([3, 0, 1]), 4.0, 1.0, 8.0);
    let expected = f64::from(value(expected));
    for kind in [DType::I32, DType::I64, DType::U8] {
        let labels = Tensor::from_data([3, 0, 1], (&Device::flex(), kind));
        let found = decoupled(rows(z), rows(v), &labels, 4.0, 1.0, 8.0);
        assert_close(value(found), expected, 0.0);
    }
}
