//! Tests of evaluations: ties, NaN and a calculation by hand.

mod toy;

use std::rc::Rc;

use assay_datasets::{BatchSource, DataError, Shape};
use assay_engine::trainer::{LabeledBatches, evaluate};
use assay_models::Network;
use assay_runs::Evaluation;
use burn::tensor::{Device, Tensor, TensorData};

use toy::{CLASSES, data, network};

/// A network whose logits are always these biases.
fn constant(biases: [f32; CLASSES]) -> Network {
    let mut network = network("constant");
    let device = Device::flex();
    let last = &mut network.layers_mut()[7];
    let weight = Tensor::<4>::zeros(last.weight().dims(), &device);
    last.set(weight, Tensor::from_data(TensorData::new(biases.to_vec(), [CLASSES]), &device));
    network
}

#[test]
fn ties_and_nan_logits_count_as_wrong() {
    let (_, test) = data();
    // The test images are 2 of each of 24 classes.
    let evaluate = |network: &Network| evaluate(network, 0, &test, 7).unwrap();
    let same = evaluate(&constant([1.0; CLASSES]));
    assert_eq!((same.images, same.correct, same.correct_top5), (48, 0, 0));
    assert!((same.loss - 24f64.ln()).abs() < 1e-5, "{}", same.loss);
    let mut ranked = [0.0; CLASSES];
    for (class, bias) in ranked.iter_mut().enumerate() {
        *bias = -(class as f32);
    }
    let ranked = evaluate(&constant(ranked));
    assert_eq!((ranked.correct, ranked.correct_top5), (2, 10));
    let nothing = evaluate(&constant([f32::NAN; CLASSES]));
    assert_eq!((nothing.correct, nothing.correct_top5), (0, 0));
}

/// Two views per image. The first consists of logits; the second must not be read.
struct Logits(Vec<[f32; 6]>);

impl BatchSource for Logits {
    fn rows(&self) -> usize {
        2 * self.0.len()
    }

    fn shape(&self) -> Shape {
        Shape { channels: 6, height: 1, width: 1 }
    }

    fn batch(&self, rows: &[u32]) -> Result<Tensor<4>, DataError> {
        assert!(rows.iter().all(|row| row % 2 == 0), "an evaluation must use first views");
        let logits: Vec<f32> = rows.iter().flat_map(|&row| self.0[row as usize / 2]).collect();
        let logits = TensorData::new(logits, [rows.len(), 6, 1, 1]);
        Ok(Tensor::from_data(logits, &Device::flex()))
    }
}

fn evaluate_toy(logits: &[([f32; 6], u16)]) -> Evaluation {
    let images = LabeledBatches {
        source: Rc::new(Logits(logits.iter().map(|(logits, _)| *logits).collect())),
        labels: logits.iter().map(|&(_, label)| label).collect(),
        views: 2,
    };
    // Starting after the last layer passes the input through. Batches of two leave an incomplete one.
    evaluate(&network("any"), 8, &images, 2).unwrap()
}

#[test]
fn an_evaluation_matches_a_calculation_by_hand() {
    let ln = |numbers: [f32; 6]| numbers.map(f32::ln);
    let found = evaluate_toy(&[
        // The most likely class: probability 5/10.
        (ln([1.0, 1.0, 5.0, 1.0, 1.0, 1.0]), 2),
        // As likely as another class: 4/12. Wrong, but in the top five.
        (ln([4.0, 4.0, 1.0, 1.0, 1.0, 1.0]), 1),
        // The fifth most likely: 2/21.
        (ln([6.0, 5.0, 4.0, 3.0, 2.0, 1.0]), 4),
        // The sixth most likely: 1/21.
        (ln([6.0, 5.0, 4.0, 3.0, 2.0, 1.0]), 5),
        // One of six equal classes: 1/6. Five others are as likely, so not in the top five.
        ([7.0; 6], 0),
    ]);
    assert_eq!((found.images, found.correct, found.correct_top5), (5, 1, 3));
    // The mean of the negative logarithms of 1/2, 1/3, 2/21, 1/21 and 1/6.
    let expected = (2.0f64 * 3.0 * 10.5 * 21.0 * 6.0).ln() / 5.0;
    assert!((found.loss - expected).abs() < 1e-6, "{} is not {expected}", found.loss);
}

#[test]
fn a_nan_logit_is_wrong_and_makes_the_loss_nan() {
    let nan = f32::NAN;
    let found = evaluate_toy(&[
        ([nan; 6], 0),
        ([nan, 0.0, 0.0, 0.0, 0.0, 0.0], 0),
        ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 5),
    ]);
    assert_eq!((found.correct, found.correct_top5), (1, 1));
    assert!(found.loss.is_nan());
}
