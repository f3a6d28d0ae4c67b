//! The answer in words: each sentence comes from an estimate, its interval and a claim's rule.

use assay_runs::Verdict;

use crate::claims::{Reading, Rule, last_cut, margin};
use crate::contrast::{Role, Scope};
use crate::observations::Observations;
use crate::statistics::Estimate;
use crate::transition::{Answer, Transition, transition};
use crate::words::{estimate, plain, plural, signed};

/// A sentence or two of the answer, with what they are about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    /// What it is about, in a word or two.
    pub topic: &'static str,
    /// The answer.
    pub text: String,
}

/// The answer in words, most important first.
#[must_use]
pub fn answer(observations: &Observations, readings: &[Reading]) -> Vec<Sentence> {
    let sentence = |topic, text: Option<String>| text.map(|text| Sentence { topic, text });
    [
        sentence("Unfinished", unfinished(observations)),
        sentence("General", general(observations)),
        sentence("Specific", specific(observations)),
        sentence("Transition", transition_in_words(observations)),
        sentence("Co-adaptation", co_adaptation(observations, readings)),
        sentence("Fine-tuning", fine_tuning(readings)),
        sentence("Distance", several(readings, &DISTANCE)),
        sentence("Random features", several(readings, &RANDOM)),
        sentence("Data", several(readings, &DATA)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

type Phrases = [(&'static str, &'static str)];

const DISTANCE: [(&str, &str); 2] = [
    (
        "dissimilar-split-loses-more",
        "that deeper frozen features transfer worse between natural and man-made classes than between random halves",
    ),
    ("dissimilar-split-is-more-specific", "that this goes beyond co-adaptation (AnB − BnB)"),
];
const RANDOM: [(&str, &str); 2] = [
    (
        "random-features-lose-more",
        "that transferred features beat random ones (drawn as He et al. do)",
    ),
    (
        "random-features-lose-more-paper-initialisation",
        "that they beat random ones drawn as the paper does",
    ),
];
const DATA: [(&str, &str); 2] = [
    (
        "little-data-favours-freezing",
        "that with the fewest images frozen copied layers beat fine-tuned ones",
    ),
    (
        "much-data-favours-fine-tuning",
        "that with the most images fine-tuned copied layers beat frozen ones",
    ),
];
const TUNING: [(&str, &str); 4] = [
    ("fine-tuned-transfer-beats-base", "that AnB+ beats the base"),
    (
        "fine-tuned-transfer-beats-fine-tuned-selffer",
        "that it beats the fine-tuned selffer BnB+ of the same target",
    ),
    (
        "fine-tuned-transfer-beats-equal-compute",
        "that it beats a base trained for as many steps in all",
    ),
    ("fine-tuned-selffer-equals-base", "that fine-tuning brings the selffer back to the base"),
];

fn unfinished(observations: &Observations) -> Option<String> {
    let planned = observations.all().len();
    let done = observations.done();
    (done < planned).then(|| {
        let failed = observations.count("failed");
        let failed = if failed > 0 { format!(" ({failed} failed)") } else { String::new() };
        format!(
            "{done} of {} have a record{failed}. What follows rests on the clusters that are \
             complete and may change.",
            plural(planned, "cell")
        )
    })
}

/// Estimates of one role less another at each n.
fn by_cut(
    observations: &Observations,
    minuend: Role,
    subtrahend: Role,
) -> Vec<(u8, Option<Estimate>)> {
    let scope = Scope::main(observations);
    let at = |n: u8| (n, scope.estimate(&scope.difference(minuend, subtrahend, n)));
    scope.cuts(&[minuend, subtrahend]).into_iter().map(at).collect()
}

fn layer(observations: &Observations, n: u8) -> String {
    let name = usize::from(n).checked_sub(1).and_then(|at| observations.plan().layers.get(at));
    name.map_or(format!("layer {n}"), |name| format!("layer {n} ({name})"))
}

fn verdict(rule: Rule, of: Option<Estimate>, margin: f64) -> Verdict {
    rule.decide(of.and_then(|estimate| estimate.interval), margin)
}

fn general(observations: &Observations) -> Option<String> {
    let margin = margin(observations);
    let cuts = by_cut(observations, Role::TRANSFER, Role::Base);
    let first = cuts.iter().find_map(|(n, found)| Some((*n, (*found)?)))?;
    let holds =
        |cut: &&(u8, Option<Estimate>)| verdict(Rule::NotWorse, cut.1, margin) == Verdict::Holds;
    let general = cuts.iter().take_while(holds).last();
    Some(match general {
        Some((n, Some(found))) => format!(
            "Features are general up to {}: frozen layers copied from the other half cost no more \
             than {margin} points at any n up to {n} (AnB − base at n = {n}: {}).",
            layer(observations, *n),
            estimate(found)
        ),
        _ => format!(
            "For no layer is it established that copying it frozen from the other half costs no more \
             than {margin} points (AnB − base at n = {}: {}).",
            first.0,
            estimate(&first.1)
        ),
    })
}

fn specific(observations: &Observations) -> Option<String> {
    let margin = margin(observations);
    let cuts = by_cut(observations, Role::TRANSFER, Role::SELFFER);
    let known = |(n, found): &(u8, Option<Estimate>)| Some((*n, (*found)?));
    let (last, at_last) = cuts.iter().filter_map(known).next_back()?;
    let is_specific =
        |cut: &&(u8, Option<Estimate>)| verdict(Rule::LessThan, cut.1, margin) == Verdict::Holds;
    let first = cuts.iter().find(is_specific).and_then(known);
    Some(match first {
        Some((n, found)) => format!(
            "Features are specific to their classes from {} on, the first n at which AnB lies more \
             than {margin} points below BnB ({}); at n = {last} the difference is {}.",
            layer(observations, n),
            estimate(&found),
            estimate(&at_last)
        ),
        None => format!(
            "At no n is it established that AnB lies more than {margin} points below BnB (at \
             n = {last}: {}).",
            estimate(&at_last)
        ),
    })
}

fn transition_in_words(observations: &Observations) -> Option<String> {
    let roles = [Role::TRANSFER, Role::SELFFER];
    if Scope::main(observations).cuts(&roles).is_empty() {
        return None;
    }
    Some(match transition(observations) {
        Answer::Unknown(why) => format!("Where features turn specific cannot be placed: {why}."),
        Answer::Found(found) => placed(observations, &found),
    })
}

fn placed(observations: &Observations, found: &Transition) -> String {
    let largest = u8::try_from(found.largest).unwrap_or(u8::MAX);
    let percent = |estimate: &Estimate| {
        let value = plain(100.0 * estimate.value, 0);
        estimate.interval.map_or(format!("{value} %"), |ends| {
            let (low, high) = (plain(100.0 * ends.low, 0), plain(100.0 * ends.high, 0));
            format!("{value} % [{low}, {high}]")
        })
    };
    let share = found.shares.get(found.largest - 1).map(percent).unwrap_or_default();
    let half = found.half_depth.map(|depth| {
        let ends = depth.interval.map_or(String::new(), |ends| {
            format!(" [{}, {}]", plain(ends.low, 2), plain(ends.high, 2))
        });
        format!(
            "Half of the specificity drop is reached when {}{ends} of {} layers are copied. ",
            plain(depth.value, 2),
            last_cut(observations)
        )
    });
    format!(
        "{}The largest share, {share}, falls on {}, which is also the largest when any one cluster \
         is left out in {} of {} cases.",
        half.unwrap_or_default(),
        layer(observations, largest),
        found.largest_agrees,
        found.drop.clusters
    )
}

fn find<'a>(readings: &'a [Reading], id: &str) -> Option<&'a Reading> {
    readings.iter().find(|reading| reading.claim.id == id)
}

/// `+1.20 [+0.80, +1.60]` of a claim, or that there is no number.
pub(crate) fn measured(reading: &Reading) -> String {
    let claim = &reading.claim;
    match (claim.measured, claim.low, claim.high) {
        (Some(value), Some(low), Some(high)) => {
            format!("{} [{}, {}]", signed(value), signed(low), signed(high))
        }
        (Some(value), ..) => format!("{}, no interval", signed(value)),
        _ => "no complete cluster".to_owned(),
    }
}

fn stands(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Holds => "It holds",
        Verdict::DoesNotHold => "It does not hold",
        Verdict::NotEnoughData => "There is not enough data to say",
    }
}

fn several(readings: &[Reading], phrases: &Phrases) -> Option<String> {
    let known: Vec<&Reading> = phrases.iter().filter_map(|(id, _)| find(readings, id)).collect();
    if !known.is_empty() && known.iter().all(|reading| reading.claim.measured.is_none()) {
        return Some("No cluster has all the cells that this is read from.".to_owned());
    }
    let said = phrases.iter().filter_map(|(id, phrase)| {
        let reading = find(readings, id)?;
        Some(format!("{} {phrase}: {}.", stands(reading.claim.verdict), measured(reading)))
    });
    let said: Vec<String> = said.collect();
    (!said.is_empty()).then(|| said.join(" "))
}

fn co_adaptation(observations: &Observations, readings: &[Reading]) -> Option<String> {
    let dip = find(readings, "co-adaptation-dip").map(|reading| {
        format!(
            "{} that a cut in the middle breaks co-adapted layers (BnB − base: {}).",
            stands(reading.claim.verdict),
            measured(reading)
        )
    });
    let cuts = by_cut(observations, Role::SELFFER, Role::Base);
    let known = cuts.iter().filter_map(|(n, found)| Some((*n, (*found)?)));
    let deepest = known
        .min_by(|a, b| a.1.value.total_cmp(&b.1.value))
        .map(|(n, found)| format!("BnB − base is lowest at n = {n}: {} points.", estimate(&found)));
    let both: Vec<String> = [dip, deepest].into_iter().flatten().collect();
    (!both.is_empty()).then(|| both.join(" "))
}

fn fine_tuning(readings: &[Reading]) -> Option<String> {
    several(readings, &TUNING)
}
