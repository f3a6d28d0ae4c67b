//! The answer in words. Each sentence comes from an estimate, its interval and the rule of a claim.

use assay_classifier_cells::Encoding;

use super::claims::{self, Metric, rank_claims, says_larger, verdict};
use super::comparisons::Comparison;
use super::index::{Index, median};
use super::rounds::step_of_test_images;
use super::seed_estimate::{SeedEstimate, estimate_attack};
use assay_report::answer::{Sentence, find, on_topic, stands};
use assay_report::claims::{ClaimResult, ClaimSpec};
use assay_report::run_results::CellResult;
use assay_report::words::{plain, plural};
use assay_stats::{Estimate, estimate_mean};

/// The answer in words, the most important sentence first.
pub fn answer(
    index: &Index,
    claim_results: &[ClaimResult],
    comparisons: &[Comparison],
) -> Vec<Sentence> {
    let sentence = |topic, text: Option<String>| text.map(|text| Sentence { topic, text });
    let on = |topic| sentence(topic, on_topic(claim_results, topic));
    [
        sentence("Direct images", reached(index, claim_results, Encoding::Direct)),
        sentence("CPPN images", reached(index, claim_results, Encoding::Cppn)),
        on("Against random search"),
        on("CPPN images against direct ones"),
        sentence("Gradient ascent", ascent(claim_results, comparisons)),
        on("Other networks"),
        on("Other architectures"),
        on("Encodings (exploratory)"),
        on("Retraining"),
        on("Detectors (exploratory)"),
        sentence("The networks themselves", networks(index)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What gradient ascent finds, and how it compares with the other methods; none if it is not
/// planned.
fn ascent(claim_results: &[ClaimResult], comparisons: &[Comparison]) -> Option<String> {
    let pairs = |(claim, comparison): (&ClaimSpec<Metric>, &Comparison)| {
        let (test, p_value) = comparison.test.zip(comparison.adjusted)?;
        let pairs = if says_larger(claim) { test.larger } else { test.pairs - test.larger };
        Some(format!(
            "{} {}: so in {} of {} pairs of runs, p = {} after Holm's adjustment.",
            stands(verdict(claim, comparison)),
            claim.finding,
            plain(pairs, usize::from(pairs.fract() != 0.0)),
            plain(test.pairs, 0),
            plain(p_value, 4),
        ))
    };
    let reached = on_topic(claim_results, "Gradient ascent");
    let said: Vec<String> =
        reached.into_iter().chain(rank_claims(comparisons).filter_map(pairs)).collect();
    (!said.is_empty()).then(|| said.join(" "))
}

/// How confident networks are in the images of evolution; none if the plan has no such evolution.
fn reached(index: &Index, claim_results: &[ClaimResult], encoding: Encoding) -> Option<String> {
    let (id, name) = match encoding {
        Encoding::Direct => ("direct-images-reach-99.99", "direct"),
        Encoding::Cppn => ("cppn-images-reach-99.99", "CPPN"),
    };
    let claim_result = find(claim_results, id)?;
    let attack = index.evolution(encoding)?;
    let verdict = stands(claim_result.claim.verdict);
    let percent = |number: Option<SeedEstimate>| Some(in_percent(&number?.estimate?));
    let share = percent(claims::success_rate(index, attack));
    let Some((share, median)) = share.zip(percent(estimate_attack(index, attack, median))) else {
        return Some("No seed has all the cells that this is read from.".to_owned());
    };
    Some(format!(
        "After {}, {share} % of the classes have an elite that the network classifies with at least \
         99.99 % confidence, and the median confidence is {median} %. {verdict} that evolution of {name} \
         images reaches 99.99 % in more than 90 % of the classes.",
        plural(attack.generations as usize, "generation"),
    ))
}

/// `97.50 [94.00, 100.00]`. Shares and confidences end at 0 and 100. Values near 100 have four
/// decimals.
fn in_percent(estimate: &Estimate) -> String {
    let near = (99.0..100.0).contains(&estimate.value);
    let decimals = if near { 4 } else { 2 };
    let number = |value: f64| plain(value, decimals);
    let ends = estimate
        .in_percent()
        .interval
        .map_or(String::new(), |ends| format!(" [{}, {}]", number(ends.low), number(ends.high)));
    format!("{}{ends}", number(estimate.value))
}

/// The accuracy of the attacked networks; none if none was trained.
fn networks(index: &Index) -> Option<String> {
    let accuracy = |architecture: &&str| {
        let those = index.networks.iter();
        let those = those.filter(|one| one.cell.network.architecture == **architecture);
        let accuracies: Vec<f64> =
            those.map(|one| one.cell_result).filter_map(CellResult::accuracy).collect();
        let accuracy = estimate_mean(&accuracies)?.of_counts(step_of_test_images(index), 1.0);
        let count = plural(accuracies.len(), "network");
        Some(format!("{architecture} {} ({count})", in_percent(&accuracy)))
    };
    let said: Vec<String> = index.architectures().iter().filter_map(accuracy).collect();
    (!said.is_empty())
        .then(|| format!("Accuracy on clean test images, in percent: {}.", said.join(", ")))
}
