//! Image folders: one folder per class, with PNG and JPEG files of any size.

mod decode;
mod layout;
mod on_disk;
mod summary;

pub use summary::ReadProgress;
pub(crate) use summary::open_on_disk;

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::class_subset::ClassSubset;
use crate::{Class, DataError, Images, Shape, SplitLists};

/// An image folder that was scanned, but whose images are not decoded yet.
///
/// The following layouts are detected, in this order:
/// - `train/CLASS/` with `val/CLASS/` (or `valid/`, `validation/`, else `test/`). The images of a
///   class are in its folder or anywhere below it.
/// - `train/CLASS/` with all test images in `val/` (or `val/images/`) and a file with their labels:
///   `val_annotations.txt`, `val.txt`, `LOC_val_solution.csv` or
///   `imagenet_2012_validation_synset_labels.txt`, in `val/` or next to it (Tiny ImageNet,
///   ImageNet). All lines of this file give class names, or all give class numbers from 0 in the
///   order of the names.
/// - `CLASS/`, or only `train/CLASS/`: a fifth of each class, drawn from the seed, is for testing.
///   Without `train/`, at least one image must be directly in each class folder.
///
/// A warning counts images that are not used, with the reason. More unused than used images are an
/// error. Hidden files and `__MACOSX` are ignored.
///
/// Classes are sorted by the bytes of their names. Bytes of a name that are not UTF-8 are written
/// like `\xE9`. If the classes are the 1000 of ImageNet, they get the natural and man-made
/// families of Yosinski et al. 2014. Images are gray if all files are gray, otherwise RGB.
/// Transparency and EXIF orientation are ignored.
#[derive(Debug)]
pub struct Folder {
    /// The classes; a label is an index into them.
    pub classes: Vec<Class>,
    /// The images to train on.
    pub train: FolderPart,
    /// The images to test on.
    pub test: FolderPart,
    /// Warnings, for example about files that are not images.
    pub warnings: Vec<String>,
}

/// The files of the training or test images.
#[derive(Debug, PartialEq, Eq)]
pub struct FolderPart {
    /// Shape of the decoded images.
    pub shape: Shape,
    files: Vec<PathBuf>,
    /// One label per image.
    pub labels: Vec<u16>,
}

impl Folder {
    /// Scans `dir`.
    ///
    /// - side: images are resized and center-cropped to this square (as in Yosinski et al. 2014).
    ///   With `None`, images keep their size if all have the same, and are resized to 256 x 256
    ///   otherwise.
    /// - seed: selects the test images if the folder has none
    /// - names: the classes to use; empty for all
    ///
    /// # Errors
    /// [`DataError::Io`] for files that cannot be read. [`DataError::Malformed`] naming the folder
    /// or file: fewer than two classes, a class without images, test images of an unknown class,
    /// ambiguous or invalid labels, more unused than used images, or an invalid image.
    /// [`DataError::Settings`] for names of no class.
    pub fn scan(
        dir: &Path,
        side: Option<u32>,
        seed: u64,
        names: &[String],
    ) -> Result<Self, DataError> {
        let layout::Listing { classes, train, test, warnings } = layout::list(dir, seed)?;
        let class = |name| Class { name, family: None };
        let classes = with_known_families(classes.into_iter().map(class).collect())?;
        let subset = ClassSubset::new(names, &classes, &dir.display().to_string())?;
        let [train, test] = [train, test].map(|files| -> Vec<(PathBuf, u16)> {
            let label = |(path, label)| Some((path, subset.label(label)?));
            files.into_iter().filter_map(label).collect()
        });
        ClassSubset::check_images(names, train.len(), test.len())?;
        let shape = decode::common_shape(train.iter().chain(&test).map(|(path, _)| &**path), side)?;
        let part = |files: Vec<(PathBuf, u16)>| {
            let (files, labels) = files.into_iter().unzip();
            FolderPart { shape, files, labels }
        };
        Ok(Self {
            classes: subset.classes(classes),
            train: part(train),
            test: part(test),
            warnings,
        })
    }

    /// Bytes of all decoded images.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let images = self.train.files.len() + self.test.files.len();
        images as u64 * self.train.shape.len() as u64
    }
}

/// Sets the families if these are the 1000 classes of ImageNet.
fn with_known_families(classes: Vec<Class>) -> Result<Vec<Class>, DataError> {
    match &classes[..] {
        [first, .., last]
            if classes.len() == 1000 && first.name == "n01440764" && last.name == "n15075141" =>
        {
            SplitLists::built_in("imagenet-semantic")?.with_families(classes)
        }
        _ => Ok(classes),
    }
}

impl FolderPart {
    /// Decodes all images in parallel.
    ///
    /// # Errors
    /// [`DataError::Io`] or [`DataError::Malformed`] naming a file.
    pub fn load(&self) -> Result<Images, DataError> {
        let length = self.shape.len();
        let mut pixels = vec![0; self.files.len() * length];
        pixels
            .par_chunks_exact_mut(length)
            .zip(&self.files)
            .try_for_each(|(out, path)| decode::decode(path, self.shape, out))?;
        Ok(Images::new(self.shape, pixels, self.labels.clone()))
    }
}

#[cfg(test)]
mod tests;
