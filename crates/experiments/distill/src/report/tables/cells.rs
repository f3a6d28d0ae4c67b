//! Every planned classifier of all classes.

use assay_report::TableSpec;
use assay_report::tables::Table;
use assay_stats::{Interval, wilson};

use crate::report::condition::Condition;
use crate::report::group::Training;
use crate::report::index::Index;
use crate::report::quality::Quality;
use crate::report::utterances;

/// One row per cell. Errors have Wilson's interval, which assumes independent images; none if
/// images overlap.
pub(super) fn cells(index: &Index) -> Table {
    let overlap = utterances::are_planned(index);
    let every = "Every planned classifier of all classes, its test errors";
    let title = if overlap {
        format!("{every} (no interval: frames of one recording overlap)")
    } else {
        format!("{every} with Wilson's 95 % interval")
    };
    let end = |row: &Training, end: fn(Interval) -> f64| {
        let quality = quality(row).filter(|_| !overlap)?;
        Some(100.0 * end(wilson(quality.errors(), quality.images())))
    };
    TableSpec::new("cells", &title)
        .text("condition", |row: &&Training| Condition::of(row.cell).name(&index.plan().classes))
        .text("seed", |row| row.cell.seed)
        .text("outcome", |row| row.cell_result.ending())
        .text_if_known("errors", |row| quality(row).map(Quality::errors))
        .text_if_known("images", |row| quality(row).map(Quality::images))
        .number("error %", 2, |row| quality(row).map(Quality::error_percent))
        .number("low", 2, |row| end(row, |ends| ends.low))
        .number("high", 2, |row| end(row, |ends| ends.high))
        .number("training accuracy %", 2, |row| {
            Some(100.0 * row.cell_result.record()?.train?.accuracy())
        })
        .number("test accuracy %", 2, |row| {
            Some(100.0 * row.cell_result.record()?.test?.accuracy())
        })
        .number("NLL (nats)", 4, |row| quality(row).map(|quality| quality.nll))
        .number("Brier", 4, |row| quality(row).map(|quality| quality.brier))
        .number("ECE-15 %", 2, |row| quality(row).map(Quality::calibration_error))
        .text_if_known("epochs", |row| Some(row.cell_result.record()?.curve.len()))
        .number("seconds", 1, |row| Some(row.cell_result.provenance()?.seconds.total))
        .number("images/s", 0, |row| Some(row.cell_result.provenance()?.images_per_second))
        .text_if_known("device", |row| Some(row.cell_result.provenance()?.device.clone()))
        .text("id", |row| row.cell_result.cell.id())
        .rows(index.groups().iter().flat_map(|group| &group.trainings))
}

fn quality<'t>(training: &'t Training) -> Option<&'t Quality> {
    training.measures.as_ref().map(|measures| &measures.quality)
}
