//! Normalization of pixels to mean 0 and standard deviation 1.

use serde::{Deserialize, Serialize};

use crate::{DataError, Images, Shape};

/// Mean and standard deviation of each channel, in 0..=255. A transferred network keeps the
/// normalization of its source (Yosinski et al. 2014).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Normalization {
    /// Mean of each channel, in 0..=255.
    pub mean: Vec<f32>,
    /// Population standard deviation of each channel, above 0. For a constant channel it is 1, so
    /// that the normalized channel is 0.
    pub deviation: Vec<f32>,
}

impl Normalization {
    /// Computes the normalization from the images with these labels.
    ///
    /// # Errors
    /// [`DataError::Split`] when no image has one of these labels.
    pub fn from_classes(images: &Images, classes: &[u16]) -> Result<Self, DataError> {
        let sums = ClassSums::for_each_class(images);
        Self::from_sums(&sums, |label| classes.contains(&label)).ok_or_else(|| {
            DataError::Split(format!(
                "none of the {} images belongs to one of the {} classes to compute the normalization from",
                images.len(),
                classes.len()
            ))
        })
    }

    /// Computes the normalization from all images.
    ///
    /// # Errors
    /// [`DataError::Split`] when there is no image.
    pub fn from_images(images: &Images) -> Result<Self, DataError> {
        Self::from_sums(&ClassSums::for_each_class(images), |_| true).ok_or_else(|| {
            DataError::Split("there is no image to compute the normalization from".into())
        })
    }

    /// Computes the normalization from the pixel sums of the classes for which `wanted` is true.
    pub(crate) fn from_class_sums(
        sums: &[ClassSums],
        wanted: impl Fn(u16) -> bool,
    ) -> Result<Self, DataError> {
        Self::from_sums(sums, wanted).ok_or_else(|| {
            DataError::Split(
                "no image belongs to the classes to compute the normalization from".into(),
            )
        })
    }

    /// Subtracts the mean only. Caffe's networks (such as that of Yosinski et al. 2014) have such
    /// inputs, with a standard deviation of about 60 for photographs. Their published
    /// initialization depends on it.
    #[must_use]
    pub fn mean_only(self) -> Self {
        Self { deviation: vec![1.0; self.mean.len()], ..self }
    }

    /// The identity: mean 0, standard deviation 1.
    #[must_use]
    pub fn identity(channels: usize) -> Self {
        Self { mean: vec![0.0; channels], deviation: vec![1.0; channels] }
    }

    /// None if no image is wanted. Sums are exact integers, so their order does not matter.
    fn from_sums(sums: &[ClassSums], wanted: impl Fn(u16) -> bool) -> Option<Self> {
        let mut all = ClassSums::default();
        for (_, class) in (0..).zip(sums).filter(|(label, _)| wanted(*label)) {
            all.add(class.pixels, &class.channels);
        }
        let count = all.pixels as f64;
        let moments = all.channels.iter().map(|&(sum, squares)| {
            let mean = sum as f64 / count;
            let variance = (squares as f64 / count - mean * mean).max(0.0);
            // For a constant channel, the variance is rounding error.
            let deviation = if variance < 1e-9 { 1.0 } else { variance.sqrt() };
            (mean as f32, deviation as f32)
        });
        let (mean, deviation) = moments.unzip();
        (all.pixels > 0).then_some(Self { mean, deviation })
    }
}

/// Pixel sums of the images of one class. They are exact integers, so classes can be combined in
/// any order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClassSums {
    /// Number of pixels of one channel over all images.
    pixels: u64,
    /// Sum and sum of squares of each channel, in 0..=255; empty without images.
    channels: Vec<(u64, u64)>,
}

impl ClassSums {
    /// The sums of each class by label, up to the largest label that occurs.
    pub(crate) fn for_each_class(images: &Images) -> Vec<Self> {
        let mut sums = Vec::new();
        for (index, &label) in images.labels().iter().enumerate() {
            Self::add_image(&mut sums, label, images.image(index), images.shape());
        }
        sums
    }

    /// Adds an image, u8 `[channel, row, column]` of `shape`, to its class.
    pub(crate) fn add_image(sums: &mut Vec<Self>, label: u16, image: &[u8], shape: Shape) {
        let plane = shape.height * shape.width;
        let class = usize::from(label);
        if sums.len() <= class {
            sums.resize(class + 1, Self::default());
        }
        sums[class].add(plane as u64, &sum_channels(image, plane));
    }

    /// The sums after repeating a single channel `channels` times.
    pub(crate) fn repeat_channels(self, channels: usize) -> Self {
        match self.channels[..] {
            [only] => Self { channels: vec![only; channels], ..self },
            _ => self,
        }
    }

    fn add(&mut self, pixels: u64, channels: &[(u64, u64)]) {
        self.pixels += pixels;
        self.channels.resize(channels.len().max(self.channels.len()), (0, 0));
        for (all, more) in self.channels.iter_mut().zip(channels) {
            *all = (all.0 + more.0, all.1 + more.1);
        }
    }
}

fn sum_channels(image: &[u8], plane: usize) -> Vec<(u64, u64)> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn images() -> Images {
        let shape = Shape { channels: 2, height: 1, width: 2 };
        // Channel 0 of the images of class 0: 0 4; channel 1: 7 7. The image of class 1 is all 200.
        Images::new(shape, vec![0, 4, 7, 7, 200, 200, 200, 200, 0, 4, 7, 7], vec![0, 1, 0])
    }

    #[test]
    fn normalization_uses_the_selected_classes() {
        let measured = Normalization::from_classes(&images(), &[0]).unwrap();
        assert_eq!(measured.mean, vec![2.0, 7.0]);
        assert_eq!(measured.deviation, vec![2.0, 1.0]);
    }

    #[test]
    fn normalization_without_images_is_an_error() {
        let message = Normalization::from_classes(&images(), &[5]).unwrap_err().to_string();
        assert!(message.contains("none of the 3 images"), "{message}");
    }

    #[test]
    fn normalization_from_all_images() {
        let measured = Normalization::from_images(&images()).unwrap();
        assert!((measured.mean[0] - (8.0 + 400.0) / 6.0).abs() < 1e-4);
    }

    #[test]
    fn class_sums_give_the_same_normalization() {
        let sums = ClassSums::for_each_class(&images());
        let by_sums = |classes: &[u16]| {
            Normalization::from_class_sums(&sums, |label| classes.contains(&label))
                .map_err(|e| e.to_string())
        };
        assert_eq!(by_sums(&[0]).unwrap(), Normalization::from_classes(&images(), &[0]).unwrap());
        assert_eq!(by_sums(&[0, 1]).unwrap(), Normalization::from_images(&images()).unwrap());
        assert!(by_sums(&[5]).unwrap_err().contains("no image belongs to the classes"));
    }

    #[test]
    fn normalization_of_a_subset() {
        let images = crate::ImageSet::from(images());
        let one = images.normalization_of_subset(&[2]).unwrap();
        assert_eq!((one.mean, one.deviation), (vec![2.0, 7.0], vec![2.0, 1.0]));
        // 0, 4 and two 200s: mean 101, mean of squares (16 + 80000) / 4.
        let mixed = images.normalization_of_subset(&[0, 1]).unwrap();
        assert_eq!(mixed.mean, vec![101.0, 103.5]);
        assert!((mixed.deviation[0] - (20004.0_f32 - 101.0 * 101.0).sqrt()).abs() < 1e-3);
        assert_eq!(
            images.normalization_of_subset(&[0, 2]).unwrap(),
            images.normalization_of_classes(&[0]).unwrap()
        );
        assert!(images.normalization_of_subset(&[]).is_err());
    }

    #[test]
    fn sums_of_gray_images_are_repeated() {
        let gray = Images::new(Shape { channels: 1, height: 1, width: 2 }, vec![1, 3], vec![0]);
        let sums = ClassSums::for_each_class(&gray).remove(0).repeat_channels(3);
        // 1 + 3 and 1 + 9.
        assert_eq!(sums, ClassSums { pixels: 2, channels: vec![(4, 10); 3] });
    }
}
