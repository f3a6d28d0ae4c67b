//! The number that decides a claim.

use assay_classifier_cells::{Attack, Encoding, Method, Regularization};
use assay_report::data;
use assay_stats::Estimate;
use serde::Deserialize;

use super::ranks::Ranks;
use crate::report::comparisons::search;
use crate::report::cross_evaluations::{CrossEvaluations, Term, estimate_own_class};
use crate::report::detection::{Case, Detection, Detector, Kind};
use crate::report::index::{Index, median, share_at_9999};
use crate::report::rounds::{RoundMetric, last_round};
use crate::report::seed_estimate::{SeedEstimate, compare_attacks, estimate_attack};

/// The paper's median on MNIST after every round; unverified.
const RETRAINED: f64 = 99.99;
/// The area under the ROC, in percent, of a detector at chance.
const CHANCE: f64 = 50.0;

/// What decides a claim. All attacks have the main preset. For each seed, the number is the mean
/// over architectures.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Metric {
    /// The share of classes with an elite of at least 99.99 % at the end, in percent. The attack has
    /// no regularization.
    SuccessRate { method: Method, encoding: Encoding },
    /// The median confidence at the end of evolution minus that of another attack with the same
    /// budget on the same network, in percentage points.
    Confidence { encoding: Encoding, minus_method: Method, minus_encoding: Encoding },
    /// A transfer rate minus another, or minus chance, in percentage points.
    TransferRate { rate: RateGroup, minus: Option<RateGroup> },
    /// Two methods, compared by ranks.
    Ranks(Ranks),
    /// A metric of the last round minus that of round 0, or minus a constant.
    LastRound { metric: RoundMetric, minus: Option<f64> },
    /// The slope of a metric by round, from round 1 to the last, in percentage points a round.
    Trend { metric: RoundMetric },
    /// The area under the ROC of a detector minus that of chance, in percentage points.
    Detection { detector: Detector, images: Images },
}

/// The pairs of networks that a transfer rate is the mean over.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RateGroup {
    /// The images, found by evolution.
    encoding: Encoding,
    /// Whether both networks have one architecture.
    same_architecture: bool,
}

/// The fooling images that a detector must tell from test images.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Images {
    /// Direct images found on the network itself.
    Direct,
    /// CPPN images found on the network itself.
    Cppn,
    /// Images found on the network itself in the last round.
    New,
    /// Fooling images of round 0 that it was not trained on, in the encoding that it learned.
    Unseen,
}

impl Images {
    /// The fooling images of a detector's case; none if the plan has no such images.
    fn kind(self, index: &Index) -> Option<Kind> {
        let round = last_round(index);
        let found = |encoding| index.evolution(encoding).map(|_| Kind::Found(encoding));
        match self {
            Self::Direct => found(Encoding::Direct),
            Self::Cppn => found(Encoding::Cppn),
            Self::New => (round > 0).then_some(Kind::New { round }),
            Self::Unseen => {
                let reject = index.retrained.first()?.cell.reject.as_ref()?;
                let encoding = reject.attack.encoding;
                index.evolution(encoding).map(|_| Kind::Unseen { round, encoding })
            }
        }
    }
}

impl Metric {
    /// The mean median confidence, in percent, of the attack that a claim's attack is compared with; none if it is not a
    /// comparison of confidences.
    pub fn compared_with(self, index: &Index) -> Option<f64> {
        let Self::Confidence { encoding, minus_method, minus_encoding } = self else { return None };
        let evolved = index.evolution(encoding)?;
        let other = Attack { method: minus_method, encoding: minus_encoding, ..evolved };
        Some(estimate_attack(index, other, median)?.estimate?.value)
    }

    /// The number; none if the plan has no cells for it, or ranks decide it.
    pub fn measure(self, index: &Index, detection: &Detection) -> Option<SeedEstimate> {
        match self {
            Self::SuccessRate { method, encoding } => {
                let kind = (method, Regularization::Unregularized);
                let is_it = |one: &Attack| one.encoding == encoding && search(*one) == kind;
                success_rate(index, index.main_attack(is_it)?)
            }
            Self::Confidence { encoding, minus_method, minus_encoding } => {
                let evolved = index.evolution(encoding)?;
                let other = Attack { method: minus_method, encoding: minus_encoding, ..evolved };
                let compared = compare_attacks(index, evolved, other, |one, other| {
                    median(one) - median(other)
                });
                Some(compared?.map(|difference| difference.within(-100.0, 100.0)))
            }
            Self::TransferRate { rate, minus } => transfer_rate(index, rate, minus),
            Self::LastRound { metric, minus } => metric.last_less(index, minus),
            Self::Trend { metric } => metric.trend(index),
            Self::Detection { detector, images } => {
                let case = Case { kind: images.kind(index)?, detector, architecture: None };
                Some(detection.auroc(case).map(|area| area.less(CHANCE)))
            }
            Self::Ranks(_) => None,
        }
    }

    /// The paper's number; unverified. On MNIST, every digit reached 99.99 %. On
    /// ImageNet, the median was 88.11 % for CPPN images and 21.59 % for direct ones. None for other
    /// data.
    pub fn paper(self, index: &Index) -> Option<f64> {
        match self {
            Self::SuccessRate { method: Method::Evolution, .. }
                if data::has_only(index.plan, "mnist") =>
            {
                Some(100.0)
            }
            Self::Confidence { minus_method: Method::Evolution, .. }
                if data::is_imagenet(index.plan) =>
            {
                Some(88.11 - 21.59)
            }
            Self::LastRound { minus: Some(constant), .. }
                if data::has_only(index.plan, "mnist") =>
            {
                Some(RETRAINED - constant)
            }
            _ => None,
        }
    }
}

/// The share of classes for which an attack has an elite of at least 99.99 %, in percent, with the
/// errors of counting. Every attacked network has its own elite for each class. The classes are given: for others, the
/// interval would be wider, since a class that is hard to reach is so for most networks.
pub fn success_rate(index: &Index, attack: Attack) -> Option<SeedEstimate> {
    let attacked = index.conditions().into_iter().filter(|one| one.attack == attack).count();
    let (attacked, classes) = (attacked.max(1) as f64, index.plan.classes.len().max(1) as f64);
    let counted = |share: Estimate| {
        let rounded = share.of_counts(100.0 / classes, 1.0 / attacked);
        rounded.of_share(attacked * classes * share.clusters as f64)
    };
    Some(estimate_attack(index, attack, share_at_9999)?.map(counted))
}

/// None if the plan has no pair of networks for one of the groups.
fn transfer_rate(index: &Index, rate: RateGroup, minus: Option<RateGroup>) -> Option<SeedEstimate> {
    let groups: Vec<(f64, RateGroup)> =
        [(1.0, rate)].into_iter().chain(minus.map(|minus| (-1.0, minus))).collect();
    let evaluations: Vec<CrossEvaluations> = groups
        .iter()
        .map(|(_, group)| Some(CrossEvaluations::new(index, index.evolution(group.encoding)?)))
        .collect::<Option<_>>()?;
    let term = |(&(weight, group), cross_evaluations): (&(f64, RateGroup), _)| {
        let cross_evaluations: &CrossEvaluations = cross_evaluations;
        let pairs = cross_evaluations.pairs(group.same_architecture);
        (!pairs.is_empty()).then_some(Term { weight, cross_evaluations, pairs })
    };
    let terms: Vec<Term> = groups.iter().zip(&evaluations).map(term).collect::<Option<_>>()?;
    let chance = if minus.is_none() { 100.0 / index.plan.classes.len() as f64 } else { 0.0 };
    // A rate minus chance, or a difference of two rates.
    let lowest = if minus.is_none() { -chance } else { -100.0 };
    let rate = |estimate: Estimate| estimate.less(chance).within(lowest, 100.0 - chance);
    Some(estimate_own_class(index, &terms).map(rate))
}
