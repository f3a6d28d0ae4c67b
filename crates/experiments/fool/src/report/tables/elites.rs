//! Every elite, and the lineages of some.

use assay_classifier_cells::{EliteRecord, Method};
use assay_report::TableSpec;
use assay_report::tables::Table;

use crate::report::index::{Index, PlannedAttack};
use crate::report::sample_images::file_path;
use crate::report::wording::{encoding_name, lineage_in_words, method_name, preset_name, switches};

/// Maximum number of lineages shown for each attack.
const LINEAGES: usize = 3;
/// Maximum number of stretches of a lineage that are written out.
const STRETCHES: usize = 12;

/// An elite of an attack.
type Row<'a> = (&'a PlannedAttack<'a>, &'a EliteRecord);

/// The columns that identify an attack, and the elite's class.
fn table<'t>(index: &'t Index, name: &str, title: &str) -> TableSpec<'t, Row<'t>> {
    TableSpec::new(name, title)
        .text("method", |(attack, _): &Row| method_name(attack.cell.attack))
        .text("encoding", |(attack, _)| encoding_name(attack.cell.attack.encoding))
        .text("settings", |(attack, _)| preset_name(attack.cell.attack.preset))
        .text("network", |(attack, _)| attack.cell.network.network.architecture.clone())
        .text("seed", |(attack, _)| attack.cell.seed)
        .text("class", |(_, elite)| index.class(elite.class))
}

pub fn elites(index: &Index) -> Table {
    table(index, "elites", "Every elite at the end of its attack")
        .number("confidence %", 4, |(_, elite)| Some(100.0 * f64::from(elite.confidence)))
        .text("predicted class", |(_, elite)| index.class(elite.predicted))
        .text("born in generation", |(_, elite)| elite.generation)
        .text_if_known("evaluations to 99 %", |(_, elite)| elite.evaluations_to_99)
        .text_if_known("evaluations to 99.99 %", |(_, elite)| elite.evaluations_to_9999)
        .text("ancestors", |(_, elite)| elite.lineage.len().saturating_sub(1))
        .text("changes of class", |(_, elite)| switches(&elite.lineage))
        .text("file", |(attack, elite)| file_path(index, attack, elite))
        .rows(index.attacks.iter().flat_map(rows))
}

/// For each evolution of the first seed, the elites whose ancestors changed class most often.
pub fn lineages(index: &Index) -> Table {
    let first = index.seeds().first().copied();
    let evolutions = index.attacks.iter().filter(|attack| {
        attack.cell.attack.method == Method::Evolution && Some(attack.cell.seed) == first
    });
    let most_changed = evolutions.flat_map(|attack| {
        let mut rows = rows(attack);
        rows.sort_by_key(|(_, elite)| std::cmp::Reverse(switches(&elite.lineage)));
        rows.truncate(LINEAGES);
        rows
    });
    let title = format!(
        "Where elites came from: of each evolution of the first seed the {LINEAGES} elites whose \
         ancestors changed class most often, with the class each ancestor was the elite of"
    );
    table(index, "lineages", &title)
        .text("ancestors", |(_, elite)| elite.lineage.len().saturating_sub(1))
        .text("changes", |(_, elite)| switches(&elite.lineage))
        .text("lineage", |(_, elite)| {
            lineage_in_words(&elite.lineage, STRETCHES, |class| index.class(class))
        })
        .rows(most_changed)
}

fn rows<'a>(attack: &'a PlannedAttack<'a>) -> Vec<Row<'a>> {
    let elites = attack.result().map(|result| &result.elites[..]).unwrap_or_default();
    elites.iter().map(|elite| (attack, elite)).collect()
}
