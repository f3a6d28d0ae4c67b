//! Labeled images of one shape, in memory or read on demand.

use std::sync::Arc;

use burn_dataset::{Dataset, DatasetError};

use crate::normalization::ClassSums;
use crate::{DataError, Images, Normalization, Shape};

/// Labeled images of one shape, in memory or read on demand. Clones share the images.
#[derive(Debug, Clone)]
pub enum ImageSet {
    /// Decoded images in memory.
    InMemory(Arc<Images>),
    /// Images that are read on demand.
    OnDemand(Arc<ImagesOnDemand>),
}

/// Reads the pixels of an image by its number, as [`ImageSet::read`].
type ReadImage = dyn Fn(usize, &mut [u8]) -> Result<(), DataError> + Send + Sync;

/// Images that are read on demand, such as files.
pub struct ImagesOnDemand {
    pub(crate) shape: Shape,
    pub(crate) labels: Vec<u16>,
    /// Pixel sums of each class, by label.
    pub(crate) sums: Vec<ClassSums>,
    pub(crate) read: Box<ReadImage>,
}

impl std::fmt::Debug for ImagesOnDemand {
    /// Number and shape.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ImagesOnDemand({} of {})", self.labels.len(), self.shape)
    }
}

impl ImageSet {
    /// The shape of every image.
    #[must_use]
    pub fn shape(&self) -> Shape {
        match self {
            Self::InMemory(images) => images.shape(),
            Self::OnDemand(images) => images.shape,
        }
    }

    /// One label per image: an index into [`DataSet::classes`](crate::DataSet::classes).
    #[must_use]
    pub fn labels(&self) -> &[u16] {
        match self {
            Self::InMemory(images) => images.labels(),
            Self::OnDemand(images) => &images.labels,
        }
    }

    /// The number of images.
    #[must_use]
    pub fn len(&self) -> usize {
        self.labels().len()
    }

    /// Whether there is no image.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.labels().is_empty()
    }

    /// The images, if all of them are in memory.
    #[must_use]
    pub fn in_memory(&self) -> Option<&Images> {
        match self {
            Self::InMemory(images) => Some(images),
            Self::OnDemand(_) => None,
        }
    }

    /// The same images with other labels.
    ///
    /// # Panics
    /// When the number of labels differs, or the images are not in memory.
    #[must_use]
    pub fn with_labels(&self, labels: Vec<u16>) -> Self {
        let images = self.in_memory().expect("images that get other labels are in memory");
        images.with_labels(labels).into()
    }

    /// Writes the pixels of image `index` to `out`, u8 `[channel, row, column]`. They are the same
    /// for images in memory and on disk.
    ///
    /// # Errors
    /// [`DataError::Io`] or [`DataError::Malformed`] naming a file that cannot be read or has
    /// changed since the data set was opened.
    ///
    /// # Panics
    /// When there is no image `index`, or the length of `out` does not match the shape.
    pub fn read(&self, index: usize, out: &mut [u8]) -> Result<(), DataError> {
        assert_eq!(out.len(), self.shape().len(), "an image of shape {}", self.shape());
        match self {
            Self::InMemory(images) => out.copy_from_slice(images.image(index)),
            Self::OnDemand(images) => (images.read)(index, out)?,
        }
        Ok(())
    }

    /// Mean and standard deviation of the images with these labels. Bit-identical for images in
    /// memory and on disk; the statistics of images on disk were computed when they were opened.
    ///
    /// # Errors
    /// [`DataError::Split`] when no image has one of these labels.
    pub fn normalization_of_classes(&self, classes: &[u16]) -> Result<Normalization, DataError> {
        match self {
            Self::InMemory(images) => Normalization::from_classes(images, classes),
            Self::OnDemand(images) => {
                Normalization::from_class_sums(&images.sums, |label| classes.contains(&label))
            }
        }
    }

    /// Mean and standard deviation of all images.
    ///
    /// # Errors
    /// [`DataError::Split`] when there is no image.
    pub fn normalization_of_all(&self) -> Result<Normalization, DataError> {
        match self {
            Self::InMemory(images) => Normalization::from_images(images),
            Self::OnDemand(images) => Normalization::from_class_sums(&images.sums, |_| true),
        }
    }

    /// Mean and standard deviation of these images, by index. Bit-identical for images in memory
    /// and on disk; images on disk are read one after another.
    ///
    /// # Errors
    /// [`DataError::Split`] when `indices` is empty; as [`ImageSet::read`].
    ///
    /// # Panics
    /// When an image does not exist.
    pub fn normalization_of_subset(&self, indices: &[u32]) -> Result<Normalization, DataError> {
        let mut sums = Vec::new();
        let mut image = vec![0; self.shape().len()];
        for &index in indices {
            self.read(index as usize, &mut image)?;
            ClassSums::add_image(&mut sums, 0, &image, self.shape());
        }
        Normalization::from_class_sums(&sums, |_| true)
    }

    /// Pixel sums of each class, by label.
    pub(crate) fn sums(&self) -> Vec<ClassSums> {
        match self {
            Self::InMemory(images) => ClassSums::for_each_class(images),
            Self::OnDemand(images) => images.sums.clone(),
        }
    }
}

impl From<Images> for ImageSet {
    fn from(images: Images) -> Self {
        Self::InMemory(Arc::new(images))
    }
}

impl From<ImagesOnDemand> for ImageSet {
    fn from(images: ImagesOnDemand) -> Self {
        Self::OnDemand(Arc::new(images))
    }
}

/// An image with its label, for burn's data loaders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabeledImage {
    /// u8 `[channel, row, column]`.
    pub pixels: Vec<u8>,
    /// Index into [`DataSet::classes`](crate::DataSet::classes).
    pub label: u16,
}

impl Dataset<LabeledImage, DatasetError> for ImageSet {
    fn get(&self, index: usize) -> Result<LabeledImage, DatasetError> {
        let mut pixels = vec![0; self.shape().len()];
        self.read(index, &mut pixels).map_err(DatasetError::new)?;
        Ok(LabeledImage { pixels, label: self.labels()[index] })
    }

    fn len(&self) -> usize {
        self.labels().len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn burn_data_loaders_get_all_images() {
        let shape = Shape { channels: 1, height: 1, width: 2 };
        let images = ImageSet::from(Images::new(shape, vec![1, 2, 3, 4], vec![7, 8]));
        let items: Vec<_> = Dataset::iter(&images).map(Result::unwrap).collect();
        let item = |pixels: [u8; 2], label| LabeledImage { pixels: pixels.to_vec(), label };
        assert_eq!(items, [item([1, 2], 7), item([3, 4], 8)]);
    }
}
