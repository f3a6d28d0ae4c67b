//! Trains a specialist: a copy of the generalist for a subset of the classes and a *dustbin* class that stands
//! for all others.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use assay_classifier_cells::{SpecialistCell, SpecialistClasses};
use assay_models::{Network, NetworkConfig};
use assay_runs::{Cell, CellSpec, Outcome, file};
use burn::tensor::{Int, Tensor, TensorData};

use super::class_subsets::class_subsets;
use crate::{Classifiers, training_images, validation_images};
use assay_engine::data_module::Split;
use assay_engine::network::network_config;
use assay_engine::trainer::{LabeledBatches, StratifiedSampler, Training, evaluate};
use assay_engine::worker::{CellContext, describe_record, training_record};

/// Converts labels to a specialist's: the position in the subset, or `subset.len()` for the dustbin.
fn relabel(labels: &[u16], subset: &[u16]) -> Vec<u16> {
    let position = |label: &u16| subset.binary_search(label).unwrap_or(subset.len()) as u16;
    labels.iter().map(position).collect()
}

/// Initializes a specialist from the generalist.
///
/// All layers are copied, with the rows of the subset's classes in the last one. The dustbin's row and bias
/// are the means over all other classes; the logarithm of their number is added to the bias. This never
/// exceeds the log-sum-exp of their logits and equals it if the logits are equal.
///
/// # Panics
/// Panics if the subset is empty or contains all classes.
fn init_specialist(
    generalist: &Network,
    config: &NetworkConfig,
    subset: &[u16],
) -> Result<Network> {
    let layers = config.layers()?;
    let depth = layers.len();
    let last = &generalist.layers()[depth - 1];
    let (weight, bias) = (last.weight().inner(), last.bias().inner());
    let classes = weight.dims()[0] as u16;
    let others: Vec<u16> = (0..classes).filter(|class| !subset.contains(class)).collect();
    assert!(!subset.is_empty() && !others.is_empty(), "{subset:?} of {classes} classes");
    let numbers = |labels: &[u16]| {
        let labels: Vec<i32> = labels.iter().map(|&label| i32::from(label)).collect();
        let count = labels.len();
        Tensor::<1, Int>::from_data(TensorData::new(labels, [count]), &weight.device())
    };
    let (inside, outside) = (numbers(subset), numbers(&others));
    let weights = vec![
        weight.clone().select(0, inside.clone()),
        weight.clone().select(0, outside.clone()).mean_dim(0),
    ];
    let dustbin = bias.clone().select(0, outside).mean_dim(0);
    let biases = vec![bias.select(0, inside), dustbin.add_scalar((others.len() as f64).ln())];
    let output_layer =
        layers[depth - 1].with_weights(Tensor::cat(weights, 0), Tensor::cat(biases, 0));
    let mut copied = generalist.unfrozen().layers()[..depth - 1].to_vec();
    copied.push(output_layer);
    Ok(Network::from_layers(copied))
}

/// The correction of the dustbin's logit for oversampling the subset in training.
///
/// `drawn` is the subset's share of a batch, `true_share` its share of all images, both in (0, 1). The result is
/// the logarithm of the ratio of their odds. With it, the softmax is calibrated for the true shares.
fn dustbin_correction(drawn: f64, true_share: f64) -> f64 {
    (drawn / (1.0 - drawn)).ln() - (true_share / (1.0 - true_share)).ln()
}

/// Returns the network, frozen, with `correction` added to the bias of its last output.
fn with_dustbin_correction(network: &Network, correction: f64) -> Network {
    let mut layers = network.frozen().layers().to_vec();
    let last = layers.pop().expect("a network has layers");
    let bias = last.bias().inner();
    let [outputs] = bias.dims();
    let mut offsets = vec![0.0_f32; outputs];
    offsets[outputs - 1] = correction as f32;
    let offsets = Tensor::from_data(TensorData::new(offsets, [outputs]), &bias.device());
    layers.push(last.config().with_weights(last.weight().inner(), bias + offsets).freeze());
    Network::from_layers(layers)
}

impl Classifiers {
    /// The network of a specialist for `classes` classes and the dustbin.
    ///
    /// # Errors
    /// Returns an error if the architecture is unknown.
    pub fn specialist_config(
        &self,
        cell: &SpecialistCell,
        classes: usize,
    ) -> Result<NetworkConfig> {
        let generalist = &cell.ensemble.generalist;
        let outputs = classes + 1;
        network_config(&generalist.network, self.data_module().shape(&generalist.views), outputs)
    }

    /// Trains and evaluates a specialist and publishes its record. Describes the result.
    ///
    /// Returns `None` if the training was stopped; it is then saved.
    ///
    /// # Errors
    /// Returns an error if its generalist is missing or diverged, or the run cannot be written.
    pub fn train_specialist(
        &self,
        cell: &SpecialistCell,
        context: &CellContext,
    ) -> Result<Option<String>> {
        let began = Instant::now();
        let mut subsets = class_subsets(&cell.ensemble, context)?;
        let subset = subsets.swap_remove(cell.class_subset as usize);
        let (training, correction) = self.specialist_training(cell, &subset, context)?;
        let whole = Cell::from(cell.clone());
        let config = self.specialist_config(cell, subset.len())?;
        let Some((mut training, outcome)) =
            context.run_training(&whole, &config, training, began)?
        else {
            return Ok(None);
        };
        let evaluated = Instant::now();
        let network = with_dustbin_correction(training.network(), correction);
        let weights = network.to_safetensors();
        let mut record = training_record(whole, &training, outcome, &weights);
        if !matches!(record.outcome, Outcome::Diverged { .. }) {
            let all = (0..self.data_module().data().test.len() as u32).collect();
            let test = self.specialist_batches(Split::Test, cell, &subset, all)?;
            record.test = Some(evaluate(&network, 0, &test, training.batch())?);
            if !record.is_finite() {
                record = record.diverged(cell.ensemble.schedule.epochs);
            }
        }
        record.details = Some(SpecialistClasses { classes: subset }.into());
        training.progress_mut().seconds.evaluate += evaluated.elapsed().as_secs_f64();
        training.progress_mut().seconds.total += began.elapsed().as_secs_f64();
        let files = [(file::WEIGHTS, weights.as_slice())];
        context.publish(&record, &context.training_provenance(&training), &files)?;
        Ok(Some(describe_record(&record)))
    }

    /// Prepares the training of a specialist. Also returns the correction of its dustbin.
    fn specialist_training(
        &self,
        cell: &SpecialistCell,
        subset: &[u16],
        context: &CellContext,
    ) -> Result<(Training, f64)> {
        let (ensemble, data) = (&cell.ensemble, self.data_module().data());
        let examples = &ensemble.generalist.examples;
        let images = training_images(data, examples, ensemble.generalist.seed)?;
        let validation = validation_images(data, examples.validation_images)?;
        let train = self.specialist_batches(Split::Train, cell, subset, images)?;
        let validation = self.specialist_batches(Split::TrainCentral, cell, subset, validation)?;
        let is_in_subset = |&image: &u32| usize::from(train.labels[image as usize]) < subset.len();
        let (oversampled, others) = (0..train.labels.len() as u32).partition(is_in_subset);
        let sampler = StratifiedSampler { oversampled, others, share: ensemble.own_class_share };
        let batch = (ensemble.schedule.batch as usize).min(train.labels.len());
        let drawn = sampler.oversampled_per_batch(batch);
        ensure!(
            sampler.oversampled.len() >= drawn && !sampler.others.is_empty(),
            "a specialist's classes have {} images and the others {}; a batch takes {drawn} of its own",
            sampler.oversampled.len(),
            sampler.others.len()
        );
        let true_share = sampler.oversampled.len() as f64 / train.labels.len() as f64;
        let correction = dustbin_correction(drawn as f64 / batch as f64, true_share);
        let generalist =
            self.load_network(&ensemble.generalist, context).context("its generalist")?;
        let config = self.specialist_config(cell, subset.len())?;
        let network = init_specialist(&generalist, &config, subset)?;
        let every = context.run_settings.evaluate_every;
        let batches = (train, validation);
        let training = Training::new(network, &ensemble.schedule, cell.id(), batches, every);
        Ok((training.with_sampler(Box::new(sampler)), correction))
    }

    /// Images of all classes, with a specialist's labels.
    fn specialist_batches(
        &self,
        split: Split,
        cell: &SpecialistCell,
        subset: &[u16],
        chosen: Vec<u32>,
    ) -> Result<LabeledBatches> {
        let all = self.labeled_batches(split, &cell.ensemble.generalist, chosen)?;
        Ok(LabeledBatches { labels: relabel(&all.labels, subset), ..all })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_models::Initialization;
    use assay_runs::random_stream;
    use burn::tensor::Device;

    fn config(classes: usize) -> NetworkConfig {
        NetworkConfig {
            architecture: "mlp-6".parse().unwrap(),
            input: [1, 2, 2],
            classes,
            width: 1.0,
            groups: false,
            local_response_norm: false,
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
            |layer| random_stream(&"generalist", layer),
            &Device::flex(),
        );
        network.unwrap()
    }

    #[test]
    fn a_specialist_starts_with_the_generalists_logits_and_the_mean_of_the_others() {
        let generalist = generalist(5);
        let all = logits(&generalist);
        let subset = [1, 4];
        let own = logits(&init_specialist(&generalist, &config(3), &subset).unwrap());
        let mean = (all[0] + all[2] + all[3]) / 3.0;
        let expected = [all[1], all[4], mean + 3f32.ln()];
        for (found, expected) in own.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-5, "{own:?} is not {expected:?}");
        }
        // At most the log-sum-exp that it stands for.
        let sum: f32 = [all[0], all[2], all[3]].map(f32::exp).iter().sum();
        assert!(own[2] <= sum.ln() + 1e-6);
    }

    #[test]
    fn labels_are_positions_in_the_subset_or_the_dustbin() {
        assert_eq!(relabel(&[7, 2, 5, 3, 9], &[2, 5, 9]), [3, 0, 1, 3, 2]);
    }

    #[test]
    fn the_correction_undoes_the_effect_of_oversampling_on_the_odds() {
        // Half of each batch comes from a tenth of the images: odds of 1 instead of 1/9.
        let correction = dustbin_correction(0.5, 0.1);
        assert!((correction - 9f64.ln()).abs() < 1e-12);
        // Equal logits, corrected: odds of 1/9.
        let odds = (0.0 - correction).exp();
        assert!((odds - 1.0 / 9.0).abs() < 1e-12);
        assert!(dustbin_correction(0.25, 0.25).abs() < 1e-12);
    }

    #[test]
    fn the_dustbin_correction_changes_the_last_logit_only() {
        let network = generalist(3);
        let (before, after) = (logits(&network), logits(&with_dustbin_correction(&network, 1.5)));
        assert_eq!(before[..2], after[..2]);
        assert!((after[2] - before[2] - 1.5).abs() < 1e-6);
    }
}
