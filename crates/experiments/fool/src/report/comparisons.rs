//! Attacks compared by ranks, at the same number of evaluations: which method has higher confidence
//! at the end, and which reaches 99 % earlier.

use assay_classifier_cells::{Attack, AttackResult, Encoding, Method, Regularization};
use assay_stats::{ClusterValues, RankTest, holm, mann_whitney};
use serde::Deserialize;

use super::index::{Index, median};
use super::seed_estimate::mean_of;

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

/// A kind of attack.
pub type Search = (Method, Regularization);

const EVOLUTION: Search = (Method::Evolution, Regularization::Unregularized);
const RANDOM_SEARCH: Search = (Method::RandomSearch, Regularization::Unregularized);
const ASCENT: Search = (Method::GradientAscent, Regularization::Unregularized);

/// The kinds that are compared, for each encoding.
const PAIRS: [(Search, Search); 6] = [
    (ASCENT, EVOLUTION),
    (ASCENT, RANDOM_SEARCH),
    (EVOLUTION, RANDOM_SEARCH),
    ((Method::GradientAscent, Regularization::Decay), ASCENT),
    ((Method::GradientAscent, Regularization::Blur), ASCENT),
    ((Method::GradientAscent, Regularization::SmallPixels), ASCENT),
];

/// Two attacks that differ only in their method or regularization.
#[derive(Debug)]
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

/// The method and the regularization of an attack.
pub fn search(attack: Attack) -> Search {
    (attack.method, attack.regularization)
}

/// Every comparison that the plan has cells for. For each encoding: the methods with one another,
/// then gradient ascent with each regularizer and without. First by confidence, then by
/// evaluations.
pub fn comparisons(index: &Index) -> Vec<Comparison> {
    let encodings = [Encoding::Direct, Encoding::Cppn];
    let pairs = encodings.into_iter().flat_map(|encoding| attack_pairs(index, encoding));
    let pairs: Vec<(Attack, Attack)> = pairs.collect();
    let family = |quantity| {
        let compared = pairs.iter().map(|&(left, right)| compare(index, quantity, left, right));
        let mut family: Vec<Comparison> = compared.collect();
        let p_values = family.iter().map(|one| one.test.map_or(1.0, |test| test.p_value));
        let adjusted = holm(&p_values.collect::<Vec<_>>());
        for (one, p_value) in family.iter_mut().zip(adjusted) {
            one.adjusted = one.test.map(|_| p_value);
        }
        family
    };
    [Quantity::Confidence, Quantity::EvaluationsTo99].into_iter().flat_map(family).collect()
}

/// The pairs of attacks with the main preset, one encoding and the same budget that are compared.
fn attack_pairs(index: &Index, encoding: Encoding) -> Vec<(Attack, Attack)> {
    let planned = |kind: Search| {
        index.main_attack(|attack| attack.encoding == encoding && search(*attack) == kind)
    };
    let budget = |attack: &Attack| (attack.initial, attack.children, attack.generations);
    let pairs = PAIRS.iter().filter_map(|&(left, right)| planned(left).zip(planned(right)));
    pairs.filter(|(left, right)| budget(left) == budget(right)).collect()
}

fn compare(index: &Index, quantity: Quantity, left: Attack, right: Attack) -> Comparison {
    let both = |seed: u32| {
        let values = value(index, quantity, left, seed)
            .and_then(|of_left| Ok((of_left, value(index, quantity, right, seed)?)));
        (format!("seed {seed}"), values)
    };
    let seeds = index.seeds_of_attack(left).into_iter();
    let ClusterValues { values, left_out, .. } = ClusterValues::collect(seeds.map(both), 0.0);
    let (left_values, right_values): (Vec<f64>, Vec<f64>) = values.into_iter().unzip();
    let test = mann_whitney(&left_values, &right_values);
    Comparison { quantity, left, right, left_values, right_values, test, adjusted: None, left_out }
}

/// The number of one seed.
fn value(index: &Index, quantity: Quantity, attack: Attack, seed: u32) -> Result<f64, String> {
    let planned = index.conditions().into_iter().filter(|one| one.attack == attack);
    let results = planned.map(|condition| index.counted(condition, seed));
    let results: Vec<&AttackResult> = results.collect::<Result<_, _>>()?;
    Ok(mean_of(results.into_iter().map(|result| match quantity {
        Quantity::Confidence => median(result),
        Quantity::EvaluationsTo99 => median_to_99(result).unwrap_or(f64::INFINITY),
    })))
}

/// The median over the classes with an elite; none if the median class never reached 99 %.
pub fn median_to_99(result: &AttackResult) -> Option<f64> {
    let evaluations = result.elites.iter().map(|elite| elite.evaluations_to_99);
    let evaluations = evaluations.map(|count| count.map_or(f64::INFINITY, |count| count as f64));
    median_of(evaluations.collect()).filter(|median| median.is_finite())
}

/// The median; for an even number of values, the mean of the middle two. None without values.
pub fn median_of(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let (below, above) =
        (values.get((values.len().max(1) - 1) / 2)?, values.get(values.len() / 2)?);
    Some(f64::midpoint(*below, *above))
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
