//! Attacks compared by ranks, at the same number of evaluations: which method has higher confidence
//! at the end, and which reaches 99 % earlier.

use assay_classifier_cells::{Attack, AttackResult, Encoding, Method, Regularization};

use super::attack_results::{at_end, seeds_with};
use super::index::{Condition, Index};
use assay_report::run_results::distinct;
use assay_stats::{RankTest, mann_whitney};
use assay_stats::{holm, mean};
use serde::Deserialize;

/// The quantity that attacks are compared by. One number per seed, the mean over architectures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quantity {
    /// The median confidence at the end, over the classes, in percent.
    Confidence,
    /// Evaluations until a class has an elite of at least 99 %, as the median over classes.
    /// Infinite if fewer than half of them reached it.
    #[serde(rename = "evaluations-to-99")]
    EvaluationsTo99,
}

/// Two attacks that differ only in their method or regularization.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// The quantity that is compared.
    pub quantity: Quantity,
    /// The attack that the comparison is about.
    pub left: Attack,
    /// The attack that it is compared with.
    pub right: Attack,
    /// Its values, one per seed that counts.
    pub left_values: Vec<f64>,
    /// The values of the other attack, for the same seeds.
    pub right_values: Vec<f64>,
    /// The test; none if no seed counts.
    pub test: Option<RankTest>,
    /// The test's p value after Holm's adjustment among all planned comparisons of the same
    /// quantity. A comparison without a test counts with a p value of 1.
    pub adjusted: Option<f64>,
    /// The seeds left out, each with the first thing that it lacks.
    pub left_out: Vec<String>,
}

/// Every comparison that the plan has cells for. For each encoding: the methods with one another,
/// then gradient ascent with each regularizer and without. First by confidence, then by
/// evaluations.
#[must_use]
pub fn comparisons(index: &Index) -> Vec<Comparison> {
    let pairs: Vec<(Attack, Attack)> =
        [Encoding::Direct, Encoding::Cppn].into_iter().flat_map(|one| pairs(index, one)).collect();
    let by = |quantity| {
        let compared = pairs.iter().map(|&(left, right)| compared(index, quantity, left, right));
        let mut family: Vec<Comparison> = compared.collect();
        let p_values = family.iter().map(|one| one.test.map_or(1.0, |test| test.p_value));
        let adjusted = holm(&p_values.collect::<Vec<_>>());
        for (one, p_value) in family.iter_mut().zip(adjusted) {
            one.adjusted = one.test.map(|_| p_value);
        }
        family
    };
    [Quantity::Confidence, Quantity::EvaluationsTo99].into_iter().flat_map(by).collect()
}

/// The pairs of attacks with the main preset and one encoding that are compared.
fn pairs(index: &Index, encoding: Encoding) -> Vec<(Attack, Attack)> {
    let preset = index.main_preset();
    let all = distinct(index.attacks().iter().map(|found| found.cell.attack));
    let of = |method, regularization| {
        let is_it = |attack: &&Attack| {
            (attack.encoding, attack.preset) == (encoding, preset)
                && (attack.method, attack.regularization) == (method, regularization)
        };
        all.iter().find(is_it).copied()
    };
    let [climbed, evolved, random] =
        [Method::GradientAscent, Method::Evolution, Method::RandomSearch]
            .map(|method| of(method, Regularization::Unregularized));
    let regularised = [Regularization::Decay, Regularization::Blur, Regularization::SmallPixels]
        .map(|regularization| (of(Method::GradientAscent, regularization), climbed));
    let methods = [(climbed, evolved), (climbed, random), (evolved, random)];
    let both = methods.into_iter().chain(regularised).filter_map(|(left, right)| left.zip(right));
    both.filter(|(left, right)| have_one_budget(*left, *right)).collect()
}

fn have_one_budget(left: Attack, right: Attack) -> bool {
    let budget = |attack: Attack| (attack.initial, attack.children, attack.generations);
    budget(left) == budget(right)
}

fn compared(index: &Index, quantity: Quantity, left: Attack, right: Attack) -> Comparison {
    let (mut left_values, mut right_values, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
    for seed in seeds_with(index, left) {
        let both = value(index, quantity, left, seed)
            .and_then(|value_of_left| Ok((value_of_left, value(index, quantity, right, seed)?)));
        match both {
            Ok((of_left, of_right)) => {
                left_values.push(of_left);
                right_values.push(of_right);
            }
            Err(why) => left_out.push(format!("seed {seed}: {why}")),
        }
    }
    let test = mann_whitney(&left_values, &right_values);
    Comparison { quantity, left, right, left_values, right_values, test, adjusted: None, left_out }
}

/// The number of one seed.
fn value(index: &Index, quantity: Quantity, attack: Attack, seed: u32) -> Result<f64, String> {
    let planned = index.conditions().into_iter().filter(|one| one.attack == attack);
    let of = |condition: Condition| {
        let result = index.counted(condition, seed)?;
        Ok(match quantity {
            Quantity::Confidence => 100.0 * f64::from(at_end(result).median),
            Quantity::EvaluationsTo99 => median_to_99(result).unwrap_or(f64::INFINITY),
        })
    };
    planned.map(of).collect::<Result<Vec<f64>, String>>().map(|values| mean(&values))
}

/// The median over the classes with an elite; none if the median class never reached 99 %.
pub(super) fn median_to_99(result: &AttackResult) -> Option<f64> {
    let mut all: Vec<u64> =
        result.elites.iter().map(|elite| elite.evaluations_to_99.unwrap_or(u64::MAX)).collect();
    all.sort_unstable();
    let (below, above) = (*all.get((all.len().max(1) - 1) / 2)?, *all.get(all.len() / 2)?);
    (above < u64::MAX).then(|| f64::midpoint(below as f64, above as f64))
}

#[cfg(test)]
mod tests {

    use super::*;
    use assay_classifier_cells::EliteRecord;

    fn result(to_99: &[Option<u64>]) -> AttackResult {
        let elite = |&evaluations_to_99: &Option<u64>| EliteRecord {
            class: 0,
            confidence: 1.0,
            predicted: 0,
            generation: 0,
            evaluations_to_99,
            evaluations_to_9999: None,
            lineage: vec![0],
        };
        AttackResult { elites: to_99.iter().map(elite).collect(), curve: Vec::new() }
    }

    #[test]
    fn classes_that_never_came_so_far_count_as_later_than_all_others() {
        let median = |to_99: &[Option<u64>]| median_to_99(&result(to_99)).map(f64::round);
        assert_eq!(median(&[Some(400), None, Some(200)]).map(|value| value as u64), Some(400));
        assert_eq!(median(&[Some(400), Some(200)]).map(|value| value as u64), Some(300));
        assert_eq!(median(&[Some(400), None]), None);
        assert_eq!(median(&[]), None);
    }
}
