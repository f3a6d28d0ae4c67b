//! The matrix of cross-evaluation, one row per entry.

use assay_classifier_cells::Attack;
use assay_report::TableSpec;
use assay_report::run_results::distinct;
use assay_report::tables::Table;
use assay_stats::Estimate;

use crate::report::cross_evaluations::{CrossEvaluations, Pair};
use crate::report::external_models::{ExternalKind, ExternalRate, external_kinds, external_rate};
use crate::report::index::{Condition, Index};
use crate::report::transfer_rate::Rate;
use crate::report::wording::{encoding_name, preset_name};

/// The kinds of transfer rates, with their names.
const RATES: [(&str, Rate); 7] = [
    (OWN_CLASS, Rate::OWN_CLASS),
    ("own class, at least 50 %", Rate { any_class: false, at_least: 0.5 }),
    (OWN_CLASS_99, Rate::OWN_CLASS_99),
    ("own class, at least 99.99 %", Rate { any_class: false, at_least: 0.9999 }),
    ("any class, at least 50 %", Rate { any_class: true, at_least: 0.5 }),
    ("any class, at least 99 %", Rate { any_class: true, at_least: 0.99 }),
    ("any class, at least 99.99 %", Rate { any_class: true, at_least: 0.9999 }),
];
const OWN_CLASS: &str = "own class";
const OWN_CLASS_99: &str = "own class, at least 99 %";

struct Row<'a> {
    condition: Condition<'a>,
    evaluated_on: String,
    criterion: &'static str,
    estimate: Estimate,
    evaluations: usize,
}

pub fn table(index: &Index) -> Table {
    let own = index.cross_evaluations.iter().map(|one| one.cell.attack.attack);
    let external = index.external_evaluations.iter().map(|one| one.cell.attack.attack);
    let title = "Transfer rates: percent of the elites that the evaluated network assigns to the class they \
                 were found for (own class) or to any class, with the confidence named";
    TableSpec::new("cross_evaluation", title)
        .text("encoding", |row: &Row| encoding_name(row.condition.attack.encoding))
        .text("settings", |row| preset_name(row.condition.attack.preset))
        .text("found on", |row| row.condition.architecture)
        .text("evaluated on", |row| row.evaluated_on.clone())
        .text("criterion", |row| row.criterion)
        .estimate("mean", 2, |row| Some(row.estimate))
        .text("evaluations", |row| row.evaluations)
        .text("seeds", |row| row.estimate.clusters)
        .rows(distinct(own.chain(external)).into_iter().flat_map(|attack| rows(index, attack)))
}

fn rows<'a>(index: &'a Index<'a>, attack: Attack) -> Vec<Row<'a>> {
    let cross_evaluations = CrossEvaluations::new(index, attack);
    let pairs = cross_evaluations.all_pairs().into_iter();
    let of_pair = |pair| pair_rows(&cross_evaluations, attack, pair);
    let mut rows: Vec<Row> = pairs.flat_map(of_pair).collect();
    for architecture in index.architectures() {
        for kind in external_kinds(index) {
            rows.extend(external_rows(index, Condition { attack, architecture }, kind));
        }
    }
    rows
}

fn pair_rows<'a>(
    cross_evaluations: &CrossEvaluations,
    attack: Attack,
    pair: Pair<'a>,
) -> Vec<Row<'a>> {
    let evaluated_on =
        if pair.0 == pair.1 { format!("{}, other seeds", pair.1) } else { pair.1.to_owned() };
    let (estimates, evaluations) = cross_evaluations.rates(pair, RATES.map(|(_, rate)| rate));
    let row = |((criterion, _), estimate): ((&'static str, Rate), Option<Estimate>)| {
        let condition = Condition { attack, architecture: pair.0 };
        Some(Row {
            condition,
            evaluated_on: evaluated_on.clone(),
            criterion,
            estimate: estimate?,
            evaluations,
        })
    };
    RATES.into_iter().zip(estimates).filter_map(row).collect()
}

fn external_rows<'a>(index: &Index, condition: Condition<'a>, kind: ExternalKind) -> Vec<Row<'a>> {
    let Some(measured) = external_rate(index, kind, condition) else { return Vec::new() };
    let ExternalRate { rate, at_99, evaluations, classes } = measured;
    let evaluated_on = format!(
        "{} on {} of another run, {classes} of its {} classes here",
        kind.kind, kind.data, kind.outputs
    );
    let row = |criterion, estimate| {
        let evaluated_on = evaluated_on.clone();
        Row { condition, evaluated_on, criterion, estimate, evaluations }
    };
    let mut without_interval = rate;
    (without_interval.value, without_interval.interval) = (at_99, None);
    vec![row(OWN_CLASS, rate), row(OWN_CLASS_99, without_interval)]
}
