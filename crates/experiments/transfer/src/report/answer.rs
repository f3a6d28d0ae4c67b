//! The answer in words. Each sentence comes from an estimate, its interval and the rule of a claim.

use super::contrast::{Role, Scope};
use super::convergence::{Convergence, State, holds};
use super::index::Index;
use super::outliers;
use super::transition::{Transition, specific_from, transition};
use assay_report::answer::{Sentence, find, on_topic, stands};
use assay_report::claims::{ClaimResult, margin};
use assay_report::words::{estimate, plain};
use assay_stats::{Estimate, Rule};

/// The answer in words, the most important sentence first.
pub(super) fn answer(index: &Index, claim_results: &[ClaimResult]) -> Vec<Sentence> {
    let sentence = |topic, text: Option<String>| text.map(|text| Sentence { topic, text });
    let on = |topic| sentence(topic, on_topic(claim_results, topic));
    [
        sentence("Convergence", convergence(index)),
        sentence("General", general(index)),
        sentence("Specific", specific(index)),
        sentence("Transition", transition_in_words(index)),
        sentence("Co-adaptation", co_adaptation(index, claim_results)),
        on("Fine-tuning"),
        on("Distance"),
        on("Random features"),
        on("Data"),
        sentence("Outliers", outliers::in_words(index)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The difference of two roles at each n.
fn by_cut(index: &Index, minuend: Role, subtrahend: Role) -> Vec<(u8, Option<Estimate>)> {
    let scope = Scope::main(index);
    let estimate = |n| scope.estimate(&scope.difference(minuend, subtrahend, n));
    let cuts = scope.cuts(&[minuend, subtrahend]).into_iter();
    cuts.map(|n| (n, estimate(n))).collect()
}

fn layer(index: &Index, n: u8) -> String {
    let name = usize::from(n).checked_sub(1).and_then(|at| index.plan.layers.get(at));
    name.map_or(format!("layer {n}"), |name| format!("layer {n} ({name})"))
}

/// Whether the bases have converged. None if no network has copied layers, so that nothing is
/// relative to a base.
fn convergence(index: &Index) -> Option<String> {
    let (main, margin) = (Scope::main(index), margin(index.plan));
    let copied = [Role::SELFFER, Role::TRANSFER, Role::SELFFER_PLUS, Role::TRANSFER_PLUS];
    let any = copied.iter().any(|&role| !main.cuts(&[role, Role::Base]).is_empty());
    any.then(|| Convergence::new(main, &[], margin).in_words())
}

fn general(index: &Index) -> Option<String> {
    let margin = margin(index.plan);
    let scope = Scope::main(index);
    let convergence = Convergence::new(scope, &[], margin);
    let cuts = by_cut(index, Role::TRANSFER, Role::Base);
    let first = cuts.iter().find_map(|(n, found)| Some((*n, (*found)?)))?;
    let measured = format!("AnB − base at n = {}: {}", first.0, estimate(&first.1));
    if convergence.state == State::NotConverged {
        return Some(format!(
            "Up to which layer features are general cannot be tested, since the bases have not \
             converged ({measured})."
        ));
    }
    let is_general = |cut: &&(u8, _)| holds(scope, margin, Rule::NotWorse, Role::TRANSFER, cut.0);
    let general = cuts.iter().take_while(is_general).last();
    Some(match general {
        Some((n, Some(found))) => format!(
            "Features are general up to {}: frozen layers copied from the other half cost no more \
             than {margin} points at any n up to {n} (AnB − base at n = {n}: {}).",
            layer(index, *n),
            estimate(found)
        ),
        _ => format!(
            "For no layer is it established that copying it frozen from the other half costs no more \
             than {margin} points ({measured})."
        ),
    })
}

/// The layer from which features are specific. Tests go from the last n downwards; if the first
/// test cannot be made or fails, the sentence says so.
fn specific(index: &Index) -> Option<String> {
    let margin = margin(index.plan);
    let cuts = by_cut(index, Role::TRANSFER, Role::SELFFER);
    let &(last, at_last) = cuts.last()?;
    let untested = "From which layer on features are specific cannot be tested yet";
    let Some(at_last) = at_last else {
        return Some(format!("{untested}: there is no result at n = {last} yet."));
    };
    let measured = estimate(&at_last);
    if at_last.interval.is_none() {
        return Some(format!(
            "{untested}: of one cluster there is no interval (AnB − BnB at n = {last}: {measured})."
        ));
    }
    Some(match specific_from(&cuts, margin) {
        Some((n, _)) if n == last => format!(
            "Features are specific to their classes from {} on: at n = {last}, the last, AnB is more than \
             {margin} points below BnB ({measured}).",
            layer(index, n)
        ),
        Some((n, found)) => format!(
            "Features are specific to their classes from {} on: at every n from {last} down to {n}, AnB is \
             more than {margin} points below BnB (at n = {last}: {measured}; at n = {n}: {}).",
            layer(index, n),
            estimate(&found)
        ),
        None => format!(
            "No layer was shown to be where specific features begin: at n = {last} AnB is not shown to be \
             more than {margin} points below BnB ({measured})."
        ),
    })
}

fn transition_in_words(index: &Index) -> Option<String> {
    let roles = [Role::TRANSFER, Role::SELFFER];
    if Scope::main(index).cuts(&roles).is_empty() {
        return None;
    }
    Some(match transition(index) {
        Err(why) => format!("Where features turn specific cannot be placed: {why}."),
        Ok(found) => placed(index, &found),
    })
}

fn placed(index: &Index, found: &Transition) -> String {
    let half = found.half_depth.map(|depth| {
        format!(
            "Half of the specificity drop is reached when {} of {} layers are copied. ",
            with_interval(&depth, 2, ""),
            index.last_cut()
        )
    });
    let half = half.unwrap_or_default();
    let percent = |share: &Estimate| with_interval(&share.times(100.0), 0, " %");
    let is_told =
        |share: &Estimate| share.interval.is_some_and(|ends| ends.low > 0.0 || ends.high < 0.0);
    match found.largest {
        Some(largest) => format!(
            "{half}The largest share, {}, falls on {}, which is also the largest when any one cluster \
             is left out in {} of {} cases.",
            found.shares.get(largest - 1).map(percent).unwrap_or_default(),
            layer(index, u8::try_from(largest).unwrap_or(u8::MAX)),
            found.largest_agrees,
            found.drop.clusters
        ),
        None if found.shares.iter().any(is_told) => format!(
            "{half}Which layer has the largest share cannot be said: that share cannot be told from 0."
        ),
        None => format!("{half}No layer's share can be told from 0."),
    }
}

/// `52 % [51, 54]`, with so many decimals.
fn with_interval(estimate: &Estimate, decimals: usize, unit: &str) -> String {
    let number = |value| plain(value, decimals);
    let ends = estimate.interval;
    let ends = ends.map(|ends| format!(" [{}, {}]", number(ends.low), number(ends.high)));
    format!("{}{unit}{}", number(estimate.value), ends.unwrap_or_default())
}

fn co_adaptation(index: &Index, claim_results: &[ClaimResult]) -> Option<String> {
    let dip = find(claim_results, "co-adaptation-dip").map(|claim_result| {
        format!(
            "{} that a cut in the middle breaks co-adapted layers (BnB − base: {}).",
            stands(claim_result.claim.verdict),
            claim_result.measured_in_words()
        )
    });
    let cuts = by_cut(index, Role::SELFFER, Role::Base);
    let known = cuts.iter().filter_map(|(n, found)| Some((*n, (*found)?)));
    let deepest = known
        .min_by(|a, b| a.1.value.total_cmp(&b.1.value))
        .map(|(n, found)| format!("BnB − base is lowest at n = {n}: {} points.", estimate(&found)));
    let both: Vec<String> = [dip, deepest].into_iter().flatten().collect();
    (!both.is_empty()).then(|| both.join(" "))
}
