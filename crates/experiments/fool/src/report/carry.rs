//! Cross-evaluation: whether images that fool one network fool another.
//!
//! The unit of resampling is the seed. One network is part of many pairs, as the attacked network
//! and as the one that classifies the images. So the jackknife leaves a seed out on both sides.

use assay_runs::CellSpec;
use std::collections::BTreeMap;

use assay_classifier_cells::{Attack, EliteRecord, Predictions};

use super::index::{Condition, Index};
use assay_stats::{ClusterValues, Estimate, error_of_rounding, jackknife, mean};

/// The class that a fooled network assigns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    /// The elite's own class.
    Own,
    /// Any class.
    Any,
}

/// A kind of fooling rate: the share of elites that a network classifies with some confidence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// The class that it must assign.
    pub label: Label,
    /// The minimum confidence in the assigned class, in [0, 1]; 0 for any confidence.
    pub at_least: f32,
}

impl Rate {
    /// It assigns the elite's own class, with any confidence.
    pub const OWN: Self = Self { label: Label::Own, at_least: 0.0 };

    /// The share in percent; NaN without elites.
    #[must_use]
    pub fn of(self, elites: &[EliteRecord], predictions: &Predictions) -> f64 {
        let seen = predictions.predicted.iter().zip(&predictions.predicted_confidences);
        let fooled = elites.iter().zip(seen).filter(|(elite, (predicted, confidence))| {
            let label = self.label == Label::Any || elite.class == **predicted;
            label && **confidence >= self.at_least
        });
        100.0 * fooled.count() as f64 / elites.len() as f64
    }
}

/// A pair of architectures: the attacked one, and the one that classifies the elites.
pub type Pair<'a> = (&'a str, &'a str);

/// One network's classification of the elites found on another.
struct Shown<'a> {
    architectures: Pair<'a>,
    seeds: (u32, u32),
    elites: &'a [EliteRecord],
    predictions: &'a Predictions,
}

/// All cross-evaluations of one kind of attack.
pub struct Carry<'a> {
    index: &'a Index<'a>,
    attack: Attack,
    shown: Vec<Shown<'a>>,
}

/// An estimate over seeds.
#[derive(Debug, Clone)]
pub struct SeedEstimate {
    /// The estimate; none if no seed is complete.
    pub estimate: Option<Estimate>,
    /// The seeds that it includes.
    pub seeds: Vec<u32>,
    /// The seeds left out, each with the first thing that it lacks.
    pub left_out: Vec<String>,
}

impl SeedEstimate {
    /// The mean of one number per seed, each rounded to `step`, over the seeds that have one.
    #[must_use]
    pub fn collect(seeds: Vec<(u32, Result<f64, String>)>, step: f64) -> Self {
        let kept = seeds.iter().filter(|(_, value)| value.is_ok()).map(|(seed, _)| *seed).collect();
        let named = seeds.into_iter().map(|(seed, value)| (format!("seed {seed}"), value));
        let found = ClusterValues::collect(named, step);
        Self { estimate: found.estimate(), seeds: kept, left_out: found.left_out }
    }

    /// The same with a changed estimate, if it has one.
    #[must_use]
    pub fn map(self, change: impl FnOnce(Estimate) -> Estimate) -> Self {
        Self { estimate: self.estimate.map(change), ..self }
    }
}

/// A weighted mean fooling rate over pairs of architectures. The rate of a pair is the mean over
/// its networks.
pub struct Term<'a> {
    /// The weight of the mean.
    pub weight: f64,
    /// The cross-evaluations.
    pub carry: &'a Carry<'a>,
    /// The pairs of architectures.
    pub pairs: Vec<Pair<'a>>,
}

impl<'a> Carry<'a> {
    /// The cross-evaluations of `attack` between trained networks.
    #[must_use]
    pub fn new(index: &'a Index<'a>, attack: Attack) -> Self {
        let mut shown = Vec::new();
        for showing in index.showings().iter().filter(|one| one.cell.attack.attack == attack) {
            let from = &showing.cell.attack.network;
            let condition = Condition { attack, architecture: &from.network.architecture };
            let Ok(result) = index.counted(condition, showing.cell.attack.seed) else { continue };
            let to = &showing.cell.network;
            let trained = index.network_of(to).is_none_or(|network| network.trained().is_ok());
            let Some(predictions) = showing.predictions().filter(|_| trained) else { continue };
            let architectures =
                (from.network.architecture.as_str(), to.network.architecture.as_str());
            let seeds = (showing.cell.attack.seed, to.seed);
            shown.push(Shown { architectures, seeds, elites: &result.elites, predictions });
        }
        Self { index, attack, shown }
    }

    /// Every pair of architectures in the plan, the attacked one first. With `same`, both networks
    /// have one architecture and differ in their seeds; otherwise they have two architectures.
    #[must_use]
    pub fn pairs(&self, same: bool) -> Vec<Pair<'a>> {
        let mut pairs = Vec::new();
        for showing in self.index.showings() {
            if showing.cell.attack.attack != self.attack {
                continue;
            }
            let from = showing.cell.attack.network.network.architecture.as_str();
            let pair = (from, showing.cell.network.network.architecture.as_str());
            if (pair.0 == pair.1) == same && !pairs.contains(&pair) {
                pairs.push(pair);
            }
        }
        pairs
    }

    /// The number of cross-evaluations that a pair of architectures has among the networks of
    /// `seeds`.
    #[must_use]
    pub fn count(&self, pair: Pair, seeds: &[u32]) -> usize {
        self.among(pair, seeds).count()
    }

    fn among<'b>(
        &'b self,
        pair: Pair<'b>,
        seeds: &'b [u32],
    ) -> impl Iterator<Item = &'b Shown<'a>> {
        let both = |one: &Shown| [one.seeds.0, one.seeds.1].iter().all(|seed| seeds.contains(seed));
        self.shown.iter().filter(move |one| one.architectures == pair && both(one))
    }

    /// The mean rate of `pairs` among the networks of `seeds`, in percent; NaN if a pair has none.
    fn mean(&self, pairs: &[Pair], rate: Rate, seeds: &[u32]) -> f64 {
        let of_pair = |pair: &Pair| {
            let shown = self.among(*pair, seeds);
            mean(&shown.map(|one| rate.of(one.elites, one.predictions)).collect::<Vec<_>>())
        };
        mean(&pairs.iter().map(of_pair).collect::<Vec<_>>())
    }

    /// Succeeds if a seed has all its networks and attacks for `pairs`.
    fn has_networks(&self, pairs: &[Pair], seed: u32) -> Result<(), String> {
        for &(from, to) in pairs {
            for architecture in [from, to] {
                let network = self.index.network(architecture, seed);
                network.ok_or_else(|| format!("no {architecture}"))?.trained()?;
            }
            self.index.counted(Condition { attack: self.attack, architecture: from }, seed)?;
        }
        Ok(())
    }

    /// Succeeds if the networks of all `seeds` have classified the elites found on the networks of
    /// `seed`.
    fn was_shown(&self, pairs: &[Pair], seed: u32, seeds: &[u32]) -> Result<(), String> {
        for &(from, to) in pairs {
            let mut showings = self.index.showings().iter().filter(|one| {
                let shown = &one.cell.attack;
                shown.attack == self.attack
                    && shown.seed == seed
                    && shown.network.network.architecture == from
                    && one.cell.network.network.architecture == to
                    && seeds.contains(&one.cell.network.seed)
            });
            if let Some(open) = showings.find(|one| one.cell_result.outcome() != "measured") {
                let outcome = open.cell_result.outcome();
                return Err(format!("{}: {outcome}", open.cell.name()));
            }
        }
        Ok(())
    }
}

/// A constant plus the terms, at one rate, with its interval over the seeds that are complete for
/// all terms.
#[must_use]
pub fn contrast(index: &Index, constant: f64, terms: &[Term], rate: Rate) -> SeedEstimate {
    let mut left_out = Vec::new();
    let mut kept = |seeds: &[u32], check: &dyn Fn(&Term, u32) -> Result<(), String>| {
        let mut kept = Vec::new();
        for &seed in seeds {
            match terms.iter().try_for_each(|term| check(term, seed)) {
                Ok(()) => kept.push(seed),
                Err(why) => left_out.push(format!("seed {seed}: {why}")),
            }
        }
        kept
    };
    let seeds = kept(&index.seeds(), &|term, seed| term.carry.has_networks(&term.pairs, seed));
    // A missing network cannot classify elites. This does not make the other seeds incomplete.
    let seeds = kept(&seeds, &|term, seed| term.carry.was_shown(&term.pairs, seed, &seeds));
    let value = |seeds: &[u32]| {
        let term = |term: &Term| term.weight * term.carry.mean(&term.pairs, rate, seeds);
        terms.iter().map(term).sum::<f64>()
    };
    let estimate = jackknife(&seeds, value);
    let estimate = estimate.map(|estimate| counted(estimate, terms, &seeds).less(-constant));
    SeedEstimate { estimate, seeds, left_out }
}

/// An estimate from `terms`, with the errors of counting elites.
fn counted(estimate: Estimate, terms: &[Term], seeds: &[u32]) -> Estimate {
    if let [term] = terms
        && term.weight.total_cmp(&1.0).is_eq()
    {
        let rounded = estimate.with_error_at_least(term.error_of_rounding(seeds));
        return rounded.of_share(term.elites(seeds) as f64);
    }
    let error = |term: &Term| (term.weight * term.error_of_rounding(seeds)).powi(2);
    estimate.with_error_at_least(terms.iter().map(error).sum::<f64>().sqrt())
}

impl Term<'_> {
    /// The number of elites it counts: those of every attacked network of `seeds`, regardless of
    /// how many networks classified them.
    fn elites(&self, seeds: &[u32]) -> usize {
        let shown = self.pairs.iter().flat_map(|pair| self.carry.among(*pair, seeds));
        let attacked = shown.map(|one| ((one.architectures.0, one.seeds.0), one.elites.len()));
        attacked.collect::<BTreeMap<_, _>>().into_values().sum()
    }

    /// The standard error of the mean from rounding the rate of each cross-evaluation to whole
    /// elites.
    fn error_of_rounding(&self, seeds: &[u32]) -> f64 {
        let of_pair = |pair: &Pair| {
            let elites = self.carry.among(*pair, seeds).map(|one| one.elites.len()).min();
            let step = 100.0 / elites.unwrap_or(1).max(1) as f64;
            error_of_rounding(step, 1.0, self.carry.count(*pair, seeds)).powi(2)
        };
        self.pairs.iter().map(of_pair).sum::<f64>().sqrt() / self.pairs.len() as f64
    }
}

#[cfg(test)]
mod tests {
    use assay_runs::Cell;

    use super::*;
    use assay_classifier_cells::ClassifierCell;

    fn elite(class: u16) -> EliteRecord {
        EliteRecord {
            class,
            confidence: 1.0,
            predicted: class,
            generation: 0,
            evaluations_to_99: None,
            evaluations_to_9999: None,
            lineage: vec![class],
        }
    }

    fn some_id() -> assay_runs::CellId {
        let cell = r#"{"role":"network","seed":0,"data":{"name":"d","fingerprint":"f"},
            "examples":{"validation_images":1,"excluded_classes":[],"fraction":1.0},
            "views":{"count":1,"crop_padding":0,"horizontal_flip":false},
            "network":{"architecture":"lenet","width":1.0,"groups":false,"local_response_norm":false,
                "dropout":0.0,"initialization":"he"},
            "schedule":{"epochs":1,"batch":1,"learning_rate":0.1,"bias_lr_factor":1.0,
                "lr_milestones":[],"lr_gamma":1.0,"momentum":0.9,"weight_decay":0.0},
            "loss":{"kind":"hard_labels"}}"#;
        Cell::from(serde_json::from_str::<ClassifierCell>(cell).unwrap()).id()
    }

    #[test]
    fn a_rate_asks_for_the_label_and_for_the_confidence() {
        // Classified as 0, 1, 0, 3 with .4, .99, 1, .9999.
        let predictions = Predictions {
            network: some_id(),
            confidences: vec![0.4, 0.99, 0.0, 0.9999],
            predicted: vec![0, 1, 0, 3],
            predicted_confidences: vec![0.4, 0.99, 1.0, 0.9999],
        };
        let elites: Vec<EliteRecord> = (0..4).map(elite).collect();
        let rate = |label, at_least| Rate { label, at_least }.of(&elites, &predictions);
        let own = [0.0, 0.5, 0.99, 0.9999].map(|least| rate(Label::Own, least));
        let any = [0.0, 0.5, 0.99, 0.9999].map(|least| rate(Label::Any, least));
        assert_eq!(own.map(f64::to_bits), [75.0, 50.0, 50.0, 25.0].map(f64::to_bits));
        assert_eq!(any.map(f64::to_bits), [100.0, 75.0, 75.0, 50.0].map(f64::to_bits));
    }
}
