//! Word errors.

use assay_classifier_cells::Role;

use super::dots::{Row, dots, one_a_seed};
use super::style::{ENSEMBLE, color};
use crate::report::choice;
use crate::report::contrast::{Trio, by_seed};
use crate::report::group::Training;
use crate::report::index::Index;
use crate::report::utterances;
use assay_report::ReportError;
use assay_report::figures::Figure;

/// The main network alone, its teachers together, and the network distilled at each temperature.
pub(super) fn figure(index: &Index) -> Result<Option<Figure>, ReportError> {
    let Some(main) = choice::main(index).filter(|_| utterances::are_planned(index)) else {
        return Ok(None);
    };
    let step = utterances::step(main.qualities());
    let errors =
        |of: fn(&Trio) -> f64| by_seed(main, |one| Ok(of(&utterances::trio(index, one)?))).values;
    let row =
        |name, color, values| Row { name, color, values: one_a_seed(values), step, paper: None };
    let name = main.condition.alone().name(&index.plan().classes);
    let count = main.condition.teachers;
    let teachers = format!("ensemble of {count} teachers");
    let mut rows = vec![
        row(name, color(Role::Student), errors(|trio| trio.student)),
        row(teachers, ENSEMBLE, errors(|trio| trio.teacher)),
    ];
    for group in choice::by_temperature(index, &main.condition) {
        let one = |training: &Training| Ok(utterances::trio(index, training)?.distilled);
        let name = group.condition.name(&index.plan().classes);
        rows.push(row(name, color(Role::Distilled), by_seed(group, one).values));
    }
    rows.retain(|row| !row.values.is_empty());
    let caption = "Words got wrong on the test recordings, in percent: the digit whose states, left to \
                   right, are likeliest is another one. Bars: means over seeds with 95 % intervals, whose error is at \
                   least that of counting whole words. Where no word is wrong, the dot stands at half a word."
        .to_owned();
    dots(("words", "Words got wrong", caption), &rows, if step > 0.0 { step / 2.0 } else { 0.5 })
}
