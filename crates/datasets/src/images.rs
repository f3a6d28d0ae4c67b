//! Labeled images in memory, and data sets.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::ImageSet;

/// The shape of one image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Shape {
    /// 1 for gray, 3 for RGB.
    pub channels: usize,
    /// Height in pixels.
    pub height: usize,
    /// Width in pixels.
    pub width: usize,
}

impl std::fmt::Display for Shape {
    /// `channels x height x width`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} x {} x {}", self.channels, self.height, self.width)
    }
}

impl Shape {
    /// Bytes of one image.
    #[must_use]
    pub fn len(self) -> usize {
        self.channels * self.height * self.width
    }

    /// Whether an image of this shape has no pixel at all.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}

/// Labeled images of one shape. `pixels` is u8 `[image, channel, row, column]`, or shared rows if
/// the images overlap.
#[derive(Clone, PartialEq, Eq)]
pub struct Images {
    shape: Shape,
    pixels: Vec<u8>,
    labels: Vec<u16>,
    /// For overlapping images: the row of `pixels` where each image begins.
    starts: Option<Vec<u32>>,
}

impl std::fmt::Debug for Images {
    /// Number and shape, without the pixels.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Images({} of {})", self.len(), self.shape)
    }
}

impl Images {
    /// Creates images from pixels, u8 `[image, channel, row, column]`, and one label per image.
    ///
    /// # Panics
    /// When the number of bytes is not `labels.len() * shape.len()`.
    #[must_use]
    pub fn new(shape: Shape, pixels: Vec<u8>, labels: Vec<u16>) -> Self {
        let (bytes, count) = (pixels.len(), labels.len());
        assert_eq!(
            bytes,
            count * shape.len(),
            "{bytes} bytes of pixels for {count} labels of shape {shape:?}"
        );
        Self { shape, pixels, labels, starts: None }
    }

    /// Creates gray images that share rows, such as overlapping windows of speech. `rows` is u8
    /// `[row, column]`; image i consists of `shape.height` rows from row `starts[i]` and has label
    /// `labels[i]`.
    ///
    /// # Panics
    /// When the shape is not gray, the last row is incomplete, the numbers of labels and starts
    /// differ, or an image extends beyond the last row.
    #[must_use]
    pub fn overlapping(shape: Shape, rows: Vec<u8>, starts: Vec<u32>, labels: Vec<u16>) -> Self {
        assert!(shape.channels == 1 && shape.width > 0, "images of shape {shape:?} that overlap");
        assert_eq!(rows.len() % shape.width, 0, "whole rows of shape {shape:?}");
        assert_eq!(starts.len(), labels.len(), "one label a start");
        let last = (rows.len() / shape.width).checked_sub(shape.height);
        let within = |&start: &u32| last.is_some_and(|last| start as usize <= last);
        assert!(starts.iter().all(within), "images of shape {shape:?} beyond the last row");
        Self { shape, pixels: rows, labels, starts: Some(starts) }
    }

    /// The same images with other labels.
    ///
    /// # Panics
    /// When the number of labels differs.
    #[must_use]
    pub fn with_labels(&self, labels: Vec<u16>) -> Self {
        assert_eq!(labels.len(), self.labels.len(), "one label an image");
        Self { labels, ..self.clone() }
    }

    /// For overlapping images: the row of [`pixels`](Self::pixels) where each image begins.
    #[must_use]
    pub fn starts(&self) -> Option<&[u32]> {
        self.starts.as_deref()
    }

    /// The shape of every image.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The number of images.
    #[must_use]
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no image.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// All pixels, u8 `[image, channel, row, column]`; for overlapping images the shared rows, u8
    /// `[row, column]`.
    #[must_use]
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// One label per image: an index into [`DataSet::classes`].
    #[must_use]
    pub fn labels(&self) -> &[u16] {
        &self.labels
    }

    pub(crate) fn into_labels(self) -> Vec<u16> {
        self.labels
    }

    /// The pixels of image `index`, u8 `[channel, row, column]`.
    ///
    /// # Panics
    /// When there is no image `index`.
    #[must_use]
    pub fn image(&self, index: usize) -> &[u8] {
        let start = match &self.starts {
            None => index * self.shape.len(),
            Some(starts) => starts[index] as usize * self.shape.width,
        };
        &self.pixels[start..start + self.shape.len()]
    }
}

/// The semantic family of a class (Yosinski et al. 2014, section 4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// Found in nature.
    Natural,
    /// Made by people.
    ManMade,
}

/// A class of a data set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Class {
    /// Its name.
    pub name: String,
    /// Its family, if known.
    pub family: Option<Family>,
}

/// A data set: training and test images.
#[derive(Debug, Clone)]
pub struct DataSet {
    /// The name in cells. For a folder, this is `folder-` and the first digits of its fingerprint,
    /// so that it does not depend on the path.
    pub name: String,
    /// The name for messages: what the data set was opened by, a name or the path of a folder.
    pub opened_as: String,
    /// The classes; a label is an index into them.
    pub classes: Vec<Class>,
    /// The images to train on.
    pub train: ImageSet,
    /// The test images.
    pub test: ImageSet,
    /// BLAKE3 (hexadecimal) of shape, labels and pixels. It is part of the identity of every cell.
    pub fingerprint: String,
    /// Warnings, for example about a file that is not the published one.
    pub warnings: Vec<String>,
    /// Which images belong together; none if each stands alone.
    pub groups: Option<Groups>,
}

/// Consecutive images that belong together, such as the windows of one utterance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The numbers of its images.
    pub images: Range<u32>,
    /// What the group shows, from 0: for speech, the digit. A kind may have several classes.
    pub kind: u16,
}

/// The groups of a data set: they cover its images in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Groups {
    /// Groups of training images.
    pub train: Vec<Group>,
    /// Groups of test images.
    pub test: Vec<Group>,
}

impl DataSet {
    /// The names of the classes without training images.
    #[must_use]
    pub fn classes_without_training_images(&self) -> Vec<&str> {
        absent_classes(&self.classes, self.train.labels())
    }
}

/// The names of the classes that do not occur in `labels`.
pub(crate) fn absent_classes<'a>(classes: &'a [Class], labels: &[u16]) -> Vec<&'a str> {
    let mut occurs = vec![false; classes.len()];
    for &label in labels {
        occurs[usize::from(label)] = true;
    }
    let absent = classes.iter().zip(occurs).filter(|(_, occurs)| !occurs);
    absent.map(|(class, _)| class.name.as_str()).collect()
}

/// Joins names with commas. After the first 20, only their number is given.
#[must_use]
pub fn abbreviate_list(names: &[&str]) -> String {
    let shown = names.iter().take(MAX_NAMED).copied().collect::<Vec<_>>().join(", ");
    match names.len().checked_sub(MAX_NAMED) {
        Some(more @ 1..) => format!("{shown} and {more} more"),
        _ => shown,
    }
}

/// Maximum number of names to list.
const MAX_NAMED: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_images_share_rows() {
        let shape = Shape { channels: 1, height: 2, width: 3 };
        let rows = vec![1, 1, 1, 2, 2, 2, 3, 3, 3];
        let images = Images::overlapping(shape, rows, vec![1, 0], vec![5, 6]);
        assert_eq!(images.image(0), [2, 2, 2, 3, 3, 3]);
        assert_eq!(images.image(1), [1, 1, 1, 2, 2, 2]);
        let relabeled = images.with_labels(vec![6, 6]);
        assert_eq!((relabeled.labels(), relabeled.image(1)), (&[6, 6][..], images.image(1)));
    }

    #[test]
    #[should_panic(expected = "beyond the last row")]
    fn an_image_beyond_the_last_row_panics() {
        let shape = Shape { channels: 1, height: 2, width: 1 };
        let _ = Images::overlapping(shape, vec![1, 2, 3], vec![2], vec![0]);
    }

    #[test]
    fn debug_output_does_not_list_pixels() {
        let shape = Shape { channels: 3, height: 1, width: 2 };
        let images = Images::new(shape, vec![0; 12], vec![0, 1]);
        assert_eq!(format!("{images:?}"), "Images(2 of 3 x 1 x 2)");
    }
}
