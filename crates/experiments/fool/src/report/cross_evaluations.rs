//! Cross-evaluation: whether images that fool one network fool another.
//!
//! The unit of resampling is the seed. One network is part of many pairs, as the attacked network
//! and as the one that classifies the images. So the jackknife leaves a seed out on both sides.

use std::collections::BTreeMap;

use assay_classifier_cells::{Attack, EliteRecord, Predictions};
use assay_report::run_results::{CellResult, distinct};
use assay_stats::{Estimate, error_of_rounding, jackknife};

use super::index::{Condition, CrossEvaluation, Index};
use super::seed_estimate::{SeedEstimate, mean_of};
use super::transfer_rate::Rate;

/// A pair of architectures: the attacked one, and the one that classifies the elites.
pub type Pair<'a> = (&'a str, &'a str);

/// A planned cross-evaluation.
struct Evaluation<'a> {
    pair: Pair<'a>,
    /// Those of the attacked network and of the one that classifies the elites.
    seeds: (u32, u32),
    cell_result: &'a CellResult,
    /// None if it is missing, or a network was not trained.
    seen: Option<(&'a [EliteRecord], &'a Predictions)>,
}

impl<'a> Evaluation<'a> {
    fn new(index: &Index<'a>, planned: &CrossEvaluation<'a>) -> Self {
        let &CrossEvaluation { cell, cell_result } = planned;
        let condition = Condition::from(&cell.attack);
        let seeds = (cell.attack.seed, cell.network.seed);
        let seen = || {
            let result = index.counted(condition, seeds.0).ok()?;
            index.check_trained(&cell.network).ok()?;
            Some((&result.elites[..], planned.predictions()?))
        };
        let pair = (condition.architecture, cell.network.network.architecture.as_str());
        Self { pair, seeds, cell_result, seen: seen() }
    }
}

/// All cross-evaluations of one attack.
pub struct CrossEvaluations<'a> {
    index: &'a Index<'a>,
    attack: Attack,
    evaluations: Vec<Evaluation<'a>>,
}

impl<'a> CrossEvaluations<'a> {
    pub fn new(index: &'a Index<'a>, attack: Attack) -> Self {
        let planned = index.cross_evaluations.iter();
        let planned = planned.filter(|one| one.cell.attack.attack == attack);
        let evaluations = planned.map(|one| Evaluation::new(index, one)).collect();
        Self { index, attack, evaluations }
    }

    /// Every pair of architectures in the plan. With `same`, both networks have one architecture
    /// and differ in their seeds; otherwise they have two architectures.
    pub fn pairs(&self, same: bool) -> Vec<Pair<'a>> {
        let pairs = self.evaluations.iter().map(|one| one.pair);
        distinct(pairs.filter(|pair| (pair.0 == pair.1) == same))
    }

    /// Every pair of architectures in the plan: first those of one architecture.
    pub fn all_pairs(&self) -> Vec<Pair<'a>> {
        [self.pairs(true), self.pairs(false)].concat()
    }

    /// The rates of a pair, and the number of cross-evaluations that they are means over.
    pub fn rates<const N: usize>(
        &self,
        pair: Pair,
        rates: [Rate; N],
    ) -> ([Option<Estimate>; N], usize) {
        let terms = [Term { weight: 1.0, cross_evaluations: self, pairs: vec![pair] }];
        let (seeds, _) = complete_seeds(self.index, &terms);
        let estimates = rates.map(|rate| estimate_rate(&terms, rate, &seeds));
        (estimates, self.among(pair, &seeds).count())
    }

    fn among<'b>(
        &'b self,
        pair: Pair<'b>,
        seeds: &'b [u32],
    ) -> impl Iterator<Item = (u32, &'a [EliteRecord], &'a Predictions)> + 'b {
        let both = |(from, to): (u32, u32)| seeds.contains(&from) && seeds.contains(&to);
        let of_pair =
            self.evaluations.iter().filter(move |one| one.pair == pair && both(one.seeds));
        of_pair.filter_map(|one| one.seen.map(|(elites, seen)| (one.seeds.0, elites, seen)))
    }

    /// Succeeds if a seed has all its networks and attacks for `pairs`.
    fn has_networks(&self, pairs: &[Pair], seed: u32) -> Result<(), String> {
        for &(from, to) in pairs {
            for architecture in [from, to] {
                let network = self.index.network(architecture, seed, 0);
                network.ok_or_else(|| format!("no {architecture}"))?.trained()?;
            }
            self.index.counted(Condition { attack: self.attack, architecture: from }, seed)?;
        }
        Ok(())
    }

    /// Succeeds if the networks of all `seeds` have classified the elites found on the networks of
    /// `seed`.
    fn has_evaluations(&self, pairs: &[Pair], seed: u32, seeds: &[u32]) -> Result<(), String> {
        for pair in pairs {
            let is_open = |one: &&Evaluation| {
                one.pair == *pair
                    && one.seeds.0 == seed
                    && seeds.contains(&one.seeds.1)
                    && one.cell_result.outcome() != "measured"
            };
            if let Some(Evaluation { cell_result, .. }) = self.evaluations.iter().find(is_open) {
                return Err(format!("{}: {}", cell_result.cell.name(), cell_result.outcome()));
            }
        }
        Ok(())
    }
}

/// A weighted mean transfer rate over pairs of architectures. The rate of a pair is the mean over
/// its networks.
pub struct Term<'a> {
    pub weight: f64,
    pub cross_evaluations: &'a CrossEvaluations<'a>,
    pub pairs: Vec<Pair<'a>>,
}

impl Term<'_> {
    /// The mean among the networks of `seeds`, in percent; NaN if a pair has none.
    fn mean(&self, rate: Rate, seeds: &[u32]) -> f64 {
        mean_of(self.pairs.iter().map(|pair| {
            let evaluations = self.cross_evaluations.among(*pair, seeds);
            mean_of(evaluations.map(|(_, elites, seen)| rate.of_elites(elites, seen)))
        }))
    }

    /// The number of elites it counts: those of every attacked network of `seeds`, regardless of
    /// how many networks classified them.
    fn elites(&self, seeds: &[u32]) -> usize {
        let attacked = self.pairs.iter().flat_map(|pair| {
            let evaluations = self.cross_evaluations.among(*pair, seeds);
            evaluations.map(|(seed, elites, _)| ((pair.0, seed), elites.len()))
        });
        attacked.collect::<BTreeMap<_, _>>().into_values().sum()
    }

    /// The standard error of the mean from rounding the rate of each cross-evaluation to whole
    /// elites.
    fn error_of_rounding(&self, seeds: &[u32]) -> f64 {
        let of_pair = |pair: &Pair| {
            let evaluations = || self.cross_evaluations.among(*pair, seeds);
            let elites = evaluations().map(|(_, elites, _)| elites.len()).min();
            let step = 100.0 / elites.unwrap_or(1).max(1) as f64;
            error_of_rounding(step, 1.0, evaluations().count()).powi(2)
        };
        self.pairs.iter().map(of_pair).sum::<f64>().sqrt() / self.pairs.len() as f64
    }
}

/// The seeds that are complete for all terms, and the others, each with the first thing that it
/// lacks.
fn complete_seeds(index: &Index, terms: &[Term]) -> (Vec<u32>, Vec<String>) {
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
    let with_networks =
        kept(&index.seeds(), &|term, seed| term.cross_evaluations.has_networks(&term.pairs, seed));
    // A missing network cannot classify elites. This does not make the other seeds incomplete.
    let complete = kept(&with_networks, &|term, seed| {
        term.cross_evaluations.has_evaluations(&term.pairs, seed, &with_networks)
    });
    (complete, left_out)
}

/// The sum of the terms at one rate, among the networks of `seeds`, with the errors of counting
/// elites.
fn estimate_rate(terms: &[Term], rate: Rate, seeds: &[u32]) -> Option<Estimate> {
    let value =
        |seeds: &[u32]| terms.iter().map(|term| term.weight * term.mean(rate, seeds)).sum::<f64>();
    let estimate = jackknife(seeds, value)?;
    if let [term] = terms {
        let rounded = estimate.with_error_at_least(term.error_of_rounding(seeds));
        return Some(rounded.of_share(term.elites(seeds) as f64));
    }
    let error = |term: &Term| (term.weight * term.error_of_rounding(seeds)).powi(2);
    Some(estimate.with_error_at_least(terms.iter().map(error).sum::<f64>().sqrt()))
}

/// The transfer rate to the own class, as [`estimate_rate`] has it.
pub fn estimate_own_class(index: &Index, terms: &[Term]) -> SeedEstimate {
    let (seeds, left_out) = complete_seeds(index, terms);
    SeedEstimate { estimate: estimate_rate(terms, Rate::OWN_CLASS, &seeds), left_out }
}
