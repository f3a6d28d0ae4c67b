//! Distilled students, compared with their teachers and with the same networks alone.

use super::mean_of;
use crate::report::condition::Condition;
use crate::report::contrast::{self, Trio, by_seed, recovered};
use crate::report::correction::{Correction, Fit};
use crate::report::group::{Group, Measures, Training};
use crate::report::index::Index;
use crate::report::likeness::Likeness;
use crate::report::paper;
use crate::report::quality::percent;
use crate::report::utterances;
use assay_report::TableSpec;
use assay_report::tables::Table;
use assay_stats::{ClusterValues, McNemar};
use assay_stats::{Estimate, holm};

pub(super) fn distilled<'a>(index: &'a Index<'a>) -> impl Iterator<Item = &'a Group<'a>> {
    index
        .groups()
        .iter()
        .filter(|group| group.condition.role == assay_classifier_cells::Role::Distilled)
}

/// A distilled student and its gain over the student alone.
struct Row<'a> {
    group: &'a Group<'a>,
    gain: Estimate,
    /// Holm's p value.
    adjusted: Option<f64>,
    /// The gap recovered, or why there is none.
    share: Result<Estimate, &'static str>,
}

impl Row<'_> {
    fn likeness(&self, value: fn(&Likeness) -> Option<f64>) -> Option<f64> {
        mean_of(self.group.measures().filter_map(|one| value(one.likeness.as_ref()?)))
    }
}

/// The gain of distillation, the gap recovered, and the agreement of student and teacher.
pub(super) fn students<'a>(index: &'a Index<'a>) -> Table {
    let gains: Vec<(&Group, Estimate)> = distilled(index)
        .filter_map(|group| {
            let gain = by_seed(group, |one| {
                Ok(contrast::student(index, one)? - contrast::distilled(index, one)?)
            });
            Some((group, gain.estimate_of(2.0)?))
        })
        .collect();
    let adjusted = adjusted(&gains);
    let rows = gains.into_iter().zip(adjusted).map(|((group, gain), adjusted)| {
        let trios = by_seed(group, |one| contrast::trio(index, one));
        Row { group, gain, adjusted, share: share_of_the_gap(group, gain, &trios) }
    });
    let title = "Distilled students: errors of the same network alone less theirs (percentage points, \
                paired by seed; p is two-sided against 0, p (Holm) adjusted over the temperatures and \
                losses of a student), the share of the gap to the teacher that this gain closes (above 100: \
                better than the teacher), agreement \
                with the teacher on all test images and on those it gets wrong, and KL from teacher to \
                student";
    TableSpec::new("students", title)
        .text("condition", |row: &Row| row.group.condition.name(&index.plan().classes))
        .text("seeds", |row| row.gain.clusters)
        .estimate("gain", 2, |row| Some(row.gain))
        .number("p", 4, |row| row.gain.p_value())
        .number("p (Holm)", 4, |row| row.adjusted)
        .number("recovered %", 1, |row| row.share.ok().map(|share| share.value))
        .number("recovered low", 1, |row| Some(row.share.ok()?.interval?.low))
        .number("recovered high", 1, |row| Some(row.share.ok()?.interval?.high))
        .text_if_known("why no share", |row| row.share.err())
        .number("agreement %", 2, |row| row.likeness(|one| Some(one.agreement)))
        .number("where the teacher errs %", 1, |row| row.likeness(|one| one.agreement_where_wrong))
        .number("KL at T = 1", 4, |row| row.likeness(|one| Some(one.divergence)))
        .number("KL at the training's T", 4, |row| row.likeness(|one| one.divergence_in_training))
        .rows(rows)
}

/// The gap recovered by a gain, or why there is none.
fn share_of_the_gap(
    group: &Group,
    gain: Estimate,
    trios: &ClusterValues<Trio>,
) -> Result<Estimate, &'static str> {
    if !group.condition.excluded_classes.is_empty() {
        return Err("the student never saw some classes, and is not corrected here");
    }
    if gain.interval.is_some_and(|ends| ends.high < 0.0) {
        return Err("nothing is gained: the student makes fewer errors alone");
    }
    recovered(&trios.values, trios.step)
}

/// Holm's p values. A family is one student at all its temperatures and with all its losses.
fn adjusted(gains: &[(&Group, Estimate)]) -> Vec<Option<f64>> {
    let family = |group: &Group| Condition {
        temperature: None,
        other_loss: None,
        ..group.condition.clone()
    };
    let mut adjusted = vec![None; gains.len()];
    for (at, (group, _)) in gains.iter().enumerate() {
        let of_family: Vec<usize> =
            (0..gains.len()).filter(|&other| family(gains[other].0) == family(group)).collect();
        let tested: Vec<(usize, f64)> = of_family
            .into_iter()
            .filter_map(|other| Some((other, gains[other].1.p_value()?)))
            .collect();
        let found = holm(&tested.iter().map(|test| test.1).collect::<Vec<_>>());
        let own = tested.iter().position(|test| test.0 == at);
        adjusted[at] = own.map(|own| found[own]);
    }
    adjusted
}

/// A network and the student alone, on the same images.
pub(super) struct Pair {
    pub name: String,
    pub seed: u32,
    pub test: McNemar,
}

/// A table of pairs with `McNemar`'s test, where Holm's p is adjusted over these pairs. Its name is
/// `name`; `first` describes the first network of a pair.
pub(super) fn table_of_pairs(
    name: &str,
    title: &str,
    first: &'static str,
    pairs: Vec<Pair>,
) -> Table {
    let adjusted = holm(&pairs.iter().map(|pair| pair.test.p_value).collect::<Vec<_>>());
    TableSpec::new(name, title)
        .text("condition", |(pair, _): &(Pair, f64)| pair.name.clone())
        .text("seed", |(pair, _)| pair.seed)
        .text(first, |(pair, _)| pair.test.only_first)
        .text("only alone", |(pair, _)| pair.test.only_second)
        .number("p", 4, |(pair, _)| Some(pair.test.p_value))
        .number("p (Holm)", 4, |(_, adjusted)| Some(*adjusted))
        .rows(pairs.into_iter().zip(adjusted))
}

/// Each distilled student against the student alone, image by image. Empty if images overlap, as
/// frames do: the test assumes that they are independent, and words have their own table.
pub(super) fn pairs(index: &Index) -> Table {
    let pair = |group: &Group, training: &Training| {
        let measures = training.measures.as_ref()?;
        let (name, seed) = (group.condition.name(&index.plan().classes), training.cell.seed);
        let alone = index.quality(&group.condition.alone(), seed).ok()?;
        Some(Pair { name, seed, test: McNemar::of(&measures.quality.right, &alone.right) })
    };
    let overlap = utterances::are_planned(index);
    let found = distilled(index)
        .filter(|_| !overlap)
        .flat_map(|group| group.trainings.iter().filter_map(move |one| pair(group, one)));
    let title = "McNemar's test of each distilled student against the same network and seed alone: test \
                images that only one of the two gets right; p (Holm) adjusted over this table";
    table_of_pairs("pairs", title, "only distilled", found.collect())
}

/// A student that never saw some classes, with one correction.
type Corrected<'a> = (&'a Group<'a>, u32, &'a Correction);

/// Students that never saw some classes, before and after each correction.
pub(super) fn corrections<'a>(index: &'a Index<'a>) -> Table {
    let of_training = |group: &'a Group<'a>, training: &'a Training<'a>| {
        let measures: Option<&Measures> = training.measures.as_ref();
        let all = measures.map(|one| one.corrections.as_slice()).unwrap_or_default();
        all.iter().map(move |one| (group, training.cell.seed, one))
    };
    let rows = index.groups().iter().flat_map(|group| {
        group.trainings.iter().flat_map(move |training| of_training(group, training))
    });
    let paper = |(group, _, one): &Corrected| paper::corrected(&group.condition, one.fit);
    let title = "Classes missing from the transfer set: test errors with one offset on their logits, by \
                what the offset was chosen on";
    TableSpec::new("corrections", title)
        .text("condition", |(group, ..): &Corrected| group.condition.name(&index.plan().classes))
        .text("seed", |(_, seed, _)| *seed)
        .text("offset chosen on", |(.., one)| one.fit.name())
        .number("offset", 3, |(.., one)| Some(one.offset).filter(|_| one.fit != Fit::None))
        .text("errors", |(.., one)| one.quality.errors())
        .number("error %", 2, |(.., one)| Some(one.quality.error_percent()))
        .text("excluded images", |(.., one)| one.omitted_images)
        .text("errors on them", |(.., one)| one.omitted_errors)
        .number("known of them %", 2, |(.., one)| {
            Some(percent(one.omitted_images - one.omitted_errors, one.omitted_images))
        })
        .number("paper error %", 2, move |row| Some(paper(row)?.0))
        .number("paper known %", 2, move |row| Some(100.0 - paper(row)?.1?))
        .rows(rows)
}
