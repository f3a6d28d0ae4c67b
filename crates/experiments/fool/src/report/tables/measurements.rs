//! The tidy table: every network, attack and cross-evaluation, with what pairs it.

use assay_classifier_cells::{AttackCell, ClassifierCell};
use assay_report::measurements::{LongRow, long_table};
use assay_report::run_results::CellResult;
use assay_report::tables::{Entry, Table};

use crate::report::index::{CrossEvaluation, Index, Network, PlannedAttack, median, share_at_9999};
use crate::report::transfer_rate::Rate;
use crate::report::wording::{encoding_name, method_name, preset_name};

const FACTORS: [&str; 8] =
    ["kind", "architecture", "round", "method", "encoding", "settings", "evaluated on", "outcome"];

/// The names of a cell's numbers, each with its number or why it is left out.
type Metrics = Vec<(&'static str, Result<f64, String>)>;

/// One row per cell and metric.
pub fn measurements(index: &Index) -> Table {
    let networks = index.all_networks().map(network);
    let attacks = index.all_attacks().map(attack);
    let evaluations = index.all_cross_evaluations().map(|one| cross_evaluation(index, one));
    long_table(&FACTORS, networks.chain(attacks).chain(evaluations).collect())
}

fn network(one: &Network) -> LongRow {
    let accuracy = one.trained().and_then(|()| {
        let test = one.cell_result.record().and_then(|record| record.test);
        Ok(100.0 * test.ok_or("not tested")?.accuracy())
    });
    row("network", one.cell, None, Entry::Nothing, one.cell_result, vec![("accuracy %", accuracy)])
}

fn attack(one: &PlannedAttack) -> LongRow {
    let result = || one.result().ok_or_else(|| one.cell_result.outcome().to_owned());
    let metrics = vec![
        ("median confidence %", result().map(median)),
        ("success rate at 99.99 %", result().map(share_at_9999)),
    ];
    let (network, attack) = (&one.cell.network, Some(one.cell));
    row("attack", network, attack, Entry::Nothing, one.cell_result, metrics)
}

fn cross_evaluation(index: &Index, one: &CrossEvaluation) -> LongRow {
    let attack_cell = &one.cell.attack;
    let is_it = |attack: &&PlannedAttack| attack.cell == attack_cell;
    let attack = index.attacks.iter().find(is_it).and_then(PlannedAttack::result);
    let both = one.predictions().zip(attack);
    let rate = both.map(|(seen, attack)| Rate::OWN_CLASS.of_elites(&attack.elites, seen));
    let rate = rate.ok_or_else(|| one.cell_result.outcome().to_owned());
    let to = format!("{}, seed {}", one.cell.network.network.architecture, one.cell.network.seed);
    let metrics = vec![("transfer rate %", rate)];
    row(
        "cross-evaluation",
        &attack_cell.network,
        Some(attack_cell),
        Entry::Text(to),
        one.cell_result,
        metrics,
    )
}

fn row(
    kind: &str,
    network: &ClassifierCell,
    attack: Option<&AttackCell>,
    evaluated_on: Entry,
    cell_result: &CellResult,
    metrics: Metrics,
) -> LongRow {
    let name = |name: fn(&AttackCell) -> &'static str| {
        attack.map_or(Entry::Nothing, |attack| Entry::text(name(attack)))
    };
    LongRow {
        cell: cell_result.cell.name(),
        factors: vec![
            Entry::text(kind),
            Entry::text(&network.network.architecture),
            Entry::text(network.round()),
            name(|one| method_name(one.attack)),
            name(|one| encoding_name(one.attack.encoding)),
            name(|one| preset_name(one.attack.preset)),
            evaluated_on,
            Entry::text(cell_result.outcome()),
        ],
        cluster: format!("seed {}", network.seed),
        metrics,
    }
}
