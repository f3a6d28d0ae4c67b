//! How long a step of gradient ascent is, and what is done to the image after it: the numbers of
//! `find_fooling_image.py` and `hyperparam_search.py`, which Nguyen et al. 2015 published.

use assay_runs::Regularization;

/// The numbers of one kind of gradient ascent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AscentConfig {
    /// Evaluations until a class starts afresh.
    pub evaluations: u32,
    /// Most that the gradient of the confidence is multiplied by; the unit is that of what is climbed
    /// in, squared.
    pub largest_rate: f64,
    /// By how much a step is to raise the confidence, at most.
    pub early_progress: f64,
    /// The same as a share of what the confidence lacks to 1.
    pub late_progress: f64,
    /// The share by which the difference from the mean image shrinks after a step.
    pub decay: f64,
    /// How the difference is then blurred.
    pub blur: Option<Blur>,
    /// The share of the pixels that are then put to the mean, those that differ least from it.
    pub small_pixels: f64,
    /// The share of the pixels that are then put to the mean, those that matter least.
    pub small_contributions: f64,
    /// How far a step reaches at most, at first; none where steps are the ascent_config's own, however long.
    pub reach: Option<f64>,
}

/// A Gaussian blur.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Blur {
    /// Standard deviation, in pixels.
    pub deviation: f64,
    /// Every so many steps, the first among them.
    pub every: u32,
}

impl AscentConfig {
    /// Without regularization: what the search for settings does with seed -1.
    const PLAIN: Self = Self {
        evaluations: 500,
        largest_rate: 1e7,
        early_progress: 0.02,
        late_progress: 0.1,
        decay: 0.0,
        blur: None,
        small_pixels: 0.0,
        small_contributions: 0.0,
        reach: None,
    };

    /// For the weights of a CPPN, of which the published code knows nothing: a step is no longer than 1,
    /// where weights are from -10 to 10. The ascent_config's own is so long where p is small that it ends in a
    /// corner of that range.
    pub const WEIGHTS: Self = Self { reach: Some(1.0), ..Self::PLAIN };

    /// The numbers of a regularization.
    #[must_use]
    pub fn of(regularization: Regularization) -> Self {
        match regularization {
            Regularization::Nothing => Self::PLAIN,
            // The settings that `hyperparam_search.py` draws with the seeds of the supplement's
            // images (`run_chosen_supplementary.sh`): 169, 188 and 360.
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

    /// What the gradient of the *logarithm* of the confidence p is multiplied by; none where there is
    /// no way up, or none that can be computed.
    ///
    /// The ascent_config is one on the gradient g of p itself: the step is r g with r = min(`largest_rate`,
    /// D / |g|^2), which to first order raises p by D = min(`early_progress`, `late_progress` (1 - p)).
    /// The gradient of ln p is g / p. It says the same where p is so small that g is not a number
    /// of single precision.
    ///
    /// - `log_confidence`: ln p
    /// - `squared`: the squared norm of the gradient of ln p
    #[must_use]
    pub fn length(&self, log_confidence: f32, squared: f64) -> Option<f64> {
        let p = f64::from(log_confidence).exp();
        let progress = self.early_progress.min(self.late_progress * (1.0 - p));
        let length = (self.largest_rate * p).min(progress / (p * squared));
        let is_slope = squared.is_finite() && squared > 0.0;
        (is_slope && length.is_finite() && length > 0.0).then_some(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(regularization: Regularization, p: f32, squared: f64) -> Option<f64> {
        AscentConfig::of(regularization).length(p.ln(), squared)
    }

    fn close(got: Option<f64>, wanted: f64) {
        let got = got.unwrap();
        assert!((got / wanted - 1.0).abs() < 1e-6, "{got} instead of {wanted}");
    }

    #[test]
    fn a_step_is_after_two_hundredths_or_a_tenth_of_what_is_lacking() {
        // p = 0.5, |grad ln p|^2 = 4: g = 0.5 of that, |g|^2 = 1, D = min(0.02, 0.05) = 0.02, so
        // r = 0.02 and the step is 0.02 g = 0.01 grad ln p.
        close(length(Regularization::Nothing, 0.5, 4.0), 0.01);
        // p = 0.9: |g|^2 = 0.81 * 4 = 3.24, D = 0.1 * 0.1 = 0.01, r = 0.01 / 3.24, the step 0.9 r.
        close(length(Regularization::Nothing, 0.9, 4.0), 0.9 * 0.01 / 3.24);
        // With decay D = min(0.03, 0.02 * 0.5) = 0.01, half of that without.
        close(length(Regularization::Decay, 0.5, 4.0), 0.005);
        // p = 0.6: late progress is 0.05 * 0.4 = 0.02 < 0.03; |g|^2 = 0.36 * 4 = 1.44.
        close(length(Regularization::Blur, 0.6, 4.0), 0.6 * 0.02 / 1.44);
    }

    #[test]
    fn a_step_along_a_straight_line_raises_the_confidence_by_what_it_is_after() {
        // Along g the confidence rises by length * p * |grad ln p|^2.
        let (p, squared) = (0.25, 7.0);
        let rise = length(Regularization::Nothing, p, squared).unwrap() * f64::from(p) * squared;
        assert!((rise - 0.02).abs() < 1e-8, "{rise}");
    }

    #[test]
    fn a_step_is_no_longer_than_the_largest_rate() {
        // p = 1e-6 and |g|^2 = 1e-12 * 0.01 = 1e-14: D / |g|^2 is 2e12, the largest rate 1e7; the step
        // is 1e7 g = 1e7 * 1e-6 grad ln p.
        for regularization in Regularization::ALL {
            close(length(regularization, 1e-6, 0.01), 10.0);
        }
    }

    #[test]
    fn the_numbers_are_those_of_the_supplement() {
        // numpy draws from the lists of `hyperparam_search.py` after `seed(s)`: decay, N, early and late
        // progress, blur radius and every, percentiles of small norms and of small contributions.
        let drawn = |regularization| {
            let ascent_config = AscentConfig::of(regularization);
            let blur = ascent_config.blur.map(|Blur { deviation, every }| (deviation, every));
            let shares = (ascent_config.small_pixels, ascent_config.small_contributions);
            (
                ascent_config.decay,
                ascent_config.evaluations,
                ascent_config.early_progress,
                ascent_config.late_progress,
                blur,
                shares,
            )
        };
        let none = (0.0, 0.0);
        assert_eq!(drawn(Regularization::Nothing), (0.0, 500, 0.02, 0.1, None, none));
        // Seeds 169, 188 and 360.
        assert_eq!(drawn(Regularization::Decay), (0.01, 1500, 0.03, 0.02, None, none));
        assert_eq!(drawn(Regularization::Blur), (0.001, 1000, 0.03, 0.05, Some((0.4, 2)), none));
        let small = (0.001, 1500, 0.03, 0.05, Some((0.3, 1)), (0.2, 0.2));
        assert_eq!(drawn(Regularization::SmallPixels), small);
    }

    #[test]
    fn there_is_no_way_up_from_certainty_from_flat_ground_or_from_what_is_no_number() {
        let ascent_config = AscentConfig::of(Regularization::Nothing);
        assert_eq!(ascent_config.length(0.0, 4.0), None);
        assert_eq!(ascent_config.length(-0.7, f64::INFINITY), None);
        assert_eq!(ascent_config.length(-0.7, f64::NAN), None);
        assert_eq!(ascent_config.length(f32::NAN, 4.0), None);
        assert_eq!(ascent_config.length(f32::NEG_INFINITY, 4.0), None);
        assert_eq!(ascent_config.length(-0.7, 0.0), None);
    }
}
