//! Comparisons of methods.

use assay_report::TableSpec;
use assay_report::tables::{Entry, Table};
use assay_stats::RankTest;

use crate::report::comparisons::{Comparison, Quantity, median_of};
use crate::report::wording::{encoding_name, method_name};

pub fn table(comparisons: &[Comparison]) -> Table {
    let title = "Methods with one budget of evaluations, by ranks: one value per seed, the mean over \
                architectures. U counts the pairs of runs, one of each, in which the first has the larger \
                value, equal ones as a half; delta is Cliff's, from -100 (never larger) to 100 (always). \
                p is that of a two-sided Mann-Whitney U test, exact up to 60 values, and after Holm's \
                adjustment for all comparisons by the same quantity";
    TableSpec::new("comparisons", title)
        .text("quantity", |one: &&Comparison| match one.quantity {
            Quantity::Confidence => "median confidence %",
            Quantity::EvaluationsTo99 => "evaluations to 99 %",
        })
        .text("encoding", |one| encoding_name(one.left.encoding))
        .text("first", |one| method_name(one.left))
        .text("second", |one| method_name(one.right))
        .column("median of first", |one| median_entry(one, &one.left_values))
        .column("median of second", |one| median_entry(one, &one.right_values))
        .number("U", 1, |one| one.test.map(|test| test.larger))
        .number("pairs", 0, |one| one.test.map(|test| test.pairs))
        .number("delta", 1, |one| one.test.as_ref().map(RankTest::delta).map(|delta| 100.0 * delta))
        .number("p", 4, |one| one.test.map(|test| test.p_value))
        .number("p adjusted", 4, |one| one.adjusted)
        .text("seeds", |one| one.left_values.len())
        .rows(comparisons)
}

fn median_entry(one: &Comparison, values: &[f64]) -> Entry {
    let decimals = if one.quantity == Quantity::Confidence { 4 } else { 0 };
    match median_of(values.to_vec()) {
        Some(value) if value.is_finite() => Entry::number(Some(value), decimals),
        Some(_) => Entry::text("never"),
        None => Entry::Nothing,
    }
}
