//! Errors by class, and of classes that a student never saw.

use assay_report::TableSpec;
use assay_report::tables::Table;
use assay_stats::deviation;

use crate::report::classification::ClassErrors;
use crate::report::correction::{Correction, Fit};
use crate::report::gap::mean_of_known;
use crate::report::group::Group;
use crate::report::index::Index;
use crate::report::paper;

/// A condition and a class, with the errors of the condition's networks on it.
type ClassRow<'a> = (&'a Group<'a>, usize, Vec<ClassErrors>);

/// Errors by class. If folds are speakers, the seeds have different images.
pub(super) fn errors<'a>(index: &'a Index<'a>) -> Table {
    let classes = &index.plan.classes;
    let rows = index.groups.iter().flat_map(|group| {
        let rows = (0..classes.len()).map(move |class| {
            let networks = group.metrics().map(|metrics| metrics.classification.by_class[class]);
            (group, class, networks.collect())
        });
        rows.filter(|(.., networks): &ClassRow| !networks.is_empty())
    });
    let rates = |networks: &[ClassErrors]| -> Vec<f64> {
        networks.iter().map(|one| one.error_percent()).collect()
    };
    TableSpec::new("classes", "Test error by class, mean over the condition's networks")
        .text("condition", |(group, ..): &ClassRow| index.name(&group.condition))
        .text("class", |(_, class, _)| classes[*class].clone())
        .text("images", |(.., networks)| networks[0].images)
        .number("errors", 1, |(.., networks)| {
            mean_of_known(networks.iter().map(|one| one.errors as f64))
        })
        .number("error %", 2, move |(.., networks)| mean_of_known(rates(networks)))
        .number("std", 2, move |(.., networks)| deviation(&rates(networks)))
        .text("networks", |(.., networks)| networks.len())
        .rows(rows)
}

/// A student that never saw some classes, with its seed and one correction.
type Corrected<'a> = (&'a Group<'a>, u32, &'a Correction);

/// Students that never saw some classes, before and after each correction.
pub(super) fn corrections<'a>(index: &'a Index<'a>) -> Table {
    let rows = index.trainings().flat_map(|(group, training)| {
        let corrections = training.metrics.iter().flat_map(|metrics| &metrics.corrections);
        corrections.map(move |one| (group, training.cell.seed, one))
    });
    let paper = |(group, _, one): &Corrected| paper::corrected(&group.condition, one.fit);
    let title = "Classes excluded from the transfer set: test errors with one offset on their logits, by \
                what the offset was chosen on";
    TableSpec::new("corrections", title)
        .text("condition", |(group, ..): &Corrected| index.name(&group.condition))
        .text("seed", |(_, seed, _)| *seed)
        .text("offset chosen on", |(.., one)| one.fit.name())
        .number("offset", 3, |(.., one)| Some(one.offset).filter(|_| one.fit != Fit::None))
        .text("errors", |(.., one)| one.metrics.errors())
        .number("error %", 2, |(.., one)| Some(one.metrics.error_percent()))
        .text("excluded images", |(.., one)| one.excluded.images)
        .text("errors on them", |(.., one)| one.excluded.errors)
        .number("accuracy on them %", 2, |(.., one)| Some(one.excluded.right_percent()))
        .number("paper error %", 2, move |row| Some(paper(row)?.0))
        .number("paper accuracy on them %", 2, move |row| Some(100.0 - paper(row)?.1?))
        .rows(rows)
}
