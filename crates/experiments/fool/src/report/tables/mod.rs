//! The tables of the fooling report.

mod attacks;
mod compare;
mod elites;
mod measurements;
mod retraining;

pub(super) use self::measurements::measurements;
use super::carry::{Carry, Label, Pair, Rate, SeedEstimate, Term, contrast};
use super::compare::Comparison;
use super::detection::Detection;
use super::guests::{GuestRate, guest_kinds, guest_rate};
use super::index::{Index, Network};
use super::wording::{encoding_name, preset_name};
use assay_report::TableSpec;
use assay_report::claims::ClaimResult;
use assay_report::run_results::{CellResult, distinct};
use assay_report::tables::{self, Entry, Table};

/// Every table that the run has records for; always `claims` and `cells`.
pub(super) fn tables(
    index: &Index,
    claim_results: &[ClaimResult],
    comparisons: &[Comparison],
    detection: &Detection,
) -> Vec<Table> {
    let mut tables = vec![
        tables::claims("Claims, in percent and percentage points", claim_results),
        attacks::table(index),
        compare::table(comparisons),
        networks(index),
        carry_over(index),
        retraining::retraining(index),
        retraining::detectors(detection),
        elites::elites(index),
        elites::lineages(index),
    ];
    tables.retain(|table| table.name == "claims" || !table.rows.is_empty());
    tables.push(cells(index));
    tables
}

fn networks(index: &Index) -> Table {
    let test = |one: &Network| one.cell_result.record()?.test;
    TableSpec::new("networks", "The networks on clean images")
        .text("architecture", |one: &&Network| one.cell.network.architecture.clone())
        .text("seed", |one| one.cell.seed)
        .text("outcome", |one| one.cell_result.ending())
        .number("test accuracy %", 2, move |one| Some(100.0 * test(one)?.accuracy()))
        .number("test loss (nats)", 3, move |one| Some(test(one)?.loss))
        .number("training accuracy %", 2, |one| {
            Some(100.0 * one.cell_result.record()?.train?.accuracy())
        })
        .text_if_known("parameters", |one| Some(one.cell_result.record()?.parameters.total))
        .rows(index.networks())
}

/// The kinds of fooling rates, with their names in the table.
const RATES: [(&str, Rate); 7] = [
    ("own class", Rate::OWN),
    ("own class, at least 50 %", Rate { label: Label::Own, at_least: 0.5 }),
    ("own class, at least 99 %", Rate { label: Label::Own, at_least: 0.99 }),
    ("own class, at least 99.99 %", Rate { label: Label::Own, at_least: 0.9999 }),
    ("any class, at least 50 %", Rate { label: Label::Any, at_least: 0.5 }),
    ("any class, at least 99 %", Rate { label: Label::Any, at_least: 0.99 }),
    ("any class, at least 99.99 %", Rate { label: Label::Any, at_least: 0.9999 }),
];

/// The matrix of cross-evaluation, one row per entry.
fn carry_over(index: &Index) -> Table {
    let own = index.showings().iter().map(|one| one.cell.attack.attack);
    let searches = distinct(own.chain(index.guests().iter().map(|one| one.cell.attack.attack)));
    let rows = searches.into_iter().flat_map(|attack| {
        let carry = Carry::new(index, attack);
        let pairs = [carry.pairs(true), carry.pairs(false)].concat();
        let start = (encoding_name(attack.encoding), preset_name(attack.preset));
        let mut rows: Vec<Vec<Entry>> =
            pairs.into_iter().flat_map(|pair| pair_rows(index, &carry, pair, start)).collect();
        rows.extend(guest_rows(index, attack, start));
        rows
    });
    Table {
        name: "carry_over".to_owned(),
        title: "Whether what fools one network fools another: percent of the elites of which the other \
                network is sure"
            .to_owned(),
        columns: vec![
            "encoding", "settings", "found on", "shown to", "sees", "mean", "low", "high", "showings",
            "seeds",
        ],
        rows: rows.collect(),
    }
}

fn pair_rows(
    index: &Index,
    carry: &Carry,
    pair: Pair,
    (encoding, preset): (&str, &str),
) -> Vec<Vec<Entry>> {
    let shown_to =
        if pair.0 == pair.1 { format!("{}, other seeds", pair.1) } else { pair.1.to_owned() };
    let row = |(sees, rate): (&str, Rate)| {
        let terms = [Term { weight: 1.0, carry, pairs: vec![pair] }];
        let SeedEstimate { estimate, seeds, .. } = contrast(index, 0.0, &terms, rate);
        let estimate = estimate?;
        Some(vec![
            Entry::text(encoding),
            Entry::text(preset),
            Entry::text(pair.0),
            Entry::text(&shown_to),
            Entry::text(sees),
            Entry::number(Some(estimate.value), 2),
            Entry::number(estimate.interval.map(|ends| ends.low), 2),
            Entry::number(estimate.interval.map(|ends| ends.high), 2),
            Entry::count(carry.count(pair, &seeds)),
            Entry::count(estimate.clusters),
        ])
    };
    RATES.into_iter().filter_map(row).collect()
}

/// External models, in the same columns.
fn guest_rows(
    index: &Index,
    attack: assay_classifier_cells::Attack,
    (encoding, preset): (&str, &str),
) -> Vec<Vec<Entry>> {
    let mut rows = Vec::new();
    for architecture in index.architectures() {
        for kind in guest_kinds(index) {
            let Some(measured) = guest_rate(index, kind, attack, architecture) else { continue };
            let GuestRate { rate, sure, showings, classes } = measured;
            let to = format!(
                "{} on {} of another run, {classes} of its {} classes here",
                kind.kind, kind.data, kind.outputs
            );
            let ends = rate.interval;
            let of = |sees: &str, value: f64, ends: [Option<f64>; 2]| {
                let start = [encoding, preset, architecture, &to, sees].map(Entry::text);
                let mut row = start.to_vec();
                row.push(Entry::number(Some(value), 2));
                row.extend(ends.map(|end| Entry::number(end, 2)));
                row.extend([Entry::count(showings), Entry::count(rate.clusters)]);
                row
            };
            let own = [ends.map(|ends| ends.low), ends.map(|ends| ends.high)];
            rows.push(of(RATES[0].0, rate.value, own));
            rows.push(of(RATES[2].0, sure, [None, None]));
        }
    }
    rows
}

fn cells(index: &Index) -> Table {
    let networks = index.networks().iter().chain(index.retrained());
    let networks = networks.map(|one| one.cell_result);
    let attacks = index.attacks().iter().chain(index.repeats()).map(|one| one.cell_result);
    let showings = index.showings().iter().chain(index.to_retrained());
    let showings = showings.map(|one| one.cell_result);
    let guests = index.guests().iter().map(|one| one.cell_result);
    TableSpec::new("cells", "Every planned cell")
        .text("cell", |one: &&CellResult| one.cell.name())
        .text("outcome", |one| one.ending())
        .number("seconds", 1, |one| Some(one.provenance()?.seconds.total))
        .text_if_known("device", |one| one.provenance().map(|provenance| provenance.device.clone()))
        .rows(networks.chain(attacks).chain(showings).chain(guests))
}
