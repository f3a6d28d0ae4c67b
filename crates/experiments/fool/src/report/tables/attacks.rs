//! The confidence of networks, by condition.

use assay_classifier_cells::{AttackResult, GenerationPoint};
use assay_report::TableSpec;
use assay_report::tables::Table;
use assay_stats::{Estimate, estimate_mean};

use crate::report::comparisons::median_to_99;
use crate::report::index::{Condition, Index, last_point};
use crate::report::seed_estimate::mean_of;
use crate::report::wording::{encoding_name, method_name, preset_name};

/// Generations shown besides the last, if they were recorded: those that the paper names, and a
/// late one.
const GENERATIONS: [u32; 3] = [50, 200, 1000];

/// A condition after one generation, over the seeds.
struct Row<'a> {
    condition: Condition<'a>,
    points: Vec<&'a GenerationPoint>,
    /// Evaluations to 99 %, as the median over classes. Only for the last generation, if every seed
    /// reached 99 %.
    to_99: Option<f64>,
}

impl Row<'_> {
    fn mean(&self, value: fn(&GenerationPoint) -> f64) -> f64 {
        mean_of(self.points.iter().map(|point| value(point)))
    }

    fn percent(&self, value: fn(&GenerationPoint) -> f64) -> f64 {
        100.0 * self.mean(value)
    }

    /// The median confidence, in percent.
    fn median(&self) -> Option<Estimate> {
        let medians = self.points.iter().map(|point| 100.0 * f64::from(point.median));
        estimate_mean(&medians.collect::<Vec<_>>()).map(Estimate::in_percent)
    }
}

pub fn table(index: &Index) -> Table {
    let title = "Confidence in the elites of all classes, in percent: the mean over seeds, with the \
                interval of the median. A success rate is the share of classes with an elite of at \
                least this confidence; the top-1 success rate is the share whose elite the attacked \
                network assigns to the class. Evaluations are per attack; those to 99 % are the median \
                over classes, left out where fewer than half of the classes reached 99 %";
    TableSpec::new("attacks", title)
        .text("method", |row: &Row| method_name(row.condition.attack))
        .text("encoding", |row| encoding_name(row.condition.attack.encoding))
        .text("settings", |row| preset_name(row.condition.attack.preset))
        .text("network", |row| row.condition.architecture)
        .text("generation", |row| row.points[0].generation)
        .number("evaluations", 0, |row| Some(row.mean(|point| point.evaluations as f64)))
        .estimate("median", 4, Row::median)
        .number("min", 2, |row| Some(row.percent(|point| f64::from(point.min))))
        .number("mean", 2, |row| Some(row.percent(|point| point.mean)))
        .number("success rate at 99 %", 2, |row| Some(row.percent(|point| point.at_least_99)))
        .number("success rate at 99.99 %", 2, |row| Some(row.percent(|point| point.at_least_9999)))
        .number("top-1 success rate", 2, |row| Some(row.percent(|point| point.predicted)))
        .number("different genomes", 1, |row| Some(row.mean(|point| f64::from(point.individuals))))
        .number("evaluations to 99 %", 0, |row| row.to_99)
        .text("seeds", |row| row.points.len())
        .rows(index.conditions().into_iter().flat_map(|condition| rows(index, condition)))
}

fn rows<'a>(index: &Index<'a>, condition: Condition<'a>) -> Vec<Row<'a>> {
    let results = index.all_counted(condition);
    let Some(last) = results.first().map(|result| last_point(result).generation) else {
        return Vec::new();
    };
    let to_99: Option<Vec<f64>> = results.iter().map(|result| median_to_99(result)).collect();
    let to_99 = to_99.map(mean_of);
    let row = |generation: u32| {
        let point = |result: &&'a AttackResult| {
            result.curve.iter().find(|point| point.generation == generation)
        };
        // None if a seed has no record of this generation.
        let points = results.iter().map(point).collect::<Option<_>>()?;
        Some(Row { condition, points, to_99: to_99.filter(|_| generation == last) })
    };
    let earlier = GENERATIONS.into_iter().filter(|generation| *generation < last);
    earlier.chain([last]).filter_map(row).collect()
}
