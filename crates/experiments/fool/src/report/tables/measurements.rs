//! The tidy table: every network, attack and cross-evaluation, with what pairs it.

use assay_classifier_cells::{AttackCell, ClassifierCell};
use assay_report::measurements::{LongRow, long_table};
use assay_report::run_results::CellResult;
use assay_report::tables::{Entry, Table};

use crate::report::attack_results::at_end;
use crate::report::carry::Rate;
use crate::report::index::{Found, Index, Network, Showing};
use crate::report::wording::{encoding_name, method_name, preset_name};

const FACTORS: [&str; 8] =
    ["kind", "architecture", "round", "method", "encoding", "settings", "shown to", "outcome"];

/// The names of a cell's numbers, each with its number or why it is left out.
type Metrics = Vec<(&'static str, Result<f64, String>)>;

/// One row per cell and metric.
pub(in crate::report) fn measurements(index: &Index) -> Table {
    let networks = index.networks().iter().chain(index.retrained()).map(network);
    let attacks = index.attacks().iter().chain(index.repeats()).map(attack);
    let showings = index.showings().iter().chain(index.to_retrained());
    let showings = showings.map(|one| showing(index, one));
    long_table(&FACTORS, networks.chain(attacks).chain(showings).collect())
}

fn network(one: &Network) -> LongRow {
    let accuracy = one.trained().and_then(|()| {
        let test = one.cell_result.record().and_then(|record| record.test);
        Ok(100.0 * test.ok_or("not tested")?.accuracy())
    });
    row("network", one.cell, None, None, one.cell_result, vec![("accuracy %", accuracy)])
}

fn attack(one: &Found) -> LongRow {
    let outcome = || one.cell_result.outcome().to_owned();
    let end = || one.result().map(at_end).ok_or_else(outcome);
    let metrics = vec![
        ("median confidence %", end().map(|end| 100.0 * f64::from(end.median))),
        ("classes >= 99.99 %", end().map(|end| 100.0 * end.at_least_9999)),
    ];
    row("attack", &one.cell.network, Some(one.cell), None, one.cell_result, metrics)
}

fn showing(index: &Index, one: &Showing) -> LongRow {
    let shown = &one.cell.attack;
    let outcome = || one.cell_result.outcome().to_owned();
    let is_shown = |found: &&Found| found.cell == shown;
    let elites = index.attacks().iter().find(is_shown).and_then(Found::result);
    let rate = one.predictions().zip(elites).ok_or_else(outcome);
    let rate = rate.map(|(predictions, found)| Rate::OWN.of(&found.elites, predictions));
    let to = format!("{}, seed {}", one.cell.network.network.architecture, one.cell.network.seed);
    let metrics = vec![("sees the class %", rate)];
    row("showing", &shown.network, Some(shown), Some(to), one.cell_result, metrics)
}

fn row(
    kind: &str,
    network: &ClassifierCell,
    attack: Option<&AttackCell>,
    shown_to: Option<String>,
    cell_result: &CellResult,
    metrics: Metrics,
) -> LongRow {
    let of_attack = |value: fn(&AttackCell) -> &'static str| {
        attack.map_or(Entry::Nothing, |attack| Entry::text(value(attack)))
    };
    LongRow {
        cell: cell_result.cell.name(),
        factors: vec![
            Entry::text(kind),
            Entry::text(&network.network.architecture),
            Entry::text(network.round()),
            of_attack(|one| method_name(one.attack)),
            of_attack(|one| encoding_name(one.attack.encoding)),
            of_attack(|one| preset_name(one.attack.preset)),
            shown_to.map_or(Entry::Nothing, Entry::Text),
            Entry::text(cell_result.outcome()),
        ],
        cluster: format!("seed {}", network.seed),
        metrics,
    }
}
