//! One color and one marker per role, and axes over n.

use crate::LayerMode;
use assay_report::chart::{Axis, Ticks};
use assay_report::figures::canvas::Marker;
use assay_report::figures::style::{
    BLACK, BLUE, Entry, GREEN, GREY, Line, ORANGE, PURPLE, RED, SKY,
};
use assay_runs::Initialization;
use plotters::style::{Color, RGBColor};

use crate::report::contrast::Role;
use crate::report::index::Index;

/// The color of a role.
pub(super) fn color(role: Role) -> RGBColor {
    match role {
        Role::Base => BLACK,
        Role::BaseLong => GREY,
        Role::Selffer(LayerMode::Frozen) => BLUE,
        Role::Selffer(LayerMode::FineTuned) => SKY,
        Role::Transfer(LayerMode::Frozen) => RED,
        Role::Transfer(LayerMode::FineTuned) => ORANGE,
        Role::Random(Initialization::He) => GREEN,
        Role::Random(Initialization::Paper) => PURPLE,
    }
}

/// The marker of a role; hollow if the copied layers are fine-tuned.
pub(super) fn marker(role: Role) -> Marker {
    match role {
        Role::Base | Role::BaseLong => Marker::Disc,
        Role::Selffer(LayerMode::Frozen) => Marker::Square,
        Role::Selffer(LayerMode::FineTuned) => Marker::Ring,
        Role::Transfer(LayerMode::Frozen) => Marker::Diamond,
        Role::Transfer(LayerMode::FineTuned) => Marker::Triangle,
        Role::Random(_) => Marker::Cross,
    }
}

/// The legend entry of a role.
pub(super) fn role_entry(role: Role) -> Entry {
    let (color, marker) = (color(role).to_rgba(), Some(marker(role)));
    Entry { text: role.name().to_owned(), color, marker, line: Some(Line::Solid) }
}

/// An axis of n from `first` to the last, with the names of the layers; n = 0 is the base.
pub(super) fn layers(index: &Index, title: &str, first: u8) -> Axis {
    let name = |n: u8| match n {
        0 => "base".to_owned(),
        n => index.plan().layers.get(usize::from(n) - 1).cloned().unwrap_or_default(),
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
