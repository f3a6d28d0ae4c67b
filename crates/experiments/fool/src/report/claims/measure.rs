//! The number a claim is decided by.

use assay_runs::{Attack, AttackResult, Encoding, GenerationPoint, Method, Regularization};

use crate::report::carry::{Carry, Measured, Rate, Term, contrast};
use crate::report::index::{Condition, Index};
use assay_report::data;
use assay_report::observations::distinct;
use assay_stats::Rule;
use assay_stats::{Estimate, estimate_mean, mean};

/// The share of classes, in percent, above which an attack counts as having reached its goal.
const NEARLY_ALL: f64 = 90.0;

/// What a claim is read from; of the main preset, the mean over the architectures of each seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// The share of classes with an elite of at least 99.99 % at the end of evolution, in percent.
    Reached(Encoding),
    /// The share of classes with an image of at least 99.99 % at the end of gradient ascent on pixels
    /// without regularisation, in percent.
    ReachedByAscent,
    /// The median confidence at the end of evolution less that of random search with the same budget on
    /// the same network, in percentage points.
    OverRandomSearch(Encoding),
    /// The median confidence at the end of evolution of CPPN images less that of direct images with the
    /// same budget on the same network, in percentage points.
    CppnOverDirect,
    /// The fooling rate among networks of one architecture less chance, in percentage points.
    CarriedOver(Encoding),
    /// The fooling rate between architectures less that within them, in percentage points.
    OtherLessSame(Encoding),
    /// The fooling rate within architectures of direct images less that of CPPN images, in percentage
    /// points.
    DirectLessCppn,
}

impl Measure {
    /// What decides a claim that is read from it.
    #[must_use]
    pub fn rule(self) -> Rule {
        match self {
            Self::Reached(_)
            | Self::ReachedByAscent
            | Self::OverRandomSearch(_)
            | Self::CppnOverDirect
            | Self::CarriedOver(_) => Rule::MoreThan,
            Self::OtherLessSame(_) | Self::DirectLessCppn => Rule::LessThan,
        }
    }

    /// The rule's margin, where differences in percentage points have `margin`.
    pub(super) fn margin(self, margin: f64) -> f64 {
        if self.is_share() { NEARLY_ALL } else { margin }
    }

    pub(super) fn unit(self) -> &'static str {
        if self.is_share() { "% of the classes" } else { "percentage points" }
    }

    fn is_share(self) -> bool {
        matches!(self, Self::Reached(_) | Self::ReachedByAscent)
    }
}

/// The number a claim is decided by; none where the plan has no cells for it.
pub(super) fn measure(index: &Index, measure: Measure) -> Option<Measured> {
    match measure {
        Measure::Reached(encoding) => {
            let evolved = index.evolution(encoding)?;
            reached(index, evolved)
        }
        Measure::ReachedByAscent => {
            let climbed = ascent(index)?;
            reached(index, climbed)
        }
        Measure::OverRandomSearch(encoding) => {
            let evolved = index.evolution(encoding)?;
            let random = Attack { method: Method::RandomSearch, ..evolved };
            by_seed(index, evolved, random, |evolved, random| median(evolved) - median(random))
        }
        Measure::CppnOverDirect => {
            let cppn = index.evolution(Encoding::Cppn)?;
            let direct = Attack { encoding: Encoding::Direct, ..cppn };
            by_seed(index, cppn, direct, |cppn, direct| median(cppn) - median(direct))
        }
        Measure::CarriedOver(encoding) => {
            let carry = Carry::new(index, index.evolution(encoding)?);
            let chance = 100.0 / index.plan().classes.len() as f64;
            terms(index, -chance, &[(1.0, &carry, true)])
        }
        Measure::OtherLessSame(encoding) => {
            let carry = Carry::new(index, index.evolution(encoding)?);
            terms(index, 0.0, &[(1.0, &carry, false), (-1.0, &carry, true)])
        }
        Measure::DirectLessCppn => {
            let direct = Carry::new(index, index.evolution(Encoding::Direct)?);
            let cppn = Carry::new(index, index.evolution(Encoding::Cppn)?);
            terms(index, 0.0, &[(1.0, &direct, true), (-1.0, &cppn, true)])
        }
    }
}

/// The share of classes that an attack has an elite of at least 99.99 % of, in percent.
fn reached(index: &Index, attack: Attack) -> Option<Measured> {
    let found = by_seed(index, attack, attack, |found, _| reached_share(found))?;
    let estimate = found.estimate.map(|share| of_classes(index, attack, share));
    Some(Measured { estimate, ..found })
}

/// A share of classes, the mean over the architectures of each seed: every network that is attacked has an
/// elite of its own in each class.
pub(in crate::report) fn of_classes(index: &Index, attack: Attack, share: Estimate) -> Estimate {
    let attacked = index.conditions().into_iter().filter(|one| one.attack == attack).count();
    let (attacked, classes) = (attacked.max(1) as f64, index.plan().classes.len().max(1) as f64);
    let rounded = share.of_counts(100.0 / classes, 1.0 / attacked);
    rounded.of_share(attacked * classes * share.clusters as f64)
}

/// A contrast of (weight, what was shown, whether within architectures); none where a part of it has
/// no pair of networks in the plan.
fn terms(index: &Index, constant: f64, parts: &[(f64, &Carry, bool)]) -> Option<Measured> {
    let term = |&(weight, carry, same): &(f64, _, bool)| {
        let carry: &Carry = carry;
        let pairs = carry.pairs(same);
        (!pairs.is_empty()).then_some(Term { weight, carry, pairs })
    };
    let terms: Vec<Term> = parts.iter().map(term).collect::<Option<_>>()?;
    Some(contrast(index, constant, &terms, Rate::OWN))
}

/// The plan's gradient ascent on pixels without regularisation.
fn ascent(index: &Index) -> Option<Attack> {
    let is_it = |attack: &Attack| {
        (attack.method, attack.encoding, attack.regularization)
            == (Method::GradientAscent, Encoding::Direct, Regularization::Nothing)
    };
    index.attacks().iter().map(|found| found.cell.attack).find(is_it)
}

/// One number a seed: the mean over the architectures of `value`, of two attacks on the same network.
fn by_seed(
    index: &Index,
    attack: Attack,
    other: Attack,
    value: impl Fn(&AttackResult, &AttackResult) -> f64,
) -> Option<Measured> {
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
    let (mut values, mut seeds, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
    for seed in seeds_with(index, attack) {
        match of_seed(seed) {
            Ok(value) => {
                values.push(value);
                seeds.push(seed);
            }
            Err(why) => left_out.push(format!("seed {seed}: {why}")),
        }
    }
    Some(Measured { estimate: estimate_mean(&values), seeds, left_out })
}

/// Seeds that an attack is planned with, in the plan's order.
pub(in crate::report) fn seeds_with(index: &Index, attack: assay_runs::Attack) -> Vec<u32> {
    let with = index.attacks().iter().filter(|found| found.cell.attack == attack);
    distinct(with.map(|found| found.cell.seed))
}

/// The elites after the last generation.
///
/// # Panics
/// Never on what [`Index::counted`] returns: its curve has a point.
pub(in crate::report) fn at_end(result: &AttackResult) -> &GenerationPoint {
    result.curve.last().expect("a counted attack has a curve")
}

/// In percent.
pub(in crate::report) fn reached_share(result: &AttackResult) -> f64 {
    100.0 * at_end(result).at_least_9999
}

/// In percent.
fn median(result: &AttackResult) -> f64 {
    100.0 * f64::from(at_end(result).median)
}

/// The paper's number, recalled and not verified: on MNIST every digit reached 99.99 %; on ImageNet the
/// median was 88.11 % of CPPN images and 21.59 % of direct ones. Other data have none to compare with.
pub(super) fn recalled(index: &Index, measure: Measure) -> Option<f64> {
    match measure {
        Measure::Reached(_) if data::are(index.plan(), "mnist") => Some(100.0),
        Measure::CppnOverDirect if data::is_imagenet(index.plan()) => Some(88.11 - 21.59),
        _ => None,
    }
}
