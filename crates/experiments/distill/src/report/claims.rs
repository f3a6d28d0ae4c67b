//! The claims of Hinton et al. 2015. `claims.toml` has the numbers and the rule that decide each.
//! `docs/studies/distillation.md` lists the changes that were made after runs had been seen.

mod measurement;
mod metric;
mod temperatures;

use std::sync::LazyLock;

use assay_report::claims::{ClaimResult, ClaimSpec, parse_claims};
use assay_report::data;
use assay_report::words::verdict_in_words;
use assay_runs::Verdict;
use assay_stats::{Estimate, estimate_mean, mean};

pub use self::metric::Metric;
use super::classification::ClassificationMetrics;
use super::gap::{NO_SEED, WORSE_TEACHER};
use super::index::Index;
use super::{paper, select};

/// The claims, in the order of the report.
///
/// # Panics
/// Never: a test parses the file.
pub static CLAIMS: LazyLock<Vec<ClaimSpec<Metric>>> = LazyLock::new(|| {
    parse_claims(include_str!("../../claims.toml")).expect("claims.toml has this form")
});

/// Every claim that the plan has cells for, in the order of the table.
pub fn decide_claims(index: &Index) -> Vec<ClaimResult> {
    CLAIMS.iter().filter_map(|claim| decide_claim(index, claim)).collect()
}

fn decide_claim(index: &Index, claim: &ClaimSpec<Metric>) -> Option<ClaimResult> {
    let measured = claim.metric.measure(index)?;
    let paper = paper::claim(&claim.id).filter(|_| data::has_only(index.plan, paper::DATA));
    let detail = format!(" ({})", measured.networks);
    let undecided = claim.undecided(index.plan, &detail, paper, measured.absent);
    let mut result = undecided.decide_all(&measured.members, measured.left_out);
    let no_share = result.claim.measured.is_none() && measured.absent != NO_SEED;
    if no_share {
        result.claim.note = Some(measured.absent.to_owned());
    }
    if index.has_folds() {
        // A seed is a speaker, and there are no more.
        result.claim.note = None;
    }
    if measured.absent == WORSE_TEACHER {
        result.claim.verdict = Verdict::NotTestable;
        result.claim.note = Some(format!("not testable: {}", measured.absent));
    }
    if claim.metric == Metric::ExcludedClass
        && let Some(with_all) = known_with_all_classes(index)
        && claim.rule.decide(with_all.interval, claim.margin.unwrap_or_default())
            == Verdict::DoesNotHold
    {
        let (with_all, verdict) = (with_all.value, result.claim.verdict);
        result.claim.verdict = Verdict::NotTestable;
        result.claim.note = Some(format!(
            "not testable: of these images, the same network gets {with_all:.1} % right if it is distilled on all \
             classes; by the interval alone it would be: {}",
            verdict_in_words(verdict)
        ));
    }
    Some(result)
}

/// Images of single excluded classes that the main student gets right if no class is excluded, in percent: the mean
/// over seeds of the mean over sets.
fn known_with_all_classes(index: &Index) -> Option<Estimate> {
    let main = select::main(index)?;
    let sets = select::without_classes(index);
    let excluded = sets.iter().filter_map(|group| match group.condition.excluded_classes[..] {
        [class] => Some(usize::from(class)),
        _ => None,
    });
    let excluded: Vec<usize> = excluded.collect();
    if excluded.is_empty() {
        return None;
    }
    let trained = main.classification();
    let right =
        |class: &usize, metrics: &ClassificationMetrics| metrics.by_class[*class].right_percent();
    let of_seed = |metrics: &&ClassificationMetrics| {
        mean(&excluded.iter().map(|class| right(class, metrics)).collect::<Vec<_>>())
    };
    let images = trained
        .iter()
        .flat_map(|metrics| excluded.iter().map(|class| metrics.by_class[*class].images));
    let fewest = images.min().unwrap_or(0);
    let estimate = estimate_mean(&trained.iter().map(of_seed).collect::<Vec<_>>())?;
    Some(estimate.of_share((fewest * excluded.len()) as f64))
}
