//! The images of a reject class: those that fooled earlier networks.

use std::collections::HashSet;
use std::rc::Rc;

use anyhow::{Context, Result, bail, ensure};
use assay_classifier_cells::{
    AttackCell, AttackResult, ClassifierCell, ELITES_FILE, FIRST_GENERATION_FILE, RejectClass,
    Rejection,
};
use assay_datasets::{Images, Normalization, Shape, ViewConfig, ViewSource};
use assay_runs::{Cell, CellSpec, RunDirectory, random_stream};
use burn::tensor::{Device, Tensor};
use rand::seq::SliceRandom;
use safetensors::tensor::{Dtype, SafeTensors};

use assay_engine::trainer::{ConcatDataset, LabeledBatches};
use assay_engine::worker::CellContext;

/// Collects the images of a reject class, round by round and attack by attack, all with `label`.
///
/// # Errors
/// Returns an error if an attack's images cannot be read or have another shape, or if there are none.
pub fn reject_images(
    class: &RejectClass,
    shape: Shape,
    label: u16,
    context: &CellContext,
) -> Result<Images> {
    let mut pixels = Vec::new();
    for round in class.rounds() {
        for attack in round.attacks() {
            pixels.extend(sample_attack_images(&attack, round.images as usize, shape, context)?);
        }
    }
    if pixels.is_empty() {
        bail!(
            "{} has no image: there is nothing to train the reject class on",
            class.network.name()
        );
    }
    let labels = vec![label; pixels.len() / shape.len()];
    Ok(Images::new(shape, pixels, labels))
}

/// Draws `count` of an attack's images without repetition, the same for every network.
fn sample_attack_images(
    attack: &AttackCell,
    count: usize,
    shape: Shape,
    context: &CellContext,
) -> Result<Vec<u8>> {
    let cell = Cell::from(attack.clone());
    let record = context.run.record(&cell)?.context("an attack that it needs has no record")?;
    if record.details::<AttackResult>().is_none() {
        // The attacked network diverged, so no image was found.
        return Ok(Vec::new());
    }
    let mut pool = Vec::new();
    for name in [FIRST_GENERATION_FILE, ELITES_FILE] {
        let pixels = attack_pixels(&context.run, &cell, name)?;
        ensure!(
            pixels.len().is_multiple_of(shape.len()),
            "{name} of {}: {} bytes are no whole images of {shape}",
            cell.name(),
            pixels.len()
        );
        pool.extend(pixels);
    }
    let images: Vec<&[u8]> = pool.chunks_exact(shape.len()).collect();
    let mut order: Vec<usize> = (0..images.len()).collect();
    order.shuffle(&mut random_stream(&attack.id(), "images of the reject class"));
    order.truncate(count);
    order.sort_unstable();
    Ok(order.into_iter().flat_map(|image| images[image].iter().copied()).collect())
}

/// Returns the pixels in one of an attack's files, one byte per value.
///
/// # Errors
/// Returns an error if the file is missing, damaged or belongs to another attack.
pub fn attack_pixels(run: &RunDirectory, attack: &Cell, name: &str) -> Result<Vec<u8>> {
    let file = run.read_published(attack, name)?;
    let name = || run.cell_folder(attack).join(name).display().to_string();
    let damaged = || format!("{}: not a safetensors file, or damaged", name());
    let (_, header) = SafeTensors::read_metadata(&file).with_context(damaged)?;
    let owner = header.metadata().as_ref().and_then(|metadata| metadata.get("attack"));
    let owner = owner.with_context(|| format!("{}: it does not name its attack", name()))?;
    if *owner != attack.id().to_string() {
        bail!("{}: its images belong to attack {owner}, not to {}", name(), attack.id());
    }
    let tensors = SafeTensors::deserialize(&file).with_context(damaged)?;
    let pixels = tensors.tensor("pixels").with_context(name)?;
    ensure!(pixels.dtype() == Dtype::U8, "{}: pixels are not bytes", name());
    Ok(pixels.data().to_vec())
}

/// Appends the images of the reject class to the training images, with as many views each. If the class is
/// balanced, they are repeated until it has as many as a mean class, rounded to whole repeats.
///
/// # Errors
/// Returns an error if the views do not fit the images.
pub fn concat_reject_images(
    train: &LabeledBatches,
    rejected: &Images,
    cell: &ClassifierCell,
    normalization: &Normalization,
    device: &Device,
) -> Result<LabeledBatches> {
    // They have the size of a view already, so they are not cropped.
    let settings = ViewConfig { crop: 0, ..cell.views };
    let balanced = cell.reject.as_ref().is_some_and(|reject| reject.balanced);
    let times = if balanced { repeats(&train.labels, rejected.len()) } else { 1 };
    let rejected = &repeated(rejected, times);
    let bank = if settings.horizontal_flip || settings.crop_padding > 0 {
        let mut rng = random_stream(&cell.id(), "views of the reject class");
        ViewSource::augmented(rejected, &settings, &mut rng, normalization, device)?
    } else {
        let repeated = repeated(rejected, settings.count as usize);
        ViewSource::unaugmented(&repeated, &ViewConfig::IDENTITY, normalization, device)?
    };
    let mut labels = train.labels.clone();
    labels.extend(rejected.labels());
    let source = Rc::new(ConcatDataset::new(train.source.clone(), Rc::new(bank)));
    Ok(LabeledBatches { source, labels, views: train.views })
}

/// Evaluates a network whose last output is the reject class.
///
/// `logits` is `[images, classes + 1]`. `reject_images` is the size of the reject class in training.
///
/// # Panics
/// Panics if there is not one label per image.
pub fn rejection(logits: &Tensor<2>, labels: &[u16], reject_images: usize) -> Rejection {
    let [images, outputs] = logits.dims();
    assert!(images == labels.len(), "{} labels for {images} images", labels.len());
    let values = logits.clone().into_data().convert::<f32>().try_into_vec::<f32>();
    let values = values.expect("just converted");
    let (mut rejected, mut correct) = (0, 0);
    for (row, &label) in values.chunks_exact(outputs).zip(labels) {
        let (&reject, classes) = row.split_last().expect("a network has outputs");
        let label_logit = classes[usize::from(label)];
        // A tie does not count, neither for the reject class nor for the label.
        rejected += u32::from(classes.iter().all(|&logit| logit < reject));
        correct += u32::from(classes.iter().filter(|&&logit| logit >= label_logit).count() == 1);
    }
    Rejection { images: reject_images as u32, rejected, correct_among_classes: correct }
}

/// How often each of `rejected` images is repeated, so that their class is about as large as a mean
/// class of `labels`; at least once.
fn repeats(labels: &[u16], rejected: usize) -> usize {
    let classes = labels.iter().collect::<HashSet<_>>().len().max(1);
    let mean = labels.len() as f64 / classes as f64;
    (mean / rejected as f64).round().max(1.0) as usize
}

/// Repeats every image `times` times.
fn repeated(images: &Images, times: usize) -> Images {
    let each = 0..images.len();
    let pixels = each.flat_map(|image| images.image(image).repeat(times)).collect();
    let labels = images.labels().iter().flat_map(|&label| vec![label; times]).collect();
    Images::new(images.shape(), pixels, labels)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rejected_image_may_be_correct_among_the_classes_and_ties_do_not_count() {
        let logits = Tensor::<2>::from_data(
            [
                // Correct; rejected but correct among the classes; rejected and wrong; a tie with the
                // reject class; a tie with another class.
                [2.0, 1.0, 0.0],
                [2.0, 1.0, 3.0],
                [1.0, 2.0, 3.0],
                [2.0, 1.0, 2.0],
                [2.0, 2.0, 0.0],
            ],
            &Device::flex(),
        );
        let found = rejection(&logits, &[0; 5], 7);
        assert_eq!(found, Rejection { images: 7, rejected: 2, correct_among_classes: 3 });
    }

    #[test]
    fn the_reject_class_is_about_as_large_as_a_class_of_the_data() {
        let labels = [vec![0; 90], vec![1; 110]].concat();
        assert_eq!(
            [1, 30, 66, 67, 100, 500].map(|images| repeats(&labels, images)),
            [100, 3, 2, 1, 1, 1]
        );
    }

    #[test]
    fn an_image_is_repeated_once_per_view() {
        let shape = Shape { channels: 1, height: 1, width: 2 };
        let images = Images::new(shape, vec![1, 2, 3, 4], vec![9, 9]);
        let twice = repeated(&images, 2);
        assert_eq!((twice.pixels(), twice.labels()), (&[1, 2, 1, 2, 3, 4, 3, 4][..], &[9; 4][..]));
    }
}
