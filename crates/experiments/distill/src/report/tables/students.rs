//! Distilled students beside their teachers and beside themselves alone.

use super::{mean_of, with_interval};
use crate::report::condition::Condition;
use crate::report::contrast::{self, BySeed, Trio, by_seed, recovered};
use crate::report::correction::{Correction, Fit};
use crate::report::group::{Group, Measures, Training};
use crate::report::index::Index;
use crate::report::likeness::Likeness;
use crate::report::paper;
use crate::report::quality::percent;
use crate::report::utterances;
use assay_report::tables::{Entry, Table};
use assay_stats::McNemar;
use assay_stats::{Estimate, holm};

pub(super) fn distilled<'a>(index: &'a Index<'a>) -> impl Iterator<Item = &'a Group<'a>> {
    index.groups().iter().filter(|group| group.condition.role == assay_runs::Role::Distilled)
}

/// What distillation gains, how much of the gap that is, and how like its teacher a student is.
pub(super) fn students(index: &Index) -> Table {
    let gains: Vec<(&Group, Estimate)> = distilled(index)
        .filter_map(|group| {
            let gain = by_seed(group, |one| {
                Ok(contrast::student(index, one)? - contrast::distilled(index, one)?)
            });
            Some((group, gain.difference()?))
        })
        .collect();
    let adjusted = adjusted(&gains);
    let rows = gains.iter().zip(adjusted);
    Table {
        name: "students".to_owned(),
        title: "Distilled students: errors of the same network alone less theirs (percentage points, \
                paired by seed; p is two-sided against 0, p (Holm) adjusted over the temperatures and \
                losses of a student), the share of the gap to the teacher that this gain closes (above 100: \
                better than the teacher), agreement \
                with the teacher on all test images and on those it gets wrong, and KL from teacher to \
                student"
            .to_owned(),
        columns: vec![
            "condition", "seeds", "gain", "low", "high", "p", "p (Holm)", "recovered %",
            "recovered low", "recovered high", "why no share", "agreement %", "where the teacher errs %",
            "KL at T = 1", "KL at the training's T",
        ],
        rows: rows.map(|((group, gain), holm)| student(index, group, *gain, holm)).collect(),
    }
}

fn student(index: &Index, group: &Group, gain: Estimate, holm: Option<f64>) -> Vec<Entry> {
    let trios = by_seed(group, |one| contrast::trio(index, one));
    let likeness = |value: fn(&Likeness) -> Option<f64>| {
        mean_of(group.measures().filter_map(|one| value(one.likeness.as_ref()?)))
    };
    let mut row = vec![Entry::Text(group.condition.name(&index.plan().classes))];
    row.push(Entry::count(gain.clusters));
    row.extend(with_interval(Some(gain), 2));
    row.extend([Entry::number(gain.p_value(), 4), Entry::number(holm, 4)]);
    let share = share_of_the_gap(group, gain, &trios);
    row.extend(with_interval(share.ok(), 1));
    row.push(share.err().map_or(Entry::Nothing, Entry::text));
    row.extend([
        Entry::number(likeness(|one| Some(one.agreement)), 2),
        Entry::number(likeness(|one| one.agreement_where_wrong), 1),
        Entry::number(likeness(|one| Some(one.divergence)), 4),
        Entry::number(likeness(|one| one.divergence_in_training), 4),
    ]);
    row
}

/// The share of the gap that a gain is, or why it is none.
fn share_of_the_gap(
    group: &Group,
    gain: Estimate,
    trios: &BySeed<Trio>,
) -> Result<Estimate, &'static str> {
    if !group.condition.omitted.is_empty() {
        return Err("the student never saw some classes, and is not corrected here");
    }
    if gain.interval.is_some_and(|ends| ends.high < 0.0) {
        return Err("nothing is gained: the student makes fewer errors alone");
    }
    recovered(&trios.values, trios.step)
}

/// Holm's p values, a family being one student at all its temperatures and by all its losses.
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

/// Each distilled student against itself alone, image by image; not where images overlap, as frames do: the
/// test takes them for independent, and words have a table of their own.
pub(super) fn pairs(index: &Index) -> Table {
    let pair = |group: &Group, training: &Training| {
        let measures = training.measures.as_ref()?;
        let alone = index.quality(&group.condition.alone(), training.cell.seed).ok()?;
        let test = McNemar::of(&measures.quality.right, &alone.right);
        Some((group.condition.name(&index.plan().classes), training.cell.seed, test))
    };
    let overlap = utterances::are_planned(index);
    let found: Vec<_> = distilled(index)
        .filter(|_| !overlap)
        .flat_map(|group| group.trainings.iter().filter_map(move |one| pair(group, one)))
        .collect();
    let adjusted = holm(&found.iter().map(|pair| pair.2.p_value).collect::<Vec<_>>());
    let rows = found.into_iter().zip(adjusted).map(|((name, seed, test), holm)| {
        vec![
            Entry::Text(name),
            Entry::text(seed),
            Entry::count(test.only_first),
            Entry::count(test.only_second),
            Entry::number(Some(test.p_value), 4),
            Entry::number(Some(holm), 4),
        ]
    });
    Table {
        name: "pairs".to_owned(),
        title: "McNemar's test of each distilled student against the same network and seed alone: test \
                images that only one of the two gets right; p (Holm) adjusted over this table"
            .to_owned(),
        columns: vec!["condition", "seed", "only distilled", "only alone", "p", "p (Holm)"],
        rows: rows.collect(),
    }
}

/// Students that never saw some classes, before and after each correction.
pub(super) fn corrections(index: &Index) -> Table {
    let row = |group: &Group, seed: u32, correction: &Correction| {
        let known = correction.omitted_images - correction.omitted_errors;
        let paper = paper::corrected(&group.condition, correction.fit);
        vec![
            Entry::Text(group.condition.name(&index.plan().classes)),
            Entry::text(seed),
            Entry::text(correction.fit.name()),
            Entry::number(Some(correction.offset).filter(|_| correction.fit != Fit::None), 3),
            Entry::count(correction.quality.errors()),
            Entry::number(Some(correction.quality.error_percent()), 2),
            Entry::count(correction.omitted_images),
            Entry::count(correction.omitted_errors),
            Entry::number(Some(percent(known, correction.omitted_images)), 2),
            Entry::number(paper.map(|paper| paper.0), 2),
            Entry::number(paper.and_then(|paper| paper.1).map(|errors| 100.0 - errors), 2),
        ]
    };
    let of = |group: &Group| {
        let mut rows = Vec::new();
        for training in &group.trainings {
            let measures: Option<&Measures> = training.measures.as_ref();
            let all = measures.map(|one| one.corrections.as_slice()).unwrap_or_default();
            rows.extend(all.iter().map(|one| row(group, training.cell.seed, one)));
        }
        rows
    };
    Table {
        name: "corrections".to_owned(),
        title: "Classes missing from the transfer set: test errors with one offset on their logits, by \
                what the offset was chosen on"
            .to_owned(),
        columns: vec![
            "condition", "seed", "offset chosen on", "offset", "errors", "error %",
            "omitted images", "errors on them", "known of them %", "paper error %",
            "paper known %",
        ],
        rows: index.groups().iter().flat_map(of).collect(),
    }
}
