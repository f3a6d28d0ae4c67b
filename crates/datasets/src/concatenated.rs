//! Concatenation of two data sets: the classes of the first, followed by those of the second.

use std::path::Path;
use std::sync::Arc;

use crate::normalization::ClassSums;
use crate::{Class, DataError, DataSet, Halves, ImageSet, Images, Shape};

impl DataSet {
    /// Concatenates this data set and `other`. Returns the halves as well: the classes of this data
    /// set are half A, those of `other` are half B. If only one is in color, the gray channel of
    /// the other is repeated three times.
    ///
    /// # Errors
    /// [`DataError::Settings`] when the images differ in height or width, there are more than
    /// 65,536 classes, or one is a speech data set.
    pub fn concat(self, other: Self) -> Result<(Self, Halves), DataError> {
        let opened_as = format!("{}+{}", self.opened_as, other.opened_as);
        let (first, last) = check_compatible(&self, &other, &opened_as)?;
        let halves = Halves { a: (0..first).collect(), b: (first..=last).collect() };
        let [own_prefix, other_prefix] = class_prefixes(&self, &other);
        let fingerprint = format!("{} {}", self.fingerprint, other.fingerprint);
        let concatenated = Self {
            name: format!("{}+{}", self.name, other.name),
            opened_as,
            classes: [
                prefixed_classes(&self, &own_prefix),
                prefixed_classes(&other, &other_prefix),
            ]
            .concat(),
            fingerprint: blake3::hash(fingerprint.as_bytes()).to_hex().to_string(),
            train: concat_images(self.train, other.train, first),
            test: concat_images(self.test, other.test, first),
            warnings: [self.warnings, other.warnings].concat(),
            utterances: None,
        };
        Ok((concatenated, halves))
    }
}

/// Checks that two data sets can be concatenated. Returns the first and the last label of the
/// second one.
fn check_compatible(
    first_set: &DataSet,
    second_set: &DataSet,
    opened_as: &str,
) -> Result<(u16, u16), DataError> {
    if first_set.utterances.is_some() || second_set.utterances.is_some() {
        return Err(DataError::Settings(format!(
            "{opened_as}: speech data cannot be combined with another data set"
        )));
    }
    let (shape, other) = (first_set.train.shape(), second_set.train.shape());
    if (shape.height, shape.width) != (other.height, other.width) {
        return Err(DataError::Settings(format!(
            "images of {} are {shape}, but those of {} are {other}; set data.image_size to resize \
             them",
            first_set.opened_as, second_set.opened_as
        )));
    }
    let classes = first_set.classes.len() + second_set.classes.len();
    match (u16::try_from(first_set.classes.len()), u16::try_from(classes - 1)) {
        (Ok(first), Ok(last)) => Ok((first, last)),
        _ => Err(DataError::Settings(format!(
            "{opened_as} has {classes} classes; at most 65536 are supported"
        ))),
    }
}

fn prefixed_classes(set: &DataSet, prefix: &str) -> Vec<Class> {
    let class =
        |class: &Class| Class { name: format!("{prefix}/{}", class.name), family: class.family };
    set.classes.iter().map(class).collect()
}

/// Prefixes of the class names: the folder names or, if those are equal, the full names.
fn class_prefixes(first_set: &DataSet, second_set: &DataSet) -> [String; 2] {
    let last = |set: &DataSet| {
        let name = Path::new(&set.opened_as).file_name();
        name.map_or_else(|| set.opened_as.clone(), |name| name.to_string_lossy().into_owned())
    };
    let names = [first_set, second_set].map(last);
    if names[0] == names[1] {
        [first_set, second_set].map(|set| set.opened_as.clone())
    } else {
        names
    }
}

fn concat_images(first_set: ImageSet, second_set: ImageSet, first: u16) -> ImageSet {
    let channels = first_set.shape().channels.max(second_set.shape().channels);
    let shape = Shape { channels, ..first_set.shape() };
    let shifted = second_set.labels().iter().map(|label| label + first);
    let labels = first_set.labels().iter().copied().chain(shifted).collect();
    if let (Some(first_set), Some(second_set)) = (first_set.in_memory(), second_set.in_memory()) {
        let pixels =
            [repeat_channels(first_set, channels), repeat_channels(second_set, channels)].concat();
        return Images::new(shape, pixels, labels).into();
    }
    ImageSet::Concatenated(Arc::new(ConcatenatedImages::new(
        shape, labels, first, first_set, second_set,
    )))
}

/// The pixels, with a single channel repeated to `channels`.
fn repeat_channels(images: &Images, channels: usize) -> Vec<u8> {
    if images.shape().channels == channels {
        return images.pixels().to_vec();
    }
    (0..images.len()).flat_map(|index| images.image(index).repeat(channels)).collect()
}

/// The images of two data sets, of which at least one is not in memory.
#[derive(Debug)]
pub struct ConcatenatedImages {
    shape: Shape,
    labels: Vec<u16>,
    first_set: ImageSet,
    second_set: ImageSet,
    sums: Vec<ClassSums>,
}

impl ConcatenatedImages {
    /// - first: number of classes of `first_set`
    fn new(
        shape: Shape,
        labels: Vec<u16>,
        first: u16,
        first_set: ImageSet,
        second_set: ImageSet,
    ) -> Self {
        let mut sums = first_set.sums();
        sums.resize(usize::from(first), ClassSums::default());
        sums.extend(second_set.sums());
        let sums = sums.into_iter().map(|sums| sums.repeat_channels(shape.channels)).collect();
        Self { shape, labels, first_set, second_set, sums }
    }

    pub(crate) fn shape(&self) -> Shape {
        self.shape
    }

    pub(crate) fn labels(&self) -> &[u16] {
        &self.labels
    }

    pub(crate) fn read(&self, index: usize, out: &mut [u8]) -> Result<(), DataError> {
        assert_eq!(out.len(), self.shape.len(), "an image of shape {}", self.shape);
        let (images, index) = match index.checked_sub(self.first_set.len()) {
            None => (&self.first_set, index),
            Some(index) => (&self.second_set, index),
        };
        let length = images.shape().len();
        images.read(index, &mut out[..length])?;
        // Repeat the channel of a gray image.
        for channel in 1..out.len() / length {
            out.copy_within(..length, channel * length);
        }
        Ok(())
    }

    pub(crate) fn sums(&self) -> &[ClassSums] {
        &self.sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(name: &str, channels: usize, side: usize, labels: Vec<u16>) -> DataSet {
        let shape = Shape { channels, height: side, width: side };
        let pixels = (0..labels.len() * shape.len()).map(|byte| byte as u8).collect();
        let images = Images::new(shape, pixels, labels);
        let class = |name: &str| Class { name: name.into(), family: None };
        DataSet {
            name: name.into(),
            opened_as: name.into(),
            classes: vec![class("x"), class("y")],
            train: images.clone().into(),
            test: images.into(),
            fingerprint: name.into(),
            warnings: Vec::new(),
            utterances: None,
        }
    }

    #[test]
    fn concatenation_renumbers_classes_and_expands_gray() {
        let (gray, color) = (set("gray", 1, 1, vec![1, 0]), set("color", 3, 1, vec![0, 1]));
        let (concatenated, halves) = gray.concat(color).unwrap();
        assert_eq!((halves.a, halves.b), (vec![0, 1], vec![2, 3]));
        assert_eq!(concatenated.train.labels(), [1, 0, 2, 3]);
        let images = concatenated.train.in_memory().unwrap();
        assert_eq!(images.pixels(), [0, 0, 0, 1, 1, 1, 0, 1, 2, 3, 4, 5]);
        assert_eq!(concatenated.classes[3].name, "color/y");
    }

    #[test]
    fn concatenation_on_disk_equals_concatenation_in_memory() {
        let (gray, color) = (set("gray", 1, 1, vec![1, 0]), set("color", 3, 1, vec![0, 1]));
        let (shape, labels) = (color.train.shape(), vec![1, 0, 2, 3]);
        let (first_set, second_set) = (gray.train.clone(), color.train.clone());
        let apart = ConcatenatedImages::new(shape, labels, 2, first_set, second_set);
        let (concatenated, _) = gray.concat(color).unwrap();
        let images = concatenated.train.in_memory().unwrap();
        for index in 0..4 {
            let mut image = [9; 3];
            apart.read(index, &mut image).unwrap();
            assert_eq!(image, images.image(index));
        }
        assert_eq!(apart.sums(), ClassSums::for_each_class(images));
    }

    #[test]
    fn different_image_sizes_are_an_error() {
        let error = set("small", 3, 1, vec![0]).concat(set("large", 3, 2, vec![0])).unwrap_err();
        let error = error.to_string();
        for word in ["small", "large", "data.image_size"] {
            assert!(error.contains(word), "{error}");
        }
    }
}
