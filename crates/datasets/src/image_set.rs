//! Labeled images of one shape, in memory or on disk.

use std::sync::Arc;

use crate::concatenated::ConcatenatedImages;
use crate::folder::ImagesOnDisk;
use crate::normalization::ClassSums;
use crate::{DataError, Images, Normalization, Shape};

/// Labeled images of one shape, in memory or on disk. Clones share the images.
#[derive(Debug, Clone)]
pub enum ImageSet {
    /// Decoded images in memory.
    InMemory(Arc<Images>),
    /// Files that are decoded on demand.
    OnDisk(Arc<ImagesOnDisk>),
    /// The images of two data sets, of which at least one is not in memory.
    Concatenated(Arc<ConcatenatedImages>),
}

impl ImageSet {
    /// The shape of every image.
    #[must_use]
    pub fn shape(&self) -> Shape {
        match self {
            Self::InMemory(images) => images.shape(),
            Self::OnDisk(images) => images.shape(),
            Self::Concatenated(images) => images.shape(),
        }
    }

    /// One label per image: an index into [`DataSet::classes`](crate::DataSet::classes).
    #[must_use]
    pub fn labels(&self) -> &[u16] {
        match self {
            Self::InMemory(images) => images.labels(),
            Self::OnDisk(images) => images.labels(),
            Self::Concatenated(images) => images.labels(),
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
            Self::OnDisk(_) | Self::Concatenated(_) => None,
        }
    }

    /// The same images with other labels.
    ///
    /// # Panics
    /// When the number of labels differs, or the images are not in memory.
    #[must_use]
    pub fn with_labels(&self, labels: Vec<u16>) -> Self {
        self.in_memory()
            .expect("images that get other labels are in memory")
            .with_labels(labels)
            .into()
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
        match self {
            Self::InMemory(images) => {
                out.copy_from_slice(images.image(index));
                Ok(())
            }
            Self::OnDisk(images) => images.read(index, out),
            Self::Concatenated(images) => images.read(index, out),
        }
    }

    /// Mean and standard deviation of the images with these labels. Bit-identical for images in
    /// memory and on disk; the statistics of images on disk were computed when they were opened.
    ///
    /// # Errors
    /// [`DataError::Split`] when no image has one of these labels.
    pub fn normalization_of_classes(&self, classes: &[u16]) -> Result<Normalization, DataError> {
        match self.in_memory() {
            Some(images) => Normalization::from_classes(images, classes),
            None => Normalization::from_class_sums(&self.sums(), |label| classes.contains(&label)),
        }
    }

    /// Mean and standard deviation of all images.
    ///
    /// # Errors
    /// [`DataError::Split`] when there is no image.
    pub fn normalization_of_all(&self) -> Result<Normalization, DataError> {
        match self.in_memory() {
            Some(images) => Normalization::from_images(images),
            None => Normalization::from_class_sums(&self.sums(), |_| true),
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
            Self::OnDisk(images) => images.sums().to_vec(),
            Self::Concatenated(images) => images.sums().to_vec(),
        }
    }
}

impl From<Images> for ImageSet {
    fn from(images: Images) -> Self {
        Self::InMemory(Arc::new(images))
    }
}
