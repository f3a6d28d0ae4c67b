//! The answer in words: each sentence comes from an estimate, its interval and a claim's rule.

use super::choice;
use super::contrast::{self, BySeed, by_seed};
use super::group::{Group, step_of};
use super::index::Index;
use super::likeness::Likeness;
use super::panels::Together;
use super::paper;
use assay_report::answer::{Sentence, several};
use assay_report::claims::Reading;
use assay_report::words::{plain, plural};
use assay_stats::{Estimate, mean};

type Phrases = [(&'static str, &'static str)];

const GAIN: [(&str, &str); 3] = [
    ("teacher-beats-student", "that the teacher makes fewer errors than the student alone"),
    ("distilled-beats-student", "that the student makes fewer errors distilled than alone"),
    (
        "distillation-recovers-most-of-the-gap",
        "that distillation closes more than half of the gap between the two (in percent of it)",
    ),
];
const TEMPERATURE: [(&str, &str); 2] = [
    (
        "high-temperatures-are-alike",
        "that for wide students all temperatures above 8 do about as well (the largest difference)",
    ),
    (
        "narrow-students-need-moderate-temperatures",
        "that narrow students do best at temperatures of 2.5 to 4 (the smallest difference)",
    ),
];
const OMITTED: [(&str, &str); 2] = [
    (
        "omitted-class-is-known",
        "that a student knows a class it never saw, once its bias is corrected without labels (percent \
         of that class's images it gets right)",
    ),
    (
        "few-classes-teach-the-rest",
        "that it knows the rest from a minority of the classes (percent of all images it gets right)",
    ),
];
const LITTLE_DATA: [(&str, &str); 2] = [
    ("little-data-favours-soft-targets", "that with few images soft targets beat hard labels"),
    ("soft-targets-overfit-less", "that they keep the student from overfitting"),
];
const ENSEMBLE: [(&str, &str); 2] = [
    ("ensemble-beats-its-members", "that the ensemble beats its members"),
    (
        "one-network-keeps-the-ensembles-gain",
        "that one network of their size keeps more than half of that gain (in percent of it)",
    ),
];

const SPECIALISTS: [(&str, &str); 3] = [
    ("specialists-beat-their-generalist", "that specialists add to their generalist"),
    (
        "specialists-can-be-distilled-back",
        "that one network distilled from all of them beats the same on labels alone",
    ),
    (
        "specialists-teach-more-than-their-generalist",
        "that it beats the same distilled from the generalist by itself",
    ),
];

const WORDS: [(&str, &str); 3] = [
    (
        "teacher-beats-student-on-words",
        "that the student alone gets more words wrong than its teacher",
    ),
    ("distilled-beats-student-on-words", "that it gets more words wrong alone than distilled"),
    (
        "distillation-recovers-most-of-the-gap-on-words",
        "that distillation closes more than half of the gap in words (in percent of it)",
    ),
];

/// The answer in words, most important first.
#[must_use]
pub fn answer(index: &Index, readings: &[Reading]) -> Vec<Sentence> {
    let main = choice::main(index);
    let sentence = |topic, text: Option<String>| text.map(|text| Sentence { topic, text });
    let claims = |topic, phrases: &Phrases| sentence(topic, several(readings, phrases));
    [
        sentence("Errors", main.and_then(|main| errors(index, main))),
        claims("Distillation", &GAIN),
        claims("Temperature", &TEMPERATURE),
        sentence("Best temperature", main.and_then(|main| best_temperature(index, main))),
        claims("Classes never seen", &OMITTED),
        claims("Few images", &LITTLE_DATA),
        claims("Ensemble", &ENSEMBLE),
        claims("Specialists", &SPECIALISTS),
        sentence("Panels", panels(index)),
        claims("Words", &WORDS),
        sentence("Likeness", main.and_then(likeness)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// `1.46 % [1.30, 1.62]`.
fn percent(estimate: &Estimate) -> String {
    let value = format!("{} %", plain(estimate.value, 2));
    estimate.interval.map_or(value.clone(), |ends| {
        format!("{value} [{}, {}]", plain(ends.low, 2), plain(ends.high, 2))
    })
}

fn errors(index: &Index, main: &Group) -> Option<String> {
    let student = by_seed(main, |one| contrast::student(index, one)).level();
    let distilled = by_seed(main, |one| contrast::distilled(index, one)).level();
    let teacher = by_seed(main, |one| contrast::teacher(index, one)).level();
    let known = [
        student.map(|errors| format!("{} alone", percent(&errors))),
        distilled.map(|errors| {
            let temperature = main.condition.temperature.unwrap_or(f64::NAN);
            format!("{} distilled at T = {temperature}", percent(&errors))
        }),
    ];
    let known: Vec<String> = known.into_iter().flatten().collect();
    let teacher = teacher.map(|errors| match main.condition.teachers {
        0 | 1 => format!("its teacher: {}", percent(&errors)),
        count => format!("the ensemble of {count} it learns from: {}", percent(&errors)),
    });
    if known.is_empty() {
        return None;
    }
    let student = format!("{}: {}", main.condition.network(), known.join(", "));
    let all: Vec<String> = [Some(student), teacher].into_iter().flatten().collect();
    Some(format!("Test images got wrong by {}.", all.join("; ")))
}

/// What generalists get wrong with and without their specialists, beside the paper's.
fn panels(index: &Index) -> Option<String> {
    let known: Vec<_> =
        index.panels().iter().filter_map(|panel| panel.together.as_ref().ok()).collect();
    let step = step_of(&known.iter().map(|one| &one.together).collect::<Vec<_>>());
    let of = |value: fn(&Together) -> f64| {
        let values = known.iter().map(|one| value(one)).collect();
        BySeed { values, left_out: Vec::new(), step }.level()
    };
    let specialists = index.panels().first()?.specialists.len();
    let [before, after] = paper::SPECIALISTS.map(|right| 100.0 - right);
    Some(format!(
        "Test images got wrong by the generalist: {}; with its {}: {}. The paper's, with {} on JFT's \
         15,000 classes: {} % and {} %.",
        percent(&of(|one| one.generalist.error_percent())?),
        plural(specialists, "specialist"),
        percent(&of(|one| one.together.error_percent())?),
        plural(paper::SPECIALISTS_COUNT, "specialist"),
        plain(before, 1),
        plain(after, 1)
    ))
}

/// Which temperature has the lowest mean errors, and that this is no test.
fn best_temperature(index: &Index, main: &Group) -> Option<String> {
    let groups = choice::by_temperature(index, &main.condition);
    let known: Vec<(f64, Estimate)> = groups
        .iter()
        .filter_map(|group| {
            let errors = by_seed(group, |one| contrast::distilled(index, one));
            Some((group.condition.temperature?, errors.level()?))
        })
        .collect();
    let (best, errors) = known.iter().min_by(|a, b| a.1.value.total_cmp(&b.1.value))?;
    (known.len() > 1).then(|| {
        format!(
            "{} has the lowest mean errors at T = {best} ({}), chosen after the fact from {} \
             temperatures.",
            main.condition.network(),
            percent(errors),
            known.len()
        )
    })
}

fn likeness(main: &Group) -> Option<String> {
    let known: Vec<&Likeness> = main.measures().filter_map(|one| one.likeness.as_ref()).collect();
    if known.is_empty() {
        return None;
    }
    let of = |value: fn(&Likeness) -> Option<f64>| {
        let values: Vec<f64> = known.iter().filter_map(|one| value(one)).collect();
        (!values.is_empty()).then(|| mean(&values))
    };
    let agreement = plain(of(|one| Some(one.agreement))?, 1);
    let where_wrong = of(|one| one.agreement_where_wrong).map(|agreement| {
        format!(", and on {} % of those that the teacher gets wrong", plain(agreement, 1))
    });
    Some(format!(
        "The distilled student finds the same class as its teacher on {agreement} % of the test \
         images{}. From the teacher's probabilities to its own it is {} nats (KL at T = 1).",
        where_wrong.unwrap_or_default(),
        plain(of(|one| Some(one.divergence))?, 3)
    ))
}
