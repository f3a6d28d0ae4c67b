//! A folder of images: a folder a class, PNG and JPEG, of any size.

mod decode;
mod layout;
mod on_disk;
mod summary;

pub use on_disk::ImagesOnDisk;
pub use summary::Reading;
pub(crate) use summary::{OnDisk, leave_on_disk};

use std::path::{Path, PathBuf};
use std::sync::Arc;

use burn_dataset::{Dataset, DatasetError};
use rayon::prelude::*;

use crate::{Class, DataError, Images, LabeledImage, Shape, SplitLists};

/// A folder of images that was looked through but not read.
///
/// Recognized are, in this order:
/// - `train/CLASS/` with `val/CLASS/` (or `valid/`, or `validation/`) or, where there is none of them,
///   `test/CLASS/`: the images of a class lie in its folder or anywhere below it;
/// - the same with a flat `val/` (or `val/images/`) and a file that says what is on each image:
///   `val_annotations.txt`, `val.txt`, `LOC_val_solution.csv` or
///   `imagenet_2012_validation_synset_labels.txt`, in `val/` or beside it (Tiny ImageNet, ImageNet).
///   Such a file names the classes in all of its lines, or in all of them says their positions in the
///   order of names, from 0;
/// - `CLASS/`, or `train/CLASS/` alone: a fifth of each class, drawn from the seed, is for testing.
///   Without `train/`, a class has images in its own folder, and not only below it.
///
/// What looks like an image and is not used is counted in a warning, with the reason; more of it than
/// of images that are used is an error. Hidden files, and `__MACOSX`, are passed over.
///
/// The classes are the folders, by name in the order of their bytes; those of ImageNet, all 1000, are
/// told natural from man-made as in Yosinski et al. 2014. A byte of a name that is no UTF-8 stands in it as
/// `\xE9`. Images are gray where all are
/// gray, otherwise RGB; transparency and EXIF orientation are ignored.
#[derive(Debug, Clone)]
pub struct Folder {
    /// The classes; a label is an index into them.
    pub classes: Vec<Class>,
    /// The images to train on.
    pub train: Arc<FolderPart>,
    /// The images to test on.
    pub test: Arc<FolderPart>,
    /// What is odd about the folder but no error, such as files that are no images.
    pub warnings: Vec<String>,
}

/// The images of one part of a folder, decoded when asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderPart {
    shape: Shape,
    files: Vec<PathBuf>,
    labels: Vec<u16>,
}

impl Folder {
    /// Looks through `dir`.
    ///
    /// - side: of the square every image is brought to (shorter edge scaled, center cut out: as in
    ///   Yosinski et al. 2014); where `None`, the images stay as they are if all have one size, and
    ///   become 256 x 256 otherwise
    /// - seed: decides which images are for testing, where the folder does not
    ///
    /// # Errors
    /// [`DataError::Io`] for what cannot be read; [`DataError::Malformed`] naming the folder or file
    /// for fewer than two classes, a class without images, test images of an unknown class, a file of
    /// labels that can be read in two ways or in none, more images left out than used, or what is no
    /// image.
    pub fn scan(dir: &Path, side: Option<u32>, seed: u64) -> Result<Self, DataError> {
        let layout::Listing { classes, train, test, warnings } = layout::list(dir, seed)?;
        let shape = decode::common_shape(train.iter().chain(&test).map(|(path, _)| &**path), side)?;
        let part = |files: Vec<(PathBuf, u16)>| {
            let (files, labels) = files.into_iter().unzip();
            Arc::new(FolderPart { shape, files, labels })
        };
        let class = |name| Class { name, family: None };
        Ok(Self {
            classes: with_known_families(classes.into_iter().map(class).collect())?,
            train: part(train),
            test: part(test),
            warnings,
        })
    }

    /// Bytes of all images in memory.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        (self.train.len() as u64 + self.test.len() as u64) * self.train.shape.len() as u64
    }
}

/// ImageNet's 1000 classes get the families of the paper's semantic split, all others none.
fn with_known_families(classes: Vec<Class>) -> Result<Vec<Class>, DataError> {
    let ends = (classes.first(), classes.last());
    let (Some(first), Some(last)) = ends else { return Ok(classes) };
    let are_imagenets =
        classes.len() == 1000 && first.name == "n01440764" && last.name == "n15075141";
    if !are_imagenets {
        return Ok(classes);
    }
    SplitLists::built_in("imagenet-semantic")?.with_families(classes)
}

impl FolderPart {
    /// The number of images.
    #[must_use]
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there is no image.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The shape every image is brought to.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// One label an image.
    #[must_use]
    pub fn labels(&self) -> &[u16] {
        &self.labels
    }

    /// Decodes image `index` into `out`, u8 `[channel, row, column]` of [`shape`](Self::shape).
    ///
    /// # Errors
    /// [`DataError::Io`] or [`DataError::Malformed`] naming the file.
    ///
    /// # Panics
    /// When there is no image `index`, or `out` has another length.
    pub fn decode(&self, index: usize, out: &mut [u8]) -> Result<(), DataError> {
        decode::decode(&self.files[index], self.shape, out)
    }

    /// Decodes all images, on all threads, straight into their place.
    ///
    /// # Errors
    /// As [`decode`](Self::decode).
    pub fn load(&self) -> Result<Images, DataError> {
        let length = self.shape.len();
        let mut pixels = vec![0; self.len() * length];
        pixels
            .par_chunks_exact_mut(length)
            .zip(&self.files)
            .try_for_each(|(out, path)| decode::decode(path, self.shape, out))?;
        Ok(Images::new(self.shape, pixels, self.labels.clone()))
    }
}

impl Dataset<LabeledImage, DatasetError> for FolderPart {
    fn get(&self, index: usize) -> Result<LabeledImage, DatasetError> {
        let mut pixels = vec![0; self.shape.len()];
        self.decode(index, &mut pixels).map_err(DatasetError::new)?;
        Ok(LabeledImage { pixels, label: self.labels[index] })
    }

    fn len(&self) -> usize {
        FolderPart::len(self)
    }
}

#[cfg(test)]
mod tests;
