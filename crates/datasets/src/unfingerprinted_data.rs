//! A data set in memory, before its fingerprint is computed.

use crate::class_subset::ClassSubset;
use crate::fingerprint::Fingerprint;
use crate::images::{abbreviate_list, absent_classes};
use crate::{Class, DataError, DataSet, Images, resize};

/// A data set in memory, before its fingerprint is computed.
#[derive(Debug)]
pub(crate) struct UnfingerprintedData {
    pub classes: Vec<Class>,
    pub train: Images,
    pub test: Images,
    pub warnings: Vec<String>,
}

impl UnfingerprintedData {
    /// The classes called `names` and their images, see [`ClassSubset::new`].
    pub fn select(self, names: &[String], data: &str) -> Result<Self, DataError> {
        let subset = ClassSubset::new(names, &self.classes, data)?;
        let (train, test) = (subset.images(self.train), subset.images(self.test));
        ClassSubset::check_images(names, train.len(), test.len())?;
        let classes = subset.classes(self.classes);
        Ok(Self { classes, train, test, warnings: self.warnings })
    }

    pub fn finish(self, name: &str, image_size: Option<u32>) -> DataSet {
        let resized = |images| match image_size {
            Some(side) => resize::resize_center_square(images, side as usize),
            None => images,
        };
        let (train, test) = (resized(self.train), resized(self.test));
        let absent_classes =
            missing_images_warnings(&self.classes, [train.labels(), test.labels()]);
        DataSet {
            name: name.to_owned(),
            opened_as: name.to_owned(),
            classes: self.classes,
            fingerprint: Fingerprint::from_images(&train, &test),
            train: train.into(),
            test: test.into(),
            warnings: [self.warnings, absent_classes].concat(),
            groups: None,
        }
    }
}

/// Warnings about classes without training images and classes without test images.
pub(crate) fn missing_images_warnings(classes: &[Class], labels: [&[u16]; 2]) -> Vec<String> {
    let part = |(labels, part): (&[u16], &str)| {
        let absent_classes = absent_classes(classes, labels);
        (!absent_classes.is_empty()).then(|| {
            let (count, all) = (absent_classes.len(), classes.len());
            format!(
                "{count} of {all} classes have no image to {part} on: {}",
                abbreviate_list(&absent_classes)
            )
        })
    };
    labels.into_iter().zip(["train", "test"]).filter_map(part).collect()
}
