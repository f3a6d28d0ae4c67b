//! A network from a saved state: every operation of a step of training, and of looking.

use std::rc::Rc;

use anyhow::Result;
use assay_datasets::{ViewBank, ViewSettings};
use assay_models::Network;
use burn::tensor::{Device, Tensor, TensorData};

use super::{NetworkCase, Recorder, Stage, State};
use assay_engine::trainer::{LabeledBatches, Subset, evaluate};
use assay_fool_execute::Classifier;

/// Images of an evaluation: no whole number of batches.
const EVALUATED: u32 = 20;

/// What every layer of a network was given, first to last.
#[derive(Debug, Clone)]
pub struct LayerInputs(pub(super) Vec<TensorData>);

/// Does every operation of `case` from a state on a device, and metrics what comes of it. Each layer is
/// given what it was `given` elsewhere, or else what the layer before it says here; gives back which.
///
/// # Errors
/// When the state is of another network.
///
/// # Panics
/// When the device fails; the recorder knows at what.
pub fn network(
    case: &NetworkCase,
    state: &State,
    device: &Device,
    given: Option<&LayerInputs>,
    recorder: &mut Recorder,
) -> Result<LayerInputs> {
    let number = state.step;
    let (mut network, mut optimizer) = case.restore(state, device)?;
    let frozen = network.frozen();
    let images = case.batch(number, device)?;
    recorder.note(Stage::Data, "normalized images", || images.clone());
    let inputs = layers(&frozen, images.clone(), given, recorder);
    recorder.note(Stage::Logits, "all layers", || frozen.forward(images));
    looks(case, &frozen, device, recorder)?;
    let loss = case.loss(&network, number, device)?;
    recorder.note(Stage::Loss, "cross-entropy", || loss.clone());
    let mut gradients = loss.backward();
    let has_one = "every layer is trained";
    for layer in network.layers().iter().rev() {
        let name = &layer.config().name;
        let (weight, bias) = (layer.weight().grad(&gradients), layer.bias().grad(&gradients));
        recorder.note(Stage::Gradient, &format!("{name}.weight"), || weight.expect(has_one));
        recorder.note(Stage::Gradient, &format!("{name}.bias"), || bias.expect(has_one));
    }
    optimizer.step(&mut network, &mut gradients, case.rates());
    parameters(Stage::Velocity, &optimizer.velocities(&network), recorder);
    parameters(Stage::Step, &network, recorder);
    Ok(inputs)
}

fn layers(
    network: &Network,
    images: Tensor<4>,
    given: Option<&LayerInputs>,
    recorder: &mut Recorder,
) -> LayerInputs {
    let device = images.device();
    let mut inputs = Vec::new();
    let mut output = images;
    for (index, layer) in network.layers().iter().enumerate() {
        let input = match given {
            Some(LayerInputs(given)) => Tensor::from_data(given[index].clone(), &device),
            None => output,
        };
        inputs.push(input.clone().into_data());
        output = layer.forward(input, None);
        recorder.note(Stage::Forward, &layer.config().name, || output.clone());
    }
    LayerInputs(inputs)
}

fn parameters(stage: Stage, network: &Network, recorder: &mut Recorder) {
    for layer in network.layers() {
        let name = &layer.config().name;
        recorder.note(stage, &format!("{name}.weight"), || layer.weight());
        recorder.note(stage, &format!("{name}.bias"), || layer.bias());
    }
}

/// What an attack hears, and what an evaluation counts.
fn looks(
    case: &NetworkCase,
    frozen: &Network,
    device: &Device,
    recorder: &mut Recorder,
) -> Result<()> {
    let images = case.images(EVALUATED);
    let (shape, normalization) = (case.shape(), case.normalization());
    let plain = ViewSettings::PLAIN;
    let bank = ViewBank::plain(&images, &plain, &normalization, device)?;
    let labeled = LabeledBatches {
        source: Rc::new(Subset::new(bank, (0..EVALUATED).collect())),
        labels: images.labels().to_vec(),
        views: 1,
    };
    let classifier = Classifier::new(frozen.clone(), shape, normalization, device.clone());
    let mut heard = Ok(());
    recorder.note_numbers(Stage::Confidences, "an attack", || {
        let pixels = images.pixels()[..8 * shape.len()].to_vec();
        classifier.confidences(pixels).unwrap_or_else(|error| {
            heard = Err(error);
            Vec::new()
        })
    });
    heard?;
    recorder.note_numbers(Stage::Evaluation, "20 images", || {
        let found = evaluate(frozen, 0, &labeled, 8).expect("images in memory can be read");
        vec![found.correct as f32, found.correct_top5 as f32, found.loss as f32]
    });
    Ok(())
}
