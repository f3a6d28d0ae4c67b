//! Runs all losses on a network's logits and a teacher's.

use assay_losses::{LossConfig, TeacherOutput, cross_entropy, soft_targets_from_probabilities};
use assay_runs::random_stream;
use burn::tensor::activation::softmax;
use burn::tensor::{DType, Device, Tensor, TensorData};
use rand::RngExt;

use super::case::labels;
use super::recorder::{Recorder, Stage};

/// The number of images and classes.
const SHAPE: [usize; 2] = [8, 10];

/// Computes the values and gradients of all losses from logits `[8, 10]`, in f32 as in training.
///
/// # Panics
/// Panics if the device fails or the logits have another shape.
pub fn losses(logits: &[f32], after_steps: u32, device: &Device, recorder: &mut Recorder) {
    let teacher = teacher(device);
    let labels = labels(after_steps, device);
    let output = TeacherOutput::Logits(teacher.clone());
    // The last epoch of a warm-up: every term has its full weight.
    let epoch = 20;
    for (name, config) in LossConfig::PUBLISHED {
        let loss = |student| config.loss(student, &output, labels.clone(), epoch);
        record_loss(name, logits, device, loss, recorder);
    }
    let hard = |student| cross_entropy(student, labels.clone());
    record_loss("cross-entropy", logits, device, hard, recorder);
    let probabilities = softmax(teacher.div_scalar(4.0), 1);
    let several = |student| soft_targets_from_probabilities(student, probabilities.clone(), 4.0);
    record_loss("soft targets of several teachers", logits, device, several, recorder);
}

fn record_loss(
    name: &str,
    logits: &[f32],
    device: &Device,
    loss: impl FnOnce(Tensor<2>) -> Tensor<1>,
    recorder: &mut Recorder,
) {
    let data = TensorData::new(logits.to_vec(), SHAPE);
    let device = device.clone().autodiff();
    let student = Tensor::<2>::from_data(data, (&device, DType::F32)).require_grad();
    let loss = loss(student.clone());
    recorder.record(Stage::Loss, name, || loss.clone());
    recorder.record(Stage::Gradient, name, || {
        let gradients = loss.backward();
        student.grad(&gradients).expect("a loss depends on the student")
    });
}

/// The logits of a teacher that is sure of some classes: between -6 and 6.
fn teacher(device: &Device) -> Tensor<2> {
    let mut rng = random_stream(&"parity", "teacher");
    let logits: Vec<f32> =
        (0..SHAPE.iter().product()).map(|_| rng.random_range(-6.0..6.0)).collect();
    Tensor::from_data(TensorData::new(logits, SHAPE), (device, DType::F32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_and_the_gradient_of_every_loss_are_recorded() {
        let mut recorder = Recorder::new("losses", 1);
        losses(&[0.5; 80], 1, &Device::flex(), &mut recorder);
        let Recorder { results, current, .. } = recorder;
        assert_eq!((results.len(), current), (2 * 9, None));
        assert!(results.iter().flat_map(|result| &result.values).all(|value| value.is_finite()));
        assert_eq!(labels(0, &Device::flex()).dims(), [SHAPE[0]]);
    }
}
