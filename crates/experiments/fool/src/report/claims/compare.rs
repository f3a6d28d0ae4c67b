//! Claims that a comparison by ranks decides.

use assay_runs::Encoding::{self, Cppn, Direct};
use assay_runs::Method::{self, Evolution, GradientAscent, RandomSearch};
use assay_runs::Regularization::{self, Blur, Decay, Nothing, SmallPixels};
use assay_runs::{Claim, Verdict};

use crate::report::compare::{Comparison, Quantity};
use assay_report::claims::Reading;
use assay_stats::CONFIDENCE;

/// A claim on two ways of looking for images, at the same number of evaluations.
#[derive(Debug, Clone, Copy)]
pub struct Contest {
    /// A short name that stays the same from version to version.
    pub id: &'static str,
    /// What is claimed, after "that".
    pub text: &'static str,
    /// The images.
    pub encoding: Encoding,
    /// What is compared.
    pub quantity: Quantity,
    /// The method of which something is claimed.
    pub left: (Method, Regularization),
    /// What it is held against.
    pub right: (Method, Regularization),
    /// Whether its numbers are claimed to be larger; else smaller.
    pub larger: bool,
}

/// In the order they are reported.
pub const CONTESTS: [Contest; 9] = [
    ends_surer("gradient-ascent-beats-random-search-direct", Direct, RandomSearch),
    ends_surer("gradient-ascent-beats-random-search-cppn", Cppn, RandomSearch),
    ends_surer("gradient-ascent-beats-evolution-direct", Direct, Evolution),
    ends_surer("gradient-ascent-beats-evolution-cppn", Cppn, Evolution),
    is_earlier("gradient-ascent-is-faster-than-evolution-direct", Direct),
    is_earlier("gradient-ascent-is-faster-than-evolution-cppn", Cppn),
    is_less_sure("decayed-images-are-less-sure", Decay),
    is_less_sure("blurred-images-are-less-sure", Blur),
    is_less_sure("images-without-small-pixels-are-less-sure", SmallPixels),
];

const fn ends_surer(id: &'static str, encoding: Encoding, against: Method) -> Contest {
    let text = match (encoding, against) {
        (Direct, RandomSearch) => {
            "gradient ascent on pixels ends surer than random search with as many evaluations"
        }
        (Cppn, RandomSearch) => {
            "gradient ascent on the weights of CPPNs ends surer than random search with as many \
             evaluations"
        }
        (Direct, _) => {
            "gradient ascent on pixels ends surer than evolution of direct images with as many \
             evaluations"
        }
        (Cppn, _) => {
            "gradient ascent on the weights of CPPNs ends surer than evolution of CPPN images with \
             as many evaluations"
        }
    };
    Contest {
        id,
        text,
        encoding,
        quantity: Quantity::Confidence,
        left: (GradientAscent, Nothing),
        right: (against, Nothing),
        larger: true,
    }
}

const fn is_earlier(id: &'static str, encoding: Encoding) -> Contest {
    Contest {
        id,
        text: match encoding {
            Direct => {
                "gradient ascent on pixels is 99 % sure after fewer evaluations than evolution of \
                 direct images"
            }
            Cppn => {
                "gradient ascent on the weights of CPPNs is 99 % sure after fewer evaluations than \
                 evolution of CPPN images"
            }
        },
        encoding,
        quantity: Quantity::EvaluationsTo99,
        left: (GradientAscent, Nothing),
        right: (Evolution, Nothing),
        larger: false,
    }
}

const fn is_less_sure(id: &'static str, regularization: Regularization) -> Contest {
    Contest {
        id,
        text: match regularization {
            Decay => "gradient ascent with decay ends less sure than without",
            Blur => "gradient ascent with blur ends less sure than without",
            _ => "gradient ascent that clears small pixels ends less sure than that without",
        },
        encoding: Direct,
        quantity: Quantity::Confidence,
        left: (GradientAscent, regularization),
        right: (GradientAscent, Nothing),
        larger: false,
    }
}

impl Contest {
    /// The comparison that decides it, where the plan has cells for it.
    #[must_use]
    pub fn find<'a>(&self, comparisons: &'a [Comparison]) -> Option<&'a Comparison> {
        comparisons.iter().find(|one| {
            one.quantity == self.quantity
                && one.left.encoding == self.encoding
                && (one.left.method, one.left.regularization) == self.left
                && (one.right.method, one.right.regularization) == self.right
        })
    }

    /// Holds, or does not hold, where the test is significant after Holm's adjustment, by the side on
    /// which the numbers lie; anything else is not enough data.
    #[must_use]
    pub fn verdict(&self, comparison: &Comparison) -> Verdict {
        let significant = comparison.adjusted.is_some_and(|p_value| p_value < 1.0 - CONFIDENCE);
        match comparison.test.filter(|_| significant) {
            Some(test) if (test.delta() > 0.0) == self.larger => Verdict::Holds,
            Some(_) => Verdict::DoesNotHold,
            None => Verdict::NotEnoughData,
        }
    }

    fn reading(&self, comparison: &Comparison) -> Reading {
        let (sign, side) = if self.larger { ("+", "more") } else { ("−", "less") };
        let rule = format!(
            "{side} than 0 percentage points of Cliff's delta by a Mann-Whitney U test, p below 5 % \
             after Holm's adjustment ({sign}100: so in every pair of runs)"
        );
        let mut text = self.text.to_owned();
        text[..1].make_ascii_uppercase();
        Reading {
            claim: Claim {
                id: self.id.to_owned(),
                text: format!("{text}: {rule}"),
                paper: None,
                measured: comparison.test.map(|test| 100.0 * test.delta()),
                low: None,
                high: None,
                verdict: self.verdict(comparison),
                note: None,
            },
            rule,
            absent: "no complete seed",
            clusters: comparison.left_values.len(),
            left_out: comparison.left_out.clone(),
        }
    }
}

/// Every contest that the plan has cells for, in the table's order.
#[must_use]
pub fn read_contests(comparisons: &[Comparison]) -> Vec<Reading> {
    let read = |contest: &Contest| Some(contest.reading(contest.find(comparisons)?));
    CONTESTS.iter().filter_map(read).collect()
}
