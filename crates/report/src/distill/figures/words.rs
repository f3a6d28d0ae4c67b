//! Words got wrong.

use assay_runs::Role;

use super::dots::{Row, dots};
use super::style::{ENSEMBLE, color};
use crate::ReportError;
use crate::distill::choice;
use crate::distill::contrast::by_seed;
use crate::distill::index::{Index, Training};
use crate::distill::utterances;
use crate::figures::Figure;

/// The main network alone, its teachers together, and distilled at each temperature.
pub(super) fn figure(index: &Index) -> Result<Option<Figure>, ReportError> {
    let Some(main) = choice::main(index).filter(|_| utterances::are_planned(index)) else {
        return Ok(None);
    };
    let errors = |of: fn(&crate::distill::Trio) -> f64| {
        let one = |training: &Training| Ok(of(&utterances::trio(index, training)?));
        by_seed(main, one).values
    };
    let name = main.condition.alone().name(&index.plan().classes);
    let count = main.condition.teachers;
    let teachers = format!("ensemble of {count} teachers");
    let mut rows = vec![
        Row { name, color: color(Role::Student), values: errors(|trio| trio.student), paper: None },
        Row { name: teachers, color: ENSEMBLE, values: errors(|trio| trio.teacher), paper: None },
    ];
    for group in choice::by_temperature(index, &main.condition) {
        let one = |training: &Training| Ok(utterances::trio(index, training)?.distilled);
        let name = group.condition.name(&index.plan().classes);
        let values = by_seed(group, one).values;
        rows.push(Row { name, color: color(Role::Distilled), values, paper: None });
    }
    rows.retain(|row| !row.values.is_empty());
    let words = main.measures().find_map(|one| Some(one.quality.utterances.as_ref()?.len()));
    let caption = "Words got wrong on the test recordings, in percent: the digit whose states, left to \
                   right, are likeliest is another one. Bars: means over seeds with 95 % intervals. Where no \
                   word is wrong, the dot stands at half a word."
        .to_owned();
    dots(("words", "Words got wrong", caption), &rows, 50.0 / words.unwrap_or(100).max(1) as f64)
}
