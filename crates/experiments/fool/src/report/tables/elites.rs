//! Every elite, and where some of them came from.

use assay_runs::{EliteRecord, Method};

use crate::report::index::{Found, Index};
use crate::report::pictures::path as file;
use crate::report::wording::{encoding_name, method_name, path, preset_name, switches};
use assay_report::tables::{Entry, Table};

/// Lineages shown of each attack.
const LINEAGES: usize = 3;
/// Stretches of a lineage that are spelt out.
const STRETCHES: usize = 12;

/// What tells an attack apart.
fn start(found: &Found) -> Vec<Entry> {
    let attack = found.cell.attack;
    vec![
        Entry::text(method_name(attack)),
        Entry::text(encoding_name(attack.encoding)),
        Entry::text(preset_name(attack.preset)),
        Entry::text(&found.cell.network.network.architecture),
        Entry::text(found.cell.seed),
    ]
}

const START: [&str; 5] = ["method", "encoding", "settings", "network", "seed"];

fn evaluations(count: Option<u64>) -> Entry {
    count.map_or(Entry::Nothing, Entry::text)
}

pub(super) fn elites(index: &Index) -> Table {
    let row = |found: &Found, elite: &EliteRecord| {
        let mut row = start(found);
        row.extend([
            Entry::Text(index.class(elite.class)),
            Entry::number(Some(100.0 * f64::from(elite.confidence)), 4),
            Entry::Text(index.class(elite.predicted)),
            Entry::text(elite.generation),
            evaluations(elite.evaluations_to_99),
            evaluations(elite.evaluations_to_9999),
            Entry::count(elite.lineage.len().saturating_sub(1)),
            Entry::count(switches(&elite.lineage)),
            Entry::Text(file(index, found, elite)),
        ]);
        row
    };
    let rows = index.attacks().iter().flat_map(|found| {
        let elites = found.result().map(|result| &result.elites[..]).unwrap_or_default();
        elites.iter().map(|elite| row(found, elite)).collect::<Vec<_>>()
    });
    let columns = [
        "class",
        "confidence %",
        "surest of",
        "born in generation",
        "evaluations to 99 %",
        "evaluations to 99.99 %",
        "ancestors",
        "changes of class",
        "file",
    ];
    Table {
        name: "elites".to_owned(),
        title: "Every elite at the end of its attack".to_owned(),
        columns: START.into_iter().chain(columns).collect(),
        rows: rows.collect(),
    }
}

/// Of each evolution of the first seed, the elites whose ancestors changed class most often.
pub(super) fn lineages(index: &Index) -> Table {
    let first = index.seeds().first().copied();
    let evolutions = index.attacks().iter().filter(|found| {
        found.cell.attack.method == Method::Evolution && Some(found.cell.seed) == first
    });
    let rows = evolutions.flat_map(|found| {
        let elites = found.result().map(|result| &result.elites[..]).unwrap_or_default();
        let mut elites: Vec<&EliteRecord> = elites.iter().collect();
        elites.sort_by_key(|elite| std::cmp::Reverse(switches(&elite.lineage)));
        let row = |elite: &&EliteRecord| {
            let mut row = start(found);
            row.extend([
                Entry::Text(index.class(elite.class)),
                Entry::count(elite.lineage.len().saturating_sub(1)),
                Entry::count(switches(&elite.lineage)),
                Entry::Text(path(&elite.lineage, STRETCHES, |class| index.class(class))),
            ]);
            row
        };
        elites.iter().take(LINEAGES).map(row).collect::<Vec<_>>()
    });
    Table {
        name: "lineages".to_owned(),
        title: format!(
            "Where elites came from: of each evolution of the first seed the {LINEAGES} elites whose \
             ancestors changed class most often, with the class each ancestor was the elite of"
        ),
        columns: START.into_iter().chain(["class", "ancestors", "changes", "lineage"]).collect(),
        rows: rows.collect(),
    }
}
