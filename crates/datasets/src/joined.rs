//! Two data sets as one: the classes of the first, then those of the second.

use std::path::Path;
use std::sync::Arc;

use crate::normalization::ClassSums;
use crate::{Class, DataError, DataSet, Halves, ImageSet, Images, Shape};

impl DataSet {
    /// This data set and `other` as one, and the halves that tell their classes apart: those of this
    /// one are half A, those of `other` half B. Where one is gray and the other in color, the gray
    /// one becomes RGB of three equal channels.
    ///
    /// # Errors
    /// [`DataError::Settings`] when the images differ in height or width, or there are more than
    /// 65,536 classes.
    pub fn joined(self, other: Self) -> Result<(Self, Halves), DataError> {
        let name = format!("{}+{}", self.name, other.name);
        let opened_as = format!("{}+{}", self.opened_as, other.opened_as);
        if self.utterances.is_some() || other.utterances.is_some() {
            return Err(DataError::Settings(format!(
                "{opened_as}: windows of speech cannot be joined with another data set"
            )));
        }
        let (own, theirs) = (self.train.shape(), other.train.shape());
        if (own.height, own.width) != (theirs.height, theirs.width) {
            return Err(DataError::Settings(format!(
                "images of {} are {own}, of {} {theirs}; set data.image_size to bring them to one size",
                self.opened_as, other.opened_as
            )));
        }
        let classes = self.classes.len() + other.classes.len();
        let (Ok(first), Ok(_)) = (u16::try_from(self.classes.len()), u16::try_from(classes - 1))
        else {
            return Err(DataError::Settings(format!(
                "{opened_as} has {classes} classes, over 65536"
            )));
        };
        let halves =
            Halves { a: (0..first).collect(), b: (first..=(classes - 1) as u16).collect() };
        let named = |set: &Self, name: &str| {
            let class = |class: &Class| Class {
                name: format!("{name}/{}", class.name),
                family: class.family,
            };
            set.classes.iter().map(class).collect::<Vec<_>>()
        };
        let [own, theirs] = names_in_a_pair(&self, &other);
        let joined = Self {
            name,
            opened_as,
            classes: [named(&self, &own), named(&other, &theirs)].concat(),
            fingerprint: blake3::hash(
                format!("{} {}", self.fingerprint, other.fingerprint).as_bytes(),
            )
            .to_hex()
            .to_string(),
            train: one_after_the_other(self.train, other.train, first),
            test: one_after_the_other(self.test, other.test, first),
            warnings: [self.warnings, other.warnings].concat(),
            utterances: None,
        };
        Ok((joined, halves))
    }
}

/// What stands before the names of the classes of two data sets: a folder's own name or, where both have
/// the same, what they were opened by.
fn names_in_a_pair(own: &DataSet, theirs: &DataSet) -> [String; 2] {
    let last = |set: &DataSet| {
        let name = Path::new(&set.opened_as).file_name();
        name.map_or_else(|| set.opened_as.clone(), |name| name.to_string_lossy().into_owned())
    };
    let names = [own, theirs].map(last);
    if names[0] == names[1] { [own, theirs].map(|set| set.opened_as.clone()) } else { names }
}

fn one_after_the_other(own: ImageSet, theirs: ImageSet, first: u16) -> ImageSet {
    let channels = own.shape().channels.max(theirs.shape().channels);
    let shape = Shape { channels, ..own.shape() };
    let shifted = theirs.labels().iter().map(|label| label + first);
    let labels = own.labels().iter().copied().chain(shifted).collect();
    if let (Some(own), Some(theirs)) = (own.in_memory(), theirs.in_memory()) {
        let pixels = [in_channels(own, channels), in_channels(theirs, channels)].concat();
        return Images::new(shape, pixels, labels).into();
    }
    ImageSet::Joined(Arc::new(JoinedImages::new(shape, labels, first, own, theirs)))
}

/// The pixels with each image's only channel repeated, where it has one and is to have three.
fn in_channels(images: &Images, channels: usize) -> Vec<u8> {
    if images.shape().channels == channels {
        return images.pixels().to_vec();
    }
    (0..images.len()).flat_map(|index| images.image(index).repeat(channels)).collect()
}

/// The images of two data sets, one after the other, read where they are.
#[derive(Debug)]
pub struct JoinedImages {
    shape: Shape,
    labels: Vec<u16>,
    own: ImageSet,
    theirs: ImageSet,
    sums: Vec<ClassSums>,
}

impl JoinedImages {
    /// - first: the number of classes of `own`
    fn new(shape: Shape, labels: Vec<u16>, first: u16, own: ImageSet, theirs: ImageSet) -> Self {
        let mut sums = own.sums();
        sums.resize(usize::from(first), ClassSums::default());
        sums.extend(theirs.sums());
        let sums = sums.into_iter().map(|sums| sums.in_channels(shape.channels)).collect();
        Self { shape, labels, own, theirs, sums }
    }

    pub(crate) fn shape(&self) -> Shape {
        self.shape
    }

    pub(crate) fn labels(&self) -> &[u16] {
        &self.labels
    }

    pub(crate) fn read(&self, index: usize, out: &mut [u8]) -> Result<(), DataError> {
        assert_eq!(out.len(), self.shape.len(), "an image of shape {}", self.shape);
        let (images, index) = match index.checked_sub(self.own.len()) {
            None => (&self.own, index),
            Some(index) => (&self.theirs, index),
        };
        let length = images.shape().len();
        images.read(index, &mut out[..length])?;
        // The only channel of a gray image stands for every channel.
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
    fn classes_of_the_second_follow_those_of_the_first_and_gray_becomes_three_equal_channels() {
        let (gray, color) = (set("gray", 1, 1, vec![1, 0]), set("color", 3, 1, vec![0, 1]));
        let (joined, halves) = gray.joined(color).unwrap();
        assert_eq!((halves.a, halves.b), (vec![0, 1], vec![2, 3]));
        assert_eq!(joined.train.labels(), [1, 0, 2, 3]);
        let images = joined.train.in_memory().unwrap();
        assert_eq!(images.pixels(), [0, 0, 0, 1, 1, 1, 0, 1, 2, 3, 4, 5]);
        assert_eq!(joined.classes[3].name, "color/y");
    }

    #[test]
    fn images_read_where_they_are_have_the_same_bytes_and_sums_as_joined_in_memory() {
        let (gray, color) = (set("gray", 1, 1, vec![1, 0]), set("color", 3, 1, vec![0, 1]));
        let (shape, labels) = (color.train.shape(), vec![1, 0, 2, 3]);
        let (own, theirs) = (gray.train.clone(), color.train.clone());
        let apart = JoinedImages::new(shape, labels, 2, own, theirs);
        let (joined, _) = gray.joined(color).unwrap();
        let images = joined.train.in_memory().unwrap();
        for index in 0..4 {
            let mut image = [9; 3];
            apart.read(index, &mut image).unwrap();
            assert_eq!(image, images.image(index));
        }
        assert_eq!(apart.sums(), ClassSums::of_each(images));
    }

    #[test]
    fn images_of_two_sizes_are_an_error_that_names_both_and_the_way_out() {
        let error = set("small", 3, 1, vec![0]).joined(set("large", 3, 2, vec![0])).unwrap_err();
        let error = error.to_string();
        for word in ["small", "large", "data.image_size"] {
            assert!(error.contains(word), "{error}");
        }
    }
}
