//! The tables of the transfer report.

use crate::{BaseScores, LayerScores, TransferCell, Treatment};
use assay_report::TableSpec;
use assay_report::claims::claims_table;
use assay_report::measurements::{LongRow, Measurement, long_table};
use assay_runs::Record;

use super::contrast::{Role, Scope};
use super::index::{Cluster, Index, Key, Training};
use super::paper::{LAST_CUT, paper};
use super::role::ROLES;
use super::transition::transition;
use assay_report::claims::ClaimResult;
use assay_report::tables::{Entry, Table};
use assay_report::tuning::learning_rates;
use assay_stats::{Estimate, holm};

/// Every table that the run has records for; always `claims` and `cells`.
pub(super) fn tables(index: &Index, claim_results: &[ClaimResult]) -> Vec<Table> {
    let mut tables =
        vec![claims_table("Claims, in percentage points of test accuracy", claim_results)];
    for kind in index.kinds() {
        for &size in &index.sizes(kind) {
            let scope = Scope { index, kind, images_per_class: size };
            tables.push(accuracies(scope));
            tables.push(differences(scope));
        }
    }
    tables.extend(shares(index));
    tables.extend(layer_scores(index));
    tables.push(learning_rates(&index.trials));
    tables.retain(|table| table.name == "claims" || !table.rows.is_empty());
    tables.push(cells(index));
    tables
}

/// `random`, or `random_100_images`.
fn scope_name(scope: Scope) -> String {
    let size = scope.images_per_class.map(|size| format!("_{size}_images"));
    format!("{}{}", scope.kind, size.unwrap_or_default())
}

fn scope_title(scope: Scope) -> String {
    let size = scope.images_per_class.map(|size| format!(", {size} images per class"));
    format!("{} splits{}", scope.kind_in_words(), size.unwrap_or_default())
}

/// A cut point; empty for a base.
fn cut(n: u8) -> Entry {
    if n == 0 { Entry::Nothing } else { Entry::text(n) }
}

fn accuracies(scope: Scope) -> Table {
    let title = format!("Test accuracy in percent, mean of both targets: {}", scope_title(scope));
    let rows = ROLES.into_iter().flat_map(|(role, ..)| {
        let cuts = match role {
            Role::Base | Role::BaseLong => vec![0],
            _ => scope.cuts(&[role]),
        };
        let level = move |n| Some((role, n, scope.estimate(&scope.level(role, n))?.in_percent()));
        cuts.into_iter().filter_map(level)
    });
    TableSpec::new(&format!("accuracies_{}", scope_name(scope)), &title)
        .text("treatment", |(role, ..): &(Role, u8, Estimate)| role.name())
        .column("n", |(_, n, _)| cut(*n))
        .estimate("mean", 2, |(.., estimate)| Some(*estimate))
        .text("clusters", |(.., estimate)| estimate.clusters)
        .rows(rows)
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

/// A difference at one n.
struct Difference {
    groups: (Role, Role),
    n: u8,
    estimate: Estimate,
    /// Holm's p value among all n.
    adjusted: Option<f64>,
    paper: Option<f64>,
}

/// The differences at each n.
fn differences(scope: Scope) -> Table {
    let rows = DIFFERENCES.into_iter().flat_map(|(left, right)| difference(scope, left, right));
    let title = format!(
        "Differences in percentage points, paired by target, split and seed: {}. p is two-sided \
         against 0, p (Holm) adjusted over n; paper (ImageNet): the authors' logs at the same n",
        scope_title(scope)
    );
    TableSpec::new(&format!("differences_{}", scope_name(scope)), &title)
        .text("difference", |one: &Difference| {
            format!("{} − {}", one.groups.0.name(), one.groups.1.name())
        })
        .column("n", |one| cut(one.n))
        .estimated_difference("mean", |one| Some(one.estimate))
        .text("clusters", |one| one.estimate.clusters)
        .number("p", 4, |one| one.estimate.p_value())
        .number("p (Holm)", 4, |one| one.adjusted)
        .difference("paper (ImageNet)", |one| one.paper)
        .rows(rows)
}

/// One difference. Holm's family is all its n.
fn difference(scope: Scope, minuend: Role, subtrahend: Role) -> Vec<Difference> {
    let mut cuts = scope.cuts(&[minuend, subtrahend]);
    if minuend == Role::BaseLong {
        cuts = vec![0];
    }
    let papers = |n: u8| {
        let comparable = scope.kind == "random" && scope.images_per_class.is_none();
        let comparable = comparable && (1..=LAST_CUT).contains(&n);
        comparable.then(|| paper().difference(minuend, subtrahend, n)).flatten()
    };
    let estimate = |n| Some((n, scope.estimate(&scope.difference(minuend, subtrahend, n))?));
    let found: Vec<(u8, Estimate)> = cuts.into_iter().filter_map(estimate).collect();
    let tested: Vec<f64> = found.iter().filter_map(|one| one.1.p_value()).collect();
    let mut adjusted = holm(&tested).into_iter();
    let difference = |(n, estimate): (u8, Estimate)| {
        let adjusted = estimate.p_value().and_then(|_| adjusted.next());
        Difference { groups: (minuend, subtrahend), n, estimate, adjusted, paper: papers(n) }
    };
    found.into_iter().map(difference).collect()
}

fn shares(index: &Index) -> Option<Table> {
    let Ok(found) = transition(index) else { return None };
    let title = "Share of the specificity drop that falls on each layer, in percent of the drop: the shares add \
                up to 100, and one may lie below 0 or above 100";
    let table = TableSpec::new("shares", title)
        .text("layer", |(name, _): &(&String, &Estimate)| (*name).clone())
        .estimate("share", 1, |(_, share)| Some(share.times(100.0)))
        .text("clusters", |(_, share)| share.clusters);
    Some(table.rows(index.plan.layers.iter().zip(&found.shares)))
}

fn layer_scores(index: &Index) -> Option<Table> {
    let scores = |training: &Training<'_>| {
        let record = training.cell_result.record();
        record
            .and_then(Record::details::<BaseScores>)
            .map_or_else(Vec::new, |scores| scores.layers.clone())
    };
    let rows = index.all.iter().flat_map(|training| {
        scores(training).into_iter().map(move |scores| (training.cell, scores))
    });
    let title = "Scores of each base's layers, seen from the other half";
    let table = TableSpec::new("layer_scores", title)
        .text("scores", |(cell, _): &(&TransferCell, LayerScores)| cell.treatment)
        .text("split", |(cell, _)| cell.split.to_string())
        .text("seed", |(cell, _)| cell.seed)
        .column("images per class", |(cell, _)| images_per_class_entry(cell))
        .text("layer", |(_, scores)| scores.layer)
        .number("CKA", 4, |(_, scores)| Some(scores.cka))
        .number("H-score", 4, |(_, scores)| Some(scores.h_score))
        .rows(rows);
    (!table.rows.is_empty()).then_some(table)
}

fn cells(index: &Index) -> Table {
    let test = |one: &Training| one.cell_result.record()?.test;
    let title = "Every planned cell; used: the accuracy that the statistics use, none where they leave it out";
    TableSpec::new("cells", title)
        .text("treatment", |one: &&Training| one.cell.treatment)
        .text("split", |one| one.cell.split.to_string())
        .text("seed", |one| one.cell.seed)
        .column("images per class", |one| images_per_class_entry(one.cell))
        .text("outcome", |one| one.cell_result.ending())
        .number("accuracy %", 2, move |one| Some(100.0 * test(one)?.accuracy()))
        .number("used %", 2, |one| one.accuracy)
        .number("top-5 %", 2, move |one| {
            let test = test(one)?;
            Some(100.0 * f64::from(test.correct_top5) / f64::from(test.images.max(1)))
        })
        .number("test loss (nats)", 3, move |one| Some(test(one)?.loss))
        .text_if_known("epochs", |one| Some(one.cell_result.record()?.curve.len()))
        .number("seconds", 1, |one| Some(one.cell_result.provenance()?.seconds.total))
        .number("images/s", 0, |one| Some(one.cell_result.provenance()?.images_per_second))
        .text_if_known("device", |one| Some(one.cell_result.provenance()?.device.clone()))
        .text("id", |one| one.cell_result.cell.id())
        .rows(&index.all)
}

fn images_per_class_entry(cell: &TransferCell) -> Entry {
    Entry::Text(cell.images_per_class.map_or("all".to_owned(), |size| size.to_string()))
}

/// The tidy table: every cell with its factors, its cluster and what pairs it.
pub(super) fn measurements(index: &Index) -> Table {
    let factors =
        ["group", "n", "target", "split kind", "split", "seed", "images per class", "outcome"];
    let rows = index.all.iter().zip(index.measurements.rows());
    long_table(&factors, rows.flat_map(long_rows).collect())
}

/// The accuracy of a cell, or the scores of each of its layers.
fn long_rows((training, row): (&Training, &Measurement<Key, Cluster>)) -> Vec<LongRow> {
    let Training { cell, cell_result, .. } = training;
    let role = training.role;
    let group = role.map_or_else(|| cell.treatment.to_string(), |role| role.0.name().to_owned());
    let long = |n: Entry, metrics| LongRow {
        cell: cell_result.cell.name(),
        factors: vec![
            Entry::text(&group),
            n,
            cell.treatment.target().map_or(Entry::Nothing, Entry::text),
            Entry::text(cell.split.kind()),
            Entry::text(&cell.split),
            Entry::text(cell.seed),
            images_per_class_entry(cell),
            Entry::text(cell_result.outcome()),
        ],
        cluster: row.cluster.to_string(),
        metrics,
    };
    if !matches!(cell.treatment, Treatment::Scores { .. }) {
        let n = role.map_or(Entry::Nothing, |role| cut(role.1));
        return vec![long(n, vec![("accuracy %", row.value.clone())])];
    }
    let scores = cell_result
        .record()
        .and_then(Record::details)
        .map(|scores: &BaseScores| scores.layers.as_slice());
    let of_layer = |one: &LayerScores| {
        long(cut(one.layer), vec![("cka", Ok(one.cka)), ("h-score", Ok(one.h_score))])
    };
    scores.unwrap_or_default().iter().map(of_layer).collect()
}
