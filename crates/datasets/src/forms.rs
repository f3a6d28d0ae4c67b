//! The embedded data set: drawn by code from a seed.
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "small counts and pixel values go to and from f32 without loss that could be seen"
)]

mod canvas;
mod man_made;
mod natural;
mod noise;
mod scene;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::{Class, DataError, Family, Images, Shape};
use scene::Motif;

/// How many images to draw, how large, and from which seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Images of each class to train on, at least 1.
    pub train_per_class: u32,
    /// Images of each class to test on, at least 1.
    pub test_per_class: u32,
    /// Pixels along an edge of the square images: 16 or 32.
    pub size: u32,
    /// What all draws follow from.
    pub seed: u64,
}

/// The classes in the order of their labels: the natural ones, then as many man-made ones.
#[must_use]
pub fn classes() -> Vec<Class> {
    motifs()
        .map(|(family, motif)| Class { name: motif.name.to_owned(), family: Some(family) })
        .collect()
}

/// Draws the images to train on and the images to test on: RGB, u8 `[image, channel, row, column]`.
///
/// Image i of a part is of class `i % 24`. Every image has a ChaCha8 stream of its own, found from
/// the seed, the part, the class and the image's number within its class. So the bytes depend
/// neither on the number of threads nor on how many images are drawn.
///
/// # Errors
/// [`DataError::Unknown`] when `size` is neither 16 nor 32, when a part is to have no image, or
/// when a part would not fit into memory's address range.
pub fn generate(settings: &Settings) -> Result<(Images, Images), DataError> {
    if ![16, 32].contains(&settings.size) {
        return Err(DataError::Unknown(format!(
            "forms: images of {0}x{0} asked for; they are drawn at 16x16 or 32x32",
            settings.size
        )));
    }
    let train = draw_part(settings, Part::Train, settings.train_per_class)?;
    let test = draw_part(settings, Part::Test, settings.test_per_class)?;
    Ok((train, test))
}

/// Which of the two sets of images; the number is part of the stream's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Train = 0,
    Test = 1,
}

fn motifs() -> impl Iterator<Item = (Family, &'static Motif)> {
    let natural = natural::MOTIFS.iter().map(|motif| (Family::Natural, motif));
    natural.chain(man_made::MOTIFS.iter().map(|motif| (Family::ManMade, motif)))
}

fn draw_part(settings: &Settings, part: Part, per_class: u32) -> Result<Images, DataError> {
    if per_class == 0 {
        return Err(DataError::Unknown(format!(
            "forms: no images a class asked for ({part:?}); at least 1 is needed"
        )));
    }
    let size = settings.size as usize;
    let shape = Shape { channels: 3, height: size, width: size };
    let motifs: Vec<&Motif> = motifs().map(|(_, motif)| motif).collect();
    let count = motifs.len().checked_mul(per_class as usize);
    let bytes = count.and_then(|count| count.checked_mul(shape.len()));
    let (Some(count), Some(bytes)) = (count, bytes) else {
        return Err(DataError::Unknown(format!(
            "forms: {per_class} images a class ({part:?}) are more than this machine can address"
        )));
    };
    let mut pixels = vec![0; bytes];
    pixels.par_chunks_exact_mut(shape.len()).enumerate().for_each(|(image, pixels)| {
        let (class, index) = (image % motifs.len(), image / motifs.len());
        let mut rng = stream(settings.seed, part, class, index);
        scene::draw(motifs[class], &mut rng, size, pixels);
    });
    let labels = (0..count).map(|image| (image % motifs.len()) as u16).collect();
    Ok(Images::new(shape, pixels, labels))
}

/// The stream of one image: the seed names the family of streams, the rest which one of them.
fn stream(seed: u64, part: Part, class: usize, index: usize) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream((part as u64) << 48 | (class as u64) << 32 | index as u64);
    rng
}

#[cfg(test)]
mod tests;
