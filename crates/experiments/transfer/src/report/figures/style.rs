//! One colour and one marker a role, and axes over n.

use assay_runs::{Initialization, LayerMode};
use plotters::style::{Color, RGBColor};

use crate::report::contrast::Role;
use crate::report::index::Index;
use assay_report::figures::canvas::Marker;
use assay_report::figures::style::{
    BLACK, BLUE, Entry, GREEN, GREY, Line, ORANGE, PURPLE, RED, SKY,
};

/// A role's colour.
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

/// A role's marker: hollow where the copied layers are fine-tuned.
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

/// A role's entry in a legend.
pub(super) fn role_entry(role: Role) -> Entry {
    Entry {
        text: role.name().to_owned(),
        color: color(role).to_rgba(),
        marker: Some(marker(role)),
        line: Some(Line::Solid),
    }
}

/// Ticks at `first` to the last n with the layer's name below; n = 0 is the base.
pub(super) fn cut_ticks(index: &Index, first: u8) -> Vec<(f64, Vec<String>)> {
    let layers = &index.plan().layers;
    (first..=index.last_cut())
        .map(|n| {
            let name = match n {
                0 => "base".to_owned(),
                n => layers.get(usize::from(n) - 1).cloned().unwrap_or_default(),
            };
            (f64::from(n), vec![n.to_string(), name])
        })
        .collect()
}

/// Ticks with n alone, for small panels.
pub(super) fn plain_cut_ticks(index: &Index) -> Vec<(f64, Vec<String>)> {
    (1..=index.last_cut()).map(|n| (f64::from(n), vec![n.to_string()])).collect()
}
