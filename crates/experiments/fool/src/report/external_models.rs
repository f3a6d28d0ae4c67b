//! External models: how networks of other runs classify the images found here.

use assay_classifier_cells::ExternalPredictions;
use assay_report::run_results::distinct;
use assay_stats::{Estimate, estimate_mean, mean};

use super::index::{Condition, ExternalEvaluation, Index};
use super::seed_estimate::mean_of;
use super::transfer_rate::Rate;

/// External models that differ only in their repetition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExternalKind<'a> {
    /// What they are, as text.
    pub kind: &'a str,
    /// The data they were trained on.
    pub data: &'a str,
    /// The number of their outputs.
    pub outputs: u32,
}

impl<'a> From<&ExternalEvaluation<'a>> for ExternalKind<'a> {
    fn from(planned: &ExternalEvaluation<'a>) -> Self {
        let model = &planned.cell.external_model;
        Self { kind: &model.kind, data: &model.data.name, outputs: model.outputs }
    }
}

/// How often external models assign images to the class they were found for.
#[derive(Debug)]
pub struct ExternalRate {
    /// In percent, over the seeds of the attacked networks.
    pub rate: Estimate,
    /// The same with a confidence of at least 99 %.
    pub at_99: f64,
    /// The number of evaluations by an external model.
    pub evaluations: usize,
    /// The number of classes that they share with the data here.
    pub classes: usize,
}

/// The kinds of external models, in the order of the plan.
pub fn external_kinds<'a>(index: &Index<'a>) -> Vec<ExternalKind<'a>> {
    distinct(index.external_evaluations.iter().map(ExternalKind::from))
}

/// The rate of one kind of external models for the attacks of a condition: the mean over the
/// networks of a seed, with its interval over the seeds that have all of them. None if no seed has.
pub fn external_rate(
    index: &Index,
    kind: ExternalKind,
    condition: Condition,
) -> Option<ExternalRate> {
    let evaluations: Vec<&ExternalEvaluation> = index
        .external_evaluations
        .iter()
        .filter(|one| ExternalKind::from(*one) == kind)
        .filter(|one| Condition::from(&one.cell.attack) == condition)
        .collect();
    let predictions_of_seed = |seed: u32| -> Option<Vec<&ExternalPredictions>> {
        index.counted(condition, seed).ok()?;
        let of_seed = evaluations.iter().filter(|one| one.cell.attack.seed == seed);
        of_seed.map(|one| predictions(one)).collect()
    };
    let seeds = distinct(evaluations.iter().map(|one| one.cell.attack.seed));
    let complete: Vec<_> = seeds.into_iter().filter_map(predictions_of_seed).collect();
    let rates = |rate: Rate| -> Vec<f64> {
        let of_seed = |seen: &Vec<&ExternalPredictions>| {
            mean_of(seen.iter().map(|one| rate.of_external(one)))
        };
        complete.iter().map(of_seed).collect()
    };
    let shared = |seen: &Vec<&ExternalPredictions>| seen.iter().map(|one| one.classes.len()).max();
    let classes: Vec<usize> = complete.iter().filter_map(shared).collect();
    let most_classes = classes.iter().copied().max().unwrap_or(0);
    let elites: usize = classes.iter().sum();
    let rate = estimate_mean(&rates(Rate::OWN_CLASS))?;
    let rate = rate.of_counts(100.0 / most_classes.max(1) as f64, 1.0).of_share(elites as f64);
    Some(ExternalRate {
        rate,
        at_99: mean(&rates(Rate::OWN_CLASS_99)),
        evaluations: complete.iter().map(Vec::len).sum(),
        classes: most_classes,
    })
}

fn predictions<'a>(planned: &ExternalEvaluation<'a>) -> Option<&'a ExternalPredictions> {
    let predictions = planned.cell_result.record()?.details::<ExternalPredictions>()?;
    (!predictions.classes.is_empty()).then_some(predictions)
}
