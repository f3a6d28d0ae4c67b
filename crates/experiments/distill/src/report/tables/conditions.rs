//! The networks of each condition.

use assay_report::TableSpec;
use assay_report::tables::Table;
use assay_stats::{Estimate, deviation};

use crate::report::classification::ClassificationMetrics;
use crate::report::gap::{mean_of_known, over_seeds};
use crate::report::group::Group;
use crate::report::index::Index;
use crate::report::measure::Measure;
use crate::report::paper;
use crate::report::paper_comparison::{PaperComparison, paper_comparisons};

/// The networks of a condition, or ensembles of one kind.
struct Row<'a> {
    name: String,
    /// None for ensembles.
    group: Option<&'a Group<'a>>,
    networks: Vec<&'a ClassificationMetrics>,
    /// For each network, in percent.
    errors: Vec<f64>,
    estimate: Estimate,
}

impl Row<'_> {
    fn mean(&self, value: fn(&ClassificationMetrics) -> f64) -> Option<f64> {
        mean_of_known(self.networks.iter().map(|one| value(one)))
    }

    fn min(&self) -> Option<f64> {
        self.errors.iter().copied().reduce(f64::min)
    }

    fn max(&self) -> Option<f64> {
        self.errors.iter().copied().reduce(f64::max)
    }

    fn training_accuracy(&self) -> Option<f64> {
        let trained = self.group?.trainings.iter().filter(|training| training.metrics.is_ok());
        let records = trained.filter_map(|training| training.cell_result.record()?.train);
        mean_of_known(records.map(|train| 100.0 * train.accuracy()))
    }
}

/// The conditions and kinds of ensembles with networks that have this measure.
fn rows<'a>(index: &'a Index<'a>, measure: Measure) -> impl Iterator<Item = Row<'a>> {
    let measured = move |one: &'a ClassificationMetrics| Some((one, measure.percent(one)?));
    let groups = index.groups.iter().map(move |group| {
        let networks = group.by_seed(|metrics| measured(&metrics.classification));
        (index.name(&group.condition), Some(group), networks)
    });
    let ensembles = index.ensembles().into_iter().map(move |(name, networks)| {
        let networks = networks.into_iter().filter_map(measured).map(|one| vec![one]);
        (name, None, networks.collect())
    });
    groups.chain(ensembles).filter_map(move |(name, group, by_seed)| {
        let errors: Vec<Vec<f64>> =
            by_seed.iter().map(|seed| seed.iter().map(|one| one.1).collect()).collect();
        let networks: Vec<_> = by_seed.concat().into_iter().map(|one| one.0).collect();
        let estimate = over_seeds(&errors, measure.step(&networks))?;
        Some(Row { name, group, networks, errors: errors.concat(), estimate })
    })
}

/// Test errors and the probabilities, by condition; ensembles have their own rows.
pub(super) fn conditions(index: &Index) -> Table {
    let title = "Test error by condition: mean, its 95 % interval over seeds (networks of one seed, such as \
                the members of an ensemble, count once), standard deviation, minimum and maximum over \
                networks; NLL, Brier score and ECE at T = 1; paper: its test error in percent";
    TableSpec::new("conditions", title)
        .text("condition", |row: &Row| row.name.clone())
        .text("networks", |row| row.networks.len())
        .number("errors", 1, |row| row.mean(|one| one.errors() as f64))
        .estimate("error %", 2, |row| Some(row.estimate))
        .number("std", 2, |row| deviation(&row.errors))
        .number("min", 2, Row::min)
        .number("max", 2, Row::max)
        .number("training accuracy %", 2, Row::training_accuracy)
        .number("NLL (nats)", 4, |row| row.mean(|one| one.nll))
        .number("Brier", 4, |row| row.mean(|one| one.brier))
        .number("ECE-15 %", 2, |row| row.mean(ClassificationMetrics::calibration_error))
        .number("paper", 2, |row| paper::errors(&row.group?.condition))
        .rows(rows(index, Measure::Errors))
}

/// Word errors, by condition; ensembles have their own rows.
pub(super) fn words(index: &Index) -> Table {
    let title = "Word error rate by condition: mean, its 95 % interval over seeds (networks of one seed, \
                such as the members of an ensemble, count once), minimum and maximum over \
                networks";
    TableSpec::new("words", title)
        .text("condition", |row: &Row| row.name.clone())
        .text("networks", |row| row.networks.len())
        .number("word errors", 1, |row| row.mean(|one| one.word_errors().unwrap_or(0) as f64))
        .estimate("word error rate %", 2, |row| Some(row.estimate))
        .number("min", 2, Row::min)
        .number("max", 2, Row::max)
        .rows(rows(index, Measure::WordErrors))
}

/// The paper's errors side by side with those of this run.
pub(super) fn paper(index: &Index) -> Table {
    let title =
        "The paper's test error in percent next to this run's, with 95 % intervals over seeds";
    TableSpec::new("paper", title)
        .text("network", |row: &PaperComparison| row.name.clone())
        .number("paper", 2, |row| Some(row.paper))
        .estimate("this run", 2, |row| over_seeds(&row.ours, row.step))
        .text("networks", |row| row.ours.iter().map(Vec::len).sum::<usize>())
        .rows(paper_comparisons(index))
}
