//! From u8 pixels to numbers of mean zero and deviation one.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{DataError, Images, Shape};

/// Mean and standard deviation of each channel, in u8 units (0 to 255): what a network's input is
/// normalized by. A transferred network keeps those of its source (Yosinski et al. 2014).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Normalization {
    /// One mean a channel, 0 to 255.
    pub mean: Vec<f32>,
    /// One standard deviation a channel (of the population, not of a sample), above zero; 1 where
    /// a channel is constant, so that it becomes all zeros.
    pub deviation: Vec<f32>,
}

impl Normalization {
    /// Measures the images whose label is one of `classes`; sums are exact, so the result does not
    /// depend on the number of threads.
    ///
    /// # Errors
    /// [`DataError::Split`] when no image has one of these labels.
    pub fn of(images: &Images, classes: &[u16]) -> Result<Self, DataError> {
        Self::where_label(images, |label| classes.contains(&label)).ok_or_else(|| {
            DataError::Split(format!(
                "none of the {} images belongs to one of the {} classes to normalize by",
                images.len(),
                classes.len()
            ))
        })
    }

    /// Measures all images.
    ///
    /// # Errors
    /// [`DataError::Split`] when there is no image.
    pub fn of_all(images: &Images) -> Result<Self, DataError> {
        Self::where_label(images, |_| true)
            .ok_or_else(|| DataError::Split("there is no image to normalize by".into()))
    }

    /// From what the pixels of each class add up to, by label, of those classes that are wanted.
    pub(crate) fn of_sums(
        sums: &[ClassSums],
        wanted: impl Fn(u16) -> bool,
    ) -> Result<Self, DataError> {
        let mut all = ClassSums::default();
        for (_, class) in (0..).zip(sums).filter(|(label, _)| wanted(*label)) {
            all.add(class.pixels, &class.channels);
        }
        if all.pixels == 0 {
            return Err(DataError::Split("no image is of the classes to normalize by".into()));
        }
        Ok(Self::from_sums(&all.channels, all.pixels))
    }

    /// The same mean, and nothing divided: inputs stay in u8 units, of a deviation of about 60 for
    /// photographs. Caffe's networks, that of Yosinski et al. 2014 among them, have such inputs, and their
    /// initialization goes with them.
    #[must_use]
    pub fn mean_only(self) -> Self {
        Self { deviation: vec![1.0; self.mean.len()], ..self }
    }

    /// Changes nothing: mean 0, deviation 1.
    #[must_use]
    pub fn identity(channels: usize) -> Self {
        Self { mean: vec![0.0; channels], deviation: vec![1.0; channels] }
    }

    fn where_label(images: &Images, wanted: impl Fn(u16) -> bool + Sync) -> Option<Self> {
        let shape = images.shape();
        let plane = shape.height * shape.width;
        let chosen: Vec<usize> =
            (0..images.len()).filter(|&image| wanted(images.labels()[image])).collect();
        if chosen.is_empty() || plane == 0 {
            return None;
        }
        let sums = chosen
            .par_iter()
            .map(|&image| channel_sums(images.image(image), plane))
            .reduce(|| vec![(0, 0); shape.channels], |left, right| add(&left, &right));
        Some(Self::from_sums(&sums, (chosen.len() * plane) as u64))
    }

    /// From the sum and the sum of squares of each channel over `pixels` pixels.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "f64 is exact enough, f32 is asked for"
    )]
    fn from_sums(sums: &[(u64, u64)], pixels: u64) -> Self {
        let count = pixels as f64;
        let moments = sums.iter().map(|&(sum, squares)| {
            let mean = sum as f64 / count;
            let variance = (squares as f64 / count - mean * mean).max(0.0);
            // The two terms of a constant channel differ by rounding alone.
            let deviation = if variance < 1e-9 { 1.0 } else { variance.sqrt() };
            (mean as f32, deviation as f32)
        });
        let (mean, deviation) = moments.unzip();
        Self { mean, deviation }
    }
}

/// What the pixels of the images of one class add up to; exact, so that classes can be put together in
/// any way.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClassSums {
    /// Pixels of one channel, over all images.
    pixels: u64,
    /// The sum and the sum of squares of each channel, in u8 units; none where there is no image.
    channels: Vec<(u64, u64)>,
}

impl ClassSums {
    /// Of every class up to the last that has an image, by label.
    pub(crate) fn of_each(images: &Images) -> Vec<Self> {
        let mut sums = Vec::new();
        for (index, &label) in images.labels().iter().enumerate() {
            Self::add_image(&mut sums, label, images.image(index), images.shape());
        }
        sums
    }

    /// Adds an image, u8 `[channel, row, column]` of `shape`, to those of its class.
    pub(crate) fn add_image(sums: &mut Vec<Self>, label: u16, image: &[u8], shape: Shape) {
        let plane = shape.height * shape.width;
        let class = usize::from(label);
        if sums.len() <= class {
            sums.resize(class + 1, Self::default());
        }
        sums[class].add(plane as u64, &channel_sums(image, plane));
    }

    /// The same with a single channel repeated, where there are to be more.
    pub(crate) fn in_channels(self, channels: usize) -> Self {
        match self.channels[..] {
            [only] => Self { channels: vec![only; channels], ..self },
            _ => self,
        }
    }

    fn add(&mut self, pixels: u64, channels: &[(u64, u64)]) {
        self.pixels += pixels;
        self.channels = if self.channels.is_empty() {
            channels.to_vec()
        } else {
            add(&self.channels, channels)
        };
    }
}

fn channel_sums(image: &[u8], plane: usize) -> Vec<(u64, u64)> {
    image
        .chunks_exact(plane)
        .map(|channel| {
            channel.iter().fold((0, 0), |(sum, squares), &pixel| {
                let pixel = u64::from(pixel);
                (sum + pixel, squares + pixel * pixel)
            })
        })
        .collect()
}

fn add(left: &[(u64, u64)], right: &[(u64, u64)]) -> Vec<(u64, u64)> {
    left.iter().zip(right).map(|(a, b)| (a.0 + b.0, a.1 + b.1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn images() -> Images {
        let shape = Shape { channels: 2, height: 1, width: 2 };
        // Channel 0 of the images of class 0: 0 4; channel 1: 7 7. The image of class 1 is all 200.
        Images::new(shape, vec![0, 4, 7, 7, 200, 200, 200, 200, 0, 4, 7, 7], vec![0, 1, 0])
    }

    #[test]
    fn mean_and_deviation_are_those_of_the_chosen_classes_only() {
        let measured = Normalization::of(&images(), &[0]).unwrap();
        assert_eq!(measured.mean, vec![2.0, 7.0]);
        assert_eq!(measured.deviation, vec![2.0, 1.0]);
    }

    #[test]
    fn no_image_of_the_classes_is_an_error() {
        let message = Normalization::of(&images(), &[5]).unwrap_err().to_string();
        assert!(message.contains("none of the 3 images"), "{message}");
    }

    #[test]
    fn all_images_count_where_no_class_is_named() {
        let measured = Normalization::of_all(&images()).unwrap();
        assert!((measured.mean[0] - (8.0 + 400.0) / 6.0).abs() < 1e-4);
    }

    #[test]
    fn sums_by_class_give_the_same_bits_as_the_pixels() {
        let sums = ClassSums::of_each(&images());
        let by_sums = |classes: &[u16]| {
            Normalization::of_sums(&sums, |label| classes.contains(&label))
                .map_err(|e| e.to_string())
        };
        assert_eq!(by_sums(&[0]).unwrap(), Normalization::of(&images(), &[0]).unwrap());
        assert_eq!(by_sums(&[0, 1]).unwrap(), Normalization::of_all(&images()).unwrap());
        assert!(by_sums(&[5]).unwrap_err().contains("no image is of the classes"));
    }

    #[test]
    fn chosen_images_count_alone_and_all_of_a_class_are_the_class() {
        let images = crate::ImageSet::from(images());
        let one = images.normalization_of(&[2]).unwrap();
        assert_eq!((one.mean, one.deviation), (vec![2.0, 7.0], vec![2.0, 1.0]));
        // 0, 4 and two 200s: mean 101, squares 16 + 80000.
        let mixed = images.normalization_of(&[0, 1]).unwrap();
        assert_eq!(mixed.mean, vec![101.0, 103.5]);
        assert!((mixed.deviation[0] - (20004.0_f32 - 101.0 * 101.0).sqrt()).abs() < 1e-3);
        assert_eq!(images.normalization_of(&[0, 2]).unwrap(), images.normalization(&[0]).unwrap());
        assert!(images.normalization_of(&[]).is_err());
    }

    #[test]
    fn a_single_channel_counts_for_every_one_it_becomes() {
        let gray = Images::new(Shape { channels: 1, height: 1, width: 2 }, vec![1, 3], vec![0]);
        let sums = ClassSums::of_each(&gray).remove(0).in_channels(3);
        // 1 + 3 and 1 + 9.
        assert_eq!(sums, ClassSums { pixels: 2, channels: vec![(4, 10); 3] });
    }
}
