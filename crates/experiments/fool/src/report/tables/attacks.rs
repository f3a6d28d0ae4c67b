//! The confidence of networks, by condition.

use assay_classifier_cells::{AttackResult, GenerationPoint};
use assay_report::TableSpec;
use assay_report::tables::Table;
use assay_stats::{Estimate, estimate_mean, mean};

use crate::report::attack_results::{at_end, seeds_with};
use crate::report::compare::median_to_99;
use crate::report::index::{Condition, Index};
use crate::report::wording::{encoding_name, method_name, preset_name};

/// Generations shown besides the last, if they were recorded: those that the paper names, and a
/// late one.
const GENERATIONS: [u32; 3] = [50, 200, 1000];

/// A condition after one generation, over the seeds.
struct Row<'a> {
    condition: Condition<'a>,
    generation: u32,
    points: Vec<GenerationPoint>,
    /// The median confidence, in percent.
    median: Estimate,
    /// Evaluations to 99 %, as the median over classes. Only for the last generation, if every seed
    /// reached 99 %.
    to_99: Option<f64>,
}

impl Row<'_> {
    fn mean(&self, value: fn(&GenerationPoint) -> f64) -> f64 {
        mean(&self.points.iter().map(value).collect::<Vec<_>>())
    }

    fn percent(&self, value: fn(&GenerationPoint) -> f64) -> f64 {
        100.0 * self.mean(value)
    }
}

pub(super) fn table(index: &Index) -> Table {
    let title = "Confidence in the elites of all classes, in percent: the mean over seeds, with the \
                interval of the median. Evaluations are per attack; those to 99 % are the median over \
                classes, left out where not half of the classes came so far";
    TableSpec::new("attacks", title)
        .text("method", |row: &Row| method_name(row.condition.attack))
        .text("encoding", |row| encoding_name(row.condition.attack.encoding))
        .text("settings", |row| preset_name(row.condition.attack.preset))
        .text("network", |row| row.condition.architecture)
        .text("generation", |row| row.generation)
        .number("evaluations", 0, |row| Some(row.mean(|point| point.evaluations as f64)))
        .estimate("median", 4, |row| Some(row.median))
        .number("min", 2, |row| Some(row.percent(|point| f64::from(point.min))))
        .number("mean", 2, |row| Some(row.percent(|point| point.mean)))
        .number("classes >= 99 %", 2, |row| Some(row.percent(|point| point.at_least_99)))
        .number("classes >= 99.99 %", 2, |row| Some(row.percent(|point| point.at_least_9999)))
        .number("argmax coverage %", 2, |row| Some(row.percent(|point| point.predicted)))
        .number("different genomes", 1, |row| Some(row.mean(|point| f64::from(point.individuals))))
        .number("evaluations to 99 %", 0, |row| row.to_99)
        .text("seeds", |row| row.points.len())
        .rows(index.conditions().into_iter().flat_map(|condition| rows(index, condition)))
}

fn rows<'a>(index: &Index<'a>, condition: Condition<'a>) -> Vec<Row<'a>> {
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

/// None if a seed has no record of this generation.
fn row<'a>(
    condition: Condition<'a>,
    results: &[&AttackResult],
    generation: u32,
    last: u32,
) -> Option<Row<'a>> {
    let at = |result: &&AttackResult| {
        result.curve.iter().find(|point| point.generation == generation).copied()
    };
    let points: Vec<GenerationPoint> = results.iter().map(at).collect::<Option<_>>()?;
    let medians: Vec<f64> = points.iter().map(|point| 100.0 * f64::from(point.median)).collect();
    let median = estimate_mean(&medians)?.in_percent();
    let to_99: Option<Vec<f64>> = results.iter().map(|result| median_to_99(result)).collect();
    let to_99 = to_99.filter(|_| generation == last).map(|medians| mean(&medians));
    Some(Row { condition, generation, points, median, to_99 })
}
