//! One distribution over all classes from what a generalist and its specialists say (Hinton et al. 2015,
//! equation 5): the q that minimizes `KL(p_g, q) + sum over m of KL(p_m, q)`, where q counts, for the
//! specialist m, with its classes outside of m's field taken together.

use std::rc::Rc;

/// The largest change of a probability at which q is found.
const PRECISION: f64 = 1e-10;
/// Steps after which q is taken as it is. Where hardly anything tells classes outside of the fields apart
/// the steps become short, and the q they lead to is hardly better than the one before.
const MOST_STEPS: u32 = 2000;

/// What a specialist says of an image.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    /// Of each class, its place in the field, where it is in there; the same for every image.
    pub places: Rc<[Option<usize>]>,
    /// The field's classes in their order, then the dustbin; sum 1.
    pub probabilities: Vec<f64>,
}

impl Known {
    fn dustbin(&self) -> f64 {
        self.probabilities[self.probabilities.len() - 1]
    }

    /// What `q` gives the classes outside of the field.
    fn outside(&self, q: &[f64]) -> f64 {
        q.iter().zip(self.places.iter()).filter(|(_, place)| place.is_none()).map(|(q, _)| q).sum()
    }
}

/// The q of an image, `[classes]`, sum 1, by expectation maximization: seen as the mixture of its classes
/// that each network saw a share of, every step gives each network's dustbin to the classes in it in
/// the proportion that q has them, and takes the mean over the networks. The divergence never grows.
///
/// - generalist: `[classes]`, sum 1
#[must_use]
pub fn combined(generalist: &[f64], specialists: &[Known]) -> Vec<f64> {
    let mut q = generalist.to_vec();
    for _ in 0..MOST_STEPS {
        let next = step(&q, generalist, specialists);
        let change = q.iter().zip(&next).map(|(q, next)| (q - next).abs()).fold(0.0, f64::max);
        q = next;
        if change < PRECISION {
            break;
        }
    }
    q
}

fn step(q: &[f64], generalist: &[f64], specialists: &[Known]) -> Vec<f64> {
    let mut sum = generalist.to_vec();
    for known in specialists {
        let outside = known.outside(q);
        let others = known.places.iter().filter(|place| place.is_none()).count();
        for ((sum, q), place) in sum.iter_mut().zip(q).zip(known.places.iter()) {
            *sum += match place {
                Some(place) => known.probabilities[*place],
                None if outside > 0.0 => known.dustbin() * q / outside,
                None => known.dustbin() / others as f64,
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
    use assay_runs::stream;
    use rand::RngExt;

    fn known(classes: usize, field: &[usize], probabilities: &[f64]) -> Known {
        let places = (0..classes).map(|class| field.iter().position(|&own| own == class)).collect();
        Known { places, probabilities: probabilities.to_vec() }
    }

    fn assert_close(found: &[f64], expected: &[f64], within: f64) {
        let far =
            found.iter().zip(expected).any(|(found, expected)| (found - expected).abs() > within);
        assert!(found.len() == expected.len() && !far, "{found:?} is not {expected:?}");
    }

    /// `KL(p_g, q) + sum over m of KL(p_m, q)` in nats; 0 where all agree.
    fn divergence(q: &[f64], generalist: &[f64], specialists: &[Known]) -> f64 {
        let term = |p: f64, q: f64| if p > 0.0 { p * (p / q).ln() } else { 0.0 };
        let of_generalist: f64 = generalist.iter().zip(q).map(|(&p, &q)| term(p, q)).sum();
        let of_specialist = |known: &Known| -> f64 {
            let inside = known.places.iter().zip(q);
            let inside =
                inside.filter_map(|(place, q)| Some(term(known.probabilities[(*place)?], *q)));
            inside.sum::<f64>() + term(known.dustbin(), known.outside(q))
        };
        of_generalist + specialists.iter().map(of_specialist).sum::<f64>()
    }

    /// The same q by gradient descent on the logits z of q = softmax(z), as in the paper: with M networks
    /// the gradient is M q less what each of them has to say of a class.
    fn by_descent(generalist: &[f64], specialists: &[Known]) -> Vec<f64> {
        let mut z: Vec<f32> = generalist.iter().map(|p| p.ln() as f32).collect();
        let mut fine: Vec<f64> = z.iter().map(|&z| f64::from(z)).collect();
        for _ in 0..30_000 {
            let q = softmax(&z);
            let mut slope: Vec<f64> = q.iter().zip(generalist).map(|(q, p)| q - p).collect();
            for known in specialists {
                let outside = known.outside(&q);
                for ((slope, q), place) in slope.iter_mut().zip(&q).zip(known.places.iter()) {
                    *slope += match place {
                        Some(place) => q - known.probabilities[*place],
                        None => q - known.dustbin() * q / outside,
                    };
                }
            }
            for ((fine, z), slope) in fine.iter_mut().zip(&mut z).zip(slope) {
                *fine -= 0.3 * slope;
                *z = *fine as f32;
            }
        }
        softmax(&z)
    }

    /// A distribution, and three specialists of fields that overlap and leave class 6 out.
    fn case(number: u32) -> (Vec<f64>, Vec<Known>) {
        let mut rng = stream(&number, "a panel");
        let mut draw = |count: usize| -> Vec<f64> {
            let logits: Vec<f32> = (0..count).map(|_| 4.0 * rng.random::<f32>()).collect();
            softmax(&logits)
        };
        let fields: [&[usize]; 3] = [&[0, 1, 2], &[1, 3], &[2, 3, 4, 5]];
        let generalist = draw(7);
        let specialists =
            fields.iter().map(|field| known(7, field, &draw(field.len() + 1))).collect();
        (generalist, specialists)
    }

    #[test]
    fn without_a_specialist_q_is_the_generalists() {
        let p = [0.5, 0.3, 0.2];
        assert_close(&combined(&p, &[]), &p, 1e-15);
    }

    #[test]
    fn with_one_specialist_q_is_the_mean_in_its_field_and_the_generalists_shape_outside() {
        // In the field (0.4 + 0.7) / 2 and (0.2 + 0.1) / 2; outside (0.4 + 0.2) / 2 shared as 3 to 1.
        let specialist = known(4, &[0, 1], &[0.7, 0.1, 0.2]);
        let q = combined(&[0.4, 0.2, 0.3, 0.1], &[specialist]);
        assert_close(&q, &[0.55, 0.15, 0.225, 0.075], 1e-9);
    }

    #[test]
    fn with_two_specialists_q_is_where_the_derivative_is_zero() {
        // By symmetry q = (t, t, 1 - 2t); 2 (1/4 + 1/2) / t - 2 (1/2) / (1 - 2t) - 2 (1/2) / (1 - t) = 0,
        // which is 6 t^2 - 6.5 t + 1.5 = 0: t = (6.5 - 2.5) / 12.
        let of = |class: usize| known(3, &[class], &[0.5, 0.5]);
        let q = combined(&[0.25, 0.25, 0.5], &[of(0), of(1)]);
        assert_close(&q, &[1.0 / 3.0; 3], 1e-9);
    }

    #[test]
    fn specialists_that_agree_with_their_generalist_change_nothing() {
        let p = [0.1, 0.2, 0.3, 0.4];
        let specialists = [known(4, &[0, 3], &[0.1, 0.4, 0.5]), known(4, &[1], &[0.2, 0.8])];
        assert_close(&combined(&p, &specialists), &p, 1e-12);
        assert!(divergence(&p, &p, &specialists).abs() < 1e-12);
    }

    #[test]
    fn expectation_maximization_finds_what_gradient_descent_finds() {
        for number in 0..4 {
            let (generalist, specialists) = case(number);
            let q = combined(&generalist, &specialists);
            assert!((q.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            assert_close(&q, &by_descent(&generalist, &specialists), 1e-5);
        }
    }

    #[test]
    fn no_step_makes_the_divergence_larger_and_nothing_near_is_smaller() {
        for number in 0..20 {
            let (generalist, specialists) = case(number);
            let of = |q: &[f64]| divergence(q, &generalist, &specialists);
            let mut q = vec![1.0 / 7.0; 7];
            for _ in 0..60 {
                let next = step(&q, &generalist, &specialists);
                assert!(of(&next) <= of(&q) + 1e-12, "{} after {}", of(&next), of(&q));
                q = next;
            }
            let found = combined(&generalist, &specialists);
            for class in 0..7 {
                let mut other: Vec<f64> = found.iter().map(|q| q * 0.99).collect();
                other[class] += 0.01;
                assert!(of(&other) > of(&found));
            }
        }
    }

    #[test]
    fn certainty_leaves_no_class_without_a_number() {
        // The generalist is certain of a class of the field, the specialist of the dustbin.
        let specialist = known(4, &[0, 1], &[0.0, 0.0, 1.0]);
        let q = combined(&[1.0, 0.0, 0.0, 0.0], &[specialist]);
        assert_close(&q, &[0.5, 0.0, 0.25, 0.25], 1e-9);
    }
}
