//! How sure networks became, by condition.

use assay_runs::{AttackResult, GenerationPoint};

use crate::report::claims::{at_end, seeds_with};
use crate::report::compare::median_to_99;
use crate::report::index::{Condition, Index};
use crate::report::wording::{encoding_name, method_name, preset_name};
use assay_report::tables::{Entry, Table};
use assay_stats::{estimate_mean, mean};

/// Generations shown beside the last, where they were noted: those the paper speaks of, and one late.
const GENERATIONS: [u32; 3] = [50, 200, 1000];

pub(super) fn table(index: &Index) -> Table {
    let rows = index.conditions().into_iter().flat_map(|condition| rows(index, condition));
    Table {
        name: "attacks".to_owned(),
        title: "Confidence in the elites of all classes, in percent: the mean over seeds, with the \
                interval of the median. Evaluations are per attack; those to 99 % are the median over \
                classes, left out where not half of the classes came so far"
            .to_owned(),
        columns: vec![
            "method",
            "encoding",
            "settings",
            "network",
            "generation",
            "evaluations",
            "median",
            "low",
            "high",
            "min",
            "mean",
            "classes >= 99 %",
            "classes >= 99.99 %",
            "argmax coverage %",
            "different genomes",
            "evaluations to 99 %",
            "seeds",
        ],
        rows: rows.collect(),
    }
}

fn rows(index: &Index, condition: Condition) -> Vec<Vec<Entry>> {
    let seeds = seeds_with(index, condition.attack);
    let results: Vec<&AttackResult> =
        seeds.into_iter().filter_map(|seed| index.counted(condition, seed).ok()).collect();
    let Some(last) = results.first().map(|result| at_end(result).generation) else {
        return Vec::new();
    };
    let mut generations: Vec<u32> = GENERATIONS.into_iter().filter(|at| *at < last).collect();
    generations.push(last);
    generations.into_iter().filter_map(|at| row(condition, &results, at, last)).collect()
}

/// None where a seed did not note this generation.
fn row(
    condition: Condition,
    results: &[&AttackResult],
    generation: u32,
    last: u32,
) -> Option<Vec<Entry>> {
    let at = |result: &&AttackResult| {
        result.curve.iter().find(|point| point.generation == generation).copied()
    };
    let points: Vec<GenerationPoint> = results.iter().map(at).collect::<Option<_>>()?;
    let of =
        |value: fn(&GenerationPoint) -> f64| mean(&points.iter().map(value).collect::<Vec<_>>());
    let percent = |value| Entry::number(Some(100.0 * value), 2);
    let medians: Vec<f64> = points.iter().map(|point| 100.0 * f64::from(point.median)).collect();
    let median = estimate_mean(&medians)?.in_percent();
    let Condition { attack, architecture } = condition;
    Some(vec![
        Entry::text(method_name(attack)),
        Entry::text(encoding_name(attack.encoding)),
        Entry::text(preset_name(attack.preset)),
        Entry::text(architecture),
        Entry::text(generation),
        Entry::number(Some(of(|point| point.evaluations as f64)), 0),
        Entry::number(Some(median.value), 4),
        Entry::number(median.interval.map(|ends| ends.low), 4),
        Entry::number(median.interval.map(|ends| ends.high), 4),
        percent(of(|point| f64::from(point.min))),
        percent(of(|point| point.mean)),
        percent(of(|point| point.at_least_99)),
        percent(of(|point| point.at_least_9999)),
        percent(of(|point| point.predicted)),
        Entry::number(Some(of(|point| f64::from(point.individuals))), 1),
        if generation == last { to_99(results) } else { Entry::Nothing },
        Entry::count(points.len()),
    ])
}

/// Evaluations to 99 %, the median over classes, the mean over seeds; nothing where a seed has none.
fn to_99(results: &[&AttackResult]) -> Entry {
    let medians: Option<Vec<f64>> = results.iter().map(|result| median_to_99(result)).collect();
    Entry::number(medians.map(|medians| mean(&medians)), 0)
}
