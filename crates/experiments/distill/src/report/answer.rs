//! The answer in words. Each sentence comes from an estimate, its interval and the rule of a claim.

use super::agreement::Agreement;
use super::classification::ClassificationMetrics;
use super::comparison::Network;
use super::gap::mean_of_known;
use super::group::Group;
use super::index::Index;
use super::measure::Measure;
use super::paper;
use super::select;
use super::specialist_ensembles::Control;
use assay_report::answer::{Sentence, on_topic};
use assay_report::claims::ClaimResult;
use assay_report::words::{plain, plural};
use assay_stats::{ClusterValues, Estimate};

/// The answer in words, the most important sentence first.
pub fn answer(index: &Index, claim_results: &[ClaimResult]) -> Vec<Sentence> {
    let main = select::main(index);
    let claims = |topic| (topic, on_topic(claim_results, topic));
    [
        ("Errors", main.and_then(|main| errors(index, main))),
        claims("Distillation"),
        claims("Temperature"),
        ("Best temperature", main.and_then(|main| best_temperature(index, main))),
        claims("Excluded classes"),
        claims("Few images"),
        claims("Ensemble"),
        claims("Specialists"),
        ("Specialist ensembles", specialist_ensembles(index)),
        claims("Word error rate"),
        ("Agreement", main.and_then(agreement)),
    ]
    .into_iter()
    .filter_map(|(topic, text)| Some(Sentence { topic, text: text? }))
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
    let errors = |network| {
        let found =
            index.compare(main, Measure::Errors, |percent| percent(network)).estimate_in_percent();
        found.as_ref().map(percent)
    };
    let temperature = main.condition.temperature_or_nan();
    let students = [
        errors(Network::Baseline).map(|errors| format!("{errors} as the baseline")),
        errors(Network::Distilled).map(|errors| format!("{errors} distilled at T = {temperature}")),
    ];
    let students: Vec<String> = students.into_iter().flatten().collect();
    if students.is_empty() {
        return None;
    }
    let teachers = errors(Network::Teachers).map(|errors| match main.condition.teachers {
        0 | 1 => format!("; its teacher: {errors}"),
        count => format!("; the ensemble of {count} it learns from: {errors}"),
    });
    let (network, teachers) = (main.condition.network(), teachers.unwrap_or_default());
    Some(format!("Test error of {network}: {}{teachers}.", students.join(", ")))
}

/// The errors of generalists with and without their specialists, next to the paper's.
fn specialist_ensembles(index: &Index) -> Option<String> {
    let ensembles = &index.specialist_ensembles;
    let known: Vec<_> = ensembles.iter().filter_map(|one| one.metrics.as_ref().ok()).collect();
    let all: Vec<_> = known.iter().map(|one| &one.ensemble).collect();
    let step = Measure::Errors.step(&all);
    let errors = |metrics: &[&ClassificationMetrics]| {
        let values = metrics.iter().map(|one| one.error_percent()).collect();
        let found = ClusterValues { values, left_out: Vec::new(), step }.estimate_in_percent();
        found.as_ref().map(percent)
    };
    let specialists = ensembles.first()?.specialists.len();
    let [before, after] = paper::SPECIALISTS.map(|right| 100.0 - right);
    let controls = |of: fn(&Control) -> &ClassificationMetrics| {
        let controls = known.iter().filter_map(|one| one.control.as_ref().ok());
        errors(&controls.map(of).collect::<Vec<_>>())
    };
    let control = controls(|one| &one.alone).zip(controls(|one| &one.with_generalist));
    let control = control.map_or(String::new(), |(alone, both)| {
        format!(
            "; of the generalist trained further on all classes, at the specialists' computation: {alone}, and of \
             the mean of both networks: {both}"
        )
    });
    Some(format!(
        "Test error of the generalist: {}; with its {}: {}{control}. The paper's, with {} on JFT's \
         15,000 classes: {} % and {} %.",
        errors(&known.iter().map(|one| &one.generalist).collect::<Vec<_>>())?,
        plural(specialists, "specialist"),
        errors(&all)?,
        plural(paper::SPECIALISTS_COUNT, "specialist"),
        plain(before, 1),
        plain(after, 1)
    ))
}

/// The temperature with the lowest mean errors, and that this is not a test.
fn best_temperature(index: &Index, main: &Group) -> Option<String> {
    let groups = select::by_temperature(index, &main.condition);
    let known: Vec<(f64, Estimate)> = groups
        .iter()
        .filter_map(|group| {
            let errors =
                index.compare(group, Measure::Errors, |percent| percent(Network::Distilled));
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

fn agreement(main: &Group) -> Option<String> {
    let known: Vec<&Agreement> = main.metrics().filter_map(|one| one.agreement.as_ref()).collect();
    let average = |value: fn(&Agreement) -> Option<f64>| {
        mean_of_known(known.iter().filter_map(|one| value(one)))
    };
    let where_wrong = average(|one| one.percent_where_wrong).map(|agreement| {
        format!(", and on {} % of those that the teacher gets wrong", plain(agreement, 1))
    });
    Some(format!(
        "The distilled student predicts the same class as its teacher on {} % of the test images{}. \
         The KL divergence from the teacher's probabilities to its own is {} nats at T = 1.",
        plain(average(|one| Some(one.percent))?, 1),
        where_wrong.unwrap_or_default(),
        plain(average(|one| Some(one.divergence))?, 3)
    ))
}
