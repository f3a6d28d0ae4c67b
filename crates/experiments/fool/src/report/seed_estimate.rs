//! Numbers of seeds, the unit of resampling: for each, the mean over its networks.

use assay_classifier_cells::{Attack, AttackResult};
use assay_stats::{ClusterValues, Estimate, mean};

use super::index::{Condition, Index};

/// An estimate over seeds.
#[derive(Debug)]
pub struct SeedEstimate {
    /// None if no seed is complete.
    pub estimate: Option<Estimate>,
    /// The seeds left out, each with the first thing that it lacks.
    pub left_out: Vec<String>,
}

impl SeedEstimate {
    /// The mean over the seeds that have all their values. A seed's number is the mean of its
    /// values, rounded to `step`; 0 if it is not a count.
    pub fn new(
        seeds: impl IntoIterator<Item = u32>,
        step: f64,
        values: impl Fn(u32) -> Result<Vec<f64>, String>,
    ) -> Self {
        let seeds = seeds.into_iter();
        let means =
            seeds.map(|seed| (format!("seed {seed}"), values(seed).map(|values| mean(&values))));
        let found = ClusterValues::collect(means, step);
        Self { estimate: found.estimate(), left_out: found.left_out }
    }

    /// The same with a changed estimate, if it has one.
    pub fn map(self, change: impl FnOnce(Estimate) -> Estimate) -> Self {
        Self { estimate: self.estimate.map(change), ..self }
    }
}

/// The mean of values; NaN if there are none.
pub fn mean_of(values: impl IntoIterator<Item = f64>) -> f64 {
    mean(&values.into_iter().collect::<Vec<_>>())
}

/// A number of two attacks on the same networks. None if no architecture is planned for both.
pub fn compare_attacks(
    index: &Index,
    attack: Attack,
    other: Attack,
    value: impl Fn(&AttackResult, &AttackResult) -> f64,
) -> Option<SeedEstimate> {
    let planned = index.conditions();
    let mut architectures = index.architectures();
    architectures.retain(|architecture| {
        [attack, other]
            .into_iter()
            .all(|attack| planned.contains(&Condition { attack, architecture }))
    });
    let values = |seed: u32| {
        let of_network = |&architecture: &&str| {
            let result = |attack| index.counted(Condition { attack, architecture }, seed);
            Ok(value(result(attack)?, result(other)?))
        };
        architectures.iter().map(of_network).collect()
    };
    let seeds = index.seeds_of_attack(attack);
    (!architectures.is_empty()).then(|| SeedEstimate::new(seeds, 0.0, values))
}

/// A number of an attack. None if it is not planned.
pub fn estimate_attack(
    index: &Index,
    attack: Attack,
    value: impl Fn(&AttackResult) -> f64,
) -> Option<SeedEstimate> {
    compare_attacks(index, attack, attack, |result, _| value(result))
}
