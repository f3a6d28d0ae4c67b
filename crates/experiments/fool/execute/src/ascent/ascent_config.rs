//! Step sizes and regularizers of gradient ascent, with the values of `find_fooling_image.py` and
//! `hyperparam_search.py`, which Nguyen et al. 2015 published.

use assay_classifier_cells::Regularization;

/// The settings of one kind of gradient ascent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AscentConfig {
    /// Evaluations per starting point.
    pub evaluations: u32,
    /// Maximum factor of the gradient of the confidence, in squared units of the parameters.
    pub max_rate: f64,
    /// Maximum increase of the confidence that a step aims at.
    pub early_progress: f64,
    /// The same, as a share of 1 - confidence.
    pub late_progress: f64,
    /// The share by which the difference from the mean image shrinks after a step.
    pub decay: f64,
    /// The blur of the difference after that.
    pub blur: Option<Blur>,
    /// The share of pixels then set to the mean: those that differ least from it.
    pub small_pixels: f64,
    /// The share of pixels then set to the mean: those that contribute least to the confidence.
    pub small_contributions: f64,
    /// Initial maximum length of a step; none to take every step as it is.
    pub trust_radius: Option<f64>,
}

/// A Gaussian blur.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Blur {
    /// Standard deviation in pixels.
    pub deviation: f64,
    /// Interval in steps; the first step is blurred.
    pub every: u32,
}

impl AscentConfig {
    /// Without regularization, as `hyperparam_search.py` does with seed -1.
    const PLAIN: Self = Self {
        evaluations: 500,
        max_rate: 1e7,
        early_progress: 0.02,
        late_progress: 0.1,
        decay: 0.0,
        blur: None,
        small_pixels: 0.0,
        small_contributions: 0.0,
        trust_radius: None,
    };

    /// For the weights of a CPPN, which the published code does not optimize.
    ///
    /// Weights are in -10..=10. For a small confidence, the rate alone gives steps that end in a
    /// corner of that range. So steps are limited to a length of 1.
    pub const CPPN_WEIGHTS: Self = Self { trust_radius: Some(1.0), ..Self::PLAIN };

    /// The settings of a regularization of pixels.
    #[must_use]
    pub fn for_regularization(regularization: Regularization) -> Self {
        match regularization {
            Regularization::Unregularized => Self::PLAIN,
            // `hyperparam_search.py` draws these with the seeds of the supplement's images (169, 188
            // and 360 in `run_chosen_supplementary.sh`).
            Regularization::Decay => Self {
                evaluations: 1500,
                early_progress: 0.03,
                late_progress: 0.02,
                decay: 0.01,
                ..Self::PLAIN
            },
            Regularization::Blur => Self {
                evaluations: 1000,
                early_progress: 0.03,
                late_progress: 0.05,
                decay: 0.001,
                blur: Some(Blur { deviation: 0.4, every: 2 }),
                ..Self::PLAIN
            },
            Regularization::SmallPixels => Self {
                evaluations: 1500,
                early_progress: 0.03,
                late_progress: 0.05,
                decay: 0.001,
                blur: Some(Blur { deviation: 0.3, every: 1 }),
                small_pixels: 0.2,
                small_contributions: 0.2,
                ..Self::PLAIN
            },
        }
    }

    /// The factor of the gradient of ln p in a step, where p is the confidence; none if no step
    /// raises p, or if the factor is not finite.
    ///
    /// The published rule uses the gradient g of p itself. The step is r g with
    /// r = min(`max_rate`, D / |g|^2), which to first order raises p by
    /// D = min(`early_progress`, `late_progress` (1 - p)). The gradient of ln p is g / p. Using it
    /// gives the same step, also where p is so small that g underflows in `f32`.
    ///
    /// - `log_confidence`: ln p
    /// - `squared_norm`: the squared norm of the gradient of ln p
    #[must_use]
    pub fn rate(&self, log_confidence: f32, squared_norm: f64) -> Option<f64> {
        let p = f64::from(log_confidence).exp();
        let progress = self.early_progress.min(self.late_progress * (1.0 - p));
        let rate = (self.max_rate * p).min(progress / (p * squared_norm));
        let has_gradient = squared_norm.is_finite() && squared_norm > 0.0;
        (has_gradient && rate.is_finite() && rate > 0.0).then_some(rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(regularization: Regularization, p: f32, squared_norm: f64) -> Option<f64> {
        AscentConfig::for_regularization(regularization).rate(p.ln(), squared_norm)
    }

    fn assert_close(actual: Option<f64>, expected: f64) {
        let actual = actual.unwrap();
        assert!((actual / expected - 1.0).abs() < 1e-6, "{actual} instead of {expected}");
    }

    #[test]
    fn a_step_aims_at_the_smaller_of_early_and_late_progress() {
        // p = 0.5, |grad ln p|^2 = 4: g = 0.5 of that, |g|^2 = 1, D = min(0.02, 0.05) = 0.02, so
        // r = 0.02 and the step is 0.02 g = 0.01 grad ln p.
        assert_close(rate(Regularization::Unregularized, 0.5, 4.0), 0.01);
        // p = 0.9: |g|^2 = 0.81 * 4 = 3.24, D = 0.1 * 0.1 = 0.01, r = 0.01 / 3.24, the step 0.9 r.
        assert_close(rate(Regularization::Unregularized, 0.9, 4.0), 0.9 * 0.01 / 3.24);
        // With decay D = min(0.03, 0.02 * 0.5) = 0.01, half of that without.
        assert_close(rate(Regularization::Decay, 0.5, 4.0), 0.005);
        // p = 0.6: late progress is 0.05 * 0.4 = 0.02 < 0.03; |g|^2 = 0.36 * 4 = 1.44.
        assert_close(rate(Regularization::Blur, 0.6, 4.0), 0.6 * 0.02 / 1.44);
    }

    #[test]
    fn a_step_raises_a_linear_confidence_by_the_progress() {
        // Along g the confidence rises by rate * p * |grad ln p|^2.
        let (p, squared_norm) = (0.25, 7.0);
        let rate = rate(Regularization::Unregularized, p, squared_norm).unwrap();
        let rise = rate * f64::from(p) * squared_norm;
        assert!((rise - 0.02).abs() < 1e-8, "{rise}");
    }

    #[test]
    fn the_rate_is_limited() {
        // p = 1e-6 and |g|^2 = 1e-12 * 0.01 = 1e-14: D / |g|^2 is 2e12, the maximum rate 1e7. The
        // step is 1e7 g = 1e7 * 1e-6 grad ln p.
        for regularization in Regularization::ALL {
            assert_close(rate(regularization, 1e-6, 0.01), 10.0);
        }
    }

    #[test]
    fn the_settings_match_the_supplement() {
        // What numpy draws from the lists of `hyperparam_search.py` after `seed(s)`: decay, N,
        // early and late progress, blur radius and interval, percentiles of small norms and
        // contributions.
        let settings = |regularization| {
            let config = AscentConfig::for_regularization(regularization);
            let blur = config.blur.map(|Blur { deviation, every }| (deviation, every));
            let shares = (config.small_pixels, config.small_contributions);
            (
                config.decay,
                config.evaluations,
                config.early_progress,
                config.late_progress,
                blur,
                shares,
            )
        };
        let none = (0.0, 0.0);
        assert_eq!(settings(Regularization::Unregularized), (0.0, 500, 0.02, 0.1, None, none));
        // Seeds 169, 188 and 360.
        assert_eq!(settings(Regularization::Decay), (0.01, 1500, 0.03, 0.02, None, none));
        assert_eq!(settings(Regularization::Blur), (0.001, 1000, 0.03, 0.05, Some((0.4, 2)), none));
        let small = (0.001, 1500, 0.03, 0.05, Some((0.3, 1)), (0.2, 0.2));
        assert_eq!(settings(Regularization::SmallPixels), small);
    }

    #[test]
    fn there_is_no_rate_at_certainty_on_flat_ground_or_for_nan() {
        let config = AscentConfig::for_regularization(Regularization::Unregularized);
        assert_eq!(config.rate(0.0, 4.0), None);
        assert_eq!(config.rate(-0.7, f64::INFINITY), None);
        assert_eq!(config.rate(-0.7, f64::NAN), None);
        assert_eq!(config.rate(f32::NAN, 4.0), None);
        assert_eq!(config.rate(f32::NEG_INFINITY, 4.0), None);
        assert_eq!(config.rate(-0.7, 0.0), None);
    }
}
