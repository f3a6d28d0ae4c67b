//! Activation functions of CPPN neurons.

use multiversion::multiversion;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::arithmetic::{exp, sin};

/// The activation functions of Nguyen et al. 2015. Their values are in -1..=1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// sin(x).
    Sine,
    /// 2 / (1 + exp(-x)) - 1.
    Sigmoid,
    /// exp(-x^2).
    Gaussian,
    /// x clamped to -3..=3, divided by 3.
    Linear,
}

impl Activation {
    /// All activation functions.
    pub const ALL: [Self; 4] = [Self::Sine, Self::Sigmoid, Self::Gaussian, Self::Linear];

    /// Draws an activation function uniformly.
    pub(crate) fn random(rng: &mut ChaCha8Rng) -> Self {
        Self::ALL[rng.random_range(0..Self::ALL.len() as u32) as usize]
    }

    /// Replaces every value by its activation.
    pub(crate) fn apply(self, values: &mut [f32]) {
        apply(self, values);
    }
}

#[multiversion(targets("x86_64+avx2"))]
fn apply(activation: Activation, values: &mut [f32]) {
    match activation {
        Activation::Sine => map_each(values, sin),
        Activation::Sigmoid => map_each(values, |x| 2.0 / (1.0 + exp(-x)) - 1.0),
        Activation::Gaussian => map_each(values, |x| exp(-(x * x))),
        Activation::Linear => map_each(values, |x| x.clamp(-3.0, 3.0) * (1.0 / 3.0)),
    }
}

/// A separate branch-free loop for each activation function.
#[inline]
fn map_each(values: &mut [f32], activation: impl Fn(f32) -> f32) {
    for value in values {
        *value = activation(*value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn activations_match_std_within_4e_7() {
        let expected = |activation, x: f64| match activation {
            Activation::Sine => x.sin(),
            Activation::Sigmoid => 2.0 / (1.0 + (-x).exp()) - 1.0,
            Activation::Gaussian => (-x * x).exp(),
            Activation::Linear => x.clamp(-3.0, 3.0) / 3.0,
        };
        for activation in Activation::ALL {
            let xs: Vec<f32> = (-2000..=2000).map(|i| i as f32 / 50.0).collect();
            let mut values = xs.clone();
            activation.apply(&mut values);
            for (x, value) in xs.into_iter().zip(values) {
                let error = (f64::from(value) - expected(activation, f64::from(x))).abs();
                assert!(error < 4e-7, "{activation:?} of {x} is off by {error}");
                assert!((-1.0..=1.0).contains(&value), "{activation:?} of {x} is {value}");
            }
        }
    }
}
