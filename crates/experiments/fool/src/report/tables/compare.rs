//! Methods held against one another.

use crate::report::compare::{Comparison, Quantity};
use crate::report::wording::{encoding_name, method_name};
use assay_report::tables::{Entry, Table};

pub(super) fn table(comparisons: &[Comparison]) -> Table {
    Table {
        name: "comparisons".to_owned(),
        title: "Methods with one budget of evaluations, by ranks: a value a seed, the mean over \
                architectures. U counts the pairs of runs, one of each, in which the first has the larger \
                value, equal ones as a half; delta is Cliff's, from -100 (never larger) to 100 (always). \
                p is that of a two-sided Mann-Whitney U test, exact up to 60 values, and after Holm's \
                adjustment for all comparisons by the same quantity"
            .to_owned(),
        columns: vec![
            "quantity",
            "encoding",
            "first",
            "second",
            "median of first",
            "median of second",
            "U",
            "pairs",
            "delta",
            "p",
            "p adjusted",
            "seeds",
        ],
        rows: comparisons.iter().map(row).collect(),
    }
}

fn row(one: &Comparison) -> Vec<Entry> {
    let (quantity, decimals) = match one.quantity {
        Quantity::Confidence => ("median confidence %", 4),
        Quantity::EvaluationsTo99 => ("evaluations to 99 %", 0),
    };
    let median = |values: &[f64]| match median(values) {
        Some(value) if value.is_finite() => Entry::number(Some(value), decimals),
        Some(_) => Entry::text("never"),
        None => Entry::Nothing,
    };
    let number = |value: fn(&assay_stats::RankTest) -> f64, decimals| {
        Entry::number(one.test.as_ref().map(value), decimals)
    };
    vec![
        Entry::text(quantity),
        Entry::text(encoding_name(one.left.encoding)),
        Entry::text(method_name(one.left)),
        Entry::text(method_name(one.right)),
        median(&one.left_values),
        median(&one.right_values),
        number(|test| test.larger, 1),
        number(|test| test.pairs, 0),
        number(|test| 100.0 * test.delta(), 1),
        number(|test| test.p_value, 4),
        Entry::number(one.adjusted, 4),
        Entry::count(one.left_values.len()),
    ]
}

/// The middle value, or the mean of the two in the middle.
fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (below, above) =
        (sorted.get((sorted.len().max(1) - 1) / 2)?, sorted.get(sorted.len() / 2)?);
    Some(f64::midpoint(*below, *above))
}
