//! Runs every operation of a training step and an evaluation, from a saved state.

use std::rc::Rc;

use anyhow::Result;
use assay_datasets::{ViewConfig, ViewSource};
use assay_models::Network;
use burn::tensor::{Device, Tensor, TensorData};

use super::case::{NetworkCase, State};
use super::recorder::{Recorder, Stage};
use assay_engine::trainer::{LabeledBatches, Subset, evaluate};
use assay_fool_execute::Classifier;

/// The number of images of the evaluation; not a whole number of batches.
const EVALUATED: u32 = 20;

/// Runs every operation of `case` from a state on a device, and records the results.
///
/// Each layer gets its input from `given`, first to last, or from the layer before it if there is none. Returns
/// the inputs that were used.
///
/// # Errors
/// Returns an error if the state belongs to another network.
///
/// # Panics
/// Panics if the device fails. The recorder then knows the operation.
pub fn run_network(
    case: &NetworkCase,
    state: &State,
    device: &Device,
    given: Option<&[TensorData]>,
    recorder: &mut Recorder,
) -> Result<Vec<TensorData>> {
    let number = state.step;
    let (mut network, mut optimizer) = case.restore(state, device)?;
    let frozen = network.frozen();
    let images = case.batch(number, device)?;
    recorder.record(Stage::Data, "normalized images", || images.clone());
    let inputs = run_layers(&frozen, images.clone(), given, recorder);
    recorder.record(Stage::Logits, "all layers", || frozen.forward(images));
    record_evaluation(case, &frozen, device, recorder)?;
    let loss = case.loss(&network, number, device)?;
    recorder.record(Stage::Loss, "cross-entropy", || loss.clone());
    let mut gradients = loss.backward();
    let has_gradient = "every layer is trained";
    for layer in network.layers().iter().rev() {
        let name = &layer.config().name;
        let (weight, bias) = (layer.weight().grad(&gradients), layer.bias().grad(&gradients));
        recorder.record(Stage::Gradient, &format!("{name}.weight"), || weight.expect(has_gradient));
        recorder.record(Stage::Gradient, &format!("{name}.bias"), || bias.expect(has_gradient));
    }
    optimizer.step(&mut network, &mut gradients, case.learning_rate());
    record_parameters(Stage::Velocity, &optimizer.velocities(&network), recorder);
    record_parameters(Stage::Step, &network, recorder);
    Ok(inputs)
}

fn run_layers(
    network: &Network,
    images: Tensor<4>,
    given: Option<&[TensorData]>,
    recorder: &mut Recorder,
) -> Vec<TensorData> {
    let device = images.device();
    let mut inputs = Vec::new();
    let mut output = images;
    for (index, layer) in network.layers().iter().enumerate() {
        let input = match given {
            Some(given) => Tensor::from_data(given[index].clone(), &device),
            None => output,
        };
        inputs.push(input.clone().into_data());
        output = layer.forward(input, None);
        recorder.record(Stage::Forward, &layer.config().name, || output.clone());
    }
    inputs
}

fn record_parameters(stage: Stage, network: &Network, recorder: &mut Recorder) {
    for layer in network.layers() {
        let name = &layer.config().name;
        recorder.record(stage, &format!("{name}.weight"), || layer.weight());
        recorder.record(stage, &format!("{name}.bias"), || layer.bias());
    }
}

/// Records the confidences that an attack uses, and the counts and loss of an evaluation.
fn record_evaluation(
    case: &NetworkCase,
    frozen: &Network,
    device: &Device,
    recorder: &mut Recorder,
) -> Result<()> {
    let images = case.images(EVALUATED);
    let (shape, normalization) = (case.shape(), case.normalization());
    let plain = ViewConfig::IDENTITY;
    let bank = ViewSource::unaugmented(&images, &plain, &normalization, device)?;
    let labeled = LabeledBatches {
        source: Rc::new(Subset::new(bank, (0..EVALUATED).collect())),
        labels: images.labels().to_vec(),
        views: 1,
    };
    let classifier = Classifier::new(frozen.clone(), shape, normalization, device.clone());
    let mut outcome = Ok(());
    recorder.record_numbers(Stage::Confidences, "an attack", || {
        let pixels = images.pixels()[..8 * shape.len()].to_vec();
        classifier.confidences(pixels).unwrap_or_else(|error| {
            outcome = Err(error);
            Vec::new()
        })
    });
    outcome?;
    recorder.record_numbers(Stage::Evaluation, "20 images", || {
        let found = evaluate(frozen, 0, &labeled, 8).expect("images in memory can be read");
        vec![found.correct as f32, found.correct_top5 as f32, found.loss as f32]
    });
    Ok(())
}
