//! Concatenation of two data sets: the classes of the first, followed by those of the second.

use std::path::Path;

use crate::image_set::ImagesOnDemand;
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
        let [own_classes, other_classes] = prefixed_classes([&self, &other]);
        let fingerprint = format!("{} {}", self.fingerprint, other.fingerprint);
        let concatenated = Self {
            name: format!("{}+{}", self.name, other.name),
            opened_as,
            classes: [own_classes, other_classes].concat(),
            fingerprint: blake3::hash(fingerprint.as_bytes()).to_hex().to_string(),
            train: concat_images(self.train, other.train, first)?,
            test: concat_images(self.test, other.test, first)?,
            warnings: [self.warnings, other.warnings].concat(),
            groups: None,
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
    if first_set.groups.is_some() || second_set.groups.is_some() {
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
    if classes > 65_536 {
        let reason = format!("{opened_as} has {classes} classes; at most 65536 are supported");
        return Err(DataError::Settings(reason));
    }
    Ok((first_set.classes.len() as u16, (classes - 1) as u16))
}

/// The classes of both sets, with the folder names as prefixes or, if those are equal, the full
/// names.
fn prefixed_classes(sets: [&DataSet; 2]) -> [Vec<Class>; 2] {
    let folder_name = |set: &DataSet| {
        let name = Path::new(&set.opened_as).file_name();
        name.map_or_else(|| set.opened_as.clone(), |name| name.to_string_lossy().into_owned())
    };
    let is_ambiguous = folder_name(sets[0]) == folder_name(sets[1]);
    sets.map(|set| {
        let prefix = if is_ambiguous { set.opened_as.clone() } else { folder_name(set) };
        let name = |class: &Class| format!("{prefix}/{}", class.name);
        set.classes.iter().map(|class| Class { name: name(class), ..*class }).collect()
    })
}

/// - first: number of classes of `first_set`
fn concat_images(
    first_set: ImageSet,
    second_set: ImageSet,
    first: u16,
) -> Result<ImageSet, DataError> {
    let in_memory = first_set.in_memory().is_some() && second_set.in_memory().is_some();
    let sums = if in_memory { Vec::new() } else { concat_sums(&first_set, &second_set, first) };
    let both = concat_on_demand(first_set, second_set, first, sums);
    if !in_memory {
        return Ok(both.into());
    }
    let mut pixels = vec![0; both.labels.len() * both.shape.len()];
    for (index, out) in pixels.chunks_exact_mut(both.shape.len()).enumerate() {
        (both.read)(index, out)?;
    }
    Ok(Images::new(both.shape, pixels, both.labels).into())
}

fn channels(first_set: &ImageSet, second_set: &ImageSet) -> usize {
    first_set.shape().channels.max(second_set.shape().channels)
}

fn concat_sums(first_set: &ImageSet, second_set: &ImageSet, first: u16) -> Vec<ClassSums> {
    let channels = channels(first_set, second_set);
    let mut sums = first_set.sums();
    sums.resize(usize::from(first), ClassSums::default());
    sums.extend(second_set.sums());
    sums.into_iter().map(|sums| sums.repeat_channels(channels)).collect()
}

fn concat_on_demand(
    first_set: ImageSet,
    second_set: ImageSet,
    first: u16,
    sums: Vec<ClassSums>,
) -> ImagesOnDemand {
    let channels = channels(&first_set, &second_set);
    let shifted = second_set.labels().iter().map(|label| label + first);
    ImagesOnDemand {
        shape: Shape { channels, ..first_set.shape() },
        labels: first_set.labels().iter().copied().chain(shifted).collect(),
        sums,
        read: Box::new(move |index, out| {
            let (images, index) = match index.checked_sub(first_set.len()) {
                None => (&first_set, index),
                Some(index) => (&second_set, index),
            };
            let length = images.shape().len();
            images.read(index, &mut out[..length])?;
            // Repeat the channel of a gray image.
            for channel in 1..out.len() / length {
                out.copy_within(..length, channel * length);
            }
            Ok(())
        }),
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
            groups: None,
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
        let sums = concat_sums(&gray.train, &color.train, 2);
        let apart = concat_on_demand(gray.train.clone(), color.train.clone(), 2, sums);
        assert_eq!((apart.shape, &apart.labels[..]), (color.train.shape(), &[1, 0, 2, 3][..]));
        let (concatenated, _) = gray.concat(color).unwrap();
        let images = concatenated.train.in_memory().unwrap();
        for index in 0..4 {
            let mut image = [9; 3];
            (apart.read)(index, &mut image).unwrap();
            assert_eq!(image, images.image(index));
        }
        assert_eq!(apart.sums, ClassSums::for_each_class(images));
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
