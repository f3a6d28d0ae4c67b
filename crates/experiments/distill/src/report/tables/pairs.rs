//! `McNemar`'s test against the baseline student of the same seed.

use assay_classifier_cells::Role;
use assay_report::TableSpec;
use assay_report::tables::Table;
use assay_stats::{McNemar, holm};

use crate::report::classification::ClassificationMetrics;
use crate::report::group::{Group, Training};
use crate::report::index::Index;
use crate::report::select;

/// A network and the baseline student, on the same images or words.
struct Pair {
    name: String,
    seed: u32,
    test: McNemar,
}

/// A table of pairs, where Holm's p is adjusted over these pairs. `first` describes the first
/// network of a pair.
fn table(name: &str, title: &str, first: &'static str, pairs: Vec<Pair>) -> Table {
    let adjusted = holm(&pairs.iter().map(|pair| pair.test.p_value).collect::<Vec<_>>());
    TableSpec::new(name, title)
        .text("condition", |(pair, _): &(Pair, f64)| pair.name.clone())
        .text("seed", |(pair, _)| pair.seed)
        .text(first, |(pair, _)| pair.test.only_first)
        .text("only baseline", |(pair, _)| pair.test.only_second)
        .number("p", 4, |(pair, _)| Some(pair.test.p_value))
        .number("p (Holm)", 4, |(_, adjusted)| Some(*adjusted))
        .rows(pairs.into_iter().zip(adjusted))
}

/// The trainings of distilled students, with their groups.
fn distilled<'a>(index: &'a Index<'a>) -> impl Iterator<Item = (&'a Group<'a>, &'a Training<'a>)> {
    index.trainings().filter(|(group, _)| group.condition.role == Role::Distilled)
}

/// The metrics of the baseline student with the seed of a distilled student.
fn baseline<'a>(
    index: &'a Index<'a>,
    group: &Group,
    student: &Training,
) -> Option<&'a ClassificationMetrics> {
    let baseline = index.with_seed(&group.condition.baseline(), student.cell.seed).ok()?;
    Some(&baseline.metrics.as_ref().ok()?.classification)
}

/// Each distilled student against the baseline student, image by image. Empty if images overlap, as
/// frames do: the test assumes that they are independent, and words have their own table.
pub(super) fn images<'a>(index: &'a Index<'a>) -> Table {
    let overlap = select::is_speech(index);
    let pair = |(group, student): (&'a Group<'a>, &'a Training<'a>)| {
        let right = &student.metrics.as_ref().ok()?.classification.right;
        let test = McNemar::of(right, &baseline(index, group, student)?.right);
        Some(Pair { name: index.name(&group.condition), seed: student.cell.seed, test })
    };
    let pairs = distilled(index).filter(|_| !overlap).filter_map(pair).collect();
    let title = "McNemar's test of each distilled student against the baseline of the same seed: test \
                images that only one of the two gets right; p (Holm) adjusted over this table";
    table("pairs", title, "only distilled", pairs)
}

/// Each distilled student, and the teachers of each seed together, against the baseline student,
/// word by word.
pub(super) fn words<'a>(index: &'a Index<'a>) -> Table {
    let mut pairs: Vec<Pair> = Vec::new();
    for (group, student) in distilled(index) {
        let seed = student.cell.seed;
        let reference = baseline(index, group, student).and_then(|one| one.words_right.as_ref());
        let against = |name: String, metrics: &ClassificationMetrics| {
            let test = McNemar::of(metrics.words_right.as_ref()?, reference?);
            Some(Pair { name, seed, test })
        };
        let condition = &group.condition;
        let baseline = index.name(&condition.baseline());
        let name = format!("{} teachers, against {baseline}", condition.teachers);
        let is_new = !pairs.iter().any(|one| (&one.name, one.seed) == (&name, seed));
        let teachers = student.teachers.as_ref().and_then(|one| one.metrics.as_ref().ok());
        let teachers = teachers.filter(|_| is_new).and_then(|(_, all)| against(name, all));
        let metrics = student.metrics.as_ref().ok();
        let distilled = metrics.and_then(|one| against(index.name(condition), &one.classification));
        pairs.extend(teachers.into_iter().chain(distilled));
    }
    let title = "McNemar's test, word by word, against the baseline of the same seed: test words that \
                only one of the two gets right; p (Holm) adjusted over this table";
    table("word_pairs", title, "only this", pairs)
}
