//! The number that decides a claim.

use assay_classifier_cells::{Attack, AttackResult, Encoding, Method, Regularization};

use super::search::Ranks;
use crate::report::attack_results::{at_end, reached_share, seeds_with};
use crate::report::carry::{Carry, Rate, SeedEstimate, Term, contrast};
use crate::report::detection::{Case, Detection, Detector, Kind};
use crate::report::index::{Condition, Index};
use crate::report::rounds::{
    Round, accuracy, confidence, last_round, over_seeds, round, step_of_test_images,
};
use assay_report::data;
use assay_stats::{Estimate, mean};
use serde::Deserialize;

/// The median confidence, in percent, at which a network counts as fooled no less than before.
const STILL_SURE: f64 = 99.0;
/// The paper's median on MNIST after every round; recalled, not verified.
const RECALLED: f64 = 99.99;
/// The area under the ROC, in percent, of a detector at chance.
const CHANCE: f64 = 50.0;

/// What decides a claim. All attacks have the main preset. For each seed, the number is the mean
/// over architectures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Metric {
    /// The share of classes with an elite of at least 99.99 % at the end of evolution, in percent.
    Reached {
        /// The images.
        encoding: Encoding,
    },
    /// The share of classes with an image of at least 99.99 % at the end of gradient ascent on
    /// pixels without regularization, in percent.
    ReachedByAscent,
    /// The median confidence at the end of evolution minus that of random search with the same
    /// budget on the same network, in percentage points.
    OverRandomSearch {
        /// The images.
        encoding: Encoding,
    },
    /// The median confidence at the end of evolution of CPPN images minus that of direct images
    /// with the same budget on the same network, in percentage points.
    CppnOverDirect,
    /// The fooling rate among networks of one architecture minus chance, in percentage points.
    CarriedOver {
        /// The images.
        encoding: Encoding,
    },
    /// The fooling rate between architectures minus that within them, in percentage points.
    OtherLessSame {
        /// The images.
        encoding: Encoding,
    },
    /// The fooling rate of direct images within architectures minus that of CPPN images, in
    /// percentage points.
    DirectLessCppn,
    /// Two methods, compared by ranks.
    Ranks(Ranks),
    /// The median confidence in the new images of the last round minus 99 %, in percentage points.
    ConfidenceAfterRetraining,
    /// That of the last round minus that of round 0.
    ChangeOfConfidence,
    /// The test accuracy of the last round minus that of round 0, in percentage points. A rejected
    /// test image is an error.
    ChangeOfAccuracy,
    /// The area under the ROC of a detector minus that of chance, in percentage points.
    Detection {
        /// The detector.
        detector: Detector,
        /// The fooling images.
        images: Images,
    },
}

/// The fooling images that a detector must tell from test images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Images {
    /// Direct images found on the network itself.
    Direct,
    /// CPPN images found on the network itself.
    Cppn,
    /// Images found on the network itself in the last round.
    New,
    /// Images found on the first network of its line, in the encoding that it learned.
    Others,
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
            Self::Others => {
                let reject = index.retrained().first()?.cell.reject.as_ref()?;
                let encoding = reject.attack.encoding;
                index.evolution(encoding).map(|_| Kind::Others { round, encoding })
            }
        }
    }
}

/// The number that decides a claim; none if the plan has no cells for it, or ranks decide it.
pub(super) fn measure(
    index: &Index,
    detection: &Detection,
    metric: Metric,
) -> Option<SeedEstimate> {
    match metric {
        Metric::Reached { encoding } => reached(index, index.evolution(encoding)?),
        Metric::ReachedByAscent => reached(index, ascent(index)?),
        Metric::OverRandomSearch { encoding } => {
            let evolved = index.evolution(encoding)?;
            let random = Attack { method: Method::RandomSearch, ..evolved };
            by_seed(index, evolved, random, |evolved, random| median(evolved) - median(random))
        }
        Metric::CppnOverDirect => {
            let cppn = index.evolution(Encoding::Cppn)?;
            let direct = Attack { encoding: Encoding::Direct, ..cppn };
            by_seed(index, cppn, direct, |cppn, direct| median(cppn) - median(direct))
        }
        Metric::CarriedOver { encoding } => {
            let carry = Carry::new(index, index.evolution(encoding)?);
            let chance = 100.0 / index.plan().classes.len() as f64;
            terms(index, -chance, &[(1.0, &carry, true)])
        }
        Metric::OtherLessSame { encoding } => {
            let carry = Carry::new(index, index.evolution(encoding)?);
            terms(index, 0.0, &[(1.0, &carry, false), (-1.0, &carry, true)])
        }
        Metric::DirectLessCppn => {
            let direct = Carry::new(index, index.evolution(Encoding::Direct)?);
            let cppn = Carry::new(index, index.evolution(Encoding::Cppn)?);
            terms(index, 0.0, &[(1.0, &direct, true), (-1.0, &cppn, true)])
        }
        Metric::ConfidenceAfterRetraining => {
            retrained(index, |last| Ok(confidence(last)? - STILL_SURE), None)
        }
        Metric::ChangeOfConfidence => retrained(index, confidence, Some(confidence)),
        Metric::ChangeOfAccuracy => {
            let step = step_of_test_images(index);
            let found = retrained(index, accuracy, Some(accuracy))?;
            Some(found.map(|estimate| estimate.of_counts(step, 2.0)))
        }
        Metric::Detection { detector, images } => {
            let case = Case { kind: images.kind(index)?, detector, architecture: None };
            Some(detection.auroc(case).map(|area| area.less(CHANCE)))
        }
        Metric::Ranks(_) => None,
    }
}

/// A number of a round, or why it is missing.
type OfRound = fn(&Round) -> Result<f64, String>;

/// A number of the last round, minus one of round 0 if given; none if the plan has no rounds.
fn retrained(
    index: &Index,
    at_last: impl Fn(&Round) -> Result<f64, String>,
    at_first: Option<OfRound>,
) -> Option<SeedEstimate> {
    let last = last_round(index);
    let found = over_seeds(index, None, 0.0, |architecture, seed| {
        let round = |number| round(index, architecture, seed, number);
        let before = at_first.map_or(Ok(0.0), |value| value(&round(0)?))?;
        Ok(at_last(&round(last)?)? - before)
    });
    (last > 0).then_some(found)
}

/// The share of classes for which an attack has an elite of at least 99.99 %, in percent.
fn reached(index: &Index, attack: Attack) -> Option<SeedEstimate> {
    let found = by_seed(index, attack, attack, |found, _| reached_share(found))?;
    Some(found.map(|share| of_classes(index, attack, share)))
}

/// An estimate of a share of classes, with the errors of counting. For each seed it is the mean
/// over architectures; every attacked network has its own elite for each class.
pub(in crate::report) fn of_classes(index: &Index, attack: Attack, share: Estimate) -> Estimate {
    let attacked = index.conditions().into_iter().filter(|one| one.attack == attack).count();
    let (attacked, classes) = (attacked.max(1) as f64, index.plan().classes.len().max(1) as f64);
    let rounded = share.of_counts(100.0 / classes, 1.0 / attacked);
    rounded.of_share(attacked * classes * share.clusters as f64)
}

/// A contrast of (weight, cross-evaluations, whether within architectures); none if the plan has no
/// pair of networks for one of them.
fn terms(index: &Index, constant: f64, parts: &[(f64, &Carry, bool)]) -> Option<SeedEstimate> {
    let term = |&(weight, carry, same): &(f64, _, bool)| {
        let carry: &Carry = carry;
        let pairs = carry.pairs(same);
        (!pairs.is_empty()).then_some(Term { weight, carry, pairs })
    };
    let terms: Vec<Term> = parts.iter().map(term).collect::<Option<_>>()?;
    Some(contrast(index, constant, &terms, Rate::OWN))
}

/// The plan's gradient ascent on pixels without regularization.
fn ascent(index: &Index) -> Option<Attack> {
    let is_it = |attack: &Attack| {
        (attack.method, attack.encoding, attack.regularization)
            == (Method::GradientAscent, Encoding::Direct, Regularization::Unregularized)
    };
    index.attacks().iter().map(|found| found.cell.attack).find(is_it)
}

/// One number per seed: the mean over architectures of `value` for two attacks on the same network.
fn by_seed(
    index: &Index,
    attack: Attack,
    other: Attack,
    value: impl Fn(&AttackResult, &AttackResult) -> f64,
) -> Option<SeedEstimate> {
    let planned = index.conditions();
    let is_planned = |architecture: &str, attack| {
        planned.iter().any(|one| one.architecture == architecture && one.attack == attack)
    };
    let architectures: Vec<&str> = index
        .architectures()
        .into_iter()
        .filter(|name| is_planned(name, attack) && is_planned(name, other))
        .collect();
    if architectures.is_empty() {
        return None;
    }
    let of_seed = |seed: u32| {
        let of_network = |&architecture: &&str| {
            let result = |attack| index.counted(Condition { attack, architecture }, seed);
            Ok(value(result(attack)?, result(other)?))
        };
        let values: Result<Vec<f64>, String> = architectures.iter().map(of_network).collect();
        values.map(|values| mean(&values))
    };
    let seeds = seeds_with(index, attack).into_iter().map(|seed| (seed, of_seed(seed)));
    Some(SeedEstimate::collect(seeds.collect(), 0.0))
}

/// In percent.
fn median(result: &AttackResult) -> f64 {
    100.0 * f64::from(at_end(result).median)
}

/// The paper's number; recalled, not verified. On MNIST, every digit reached 99.99 %. On ImageNet,
/// the median was 88.11 % for CPPN images and 21.59 % for direct ones. None for other data.
pub(super) fn recalled(index: &Index, metric: Metric) -> Option<f64> {
    match metric {
        Metric::Reached { .. } if data::are(index.plan(), "mnist") => Some(100.0),
        Metric::CppnOverDirect if data::is_imagenet(index.plan()) => Some(88.11 - 21.59),
        Metric::ConfidenceAfterRetraining if data::are(index.plan(), "mnist") => {
            Some(RECALLED - STILL_SURE)
        }
        _ => None,
    }
}
