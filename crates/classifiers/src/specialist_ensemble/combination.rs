//! Combines the predictions of a generalist and specialists (Hinton et al. 2015, equation 5).
//!
//! The combined distribution `q` minimizes `KL(p_g, q) + sum over m of KL(p_m, q)`. For specialist `m`, the
//! classes of `q` outside of its subset are added up, as its dustbin stands for all of them.

use std::rc::Rc;

/// The iteration ends when no probability changes by this much.
const TOLERANCE: f64 = 1e-10;
/// The iteration ends after this many steps. Where the networks say little about classes outside of the
/// subsets, steps become short, and the result is hardly better than that of the step before.
const MAX_STEPS: u32 = 2000;

/// A specialist's prediction for one image.
#[derive(Debug, Clone, PartialEq)]
pub struct SpecialistPrediction {
    /// For each class, its position in the subset; `None` if it is not in there. The same for every image.
    pub positions: Rc<[Option<usize>]>,
    /// The probabilities of the subset's classes, then that of the dustbin; sum 1.
    pub probabilities: Vec<f64>,
}

impl SpecialistPrediction {
    fn dustbin(&self) -> f64 {
        self.probabilities[self.probabilities.len() - 1]
    }

    /// The probability that `q` gives to the classes outside of the subset.
    fn outside(&self, q: &[f64]) -> f64 {
        let pairs = q.iter().zip(self.positions.iter());
        pairs.filter(|(_, position)| position.is_none()).map(|(q, _)| q).sum()
    }
}

/// Returns the combined distribution of an image, `[classes]`, sum 1.
///
/// The method is expectation maximization. Every step distributes each network's dustbin over the classes in
/// it, in proportion to `q`, and takes the mean over the networks. The divergence never grows.
///
/// - `generalist`: `[classes]`, sum 1
#[must_use]
pub fn combine(generalist: &[f64], specialists: &[SpecialistPrediction]) -> Vec<f64> {
    let mut q = generalist.to_vec();
    for _ in 0..MAX_STEPS {
        let next = step(&q, generalist, specialists);
        let change = q.iter().zip(&next).map(|(q, next)| (q - next).abs()).fold(0.0, f64::max);
        q = next;
        if change < TOLERANCE {
            break;
        }
    }
    q
}

fn step(q: &[f64], generalist: &[f64], specialists: &[SpecialistPrediction]) -> Vec<f64> {
    let mut sum = generalist.to_vec();
    for specialist in specialists {
        let outside = specialist.outside(q);
        let others = specialist.positions.iter().filter(|position| position.is_none()).count();
        for ((sum, q), position) in sum.iter_mut().zip(q).zip(specialist.positions.iter()) {
            *sum += match position {
                Some(position) => specialist.probabilities[*position],
                None if outside > 0.0 => specialist.dustbin() * q / outside,
                None => specialist.dustbin() / others as f64,
            };
        }
    }
    let networks = 1.0 + specialists.len() as f64;
    sum.into_iter().map(|sum| sum / networks).collect()
}

/// The softmax of logits.
pub(super) fn softmax(logits: &[f32]) -> Vec<f64> {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f64> =
        logits.iter().map(|&logit| (f64::from(logit) - f64::from(largest)).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_runs::random_stream;
    use rand::RngExt;

    fn prediction(classes: usize, subset: &[usize], probabilities: &[f64]) -> SpecialistPrediction {
        let position = |class| subset.iter().position(|&own| own == class);
        let positions = (0..classes).map(position).collect();
        SpecialistPrediction { positions, probabilities: probabilities.to_vec() }
    }

    fn assert_close(found: &[f64], expected: &[f64], within: f64) {
        let far =
            found.iter().zip(expected).any(|(found, expected)| (found - expected).abs() > within);
        assert!(found.len() == expected.len() && !far, "{found:?} is not {expected:?}");
    }

    /// `KL(p_g, q) + sum over m of KL(p_m, q)` in nats; 0 if all agree.
    fn divergence(q: &[f64], generalist: &[f64], specialists: &[SpecialistPrediction]) -> f64 {
        let term = |p: f64, q: f64| if p > 0.0 { p * (p / q).ln() } else { 0.0 };
        let generalist_term: f64 = generalist.iter().zip(q).map(|(&p, &q)| term(p, q)).sum();
        let specialist_term = |one: &SpecialistPrediction| -> f64 {
            let inside = one.positions.iter().zip(q);
            let inside =
                inside.filter_map(|(position, q)| Some(term(one.probabilities[(*position)?], *q)));
            inside.sum::<f64>() + term(one.dustbin(), one.outside(q))
        };
        generalist_term + specialists.iter().map(specialist_term).sum::<f64>()
    }

    /// The same `q` by gradient descent on the logits `z` of `q = softmax(z)`, as in the paper.
    fn combine_by_descent(generalist: &[f64], specialists: &[SpecialistPrediction]) -> Vec<f64> {
        let mut z: Vec<f32> = generalist.iter().map(|p| p.ln() as f32).collect();
        let mut fine: Vec<f64> = z.iter().map(|&z| f64::from(z)).collect();
        for _ in 0..30_000 {
            let q = softmax(&z);
            let mut gradient: Vec<f64> = q.iter().zip(generalist).map(|(q, p)| q - p).collect();
            for specialist in specialists {
                let outside = specialist.outside(&q);
                let positions = specialist.positions.iter();
                for ((gradient, q), position) in gradient.iter_mut().zip(&q).zip(positions) {
                    *gradient += match position {
                        Some(position) => q - specialist.probabilities[*position],
                        None => q - specialist.dustbin() * q / outside,
                    };
                }
            }
            for ((fine, z), gradient) in fine.iter_mut().zip(&mut z).zip(gradient) {
                *fine -= 0.3 * gradient;
                *z = *fine as f32;
            }
        }
        softmax(&z)
    }

    /// A generalist and three specialists whose subsets overlap and leave out class 6.
    fn case(number: u32) -> (Vec<f64>, Vec<SpecialistPrediction>) {
        let mut rng = random_stream(&number, "a panel");
        let mut draw = |count: usize| -> Vec<f64> {
            let logits: Vec<f32> = (0..count).map(|_| 4.0 * rng.random::<f32>()).collect();
            softmax(&logits)
        };
        let subsets: [&[usize]; 3] = [&[0, 1, 2], &[1, 3], &[2, 3, 4, 5]];
        let generalist = draw(7);
        let specialists =
            subsets.iter().map(|subset| prediction(7, subset, &draw(subset.len() + 1))).collect();
        (generalist, specialists)
    }

    #[test]
    fn without_specialists_the_result_is_the_generalists_distribution() {
        let p = [0.5, 0.3, 0.2];
        assert_close(&combine(&p, &[]), &p, 1e-15);
    }

    #[test]
    fn one_specialist_is_averaged_inside_its_subset_and_keeps_the_shape_outside() {
        // Inside: (0.4 + 0.7) / 2 and (0.2 + 0.1) / 2. Outside: (0.4 + 0.2) / 2, shared 3 to 1.
        let specialist = prediction(4, &[0, 1], &[0.7, 0.1, 0.2]);
        let q = combine(&[0.4, 0.2, 0.3, 0.1], &[specialist]);
        assert_close(&q, &[0.55, 0.15, 0.225, 0.075], 1e-9);
    }

    #[test]
    fn with_two_specialists_the_derivative_is_zero() {
        // By symmetry q = (t, t, 1 - 2t); 2 (1/4 + 1/2) / t - 2 (1/2) / (1 - 2t) - 2 (1/2) / (1 - t) = 0,
        // which is 6 t^2 - 6.5 t + 1.5 = 0: t = (6.5 - 2.5) / 12.
        let specialist = |class: usize| prediction(3, &[class], &[0.5, 0.5]);
        let q = combine(&[0.25, 0.25, 0.5], &[specialist(0), specialist(1)]);
        assert_close(&q, &[1.0 / 3.0; 3], 1e-9);
    }

    #[test]
    fn specialists_that_agree_with_their_generalist_change_nothing() {
        let p = [0.1, 0.2, 0.3, 0.4];
        let specialists =
            [prediction(4, &[0, 3], &[0.1, 0.4, 0.5]), prediction(4, &[1], &[0.2, 0.8])];
        assert_close(&combine(&p, &specialists), &p, 1e-12);
        assert!(divergence(&p, &p, &specialists).abs() < 1e-12);
    }

    #[test]
    fn expectation_maximization_finds_what_gradient_descent_finds() {
        for number in 0..4 {
            let (generalist, specialists) = case(number);
            let q = combine(&generalist, &specialists);
            assert!((q.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            assert_close(&q, &combine_by_descent(&generalist, &specialists), 1e-5);
        }
    }

    #[test]
    fn no_step_increases_the_divergence_and_the_result_is_a_minimum() {
        for number in 0..20 {
            let (generalist, specialists) = case(number);
            let loss = |q: &[f64]| divergence(q, &generalist, &specialists);
            let mut q = vec![1.0 / 7.0; 7];
            for _ in 0..60 {
                let next = step(&q, &generalist, &specialists);
                assert!(loss(&next) <= loss(&q) + 1e-12, "{} after {}", loss(&next), loss(&q));
                q = next;
            }
            let found = combine(&generalist, &specialists);
            for class in 0..7 {
                let mut other: Vec<f64> = found.iter().map(|q| q * 0.99).collect();
                other[class] += 0.01;
                assert!(loss(&other) > loss(&found));
            }
        }
    }

    #[test]
    fn certain_networks_give_finite_probabilities() {
        // The generalist is certain of a class of the subset, the specialist of the dustbin.
        let specialist = prediction(4, &[0, 1], &[0.0, 0.0, 1.0]);
        let q = combine(&[1.0, 0.0, 0.0, 0.0], &[specialist]);
        assert_close(&q, &[0.5, 0.0, 0.25, 0.25], 1e-9);
    }
}
