//! The tables of the transfer study.

use assay_runs::TransferCell;

use crate::report::contrast::{Role, Scope};
use crate::report::index::{Index, Training};
use crate::report::paper::{LAST_CUT, paper};
use crate::report::transition::{Answer, transition};
use assay_report::claims::Reading;
use assay_report::tables::{self, Entry, Table};
use assay_stats::{Estimate, holm};

/// Every table the run has records for; `claims` and `cells` always.
#[must_use]
pub fn tables(index: &Index, readings: &[Reading]) -> Vec<Table> {
    let mut tables =
        vec![tables::claims("Claims, in percentage points of test accuracy", readings)];
    for kind in index.kinds() {
        for &size in &index.sizes(kind) {
            let scope = Scope::new(index, kind, size);
            tables.push(accuracies(scope));
            tables.push(differences(scope));
        }
    }
    tables.retain(|table| !table.rows.is_empty());
    tables.extend(shares(index));
    tables.extend(layer_scores(index));
    tables.push(cells(index));
    tables
}

/// `random`, or `random_100_images`.
fn scope_name(scope: Scope) -> String {
    let size = scope.images_per_class().map(|size| format!("_{size}_images"));
    format!("{}{}", scope.kind(), size.unwrap_or_default())
}

fn scope_title(scope: Scope) -> String {
    let size = scope.images_per_class().map(|size| format!(", {size} images a class"));
    format!("{} splits{}", scope.kind(), size.unwrap_or_default())
}

/// A cut point; bases have none.
fn cut(n: u8) -> Entry {
    if n == 0 { Entry::Nothing } else { Entry::text(n) }
}

const LEVELS: [Role; 8] = [
    Role::Base,
    Role::BaseLong,
    Role::SELFFER,
    Role::TRANSFER,
    Role::SELFFER_PLUS,
    Role::TRANSFER_PLUS,
    Role::RANDOM_HE,
    Role::RANDOM_PAPER,
];

fn accuracies(scope: Scope) -> Table {
    let row = |role: Role, n: u8| {
        let estimate = scope.estimate(&scope.level(role, n))?.in_percent();
        let mut row =
            vec![Entry::text(role.name()), cut(n), Entry::number(Some(estimate.value), 2)];
        let ends = estimate.interval;
        row.push(Entry::number(ends.map(|ends| ends.low), 2));
        row.push(Entry::number(ends.map(|ends| ends.high), 2));
        row.push(Entry::count(estimate.clusters));
        Some(row)
    };
    let rows = LEVELS.into_iter().flat_map(|role| {
        let cuts = match role {
            Role::Base | Role::BaseLong => vec![0],
            _ => scope.cuts(&[role]),
        };
        cuts.into_iter().filter_map(move |n| row(role, n)).collect::<Vec<_>>()
    });
    Table {
        name: format!("accuracies_{}", scope_name(scope)),
        title: format!("Test accuracy in percent, mean of both targets: {}", scope_title(scope)),
        columns: vec!["treatment", "n", "mean", "low", "high", "clusters"],
        rows: rows.collect(),
    }
}

const DIFFERENCES: [(Role, Role); 12] = [
    (Role::BaseLong, Role::Base),
    (Role::SELFFER, Role::Base),
    (Role::TRANSFER, Role::Base),
    (Role::TRANSFER, Role::SELFFER),
    (Role::SELFFER_PLUS, Role::Base),
    (Role::TRANSFER_PLUS, Role::Base),
    (Role::TRANSFER_PLUS, Role::SELFFER_PLUS),
    (Role::TRANSFER_PLUS, Role::BaseLong),
    (Role::SELFFER_PLUS, Role::BaseLong),
    (Role::TRANSFER_PLUS, Role::TRANSFER),
    (Role::TRANSFER, Role::RANDOM_HE),
    (Role::TRANSFER, Role::RANDOM_PAPER),
];

/// Differences at each n.
fn differences(scope: Scope) -> Table {
    let rows = DIFFERENCES.into_iter().flat_map(|(left, right)| difference(scope, left, right));
    Table {
        name: format!("differences_{}", scope_name(scope)),
        title: format!(
            "Differences in percentage points, paired by target, split and seed: {}. p is two-sided \
             against 0, p (Holm) adjusted over n; paper (ImageNet): the authors' logs at the same n",
            scope_title(scope)
        ),
        columns: vec![
            "difference",
            "n",
            "mean",
            "low",
            "high",
            "clusters",
            "p",
            "p (Holm)",
            "paper (ImageNet)",
        ],
        rows: rows.collect(),
    }
}

/// One difference; Holm's family is all of its n.
fn difference(scope: Scope, minuend: Role, subtrahend: Role) -> Vec<Vec<Entry>> {
    let at = |n: u8| Some((n, scope.estimate(&scope.difference(minuend, subtrahend, n))?));
    let mut cuts = scope.cuts(&[minuend, subtrahend]);
    if minuend == Role::BaseLong {
        cuts = vec![0];
    }
    let found: Vec<(u8, Estimate)> = cuts.into_iter().filter_map(at).collect();
    let tested = || found.iter().filter_map(|(n, estimate)| Some((*n, estimate.p_value()?)));
    let adjusted = holm(&tested().map(|test| test.1).collect::<Vec<_>>());
    let adjusted: Vec<(u8, f64)> = tested().map(|test| test.0).zip(adjusted).collect();
    let of_paper = |n: u8| {
        let comparable = scope.kind() == "random" && scope.images_per_class().is_none();
        let comparable = comparable && (1..=LAST_CUT).contains(&n);
        comparable.then(|| paper().difference(minuend, subtrahend, n)).flatten()
    };
    let row = |(n, estimate): &(u8, Estimate)| {
        let holm = adjusted.iter().find(|test| test.0 == *n).map(|test| test.1);
        vec![
            Entry::Text(format!("{} − {}", minuend.name(), subtrahend.name())),
            cut(*n),
            Entry::difference(Some(estimate.value)),
            Entry::difference(estimate.interval.map(|ends| ends.low)),
            Entry::difference(estimate.interval.map(|ends| ends.high)),
            Entry::count(estimate.clusters),
            Entry::number(estimate.p_value(), 4),
            Entry::number(holm, 4),
            Entry::difference(of_paper(*n)),
        ]
    };
    found.iter().map(row).collect()
}

fn shares(index: &Index) -> Option<Table> {
    let Answer::Found(found) = transition(index) else { return None };
    let row = |(name, share): (&String, &Estimate)| {
        let percent = |value: f64| Entry::number(Some(100.0 * value), 1);
        let end = |end: Option<f64>| end.map_or(Entry::Nothing, percent);
        vec![
            Entry::text(name),
            percent(share.value),
            end(share.interval.map(|ends| ends.low)),
            end(share.interval.map(|ends| ends.high)),
            Entry::count(share.clusters),
        ]
    };
    Some(Table {
        name: "shares".to_owned(),
        title: "Share of the specificity drop that falls on each layer, in percent of the drop: the shares add \
                up to 100, and one may lie below 0 or above 100"
            .to_owned(),
        columns: vec!["layer", "share", "low", "high", "clusters"],
        rows: index.plan().layers.iter().zip(&found.shares).map(row).collect(),
    })
}

fn layer_scores(index: &Index) -> Option<Table> {
    let row = |Training { cell, observation, .. }: &Training| {
        let scores = observation.record().map(|record| record.layer_scores.as_slice());
        let row = |scores: &assay_runs::LayerScores| {
            vec![
                Entry::text(cell.treatment),
                Entry::text(&cell.split),
                Entry::text(cell.seed),
                images_a_class(cell),
                Entry::text(scores.layer),
                Entry::number(Some(scores.cka), 4),
                Entry::number(Some(scores.h_score), 4),
            ]
        };
        scores.unwrap_or_default().iter().map(row).collect::<Vec<_>>()
    };
    let rows: Vec<_> = index.all().iter().flat_map(row).collect();
    (!rows.is_empty()).then(|| Table {
        name: "layer_scores".to_owned(),
        title: "Scores of each base's layers, seen from the other half".to_owned(),
        columns: vec!["scores", "split", "seed", "images a class", "layer", "CKA", "H-score"],
        rows,
    })
}

fn cells(index: &Index) -> Table {
    Table {
        name: "cells".to_owned(),
        title:
            "Every planned cell; counted: the accuracy it counts with, none where it does not count"
                .to_owned(),
        columns: vec![
            "treatment",
            "split",
            "seed",
            "images a class",
            "outcome",
            "accuracy %",
            "counted %",
            "top-5 %",
            "test loss (nats)",
            "epochs",
            "seconds",
            "images/s",
            "device",
            "id",
        ],
        rows: index.all().iter().map(cell).collect(),
    }
}

fn images_a_class(cell: &TransferCell) -> Entry {
    Entry::Text(cell.images_per_class.map_or("all".to_owned(), |size| size.to_string()))
}

fn cell(training: &Training) -> Vec<Entry> {
    let Training { cell, observation, accuracy } = *training;
    let record = observation.record();
    let test = record.and_then(|record| record.test);
    let provenance = observation.provenance();
    let top5 =
        test.map(|test| 100.0 * f64::from(test.correct_top5) / f64::from(test.images.max(1)));
    vec![
        Entry::text(cell.treatment),
        Entry::text(&cell.split),
        Entry::text(cell.seed),
        images_a_class(cell),
        Entry::Text(observation.ending()),
        Entry::number(test.map(|test| 100.0 * test.accuracy()), 2),
        Entry::number(accuracy, 2),
        Entry::number(top5, 2),
        Entry::number(test.map(|test| test.loss), 3),
        record.map_or(Entry::Nothing, |record| Entry::count(record.curve.len())),
        Entry::number(provenance.map(|provenance| provenance.seconds.total), 1),
        Entry::number(provenance.map(|provenance| provenance.images_per_second), 0),
        provenance.map_or(Entry::Nothing, |provenance| Entry::text(&provenance.device)),
        Entry::text(observation.cell.id()),
    ]
}
