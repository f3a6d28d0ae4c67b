//! The images of a reject class: what fooled the networks before.

use std::rc::Rc;

use anyhow::{Context, Result, bail, ensure};
use assay_datasets::{Images, Normalization, Shape, ViewBank, ViewSettings};
use assay_runs::{
    AttackCell, Cell, ClassifierCell, RejectClass, Rejection, RunDirectory, file, stream,
};
use burn::tensor::{Device, Tensor};
use rand::seq::SliceRandom;
use safetensors::tensor::{Dtype, SafeTensors};

use assay_engine::profile::view_settings;
use assay_engine::trainer::{ConcatDataset, LabeledBatches};
use assay_engine::worker::CellContext;

/// The images of a class and of those before it, round by round and attack by attack, all with this label.
///
/// # Errors
/// When an attack's images cannot be read or are of another shape, or there is no image at all.
pub fn reject_images(
    class: &RejectClass,
    shape: Shape,
    label: u16,
    context: &CellContext,
) -> Result<Images> {
    let mut pixels = Vec::new();
    for round in class.rounds() {
        for attack in round.attacks() {
            pixels.extend(drawn(&attack, round.images as usize, shape, context)?);
        }
    }
    if pixels.is_empty() {
        bail!("{} has no image: there is nothing more to learn", class.network.name());
    }
    let labels = vec![label; pixels.len() / shape.len()];
    Ok(Images::new(shape, pixels, labels))
}

/// So many of an attack's images, drawn without one twice: the same for every network that learns them.
fn drawn(
    attack: &AttackCell,
    count: usize,
    shape: Shape,
    context: &CellContext,
) -> Result<Vec<u8>> {
    let cell = Cell::from(attack.clone());
    let record = context.run.record(&cell)?.context("an attack it needs has no record")?;
    if record.attack.is_none() {
        // The network diverged: nothing was found on it.
        return Ok(Vec::new());
    }
    let mut pool = Vec::new();
    for name in [file::FIRST, file::ELITES] {
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
    order.shuffle(&mut stream(&attack.id(), "images of the reject class"));
    order.truncate(count);
    order.sort_unstable();
    Ok(order.into_iter().flat_map(|image| images[image].iter().copied()).collect())
}

/// The pixels of a file of this name that an attack left behind.
///
/// # Errors
/// When the file is not there or not what was published, or says that it is of another attack.
pub fn attack_pixels(run: &RunDirectory, attack: &Cell, name: &str) -> Result<Vec<u8>> {
    let file = run.published(attack, name)?;
    let name = || run.cell_folder(attack).join(name).display().to_string();
    let damaged = || format!("{}: not a safetensors file, or damaged", name());
    let (_, header) = SafeTensors::read_metadata(&file).with_context(damaged)?;
    let owner = header.metadata().as_ref().and_then(|metadata| metadata.get("attack"));
    let owner = owner.with_context(|| format!("{}: no word of whose images these are", name()))?;
    if *owner != attack.id().to_string() {
        bail!("{}: its images are of attack {owner}, not of {}", name(), attack.id());
    }
    let tensors = SafeTensors::deserialize(&file).with_context(damaged)?;
    let pixels = tensors.tensor("pixels").with_context(name)?;
    ensure!(pixels.dtype() == Dtype::U8, "{}: pixels are not bytes", name());
    Ok(pixels.data().to_vec())
}

/// `train`, and after its images those of the reject class, as many views of each.
///
/// # Errors
/// When the views do not fit the images.
pub fn beside(
    train: &LabeledBatches,
    rejected: &Images,
    cell: &ClassifierCell,
    normalization: &Normalization,
    device: &Device,
) -> Result<LabeledBatches> {
    // They have the size of a view already: nothing is to be cut out of them.
    let settings = ViewSettings { crop: None, ..view_settings(&cell.views) };
    let bank = if settings.mirror || settings.crop_padding > 0 {
        let mut rng = stream(&cell.id(), "views of the reject class");
        ViewBank::new(rejected, &settings, &mut rng, normalization, device)?
    } else {
        let repeated = repeated(rejected, settings.count as usize);
        ViewBank::plain(&repeated, &ViewSettings::PLAIN, normalization, device)?
    };
    let mut labels = train.labels.clone();
    labels.extend(rejected.labels());
    let source = Rc::new(ConcatDataset::new(train.source.clone(), Rc::new(bank)));
    Ok(LabeledBatches { source, labels, views: train.views })
}

/// What a network with a reject class, its last output, makes of images with these labels.
///
/// - logits: `[images, classes + 1]`
///
/// # Panics
/// When there are not as many labels as images.
pub fn rejection(logits: &Tensor<2>, labels: &[u16], learnt: usize) -> Rejection {
    let [images, outputs] = logits.dims();
    assert!(images == labels.len(), "{} labels of {images} images", labels.len());
    let said = logits.clone().into_data().convert::<f32>().try_into_vec::<f32>();
    let said = said.expect("just converted");
    let (mut rejected, mut correct) = (0, 0);
    for (row, &label) in said.chunks_exact(outputs).zip(labels) {
        let (&reject, classes) = row.split_last().expect("a network has outputs");
        let own = classes[usize::from(label)];
        // As everywhere, a draw is no decision: neither for the reject class nor for the own one.
        rejected += u32::from(classes.iter().all(|&logit| logit < reject));
        correct += u32::from(classes.iter().filter(|&&logit| logit >= own).count() == 1);
    }
    Rejection { images: learnt as u32, rejected, correct_of_classes: correct }
}

/// Every image so many times, one after another.
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
    fn a_rejected_image_may_be_right_among_the_classes_and_a_draw_is_no_decision() {
        let said = Tensor::<2>::from_data(
            [
                // Right; rejected but right among the classes; rejected and wrong; a draw with the
                // reject class; a draw with another class.
                [2.0, 1.0, 0.0],
                [2.0, 1.0, 3.0],
                [1.0, 2.0, 3.0],
                [2.0, 1.0, 2.0],
                [2.0, 2.0, 0.0],
            ],
            &Device::flex(),
        );
        let found = rejection(&said, &[0; 5], 7);
        assert_eq!(found, Rejection { images: 7, rejected: 2, correct_of_classes: 3 });
    }

    #[test]
    fn an_image_is_repeated_as_often_as_it_has_views() {
        let shape = Shape { channels: 1, height: 1, width: 2 };
        let images = Images::new(shape, vec![1, 2, 3, 4], vec![9, 9]);
        let twice = repeated(&images, 2);
        assert_eq!((twice.pixels(), twice.labels()), (&[1, 2, 1, 2, 3, 4, 3, 4][..], &[9; 4][..]));
    }
}
