//! What is counted of a network, in percent.

use serde::Deserialize;

use super::classification::ClassificationMetrics;

/// What is counted, in percent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// Errors on the test images.
    #[default]
    Errors,
    /// Word errors.
    WordErrors,
}

impl Measure {
    /// The percentage of a network; none if it has no words.
    pub fn percent(self, metrics: &ClassificationMetrics) -> Option<f64> {
        match self {
            Self::Errors => Some(metrics.error_percent()),
            Self::WordErrors => metrics.word_error_percent(),
        }
    }

    /// Errors in percent of each independent item, whose mean is the percentage: an image, or a word. The frames of
    /// a word are one item, since they are alike. None if it has no words.
    pub fn items(self, metrics: &ClassificationMetrics) -> Option<Vec<f64>> {
        let percent = |right: &bool| if *right { 0.0 } else { 100.0 };
        match (self, &metrics.frames_of_words) {
            (Self::Errors, None) => Some(metrics.right.iter().map(percent).collect()),
            (Self::Errors, Some(frames)) => {
                let mean_frames = metrics.images() as f64 / frames.len().max(1) as f64;
                let mut rest = metrics.right.iter();
                let word = |&frames: &usize| {
                    rest.by_ref().take(frames).map(percent).sum::<f64>() / mean_frames
                };
                Some(frames.iter().map(word).collect())
            }
            (Self::WordErrors, _) => {
                Some(metrics.words_right.as_ref()?.iter().map(percent).collect())
            }
        }
    }

    /// One image or word in percent of all, for the network with the fewest; 0 if there are none.
    pub fn step(self, networks: &[&ClassificationMetrics]) -> f64 {
        let items = networks.iter().filter_map(|metrics| match self {
            Self::Errors => Some(metrics.images()),
            Self::WordErrors => metrics.words_right.as_ref().map(Vec::len),
        });
        step_of_counts(items)
    }
}

/// One item in percent of the smallest number of items that is not 0; 0 if there are none.
pub fn step_of_counts(items: impl IntoIterator<Item = usize>) -> f64 {
    let fewest = items.into_iter().filter(|items| *items > 0).min();
    fewest.map_or(0.0, |items| 100.0 / items as f64)
}
