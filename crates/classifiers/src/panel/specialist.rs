//! One specialist: the generalist trained on, for the classes of a field and one more, the *dustbin*, that
//! stands for all others.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use assay_models::{Network, NetworkConfig};
use assay_runs::{Cell, Outcome, Record, SpecialistCell, file};
use burn::tensor::{Int, Tensor, TensorData};

use super::fields::fields;
use crate::{Classifiers, held_out, seen};
use assay_engine::data_module::Split;
use assay_engine::network::network_config;
use assay_engine::trainer::{LabeledBatches, StratifiedSampler, Training, evaluate};
use assay_engine::worker::{CellContext, describe, record_of};

/// A generalist's labels as a specialist has them: a class's place in the field, or the dustbin, which
/// comes after all of them.
fn relabeled(labels: &[u16], field: &[u16]) -> Vec<u16> {
    let place = |label: &u16| field.binary_search(label).unwrap_or(field.len()) as u16;
    labels.iter().map(place).collect()
}

/// A specialist as it begins. All layers are the generalist's, and so are the last layer's rows of the
/// field's classes. The dustbin's row is the mean of the rows of all other classes, its bias the mean of
/// theirs plus the logarithm of their number: the largest such sum that is nowhere above what it stands
/// for, the logarithm of the sum of their exponentials, and equal to it where their logits are alike.
///
/// # Panics
/// When the field has no class, or all.
fn beginning(generalist: &Network, config: &NetworkConfig, field: &[u16]) -> Result<Network> {
    let layers = config.layers()?;
    let depth = layers.len();
    let last = &generalist.layers()[depth - 1];
    let (weight, bias) = (last.weight().inner(), last.bias().inner());
    let classes = weight.dims()[0] as u16;
    let others: Vec<u16> = (0..classes).filter(|class| !field.contains(class)).collect();
    assert!(!field.is_empty() && !others.is_empty(), "{field:?} of {classes} classes");
    let numbers = |labels: &[u16]| {
        let labels: Vec<i32> = labels.iter().map(|&label| i32::from(label)).collect();
        let count = labels.len();
        Tensor::<1, Int>::from_data(TensorData::new(labels, [count]), &weight.device())
    };
    let (inside, outside) = (numbers(field), numbers(&others));
    let weights = vec![
        weight.clone().select(0, inside.clone()),
        weight.clone().select(0, outside.clone()).mean_dim(0),
    ];
    let dustbin = bias.clone().select(0, outside).mean_dim(0);
    let biases = vec![bias.select(0, inside), dustbin.add_scalar((others.len() as f64).ln())];
    let own = layers[depth - 1].with_weights(Tensor::cat(weights, 0), Tensor::cat(biases, 0));
    let mut copied: Vec<_> = generalist.layers()[..depth - 1].to_vec();
    copied = copied.into_iter().map(assay_models::Layer::unfreeze).collect();
    copied.push(own);
    Ok(Network::from_layers(copied))
}

/// What is added to a dustbin's logit after training on batches of which the share `drawn` was of the
/// field, where the share `true_share` of all images is: the logarithm of the proportion by which the field
/// was oversampled, to the rest. The softmax then speaks of images as they come.
fn dustbin_correction(drawn: f64, true_share: f64) -> f64 {
    (drawn / (1.0 - drawn)).ln() - (true_share / (1.0 - true_share)).ln()
}

/// The same network, frozen, with another bias of its last output.
fn with_dustbin_raised(network: &Network, by: f64) -> Network {
    let mut layers = network.frozen().layers().to_vec();
    let last = layers.pop().expect("a network has layers");
    let bias = last.bias().inner();
    let [outputs] = bias.dims();
    let mut raise = vec![0.0_f32; outputs];
    raise[outputs - 1] = by as f32;
    let raise = Tensor::from_data(TensorData::new(raise, [outputs]), &bias.device());
    layers.push(last.config().with_weights(last.weight().inner(), bias + raise).freeze());
    Network::from_layers(layers)
}

impl Classifiers {
    /// The network of a specialist of so many classes.
    ///
    /// # Errors
    /// When the architecture is unknown.
    pub fn specialist_config(
        &self,
        cell: &SpecialistCell,
        classes: usize,
    ) -> Result<NetworkConfig> {
        let generalist = &cell.panel.generalist;
        let outputs = classes + 1;
        network_config(&generalist.network, self.data_module().shape(&generalist.views), outputs)
    }

    /// Brings a specialist to its record, and says what it came to; none when it was stopped, and saved,
    /// before that.
    ///
    /// # Errors
    /// When its generalist is not there or diverged, or the run cannot be written to.
    pub fn specialize(
        &self,
        cell: &SpecialistCell,
        context: &CellContext,
    ) -> Result<Option<String>> {
        let began = Instant::now();
        let mut fields = fields(&cell.panel, context)?;
        let field = fields.swap_remove(cell.field as usize);
        let (training, correction) = self.specialist_training(cell, &field, context)?;
        let whole = Cell::from(cell.clone());
        let config = self.specialist_config(cell, field.len())?;
        let Some((mut training, outcome)) = context.train(&whole, &config, training, began)? else {
            return Ok(None);
        };
        let looked = Instant::now();
        let network = with_dustbin_raised(training.network(), correction);
        let weights = network.to_safetensors();
        let mut record =
            Record { classes: field, ..record_of(whole, &training, outcome, &weights) };
        if !matches!(record.outcome, Outcome::Diverged { .. }) {
            let all = (0..self.data_module().data().test.len() as u32).collect();
            let test = self.of_field(Split::Test, cell, &record.classes, all)?;
            record.test = Some(evaluate(&network, 0, &test, training.batch())?);
            if !record.is_finite() {
                record = record.diverged(cell.panel.schedule.epochs);
            }
        }
        training.progress_mut().seconds.evaluate += looked.elapsed().as_secs_f64();
        training.progress_mut().seconds.total += began.elapsed().as_secs_f64();
        let files = [(file::WEIGHTS, weights.as_slice())];
        context.publish(&record, &context.provenance_of(&training), &files)?;
        Ok(Some(describe(&record)))
    }

    /// A specialist's training at its beginning, and what its dustbin's logit is raised by in the end.
    fn specialist_training(
        &self,
        cell: &SpecialistCell,
        field: &[u16],
        context: &CellContext,
    ) -> Result<(Training, f64)> {
        let (panel, data) = (&cell.panel, self.data_module().data());
        let examples = &panel.generalist.examples;
        let images = seen(data, examples, panel.generalist.seed)?;
        let held_out = held_out(data, examples.held_out)?;
        let train = self.of_field(Split::Train, cell, field, images)?;
        let held_out = self.of_field(Split::TrainCentral, cell, field, held_out)?;
        let is_own = |&image: &u32| usize::from(train.labels[image as usize]) < field.len();
        let (own, rest) = (0..train.labels.len() as u32).partition(is_own);
        let order = StratifiedSampler { own, rest, share: panel.own_share };
        let batch = (panel.schedule.batch as usize).min(train.labels.len());
        let drawn = order.own_of(batch);
        ensure!(
            order.own.len() >= drawn && !order.rest.is_empty(),
            "a field of {} images beside {} others; a batch takes {drawn} of the field",
            order.own.len(),
            order.rest.len()
        );
        let true_share = order.own.len() as f64 / train.labels.len() as f64;
        let correction = dustbin_correction(drawn as f64 / batch as f64, true_share);
        let generalist = self.finished(&panel.generalist, context).context("its generalist")?;
        let network = beginning(&generalist, &self.specialist_config(cell, field.len())?, field)?;
        let every = context.settings.evaluate_every;
        let training = Training::new(network, &panel.schedule, cell.id(), (train, held_out), every);
        Ok((training.sampled_by(Box::new(order)), correction))
    }

    /// Images of all classes as a specialist labels them.
    fn of_field(
        &self,
        part: Split,
        cell: &SpecialistCell,
        field: &[u16],
        chosen: Vec<u32>,
    ) -> Result<LabeledBatches> {
        let all = self.labeled(part, &cell.panel.generalist, chosen)?;
        Ok(LabeledBatches { labels: relabeled(&all.labels, field), ..all })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_models::Initialization;
    use assay_runs::stream;
    use burn::tensor::Device;

    fn config(classes: usize) -> NetworkConfig {
        NetworkConfig {
            architecture: "mlp-6".parse().unwrap(),
            input: [1, 2, 2],
            classes,
            width: 1.0,
            groups: false,
            normalization: false,
            input_dropout: 0.0,
            dropout: 0.0,
        }
    }

    fn logits(network: &Network) -> Vec<f32> {
        let images = Tensor::from_data([[[[0.5, -1.0], [2.0, 0.25]]]], &Device::flex());
        network.frozen().forward(images).into_data().try_into_vec::<f32>().unwrap()
    }

    fn generalist(classes: usize) -> Network {
        let network = config(classes).init(
            Initialization::He,
            |layer| stream(&"generalist", layer),
            &Device::flex(),
        );
        network.unwrap()
    }

    #[test]
    fn a_specialist_begins_with_its_generalists_logits_and_the_mean_of_the_others() {
        let generalist = generalist(5);
        let all = logits(&generalist);
        let field = [1, 4];
        let own = logits(&beginning(&generalist, &config(3), &field).unwrap());
        let mean = (all[0] + all[2] + all[3]) / 3.0;
        let expected = [all[1], all[4], mean + 3f32.ln()];
        for (found, expected) in own.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-5, "{own:?} is not {expected:?}");
        }
        // Never more than the logarithm of the sum of exponentials that it stands for.
        let sum: f32 = [all[0], all[2], all[3]].map(f32::exp).iter().sum();
        assert!(own[2] <= sum.ln() + 1e-6);
    }

    #[test]
    fn a_label_is_its_place_in_the_field_or_the_dustbin() {
        assert_eq!(relabeled(&[7, 2, 5, 3, 9], &[2, 5, 9]), [3, 0, 1, 3, 2]);
    }

    #[test]
    fn the_correction_undoes_what_oversampling_did_to_the_odds() {
        // Half of each batch from a tenth of the images: the field's odds were 1 in place of 1/9.
        let correction = dustbin_correction(0.5, 0.1);
        assert!((correction - 9f64.ln()).abs() < 1e-12);
        // Odds of own to dustbin of 1, corrected: 1 / 9.
        let odds = (0.0 - correction).exp();
        assert!((odds - 1.0 / 9.0).abs() < 1e-12);
        assert!(dustbin_correction(0.25, 0.25).abs() < 1e-12);
    }

    #[test]
    fn raising_the_dustbin_changes_the_last_logit_alone() {
        let network = generalist(3);
        let (before, after) = (logits(&network), logits(&with_dustbin_raised(&network, 1.5)));
        assert_eq!(before[..2], after[..2]);
        assert!((after[2] - before[2] - 1.5).abs() < 1e-6);
    }
}
