//! Legends of roles, and axes over n.

use assay_report::chart::{Axis, Ticks};
use assay_report::figures::canvas::SOFT;
use assay_report::figures::style::{BLACK, Entry, Line};
use plotters::style::Color;

use crate::report::contrast::Role;
use crate::report::index::Index;

/// The legend entry of a role.
pub(super) fn role_entry(role: Role) -> Entry {
    let (color, marker) = (role.color().to_rgba(), Some(role.marker()));
    Entry { text: role.name().to_owned(), color, marker, line: Some(Line::Solid) }
}

/// The legend of differences of this run and of the paper.
pub(super) fn run_and_paper() -> [Entry; 2] {
    [
        Entry::line("this run, mean and 95 % interval", BLACK, Line::Solid),
        Entry::line("paper (ImageNet)", SOFT, Line::Dashed),
    ]
}

/// An axis of n from `first` to the last, with the names of the layers; n = 0 is the base.
pub(super) fn layers(index: &Index, title: &str, first: u8) -> Axis {
    let name = |n: u8| match n {
        0 => "base".to_owned(),
        n => index.plan.layers.get(usize::from(n) - 1).cloned().unwrap_or_default(),
    };
    let ticks = (first..=index.last_cut()).map(|n| (f64::from(n), vec![n.to_string(), name(n)]));
    over(index, title, first, ticks.collect())
}

/// An axis of n from 1 to the last, without names.
pub(super) fn numbers(index: &Index, title: &str) -> Axis {
    let ticks = (1..=index.last_cut()).map(|n| (f64::from(n), vec![n.to_string()]));
    over(index, title, 1, ticks.collect())
}

fn over(index: &Index, title: &str, first: u8, ticks: Ticks) -> Axis {
    let range = f64::from(first) - 0.5..f64::from(index.last_cut()) + 0.5;
    Axis::new(title).range(range).ticks(ticks)
}
