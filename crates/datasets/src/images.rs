//! Labeled images in memory, all of one shape.

use burn_dataset::{Dataset, DatasetError};
use serde::{Deserialize, Serialize};

use crate::ImageSet;
use crate::speech::Utterances;

/// The shape of one image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Shape {
    /// 1 for gray, 3 for RGB.
    pub channels: usize,
    /// Pixels from top to bottom.
    pub height: usize,
    /// Pixels from left to right.
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

/// Images of one shape with a label each: `pixels` is u8 `[image, channel, row, column]`, or rows
/// in which images overlap.
#[derive(Clone, PartialEq, Eq)]
pub struct Images {
    shape: Shape,
    pixels: Vec<u8>,
    labels: Vec<u16>,
    /// Where images overlap, the row of `pixels` that each begins with.
    starts: Option<Vec<u32>>,
}

impl std::fmt::Debug for Images {
    /// Number and shape: nobody wants to read the pixels.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Images({} of {})", self.len(), self.shape)
    }
}

/// One image with its label, as burn's data loaders take it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabeledImage {
    /// u8 `[channel, row, column]`.
    pub pixels: Vec<u8>,
    /// Index into [`DataSet::classes`].
    pub label: u16,
}

impl Images {
    /// Takes pixels, u8 `[image, channel, row, column]`, and one label an image.
    ///
    /// # Panics
    /// When the number of bytes is not `labels.len() * shape.len()`.
    #[must_use]
    pub fn new(shape: Shape, pixels: Vec<u8>, labels: Vec<u16>) -> Self {
        assert_eq!(
            pixels.len(),
            labels.len() * shape.len(),
            "{} bytes of pixels for {} labels of shape {shape:?}",
            pixels.len(),
            labels.len(),
        );
        Self { shape, pixels, labels, starts: None }
    }

    /// Takes gray images that share their rows, such as windows of speech that follow one another: `rows`
    /// is u8 `[row, column]`, an image is `shape.height` of them from the row in `starts` on, and has
    /// the label at the same place.
    ///
    /// # Panics
    /// When the shape is not gray, the rows are not whole, there is not one label a start, or an image
    /// goes beyond the last row.
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
    /// When there is not one label an image.
    #[must_use]
    pub fn with_labels(&self, labels: Vec<u16>) -> Self {
        assert_eq!(labels.len(), self.labels.len(), "one label an image");
        Self { labels, ..self.clone() }
    }

    /// Where images overlap, the row of [`pixels`](Self::pixels) that each begins with.
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

    /// All pixels, u8 `[image, channel, row, column]`; where images overlap, the rows they share, u8
    /// `[row, column]`.
    #[must_use]
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// One label an image, each an index into [`DataSet::classes`].
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

impl Dataset<LabeledImage, DatasetError> for Images {
    fn get(&self, index: usize) -> Result<LabeledImage, DatasetError> {
        Ok(LabeledImage { pixels: self.image(index).to_vec(), label: self.labels[index] })
    }

    fn len(&self) -> usize {
        Images::len(self)
    }
}

/// The semantic family of a class, for the semantic split (Yosinski et al. 2014, section 4.2).
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
    /// Its family, where somebody has said so.
    pub family: Option<Family>,
}

/// A data set: images to train on and images to test on.
#[derive(Debug, Clone)]
pub struct DataSet {
    /// What cells call it: the name it was opened by or, of a folder, `folder-` and the beginning of its
    /// fingerprint, so that the same images are the same data wherever they lie.
    pub name: String,
    /// What it was opened by, for people: its name, or the path of its folder.
    pub opened_as: String,
    /// The classes; a label is an index into them.
    pub classes: Vec<Class>,
    /// The images to train on.
    pub train: ImageSet,
    /// The images to test on, never trained on.
    pub test: ImageSet,
    /// BLAKE3, hex, of shape, labels and pixels of both parts, wherever they are: what a cell's
    /// identity rests on.
    pub fingerprint: String,
    /// What is odd about the data but no error, such as an unofficial digest.
    pub warnings: Vec<String>,
    /// Of speech, which of its windows belong to one spoken word.
    pub utterances: Option<Utterances>,
}

impl DataSet {
    /// The names of the classes of which there is no image to train on.
    #[must_use]
    pub fn untrained(&self) -> Vec<&str> {
        lacking(&self.classes, self.train.labels())
    }
}

/// The names of the classes that no image has for a label.
pub(crate) fn lacking<'a>(classes: &'a [Class], labels: &[u16]) -> Vec<&'a str> {
    let mut seen = vec![false; classes.len()];
    for &label in labels {
        seen[usize::from(label)] = true;
    }
    let unseen = classes.iter().zip(seen).filter(|(_, seen)| !seen);
    unseen.map(|(class, _)| class.name.as_str()).collect()
}

/// The first of some names, and how many more there are.
#[must_use]
pub fn few(names: &[&str]) -> String {
    let shown = names.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    match names.len().checked_sub(NAMED) {
        Some(more @ 1..) => format!("{shown} and {more} more"),
        _ => shown,
    }
}

/// Classes that are named before the rest is only counted.
const NAMED: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn burns_loaders_see_every_image_with_its_label() {
        let shape = Shape { channels: 1, height: 1, width: 2 };
        let images = Images::new(shape, vec![1, 2, 3, 4], vec![7, 8]);
        let items: Vec<_> = Dataset::iter(&images).map(Result::unwrap).collect();
        let item = |pixels: [u8; 2], label| LabeledImage { pixels: pixels.to_vec(), label };
        assert_eq!(items, [item([1, 2], 7), item([3, 4], 8)]);
    }

    #[test]
    fn images_that_overlap_share_their_rows() {
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
    fn an_image_beyond_the_last_row_is_refused() {
        let shape = Shape { channels: 1, height: 2, width: 1 };
        let _ = Images::overlapping(shape, vec![1, 2, 3], vec![2], vec![0]);
    }

    #[test]
    fn images_are_described_not_listed() {
        let shape = Shape { channels: 3, height: 1, width: 2 };
        let images = Images::new(shape, vec![0; 12], vec![0, 1]);
        assert_eq!(format!("{images:?}"), "Images(2 of 3 x 1 x 2)");
    }
}
