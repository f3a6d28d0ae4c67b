//! Labeled images of one shape, wherever they are.

use std::sync::Arc;

use crate::folder::ImagesOnDisk;
use crate::joined::JoinedImages;
use crate::normalization::ClassSums;
use crate::{DataError, Images, Normalization, Shape};

/// Labeled images of one shape: in memory, or read when they are asked for. To clone it shares them.
#[derive(Debug, Clone)]
pub enum ImageSet {
    /// In memory, decoded.
    InMemory(Arc<Images>),
    /// In files, decoded when asked for.
    OnDisk(Arc<ImagesOnDisk>),
    /// Of two data sets one of which, or both, are not in memory.
    Joined(Arc<JoinedImages>),
}

impl ImageSet {
    /// The shape of every image.
    #[must_use]
    pub fn shape(&self) -> Shape {
        match self {
            Self::InMemory(images) => images.shape(),
            Self::OnDisk(images) => images.shape(),
            Self::Joined(images) => images.shape(),
        }
    }

    /// One label an image, each an index into [`DataSet::classes`](crate::DataSet::classes).
    #[must_use]
    pub fn labels(&self) -> &[u16] {
        match self {
            Self::InMemory(images) => images.labels(),
            Self::OnDisk(images) => images.labels(),
            Self::Joined(images) => images.labels(),
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

    /// The images, where all of them are in memory.
    #[must_use]
    pub fn in_memory(&self) -> Option<&Images> {
        match self {
            Self::InMemory(images) => Some(images),
            Self::OnDisk(_) | Self::Joined(_) => None,
        }
    }

    /// The same images with other labels.
    ///
    /// # Panics
    /// When there is not one label an image, or the images are not in memory.
    #[must_use]
    pub fn with_labels(&self, labels: Vec<u16>) -> Self {
        self.in_memory()
            .expect("images that get other labels are in memory")
            .with_labels(labels)
            .into()
    }

    /// Writes the pixels of image `index` to `out`, u8 `[channel, row, column]`: the same bytes
    /// wherever the images are.
    ///
    /// # Errors
    /// [`DataError::Io`] or [`DataError::Malformed`] naming the file that cannot be read, or that is not
    /// what it was when the data set was opened.
    ///
    /// # Panics
    /// When there is no image `index`, or `out` is not as long as the shape says.
    pub fn read(&self, index: usize, out: &mut [u8]) -> Result<(), DataError> {
        match self {
            Self::InMemory(images) => {
                out.copy_from_slice(images.image(index));
                Ok(())
            }
            Self::OnDisk(images) => images.read(index, out),
            Self::Joined(images) => images.read(index, out),
        }
    }

    /// Mean and deviation of the images whose label is one of `classes`: the same bits wherever the
    /// images are. Those on disk were measured when they were opened, and are not read again.
    ///
    /// # Errors
    /// [`DataError::Split`] when no image has one of these labels.
    pub fn normalization(&self, classes: &[u16]) -> Result<Normalization, DataError> {
        match self.in_memory() {
            Some(images) => Normalization::of(images, classes),
            None => Normalization::of_sums(&self.sums(), |label| classes.contains(&label)),
        }
    }

    /// Mean and deviation of all images.
    ///
    /// # Errors
    /// [`DataError::Split`] when there is no image.
    pub fn normalization_of_all(&self) -> Result<Normalization, DataError> {
        match self.in_memory() {
            Some(images) => Normalization::of_all(images),
            None => Normalization::of_sums(&self.sums(), |_| true),
        }
    }

    /// Mean and deviation of these images alone, by their numbers: the same bits wherever the images are.
    /// Those on disk are read for it, one after another.
    ///
    /// # Errors
    /// [`DataError::Split`] when there is none; as [`ImageSet::read`].
    ///
    /// # Panics
    /// When there is no image of such a number.
    pub fn normalization_of(&self, chosen: &[u32]) -> Result<Normalization, DataError> {
        let mut sums = Vec::new();
        let mut image = vec![0; self.shape().len()];
        for &index in chosen {
            self.read(index as usize, &mut image)?;
            ClassSums::add_image(&mut sums, 0, &image, self.shape());
        }
        Normalization::of_sums(&sums, |_| true)
    }

    /// What the pixels of each class add up to, by label.
    pub(crate) fn sums(&self) -> Vec<ClassSums> {
        match self {
            Self::InMemory(images) => ClassSums::of_each(images),
            Self::OnDisk(images) => images.sums().to_vec(),
            Self::Joined(images) => images.sums().to_vec(),
        }
    }
}

impl From<Images> for ImageSet {
    fn from(images: Images) -> Self {
        Self::InMemory(Arc::new(images))
    }
}
