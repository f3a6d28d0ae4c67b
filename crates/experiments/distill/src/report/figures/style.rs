//! One color and one marker per role, in every figure.

use assay_classifier_cells::Role;
use plotters::style::RGBColor;

use crate::report::index::Index;
use assay_report::figures::canvas::Marker;
use assay_report::figures::style::{BLACK, BLUE, GREY, PURPLE, RED};

/// The color of an ensemble as a whole.
pub(super) const ENSEMBLE: RGBColor = PURPLE;

/// The color of a role.
pub(super) fn color(role: Role) -> RGBColor {
    match role {
        Role::Teacher => BLACK,
        Role::Student | Role::Network => BLUE,
        Role::Distilled => RED,
        Role::ForcedAlignment => GREY,
    }
}

/// The marker of a role.
pub(super) fn marker(role: Role) -> Marker {
    match role {
        Role::Teacher => Marker::Diamond,
        Role::Student | Role::Network => Marker::Square,
        Role::Distilled => Marker::Disc,
        Role::ForcedAlignment => Marker::Cross,
    }
}

/// Half an error in percent of the test images: the position of no errors on a logarithmic scale.
pub(super) fn least_error(index: &Index) -> f64 {
    let images =
        index.groups().iter().find_map(|group| Some(group.measures().next()?.quality.images()));
    50.0 / images.unwrap_or(100).max(1) as f64
}
