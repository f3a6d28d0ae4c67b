//! The figures of the distillation report.

mod curves;
mod dots;
mod excluded_classes;
mod little_data;
mod log_scale;
mod overview;
mod reliability;
mod soft_targets;
mod temperatures;

use super::index::Index;
use assay_classifier_cells::Role;
use assay_report::ReportError;
use assay_report::figures::Figure;
use assay_report::figures::canvas::Marker;
use assay_report::figures::style::{BLACK, BLUE, GREY, PURPLE, RED};
use plotters::style::RGBColor;

/// Every figure that the run has records for, in the order of the page.
///
/// # Errors
/// When a figure cannot be drawn, or the images to show cannot be read.
pub fn figures(index: &Index) -> Result<Vec<Figure>, ReportError> {
    let draw = [
        overview::conditions,
        overview::paper,
        temperatures::figure,
        overview::words,
        excluded_classes::figure,
        little_data::figure,
        reliability::figure,
        soft_targets::figure,
        curves::figure,
    ];
    draw.into_iter().filter_map(|draw| draw(index).transpose()).collect()
}

/// The color of an ensemble as a whole.
const ENSEMBLE: RGBColor = PURPLE;

/// The color of a role, in every figure.
fn color(role: Role) -> RGBColor {
    match role {
        Role::Teacher => BLACK,
        Role::Student | Role::Network => BLUE,
        Role::Distilled => RED,
        Role::Continued | Role::ForcedAlignment => GREY,
    }
}

/// The marker of a role, in every figure.
fn marker(role: Role) -> Marker {
    match role {
        Role::Teacher => Marker::Diamond,
        Role::Student | Role::Network => Marker::Square,
        Role::Distilled => Marker::Disc,
        Role::Continued | Role::ForcedAlignment => Marker::Cross,
    }
}
