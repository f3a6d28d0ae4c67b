//! The built-in data set `forms`: 24 classes of small RGB images, generated from a seed.
//!
//! Twelve classes are *natural* (leaf, fern, feather, tree, flower, shell, cloud, mountain, cells,
//! pebbles, waves, river) and twelve are *man-made* (gear, wheel, key, screw, arrow, ladder, stairs,
//! tower, truss, bricks, chessboard, circuit). Both families have objects and endless patterns,
//! bold shapes and fine lines. `docs/images/forms.png` shows examples, drawn by the example
//! `contact_sheet`.
//!
//! Only the arrangement of the parts depends on the class. Everything else is drawn from the same
//! distributions for all classes:
//! - position, scale, rotation, stretch and flip. Objects with an upper side (trees, stairs) are
//!   rotated by up to 26 degrees, all others by any angle.
//! - the colors of figure and background, with a minimum contrast; either may be the lighter one
//! - textures, clutter behind and in front of the figure, lighting and noise
//!
//! Images are drawn at 64x64 and downsampled, so that 16x16 and 32x32 show the same scenes.
//!
//! # Difficulty
//!
//! The data set was designed using these accuracies only, and has not been changed since. Results on
//! transfer were not considered. Seed 0, 100 test images per class, one training each, in PyTorch:
//! 15 epochs of SGD (momentum 0.9, batch 64, one-cycle schedule up to 0.02), no augmentation, last
//! step. Weight decay is 5e-4 for the convolutional networks, the better of 1e-3 and 1e-4 for the
//! linear one, and 0.05 for the histogram.
//!
//! | model and input | 32x32, 600 per class | 16x16, 200 per class |
//! |---|---|---|
//! | chance | 4.2 % | 4.2 % |
//! | softmax on a 6x6x6 color histogram, one hidden layer of 64 | 7.6 % | 5.5 % |
//! | softmax on the pixels (linear) | 7.8 % | 7.8 % |
//! | five 3x3 convolutions (16, 32, 48, 48, 32), three dense layers | 87.4 % | 63.0 % |
//! | the same on the natural half (chance 8.3 %) | 87.1 % | 68.3 % |
//! | the same on the man-made half | 95.1 % | 67.1 % |
//! | the same on a random half | 92.7 % | 66.3 % |
//!
//! # Reproducibility
//!
//! On one machine, the pixels are determined by [`Settings`]. Other platforms may round a few values
//! differently, because sines and powers come from the system's math library. The fingerprint of
//! the data set shows whether this is the case.
#![allow(clippy::cast_possible_wrap, reason = "small counts go to i32 without loss")]

mod background;
mod cache;
mod canvas;
mod colors;
mod man_made;
mod natural;
mod noise;
mod raster;
mod scene;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::{Class, DataError, Family, Images, Shape};
pub(crate) use cache::open;
use scene::Motif;

/// Number, size and seed of the images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Training images of each class, at least 1.
    pub train_per_class: u32,
    /// Test images of each class, at least 1.
    pub test_per_class: u32,
    /// Side of the images in pixels: 16 or 32.
    pub size: u32,
    /// Seed of all random numbers.
    pub seed: u64,
}

/// The classes in the order of their labels: 12 natural ones, then 12 man-made ones.
#[must_use]
pub fn classes() -> Vec<Class> {
    motifs()
        .map(|(family, motif)| Class { name: motif.name.to_owned(), family: Some(family) })
        .collect()
}

/// Generates the training and test images: RGB, u8 `[image, channel, row, column]`.
///
/// Image i is of class `i % 24`. Each image has its own ChaCha8 stream, which depends on the seed,
/// the split, the class and the number of the image within its class. The pixels therefore do not
/// depend on the number of threads or images.
///
/// # Errors
/// [`DataError::Settings`] when `size` is not 16 or 32, a number of images is 0, or the images
/// would not fit into the address space.
pub fn generate(settings: &Settings) -> Result<(Images, Images), DataError> {
    let size = settings.size;
    if ![16, 32].contains(&size) {
        return Err(DataError::Settings(format!("forms: size is {size}; it must be 16 or 32")));
    }
    let train = draw_subset(settings, Subset::Train, settings.train_per_class)?;
    let test = draw_subset(settings, Subset::Test, settings.test_per_class)?;
    Ok((train, test))
}

/// Training or test images. The number is part of the random stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subset {
    Train = 0,
    Test = 1,
}

fn motifs() -> impl Iterator<Item = (Family, &'static Motif)> {
    let natural = natural::MOTIFS.iter().map(|motif| (Family::Natural, motif));
    natural.chain(man_made::MOTIFS.iter().map(|motif| (Family::ManMade, motif)))
}

fn draw_subset(settings: &Settings, subset: Subset, per_class: u32) -> Result<Images, DataError> {
    if per_class == 0 {
        return Err(DataError::Settings(format!(
            "forms: 0 images per class ({subset:?}); at least 1 is needed"
        )));
    }
    let shape = shape(settings);
    let count = motifs().count().checked_mul(per_class as usize);
    let bytes = count.and_then(|count| count.checked_mul(shape.len()));
    let (Some(count), Some(bytes)) = (count, bytes) else {
        return Err(DataError::Settings(format!(
            "forms: {per_class} images per class ({subset:?}) do not fit into the address space"
        )));
    };
    let mut pixels = vec![0; bytes];
    pixels
        .par_chunks_exact_mut(shape.len())
        .enumerate()
        .for_each(|(image, pixels)| draw_image(settings, subset, image, pixels));
    Ok(Images::new(shape, pixels, labels(count)))
}

fn shape(settings: &Settings) -> Shape {
    let size = settings.size as usize;
    Shape { channels: 3, height: size, width: size }
}

/// The labels of the first `count` images.
fn labels(count: usize) -> Vec<u16> {
    let classes = motifs().count();
    (0..count).map(|image| (image % classes) as u16).collect()
}

/// Draws image number `image` into `pixels`.
fn draw_image(settings: &Settings, subset: Subset, image: usize, pixels: &mut [u8]) {
    let classes = motifs().count();
    let (class, index) = (image % classes, image / classes);
    let (_, motif) = motifs().nth(class).expect("a class less than there are");
    let mut rng = stream(settings.seed, subset, class, index);
    scene::draw(motif, &mut rng, settings.size as usize, pixels);
}

/// The random stream of one image.
fn stream(seed: u64, subset: Subset, class: usize, index: usize) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream((subset as u64) << 48 | (class as u64) << 32 | index as u64);
    rng
}

#[cfg(test)]
mod tests;
