//! Retrained networks, round by round.

use assay_classifier_cells::{AttackResult, Rejection};
use assay_runs::{CellSpec, Evaluation};

use super::attack_results::at_end;
use super::carry::SeedEstimate;
use super::index::{Found, Index, Network, Showing};
use assay_report::run_results::distinct;
use assay_stats::mean;

/// One network of a line. Round 0 has no reject class. Round r has learned the images that fooled
/// its predecessors.
#[derive(Debug, Clone)]
pub struct Round<'a> {
    /// The network.
    pub network: Network<'a>,
    /// The attacks on it; the next network, if any, learns their images.
    pub attacks: Vec<Found<'a>>,
}

/// The architectures whose networks are retrained, in the order of the plan.
#[must_use]
pub fn architectures<'a>(index: &Index<'a>) -> Vec<&'a str> {
    distinct(index.retrained().iter().map(|one| one.cell.network.architecture.as_str()))
}

/// The number of the last round in the plan; 0 without retraining.
#[must_use]
pub fn last_round(index: &Index) -> u32 {
    index.retrained().iter().map(|one| one.cell.round()).max().unwrap_or(0)
}

/// The seeds whose networks are retrained, in the order of the plan.
fn seeds(index: &Index) -> Vec<u32> {
    distinct(index.retrained().iter().map(|one| one.cell.seed))
}

/// The network of a line in a round.
///
/// # Errors
/// When it is not planned.
pub fn round<'a>(
    index: &Index<'a>,
    architecture: &str,
    seed: u32,
    number: u32,
) -> Result<Round<'a>, String> {
    let is_it = |one: &&Network| {
        let cell = one.cell;
        cell.seed == seed && cell.round() == number && cell.network.architecture == architecture
    };
    let network = index.networks().iter().chain(index.retrained()).find(is_it);
    let network = network.ok_or_else(|| format!("{architecture} of round {number} not planned"))?;
    Ok(Round { network: *network, attacks: index.repeats_on(network.cell) })
}

impl<'a> Round<'a> {
    /// Its name in messages.
    fn name(&self) -> String {
        let cell = self.network.cell;
        format!("{} of round {}", cell.network.architecture, cell.round())
    }

    /// The results of all attacks on it.
    ///
    /// # Errors
    /// When the network was not trained, or an attack is not done.
    pub fn results(&self) -> Result<Vec<&'a AttackResult>, String> {
        self.network.trained()?;
        if self.attacks.is_empty() {
            return Err(format!("{} not attacked", self.name()));
        }
        self.attacks.iter().map(|found| self.result(found)).collect()
    }

    fn result(&self, found: &Found<'a>) -> Result<&'a AttackResult, String> {
        let lacking = || format!("an attack on {} {}", self.name(), found.cell_result.outcome());
        found.result().ok_or_else(lacking)
    }

    /// The mean over its attacks of a number of their elites.
    ///
    /// # Errors
    /// As for [`Round::results`].
    pub fn over_attacks(&self, value: impl Fn(&AttackResult) -> f64) -> Result<f64, String> {
        Ok(mean(&self.results()?.into_iter().map(value).collect::<Vec<_>>()))
    }

    /// Its result on the test images.
    ///
    /// # Errors
    /// When it was not trained.
    pub fn test(&self) -> Result<(Evaluation, Option<Rejection>), String> {
        self.network.trained()?;
        let record = self.network.cell_result.record();
        let tested =
            record.and_then(|record| Some((record.test?, record.details::<Rejection>().copied())));
        tested.ok_or_else(|| format!("{} not tested", self.name()))
    }
}

/// The median confidence in the elites of the attacks on a network, in percent.
///
/// # Errors
/// As for [`Round::results`].
pub fn confidence(round: &Round) -> Result<f64, String> {
    round.over_attacks(|result| 100.0 * f64::from(at_end(result).median))
}

/// Test accuracy in percent; a rejected test image is an error.
///
/// # Errors
/// When the network was not trained.
pub fn accuracy(round: &Round) -> Result<f64, String> {
    Ok(100.0 * round.test()?.0.accuracy())
}

/// The share of test images that are rejected, in percent; 0 in round 0.
///
/// # Errors
/// When the network was not trained.
pub fn rejected(round: &Round) -> Result<f64, String> {
    let (test, rejection) = round.test()?;
    let share = |count: u32| 100.0 * f64::from(count) / f64::from(test.images.max(1));
    Ok(rejection.map_or(0.0, |rejection| share(rejection.rejected)))
}

/// The share of elites of the attacks on a network that it rejects, in percent.
///
/// # Errors
/// As for [`Round::results`].
pub fn elites_rejected(index: &Index, round: &Round) -> Result<f64, String> {
    let reject = index.plan().classes.len();
    round.over_attacks(|result| {
        let rejected = result.elites.iter().filter(|one| usize::from(one.predicted) == reject);
        100.0 * rejected.count() as f64 / result.elites.len().max(1) as f64
    })
}

/// The share of the images of ordinary evolution on the first network of a line that a later
/// network rejects, in percent, for the encoding that it learned. No network has learned these
/// images.
///
/// # Errors
/// When the network was not trained, or an evaluation is not done or not planned.
pub fn others_rejected(index: &Index, round: &Round) -> Result<f64, String> {
    round.network.trained()?;
    let reject = index.plan().classes.len();
    let mut shares = Vec::new();
    for showing in others(index, round) {
        let predictions = showing.predictions();
        let predictions = predictions
            .ok_or_else(|| format!("{}: {}", showing.cell.name(), showing.cell_result.outcome()))?;
        let rejected = predictions.predicted.iter().filter(|&&class| usize::from(class) == reject);
        shares.push(100.0 * rejected.count() as f64 / predictions.predicted.len().max(1) as f64);
    }
    if shares.is_empty() {
        Err(format!("nothing shown to {}", round.name()))
    } else {
        Ok(mean(&shares))
    }
}

/// A retrained network's evaluations of images in the encoding that it learned, found with the main
/// preset.
pub fn others<'i, 'a>(index: &'i Index<'a>, round: &Round<'a>) -> Vec<&'i Showing<'a>> {
    let cell = round.network.cell;
    let Some(learnt) = cell.reject.as_ref().map(|reject| reject.attack.encoding) else {
        return Vec::new();
    };
    let preset = index.main_preset();
    let is_it = |showing: &&Showing| {
        let attack = showing.cell.attack.attack;
        showing.cell.network == *cell && attack.encoding == learnt && attack.preset == preset
    };
    index.to_retrained().iter().filter(is_it).collect()
}

/// One test image in percent of all, for the network with the fewest test images; 0 without
/// networks.
#[must_use]
pub fn step_of_test_images(index: &Index) -> f64 {
    let images = index.networks().iter().filter_map(|one| one.cell_result.record()?.test);
    images.map(|test| 100.0 / f64::from(test.images.max(1))).fold(0.0, f64::max)
}

/// One elite in percent of all elites of an attack.
#[must_use]
pub fn step_of_elites(index: &Index) -> f64 {
    100.0 / index.plan().classes.len().max(1) as f64
}

/// A number of every line: for each seed the mean over architectures, or only the architecture
/// `only`. `step` is the rounding step of the number; 0 if it is not a count.
pub fn over_seeds(
    index: &Index,
    only: Option<&str>,
    step: f64,
    value: impl Fn(&str, u32) -> Result<f64, String>,
) -> SeedEstimate {
    let architectures: Vec<&str> = architectures(index)
        .into_iter()
        .filter(|name| only.is_none_or(|only| only == *name))
        .collect();
    let of_seed = |seed: u32| {
        let values: Result<Vec<f64>, String> =
            architectures.iter().map(|name| value(name, seed)).collect();
        (seed, values.map(|values| mean(&values)))
    };
    SeedEstimate::collect(seeds(index).into_iter().map(of_seed).collect(), step)
}
