//! Groups of training images that belong together, such as the windows of one utterance.

use std::ops::Range;

use assay_datasets::{DataSet, speech};

/// Training images that are all used for training or all for validation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The numbers of the images.
    pub images: Range<u32>,
    /// The class of the image, or the digit of the utterance. Shares are taken of each kind.
    pub kind: u16,
}

impl Group {
    /// The number of images.
    pub fn len(&self) -> u32 {
        self.images.end - self.images.start
    }
}

/// The groups of a data set: utterances for speech, single images otherwise.
///
/// Windows of one utterance overlap. To split an utterance would leak training data into validation.
pub fn image_groups(data: &DataSet) -> Vec<Group> {
    if let Some(utterances) = &data.utterances {
        let windows = speech::utterance_ranges(&utterances.train).into_iter();
        let group =
            |(images, utterance): (_, &speech::Utterance)| Group { images, kind: utterance.digit };
        return windows.zip(&utterances.train).map(group).collect();
    }
    let group = |(image, &kind): (u32, &u16)| Group { images: image..image + 1, kind };
    (0..).zip(data.train.labels()).map(group).collect()
}
