//! The answer in words. Each sentence comes from an estimate, its interval and the rule of a claim.

use super::choice;
use super::contrast::{self, by_seed};
use super::group::{Group, step_of};
use super::index::Index;
use super::likeness::Likeness;
use super::panels::Together;
use super::paper;
use assay_report::answer::{Sentence, on_topic};
use assay_report::claims::ClaimResult;
use assay_report::words::{plain, plural};
use assay_stats::{ClusterValues, Estimate, mean};

/// The answer in words, the most important sentence first.
#[must_use]
pub fn answer(index: &Index, claim_results: &[ClaimResult]) -> Vec<Sentence> {
    let main = choice::main(index);
    let sentence = |topic, text: Option<String>| text.map(|text| Sentence { topic, text });
    let on = |topic| sentence(topic, on_topic(claim_results, topic));
    [
        sentence("Errors", main.and_then(|main| errors(index, main))),
        on("Distillation"),
        on("Temperature"),
        sentence("Best temperature", main.and_then(|main| best_temperature(index, main))),
        on("Classes never seen"),
        on("Few images"),
        on("Ensemble"),
        on("Specialists"),
        sentence("Panels", panels(index)),
        on("Words"),
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
    let student = by_seed(main, |one| contrast::student(index, one)).estimate_in_percent();
    let distilled = by_seed(main, |one| contrast::distilled(index, one)).estimate_in_percent();
    let teacher = by_seed(main, |one| contrast::teacher(index, one)).estimate_in_percent();
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

/// The errors of generalists with and without their specialists, next to the paper's.
fn panels(index: &Index) -> Option<String> {
    let known: Vec<_> =
        index.panels().iter().filter_map(|panel| panel.together.as_ref().ok()).collect();
    let step = step_of(&known.iter().map(|one| &one.together).collect::<Vec<_>>());
    let of = |value: fn(&Together) -> f64| {
        let values = known.iter().map(|one| value(one)).collect();
        ClusterValues { values, left_out: Vec::new(), step }.estimate_in_percent()
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

/// The temperature with the lowest mean errors, and that this is not a test.
fn best_temperature(index: &Index, main: &Group) -> Option<String> {
    let groups = choice::by_temperature(index, &main.condition);
    let known: Vec<(f64, Estimate)> = groups
        .iter()
        .filter_map(|group| {
            let errors = by_seed(group, |one| contrast::distilled(index, one));
            Some((group.condition.temperature?, errors.estimate_in_percent()?))
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
