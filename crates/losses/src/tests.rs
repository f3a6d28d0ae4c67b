//! Tests of several losses, and shared helpers.

mod config;
mod extremes;
mod identities;
mod reference;

use burn::tensor::{Device, Int, Tensor};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::{LossConfig, TeacherOutput};

pub(crate) fn rows<const B: usize, const C: usize>(values: [[f32; C]; B]) -> Tensor<2> {
    Tensor::from_data(values, &Device::flex())
}

pub(crate) fn labels<const B: usize>(labels: [i32; B]) -> Tensor<1, Int> {
    Tensor::from_data(labels, &Device::flex())
}

pub(crate) fn value(loss: Tensor<1>) -> f32 {
    loss.into_scalar()
}

/// The gradient of a loss with respect to its logits.
pub(crate) fn gradient<const B: usize, const C: usize>(
    at: &[[f32; C]; B],
    loss: impl FnOnce(Tensor<2>) -> Tensor<1>,
) -> [[f32; C]; B] {
    let logits = rows(*at).autodiff().require_grad();
    let gradients = loss(logits.clone()).backward();
    let found = logits.grad(&gradients).unwrap().into_data().try_into_vec::<f32>().unwrap();
    std::array::from_fn(|row| std::array::from_fn(|class| found[row * C + class]))
}

#[track_caller]
pub(crate) fn assert_close(found: impl Into<f64>, expected: impl Into<f64>, tolerance: f64) {
    let (found, expected) = (found.into(), expected.into());
    assert!((found - expected).abs() <= tolerance, "{found} is not {expected}");
}

/// Compares gradients; the tolerance is absolute.
#[track_caller]
fn assert_all_close<const B: usize, const C: usize>(
    found: &[[f32; C]; B],
    expected: &[[f64; C]; B],
    tolerance: f64,
) {
    for (found, expected) in found.iter().flatten().zip(expected.iter().flatten()) {
        assert_close(*found, *expected, tolerance);
    }
}

/// Logits from -`size` to `size`.
fn random<const B: usize, const C: usize>(seed: u64, size: f32) -> [[f32; C]; B] {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    std::array::from_fn(|_| std::array::from_fn(|_| rng.random_range(-size..size)))
}

fn random_labels<const B: usize>(seed: u64, classes: u8) -> [i32; B] {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    std::array::from_fn(|_| i32::from(rng.random_range(0..classes)))
}

/// `softmax(x / T)` in f64.
fn softened<const C: usize>(logits: &[f32; C], temperature: f64) -> [f64; C] {
    let largest = f64::from(logits.iter().copied().fold(f32::MIN, f32::max));
    let powers = logits.map(|logit| ((f64::from(logit) - largest) / temperature).exp());
    let sum: f64 = powers.iter().sum();
    powers.map(|power| power / sum)
}

/// Each soft term without the hard term.
fn soft_terms() -> [(&'static str, LossConfig); LossConfig::PUBLISHED.len()] {
    let alone = |config| LossConfig { hard_weight: 0.0, soft_weight: 1.0, ..config };
    LossConfig::PUBLISHED.map(|(name, config)| (name, alone(config)))
}

/// The loss for a teacher's logits, after the warm-up.
fn loss<const B: usize, const C: usize>(
    config: &LossConfig,
    student: Tensor<2>,
    teacher: &[[f32; C]; B],
    right: [i32; B],
) -> Tensor<1> {
    config.loss(student, &TeacherOutput::Logits(rows(*teacher)), labels(right), 1000)
}
