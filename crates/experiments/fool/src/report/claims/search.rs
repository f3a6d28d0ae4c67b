//! The methods that a claim compares by ranks.

use assay_classifier_cells::{Encoding, Method, Regularization};
use serde::Deserialize;

use crate::report::compare::{Comparison, Quantity};

/// A method of attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Search {
    /// Evolution.
    Evolution,
    /// Random search.
    RandomSearch,
    /// Gradient ascent without regularization.
    GradientAscent,
    /// Gradient ascent with decay.
    GradientAscentDecay,
    /// Gradient ascent with blur.
    GradientAscentBlur,
    /// Gradient ascent that clears small pixels.
    GradientAscentSmallPixels,
}

impl Search {
    fn method(self) -> (Method, Regularization) {
        use Regularization::{Blur, Decay, SmallPixels, Unregularized};
        match self {
            Self::Evolution => (Method::Evolution, Unregularized),
            Self::RandomSearch => (Method::RandomSearch, Unregularized),
            Self::GradientAscent => (Method::GradientAscent, Unregularized),
            Self::GradientAscentDecay => (Method::GradientAscent, Decay),
            Self::GradientAscentBlur => (Method::GradientAscent, Blur),
            Self::GradientAscentSmallPixels => (Method::GradientAscent, SmallPixels),
        }
    }
}

/// Two methods with the same number of evaluations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ranks {
    /// The images.
    pub encoding: Encoding,
    /// The quantity that is compared.
    pub quantity: Quantity,
    /// The method that the claim is about.
    pub left: Search,
    /// The method that it is compared with.
    pub right: Search,
}

impl Ranks {
    /// The comparison that decides it, if the plan has cells for it.
    pub(super) fn find(self, comparisons: &[Comparison]) -> Option<&Comparison> {
        comparisons.iter().find(|one| {
            one.quantity == self.quantity
                && one.left.encoding == self.encoding
                && (one.left.method, one.left.regularization) == self.left.method()
                && (one.right.method, one.right.regularization) == self.right.method()
        })
    }
}
