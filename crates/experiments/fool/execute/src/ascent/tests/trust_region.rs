//! Steps that are limited by a trust radius.

use assay_map_elites::{Activation, Color, Cppn, CppnGenome};

use super::*;

/// A parameterization of one number x. The log-confidence is x - 2 up to an edge, and -9 beyond it.
struct StepFunction {
    encoding: Cppn,
    edge: f32,
    ascent_config: AscentConfig,
}

impl StepFunction {
    /// Steps aim at raising the confidence by `early_progress`.
    fn new(edge: f32, early_progress: f64) -> Self {
        let encoding = Preset::Paper.cppn(image_spec(&perceptron(), Color::Gray));
        Self {
            encoding,
            edge,
            ascent_config: AscentConfig {
                early_progress,
                late_progress: 10.0,
                ..AscentConfig::CPPN_WEIGHTS
            },
        }
    }

    fn log_confidence(&self, weight: f32) -> f32 {
        if weight > self.edge { -9.0 } else { weight - 2.0 }
    }
}

/// The next `count` points of the only class.
fn advance(ascent: &mut Ascent<StepFunction>, count: usize) -> Vec<f32> {
    let mut next_point = || {
        let weight = ascent.classes[0].place.connections[0].weight;
        let log_confidence = ascent.parameterization.log_confidence(weight);
        ascent.advance(0, vec![1.0], log_confidence, &streams);
        weight
    };
    (0..count).map(|_| next_point()).collect()
}

fn assert_close(actual: &[f32], expected: &[f32]) {
    let is_close = actual.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-5);
    assert!(is_close && actual.len() == expected.len(), "{actual:?} instead of {expected:?}");
}

impl Parameterization for StepFunction {
    type Encoding = Cppn;

    fn encoding(&self) -> &Cppn {
        &self.encoding
    }

    fn ascent_config(&self) -> &AscentConfig {
        &self.ascent_config
    }

    fn parameter_count(&self, point: &CppnGenome) -> usize {
        point.connections.len()
    }

    fn starting_point(&self, _rng: &mut ChaCha8Rng) -> CppnGenome {
        let connections = vec![(0, 4, 0.3).into()];
        CppnGenome { activations: vec![Activation::Linear], connections }
    }

    fn gradients(&self, points: &[&CppnGenome], _pixel_gradients: &[f32]) -> Vec<Vec<f32>> {
        vec![vec![1.0]; points.len()]
    }

    fn step(&self, point: &mut CppnGenome, gradient: &[f32], rate: f64, _steps_done: u32) {
        point.connections[0].weight += rate as f32 * gradient[0];
    }
}

#[test]
fn a_failed_step_is_halved_and_a_successful_one_extends_the_radius() {
    let mut ascent = Ascent::new(StepFunction::new(1.0, 1.0), 1, &streams);
    // From 0.3 a step of 1 crosses the edge; 0.5 does not. The next steps are 0.75, 0.375 and
    // 0.1875: the last one is a success. From there 0.28125 and 0.140625 cross the edge.
    let expected = [0.3, 1.3, 0.8, 1.55, 1.175, 0.9875, 1.26875];
    assert_close(&advance(&mut ascent, 7), &expected);
    // Once the radius is too small, the class moves to a new starting point.
    for _ in 0..40 {
        advance(&mut ascent, 1);
        if ascent.classes[0].start == 1 {
            break;
        }
    }
    assert_eq!((ascent.classes[0].start, ascent.classes[0].evaluations), (1, 0));
    assert_eq!(ascent.classes[0].held, None);
}

#[test]
fn a_failed_step_below_the_radius_is_not_repeated() {
    // At 0.3, where p is exp(-1.7), the configured step is 0.01, though the radius is 1.
    let mut ascent = Ascent::new(StepFunction::new(0.304, 0.01 * (-1.7_f64).exp()), 1, &streams);
    // 0.01 and 0.005 cross the edge; 0.0025 does not. From there 1.5 times that and half of it
    // cross the edge, and a quarter of it is below the minimum radius.
    let expected = [0.3, 0.31, 0.305, 0.3025, 0.306_25, 0.304_375];
    assert_close(&advance(&mut ascent, 6), &expected);
    assert_eq!((ascent.classes[0].start, ascent.classes[0].evaluations), (1, 0));
}

#[test]
fn a_best_point_with_a_wrong_gradient_is_refused() {
    let mut ascent = Ascent::new(StepFunction::new(1.0, 1.0), 1, &streams);
    advance(&mut ascent, 1);
    let saved = ascent.save().unwrap();
    ascent.resume(&saved).unwrap();
    ascent.classes[0].held.as_mut().unwrap().slope.push(1.0);
    let error = ascent.resume(&ascent.save().unwrap()).unwrap_err().to_string();
    assert_eq!(error, "it has a gradient of 2 numbers for 1 parameters");
}
