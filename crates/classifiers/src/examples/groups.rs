//! What of the training images is held out, or seen, as a whole.

use std::ops::Range;

use assay_datasets::{DataSet, speech};

/// Training images that are held out, or seen, together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Their numbers.
    pub images: Range<u32>,
    /// Of which kind it is, where a share of each kind is taken: its class; of an utterance, its digit.
    pub kind: u16,
}

impl Group {
    /// How many images it has.
    pub fn len(&self) -> u32 {
        self.images.end - self.images.start
    }
}

/// The groups of a data set: its utterances, where it is speech. Windows of one utterance overlap, so a
/// network that has seen some of them has seen the others. Elsewhere each image by itself.
pub fn groups(data: &DataSet) -> Vec<Group> {
    if let Some(utterances) = &data.utterances {
        let windows = speech::ranges(&utterances.train).into_iter();
        let group = |(images, one): (_, &speech::Utterance)| Group { images, kind: one.digit };
        return windows.zip(&utterances.train).map(group).collect();
    }
    let group = |(image, &kind): (u32, &u16)| Group { images: image..image + 1, kind };
    (0..).zip(data.train.labels()).map(group).collect()
}
