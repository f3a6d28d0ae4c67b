//! The progress of gradient ascent for one class, and its two kinds of steps.

use assay_map_elites::Encoding;
use serde::{Deserialize, Serialize};

use super::{AscentConfig, Parameterization};

/// Growth of the trust radius after a successful step, up to its initial value.
const RADIUS_GROWTH: f64 = 1.5;
/// A class gives up its starting point once the trust radius is below this.
const MIN_RADIUS: f64 = 1e-3;

/// The progress of one class since its latest starting point. The field names are those of
/// checkpoints.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClassState<G> {
    /// Number of earlier starting points.
    pub(super) start: u32,
    /// Evaluations since the starting point.
    pub(super) evaluations: u32,
    /// The current point, to be evaluated next.
    pub(super) place: G,
    /// The best point since the start, from which the last step was taken; none without a trust
    /// radius.
    pub(super) held: Option<BestPoint<G>>,
}

/// The point with the highest confidence since the start. The field names are those of checkpoints.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BestPoint<G> {
    pub(super) place: G,
    /// The gradient of the log-confidence at the point.
    pub(super) slope: Vec<f32>,
    log_confidence: f32,
    /// The trust radius: the maximum length of the next step.
    reach: f64,
}

impl<G> BestPoint<G> {
    /// The length (Euclidean norm) of the next step: that of the configured rate, limited by the
    /// trust radius. None if no step raises the confidence.
    fn step_length(&self, config: &AscentConfig) -> Option<f64> {
        let squared_norm = squared_norm(&self.slope);
        let rate = config.rate(self.log_confidence, squared_norm)?;
        Some(self.reach.min(rate * squared_norm.sqrt()))
    }
}

impl<G: Clone> ClassState<G> {
    /// The state at starting point number `start`.
    pub(super) fn new(start: u32, point: G) -> Self {
        Self { start, evaluations: 0, place: point, held: None }
    }

    /// Takes a step at the configured rate. Returns false if no step raises the confidence.
    pub(super) fn step<P: Parameterization>(
        &mut self,
        parameterization: &P,
        gradient: &[f32],
        log_confidence: f32,
    ) -> bool
    where
        P::Encoding: Encoding<Genome = G>,
    {
        let rate = parameterization.ascent_config().rate(log_confidence, squared_norm(gradient));
        let Some(rate) = rate else { return false };
        parameterization.step(&mut self.place, gradient, rate, self.evaluations - 1);
        true
    }

    /// Takes a step from the best point so far, limited by a trust radius.
    ///
    /// If the current point is better than the best one, it becomes the best one, and the radius
    /// grows, up to `initial_radius`. Otherwise the last step is repeated at half its length.
    /// Returns false if no step raises the confidence, or the radius is too small.
    pub(super) fn trust_region_step<P: Parameterization>(
        &mut self,
        parameterization: &P,
        gradient: Vec<f32>,
        log_confidence: f32,
        initial_radius: f64,
    ) -> bool
    where
        P::Encoding: Encoding<Genome = G>,
    {
        let config = parameterization.ascent_config();
        let place = self.place.clone();
        let current = BestPoint { place, slope: gradient, log_confidence, reach: initial_radius };
        let best = match self.held.take() {
            None => current,
            Some(best) if log_confidence > best.log_confidence => {
                BestPoint { reach: (RADIUS_GROWTH * best.reach).min(initial_radius), ..current }
            }
            Some(best) => {
                // Half of the actual length. If that was below the radius, half of the radius could
                // repeat the same step.
                let length = best.step_length(config).unwrap_or(best.reach);
                BestPoint { reach: length / 2.0, ..best }
            }
        };
        let length = best.step_length(config).filter(|_| best.reach >= MIN_RADIUS);
        let Some(length) = length else { return false };
        self.place.clone_from(&best.place);
        let rate = length / squared_norm(&best.slope).sqrt();
        parameterization.step(&mut self.place, &best.slope, rate, self.evaluations - 1);
        self.held = Some(best);
        true
    }
}

fn squared_norm(gradient: &[f32]) -> f64 {
    gradient.iter().map(|&component| f64::from(component).powi(2)).sum()
}
