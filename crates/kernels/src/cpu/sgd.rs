//! A step of stochastic gradient descent in one pass over memory.

use pulp::{Simd, WithSimd};

use super::simd::arch;
use crate::SgdStep;

/// Updates the velocities, and replaces the gradients by the new weights.
///
/// v' = momentum v + (g + decay w), w' = w - rate v'. Each operation is rounded.
pub(crate) fn step(
    options: SgdStep,
    weights: &[f32],
    velocities: &mut [f32],
    gradients: &mut [f32],
) {
    arch().dispatch(Step { options, weights, velocities, gradients });
}

struct Step<'a> {
    options: SgdStep,
    weights: &'a [f32],
    velocities: &'a mut [f32],
    gradients: &'a mut [f32],
}

impl WithSimd for Step<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) {
        let SgdStep { learning_rate, momentum, weight_decay } = self.options;
        let count = self.weights.len();
        assert_eq!(
            [self.velocities.len(), self.gradients.len()],
            [count; 2],
            "one of each a weight"
        );
        let state = self.weights.iter().zip(self.velocities).zip(self.gradients);
        if weight_decay == 0.0 {
            // An infinite weight is not multiplied by 0.
            for ((weight, velocity), gradient) in state {
                *velocity = *velocity * momentum + *gradient;
                *gradient = weight - *velocity * learning_rate;
            }
            return;
        }
        for ((weight, velocity), gradient) in state {
            *velocity = *velocity * momentum + (*gradient + weight * weight_decay);
            *gradient = weight - *velocity * learning_rate;
        }
    }
}
