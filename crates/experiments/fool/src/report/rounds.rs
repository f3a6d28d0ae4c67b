//! Retrained networks, round by round. A network of round 0 has no reject class. One of round r has
//! learned the images that fooled its predecessors.

use assay_classifier_cells::{AttackResult, Rejection};
use assay_report::run_results::distinct;
use assay_runs::CellSpec;
use assay_stats::Estimate;
use serde::Deserialize;

use super::index::{
    CrossEvaluation, Index, Network, PlannedAttack, last_point, median, share_at_9999,
};
use super::seed_estimate::{SeedEstimate, mean_of};

/// The architectures whose networks are retrained, in the order of the plan.
pub fn architectures<'a>(index: &Index<'a>) -> Vec<&'a str> {
    distinct(index.retrained.iter().map(|one| one.cell.network.architecture.as_str()))
}

/// The seeds whose networks are retrained, in the order of the plan.
pub fn seeds(index: &Index) -> Vec<u32> {
    distinct(index.retrained.iter().map(|one| one.cell.seed))
}

/// The number of the last round in the plan; 0 without retraining.
pub fn last_round(index: &Index) -> u32 {
    index.retrained.iter().map(|one| one.cell.round()).max().unwrap_or(0)
}

/// The attacks on a network in its round, in the order of the plan. The next network, if any,
/// learns their images.
pub fn attacks_on<'i, 'a>(
    index: &'i Index<'a>,
    network: &Network,
) -> impl Iterator<Item = &'i PlannedAttack<'a>> {
    index.round_attacks.iter().filter(move |one| one.cell.network == *network.cell)
}

/// A number of a network in its round, in percent unless it says otherwise.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RoundMetric {
    /// The median confidence in the elites of the attacks on the network.
    Confidence,
    /// The share of classes with an elite of at least 99.99 %.
    ShareAt9999,
    /// The share of classes whose elite is predicted to be of the class.
    Top1SuccessRate,
    /// The share of elites of the attacks on the network that it rejects.
    NewRejected,
    /// The share of the images of ordinary evolution on the first network of a line that a later
    /// network rejects, for the encoding that it learned. No network has learned these images.
    UnseenRejected,
    /// Test accuracy; a rejected test image is an error.
    Accuracy,
    /// Test accuracy among the data's classes, ignoring the reject class.
    AccuracyAmongClasses,
    /// The share of test images that are rejected; 0 in round 0.
    TestRejected,
    /// The number of fooling images that it learned.
    Learned,
    /// The number of attacks on it.
    Attacks,
}

impl RoundMetric {
    /// The metric of a round: for each seed the mean over architectures, or only the architecture
    /// `only`. Its interval ends at 0 and 100.
    pub fn estimate(self, index: &Index, only: Option<&str>, round: u32) -> Option<Estimate> {
        let over_seeds = over_seeds(index, only, self.step(index), |architecture, seed| {
            self.value(index, architecture, seed, round)
        });
        over_seeds.estimate.map(Estimate::in_percent)
    }

    /// The metric of the last round less a constant, or less that of round 0; none without
    /// retraining.
    pub fn last_less(self, index: &Index, constant: Option<f64>) -> Option<SeedEstimate> {
        let last = last_round(index);
        let difference = over_seeds(index, None, 0.0, |architecture, seed| {
            let value = |round| self.value(index, architecture, seed, round);
            let subtracted = constant.map_or_else(|| value(0), Ok)?;
            Ok(value(last)? - subtracted)
        });
        let (step, counts) = (self.step(index), if constant.is_some() { 1.0 } else { 2.0 });
        (last > 0).then(|| difference.map(|estimate| estimate.of_counts(step, counts)))
    }

    /// The slope of the metric by round, fitted by least squares from round 1 to the last; none with fewer
    /// than two rounds of retraining. Round 0 is left out: its networks have no reject class.
    pub fn trend(self, index: &Index) -> Option<SeedEstimate> {
        let weights = slope_weights(last_round(index));
        let slopes = over_seeds(index, None, 0.0, |architecture, seed| {
            let term = |(round, weight): (u32, &f64)| {
                Ok(weight * self.value(index, architecture, seed, round)?)
            };
            (1..).zip(&weights).map(term).sum()
        });
        // The slope adds up rounded counts with these weights. A round's number is a mean over its attacks and
        // the architectures.
        let counts = |(round, weight): (u32, &f64)| weight * weight / attacks_in(index, round);
        let counts: f64 = (1..).zip(&weights).map(counts).sum();
        let step = self.step(index);
        (!weights.is_empty()).then(|| slopes.map(|slope| slope.of_counts(step, counts)))
    }

    /// What one item more adds to it; 0 if it is not a count.
    fn step(self, index: &Index) -> f64 {
        match self {
            Self::NewRejected | Self::UnseenRejected | Self::ShareAt9999 => {
                100.0 / index.plan.classes.len().max(1) as f64
            }
            Self::Accuracy | Self::AccuracyAmongClasses | Self::TestRejected => {
                step_of_test_images(index)
            }
            _ => 0.0,
        }
    }

    /// The number, or why it is missing.
    fn value(self, index: &Index, name: &str, seed: u32, round: u32) -> Result<f64, String> {
        let network = index.network(name, seed, round);
        let network = network.ok_or_else(|| format!("{name} of round {round} not planned"))?;
        match self {
            Self::Confidence => over_attacks(index, network, median),
            Self::ShareAt9999 => over_attacks(index, network, share_at_9999),
            Self::Top1SuccessRate => {
                over_attacks(index, network, |result| 100.0 * last_point(result).predicted)
            }
            Self::NewRejected => over_attacks(index, network, |result| {
                share_rejected(index, result.elites.iter().map(|elite| elite.predicted))
            }),
            Self::UnseenRejected => unseen_rejected(index, network),
            Self::Attacks => Ok(attacks_on(index, network).count() as f64),
            _ => self.value_on_test_images(network),
        }
    }

    fn value_on_test_images(self, network: &Network) -> Result<f64, String> {
        network.trained()?;
        let record = network.cell_result.record();
        let tested =
            record.and_then(|record| Some((record.test?, record.details::<Rejection>().copied())));
        let (test, rejection) = tested.ok_or_else(|| format!("{} not tested", name(network)))?;
        let share = |count: u32| 100.0 * f64::from(count) / f64::from(test.images.max(1));
        Ok(match self {
            Self::AccuracyAmongClasses => {
                share(rejection.map_or(test.correct, |one| one.correct_among_classes))
            }
            Self::TestRejected => rejection.map_or(0.0, |one| share(one.rejected)),
            Self::Learned => rejection.map_or(0.0, |one| f64::from(one.images)),
            _ => 100.0 * test.accuracy(),
        })
    }
}

/// The weights of the numbers of rounds 1 to `last` in the slope of their regression line; none for a
/// single round.
fn slope_weights(last: u32) -> Vec<f64> {
    if last < 2 {
        return Vec::new();
    }
    let center = f64::from(last + 1) / 2.0;
    let distances: Vec<f64> = (1..=last).map(|round| f64::from(round) - center).collect();
    let squares: f64 = distances.iter().map(|distance| distance * distance).sum();
    distances.into_iter().map(|distance| distance / squares).collect()
}

/// The planned attacks of a round on the networks of one seed; at least 1.
fn attacks_in(index: &Index, round: u32) -> f64 {
    let first = seeds(index).first().copied().unwrap_or_default();
    let attacked =
        |one: &&PlannedAttack| one.cell.network.round() == round && one.cell.network.seed == first;
    index.round_attacks.iter().filter(attacked).count().max(1) as f64
}

/// A number of every line of networks: for each seed the mean over architectures, or only the
/// architecture `only`.
fn over_seeds(
    index: &Index,
    only: Option<&str>,
    step: f64,
    value: impl Fn(&str, u32) -> Result<f64, String>,
) -> SeedEstimate {
    let mut architectures = architectures(index);
    architectures.retain(|name| only.is_none_or(|only| only == *name));
    SeedEstimate::new(seeds(index), step, |seed| {
        architectures.iter().map(|name| value(name, seed)).collect()
    })
}

/// The name of a network in messages.
fn name(network: &Network) -> String {
    format!("{} of round {}", network.cell.network.architecture, network.cell.round())
}

/// The mean over all attacks on a network of a number of their results.
fn over_attacks(
    index: &Index,
    network: &Network,
    value: impl Fn(&AttackResult) -> f64,
) -> Result<f64, String> {
    network.trained()?;
    let result = |planned: &PlannedAttack| {
        let outcome = planned.cell_result.outcome();
        let result = planned.result();
        result.map(&value).ok_or_else(|| format!("an attack on {} {outcome}", name(network)))
    };
    let values: Vec<f64> = attacks_on(index, network).map(result).collect::<Result<_, _>>()?;
    if values.is_empty() {
        return Err(format!("{} not attacked", name(network)));
    }
    Ok(mean_of(values))
}

/// The share of images that are predicted to be of the reject class, in percent.
fn share_rejected(index: &Index, predicted: impl ExactSizeIterator<Item = u16>) -> f64 {
    let images = predicted.len().max(1) as f64;
    let reject = index.plan.classes.len();
    100.0 * predicted.filter(|&class| usize::from(class) == reject).count() as f64 / images
}

fn unseen_rejected(index: &Index, network: &Network) -> Result<f64, String> {
    network.trained()?;
    let share = |planned: &CrossEvaluation| {
        let CrossEvaluation { cell, cell_result } = planned;
        let predictions = planned.predictions();
        let seen =
            predictions.ok_or_else(|| format!("{}: {}", cell.name(), cell_result.outcome()))?;
        Ok(share_rejected(index, seen.predicted.iter().copied()))
    };
    let shares: Vec<f64> = unseen(index, network).map(share).collect::<Result<_, String>>()?;
    if shares.is_empty() {
        return Err(format!("no cross-evaluation by {}", name(network)));
    }
    Ok(mean_of(shares))
}

/// A retrained network's evaluations of images in the encoding that it learned, found with the main
/// preset.
fn unseen<'i, 'a>(
    index: &'i Index<'a>,
    network: &Network<'a>,
) -> impl Iterator<Item = &'i CrossEvaluation<'a>> {
    let network = network.cell;
    let learned = network.reject.as_ref().map(|reject| reject.attack.encoding);
    let preset = index.main_preset();
    index.retrained_evaluations.iter().filter(move |one| {
        let attack = one.cell.attack.attack;
        one.cell.network == *network && Some(attack.encoding) == learned && attack.preset == preset
    })
}

/// One test image in percent of all, for the network with the fewest test images; 0 without
/// networks.
pub fn step_of_test_images(index: &Index) -> f64 {
    let images = index.networks.iter().filter_map(|one| one.cell_result.record()?.test);
    images.map(|test| 100.0 / f64::from(test.images.max(1))).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slope_of_a_line_is_its_rise_a_round() {
        let slope = |values: &[f64]| -> f64 {
            let weights = slope_weights(values.len() as u32);
            weights.iter().zip(values).map(|(weight, value)| weight * value).sum()
        };
        assert!((slope(&[69.0, 66.0, 63.0, 60.0]) + 3.0).abs() < 1e-12);
        assert!((slope(&[1.0, 0.0, 1.0])).abs() < 1e-12);
        assert!(slope_weights(0).is_empty() && slope_weights(1).is_empty());
    }
}
