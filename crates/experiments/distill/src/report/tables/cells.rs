//! Every planned classifier of all classes, and what it costs.

use assay_report::TableSpec;
use assay_report::tables::Table;
use assay_runs::{Provenance, file};
use assay_stats::{Interval, wilson};

use crate::report::classification::ClassificationMetrics;
use crate::report::gap::mean_of_known;
use crate::report::group::{Group, Training};
use crate::report::index::Index;
use crate::report::select;

/// A classifier with its condition's cells.
type Row<'a> = (&'a Group<'a>, &'a Training<'a>);

/// One row per cell. Errors have Wilson's interval, which assumes independent images; none if
/// images overlap.
pub(super) fn cells<'a>(index: &'a Index<'a>) -> Table {
    let overlap = select::is_speech(index);
    let every = "Every planned classifier of all classes, its test errors";
    let title = if overlap {
        format!("{every} (no interval: frames of one recording overlap)")
    } else {
        format!("{every} with Wilson's 95 % interval")
    };
    let metrics = |(_, one): &Row<'a>| Some(&one.metrics.as_ref().ok()?.classification);
    let end = move |row: &Row<'a>, end: fn(Interval) -> f64| {
        let metrics = metrics(row).filter(|_| !overlap)?;
        Some(100.0 * end(wilson(metrics.errors(), metrics.images())))
    };
    TableSpec::new("cells", &title)
        .text("condition", |(group, _): &Row| index.name(&group.condition))
        .text("seed", |(_, one)| one.cell.seed)
        .text("outcome", |(_, one)| one.cell_result.ending())
        .text_if_known("errors", move |row| metrics(row).map(ClassificationMetrics::errors))
        .text_if_known("images", move |row| metrics(row).map(ClassificationMetrics::images))
        .number("error %", 2, move |row| metrics(row).map(ClassificationMetrics::error_percent))
        .number("low", 2, move |row| end(row, |ends| ends.low))
        .number("high", 2, move |row| end(row, |ends| ends.high))
        .number("training accuracy %", 2, |(_, one)| {
            Some(100.0 * one.cell_result.record()?.train?.accuracy())
        })
        .number("test accuracy %", 2, |(_, one)| {
            Some(100.0 * one.cell_result.record()?.test?.accuracy())
        })
        .number("NLL (nats)", 4, move |row| Some(metrics(row)?.nll))
        .number("Brier", 4, move |row| Some(metrics(row)?.brier))
        .number("ECE-15 %", 2, move |row| Some(metrics(row)?.calibration_error()))
        .text_if_known("epochs", |(_, one)| Some(one.cell_result.record()?.curve.len()))
        .number("seconds", 1, |(_, one)| Some(one.cell_result.provenance()?.seconds.total))
        .number("images/s", 0, |(_, one)| Some(one.cell_result.provenance()?.images_per_second))
        .text_if_known("device", |(_, one)| Some(one.cell_result.provenance()?.device.clone()))
        .text("id", |(_, one)| one.cell_result.cell.id())
        .rows(index.trainings())
}

/// The cost of a network of each condition.
pub(super) fn costs(index: &Index) -> Table {
    let parameters = |group: &Group| {
        group.trainings.iter().find_map(|one| Some(one.cell_result.record()?.parameters))
    };
    let mean = |group: &Group, value: fn(&Provenance) -> Option<f64>| {
        let done = group.trainings.iter().filter_map(|one| one.cell_result.provenance());
        mean_of_known(done.filter_map(value))
    };
    let title = "What a network costs: its size, one forward pass of one image and of 128 in \
                milliseconds, and its training; means over the condition's networks";
    TableSpec::new("costs", title)
        .text("condition", |group: &&Group| index.name(&group.condition))
        .text_if_known("parameters", |group| parameters(group).map(|one| one.total))
        .text_if_known("multiplications", |group| {
            parameters(group).map(|one| one.multiplications).filter(|count| *count > 0)
        })
        .number("weights KiB", 0, |group| {
            let paths =
                group.trainings.iter().map(|one| one.cell_result.folder.join(file::WEIGHTS));
            let sizes = paths.filter_map(|path| Some(std::fs::metadata(path).ok()?.len() as f64));
            mean_of_known(sizes).map(|bytes| bytes / 1024.0)
        })
        .number("ms, 1 image", 3, |group| mean(group, |one| Some(one.latency?.batch_1)))
        .number("ms, 128 images", 3, |group| mean(group, |one| Some(one.latency?.batch_128)))
        .number("training s", 1, |group| mean(group, |one| Some(one.seconds.train)))
        .rows(index.groups.iter().filter(|group| parameters(group).is_some()))
}
