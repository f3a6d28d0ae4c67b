//! The answer in words: each sentence comes from an estimate, its interval and a claim's rule.

use assay_runs::Encoding;

use super::claims::{CONTESTS, Contest, at_end, of_classes, reached_share, seeds_with};
use super::compare::Comparison;
use super::index::{Condition, Index};
use super::rounds::step_of_test_images;
use super::wording::encoding_name;
use assay_report::answer::{Sentence, find, several, stands};
use assay_report::claims::Reading;
use assay_report::observations::Observation;
use assay_report::words::{plain, plural};
use assay_stats::{Estimate, estimate_mean, mean};

/// The answer in words, most important first.
pub(super) fn answer(
    index: &Index,
    readings: &[Reading],
    comparisons: &[Comparison],
) -> Vec<Sentence> {
    let sentence = |topic, text: Option<String>| text.map(|text| Sentence { topic, text });
    [
        sentence("Direct images", reached(index, readings, Encoding::Direct)),
        sentence("CPPN images", reached(index, readings, Encoding::Cppn)),
        sentence("Against random search", several(readings, &RANDOM_SEARCH)),
        sentence("CPPN images against direct ones", several(readings, &DIRECT)),
        sentence("Gradient ascent", ascent(readings, comparisons)),
        sentence("Other networks", several(readings, &CARRIED_OVER)),
        sentence("Other architectures", several(readings, &ARCHITECTURES)),
        sentence("Encodings (exploratory)", several(readings, &ENCODINGS)),
        sentence("Retraining", several(readings, &RETRAINING)),
        sentence("Detectors (exploratory)", several(readings, &DETECTORS)),
        sentence("The networks themselves", networks(index)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

const RANDOM_SEARCH: [(&str, &str); 2] = [
    (
        "evolution-beats-random-search-direct",
        "that evolution of direct images ends surer than random search with as many evaluations",
    ),
    ("evolution-beats-random-search-cppn", "that evolution of CPPN images does"),
];
const CARRIED_OVER: [(&str, &str); 2] = [
    (
        "direct-images-carry-over",
        "that direct images fool networks of the same architecture with other seeds, in the same \
         class, more often than chance (points above chance)",
    ),
    ("cppn-images-carry-over", "that CPPN images do"),
];
const ARCHITECTURES: [(&str, &str); 2] = [
    (
        "direct-images-carry-over-less-to-other-architectures",
        "that direct images fool other architectures less often than other seeds of their own",
    ),
    ("cppn-images-carry-over-less-to-other-architectures", "that CPPN images do"),
];
const ENCODINGS: [(&str, &str); 1] = [(
    "direct-images-carry-over-less-than-cppn-images",
    "that direct images fool other seeds of the same architecture less often than CPPN images",
)];

const RETRAINING: [(&str, &str); 3] = [
    (
        "retraining-does-not-immunise",
        "that networks are fooled as before once they have learnt what fooled them, round after round \
         (points of median confidence above 99 %)",
    ),
    (
        "retraining-does-not-lower-confidence",
        "that they end no less sure of new images than they began",
    ),
    ("retraining-keeps-clean-accuracy", "that test accuracy stays what it was"),
];
const DETECTORS: [(&str, &str); 6] = [
    (
        "max-softmax-detects-direct-images",
        "that direct images can be told from test images by how unsure the network is (points of the \
         area under the ROC above 50 %)",
    ),
    ("energy-detects-direct-images", "that they can by the energy"),
    ("max-softmax-detects-cppn-images", "that CPPN images can by how unsure the network is"),
    ("energy-detects-cppn-images", "that they can by the energy"),
    (
        "reject-class-detects-new-images",
        "that the reject class of the last round tells the images that its own attacks find",
    ),
    (
        "reject-class-detects-others",
        "that it tells images which no network has learnt, found on the first one",
    ),
];
const DIRECT: [(&str, &str); 1] = [(
    "cppn-images-are-believed-more-than-direct-images",
    "that networks are surer of CPPN images than of direct images after as many evaluations (points of \
     median confidence)",
)];
const ASCENT: [(&str, &str); 1] = [(
    "gradient-ascent-reaches-99.99",
    "that gradient ascent on pixels comes to 99.99 % in more than 90 % of the classes (percent of the \
     classes)",
)];

/// What gradient ascent finds, and how it compares with the other methods; none where it is not planned.
fn ascent(readings: &[Reading], comparisons: &[Comparison]) -> Option<String> {
    let contest = |contest: &Contest| {
        let comparison = contest.find(comparisons)?;
        let (test, p_value) = comparison.test.zip(comparison.adjusted)?;
        let pairs = if contest.larger { test.larger } else { test.pairs - test.larger };
        Some(format!(
            "{} that {}: so in {} of {} pairs of runs, p = {} after Holm's adjustment.",
            stands(contest.verdict(comparison)),
            contest.text,
            plain(pairs, usize::from(pairs.fract() != 0.0)),
            plain(test.pairs, 0),
            plain(p_value, 4),
        ))
    };
    let reached = several(readings, &ASCENT);
    let said: Vec<String> =
        reached.into_iter().chain(CONTESTS.iter().filter_map(contest)).collect();
    (!said.is_empty()).then(|| said.join(" "))
}

/// How sure networks are of what evolution found; none where the plan has no such evolution.
fn reached(index: &Index, readings: &[Reading], encoding: Encoding) -> Option<String> {
    let id = match encoding {
        Encoding::Direct => "direct-images-reach-99.99",
        Encoding::Cppn => "cppn-images-reach-99.99",
    };
    let reading = find(readings, id)?;
    let attack = index.evolution(encoding)?;
    let verdict = stands(reading.claim.verdict);
    let name = encoding_name(encoding);
    let (Some(share), Some(median)) = (
        over_seeds(index, attack, reached_share).map(|share| of_classes(index, attack, share)),
        over_seeds(index, attack, |result| 100.0 * f64::from(at_end(result).median)),
    ) else {
        return Some("No seed has all the cells that this is read from.".to_owned());
    };
    Some(format!(
        "After {}, {} % of the classes have an elite of which the network is at least 99.99 % sure, \
         and the median confidence is {} %. {verdict} that evolution of {} images comes to 99.99 % in \
         more than 90 % of the classes.",
        plural(attack.generations as usize, "generation"),
        in_percent(&share),
        in_percent(&median),
        if name == "Direct" { "direct" } else { name },
    ))
}

/// A number of every counted attack: the mean over seeds of that over architectures.
fn over_seeds(
    index: &Index,
    attack: assay_runs::Attack,
    value: impl Fn(&assay_runs::AttackResult) -> f64,
) -> Option<Estimate> {
    let of_seed = |seed: u32| {
        let planned = index.conditions().into_iter().filter(|one| one.attack == attack);
        let of = |condition: Condition| index.counted(condition, seed).map(&value);
        let values: Result<Vec<f64>, String> = planned.map(of).collect();
        values.ok().map(|values| mean(&values))
    };
    estimate_mean(&seeds_with(index, attack).into_iter().filter_map(of_seed).collect::<Vec<_>>())
}

/// `97.50 [94.00, 100.00]`: no share or confidence is beyond 0 or 100. Near 100 with four decimals.
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

/// How good the attacked networks are; none where none was trained.
fn networks(index: &Index) -> Option<String> {
    let of = |architecture: &&str| {
        let those = index.networks().iter();
        let those = those.filter(|one| one.cell.network.architecture == **architecture);
        let accuracies: Vec<f64> =
            those.map(|one| one.observation).filter_map(Observation::accuracy).collect();
        let accuracy = estimate_mean(&accuracies)?.of_counts(step_of_test_images(index), 1.0);
        let count = plural(accuracies.len(), "network");
        Some(format!("{architecture} {} ({count})", in_percent(&accuracy)))
    };
    let said: Vec<String> = index.architectures().iter().filter_map(of).collect();
    (!said.is_empty())
        .then(|| format!("Accuracy on clean test images, in percent: {}.", said.join(", ")))
}
