//! Learning curves on the validation images.

use assay_classifier_cells::Role;
use assay_report::chart::{Axes, Axis, Chart, Shares};
use assay_report::figures::canvas::Stroke;
use assay_report::figures::style::{Entry, Line, colormap};
use assay_report::{Figure, ReportError};
use assay_runs::Outcome;
use plotters::style::{Color, RGBColor};

use super::color;
use super::log_scale::LogScale;
use crate::report::group::{Group, Training};
use crate::report::index::Index;
use crate::report::select;

/// The curve of one network: (epoch, validation errors in percent).
struct Curve {
    tone: RGBColor,
    failed: bool,
    points: Vec<(f64, f64)>,
}

pub(super) fn figure(index: &Index) -> Result<Option<Figure>, ReportError> {
    let temperatures = temperatures(index);
    let mut charts = charts(index, &temperatures);
    charts.retain(|(_, curves)| curves.iter().any(|curve| curve.points.len() > 1));
    let points = || charts.iter().flat_map(|chart| chart.1.iter().flat_map(|one| &one.points));
    let Some(scale) = LogScale::new(points().map(|point| point.1), least(index)) else {
        return Ok(None);
    };
    let last = points().map(|point| point.0).fold(1.0, f64::max);
    let caption = "Validation error after each epoch at which it was measured, one line per network. \
                   Distilled students are colored by temperature; those with another loss follow those of \
                   the same network by temperature. Dashed lines: trainings that did not learn or diverged. \
                   Only students of all classes and the largest share of the images.";
    let entry = |at: &f64| Entry::line(&at.to_string(), tone(*at, &temperatures), Line::Solid);
    let mut chart = Chart::new("learning_curves", "Learning curves", caption)
        .legend_title("Distilled, temperature T:")
        .legend(temperatures.iter().map(entry))
        .columns(3)
        .sharing(Shares::Everything);
    for (heading, curves) in charts {
        let x = Axis::new("Epoch").range(0.0..last).about(3.0);
        let mut axes = Axes::new(&heading, x, scale.axis("Validation error (%)")).height(134.0);
        for Curve { tone, failed, points } in curves {
            let points = points.into_iter().map(|(x, y)| (x, scale.position(y))).collect();
            axes.line(points, Stroke { color: tone.mix(0.75), width: 1.1, dashed: failed });
        }
        chart = chart.axes(axes);
    }
    chart.figure()
}

/// Half an error in percent of the validation images.
fn least(index: &Index) -> f64 {
    let curve = |training: &Training| {
        let record = training.cell_result.record()?;
        record.curve.iter().find_map(|point| point.evaluation).map(|test| test.images)
    };
    let mut trainings = index.trainings().map(|(_, training)| training);
    50.0 / f64::from(trainings.find_map(curve).unwrap_or(100).max(1))
}

/// The temperatures of all students shown, ascending.
fn temperatures(index: &Index) -> Vec<f64> {
    let networks = select::networks(index).into_iter();
    let groups = networks.flat_map(|network| select::by_temperature(index, network));
    let mut found: Vec<f64> = groups.filter_map(|group| group.condition.temperature).collect();
    found.sort_by(f64::total_cmp);
    found.dedup();
    found
}

fn tone(temperature: f64, temperatures: &[f64]) -> RGBColor {
    let place = temperatures.iter().position(|other| other.total_cmp(&temperature).is_eq());
    colormap(place.unwrap_or(0) as f64 / (temperatures.len().max(2) - 1) as f64)
}

fn charts(index: &Index, temperatures: &[f64]) -> Vec<(String, Vec<Curve>)> {
    let teacher = |group: &Group| {
        let name = format!("teacher {}", group.condition.network());
        (name, curves(group, color(Role::Teacher)))
    };
    let mut charts: Vec<_> = index.groups_of_role(Role::Teacher).map(teacher).collect();
    for network in select::networks(index) {
        let groups = select::by_temperature(index, network);
        let baseline = groups.first().and_then(|group| index.group(&group.condition.baseline()));
        if let Some(baseline) = baseline {
            let name = format!("{} baseline", network.network());
            charts.push((name, curves(baseline, color(Role::Student))));
        }
        let distilled = groups.iter().flat_map(|group| {
            curves(group, tone(group.condition.temperature.unwrap_or(1.0), temperatures))
        });
        charts.push((format!("{} distilled", network.network()), distilled.collect()));
        for group in select::by_other_losses(index, network) {
            let loss = group.condition.other_loss.as_deref().unwrap_or_default();
            charts.push((format!("by {loss}"), curves(group, color(Role::Distilled))));
        }
    }
    charts
}

fn curves(group: &Group, tone: RGBColor) -> Vec<Curve> {
    let curve = |training: &Training| {
        let record = training.cell_result.record()?;
        let points = record.curve.iter().filter_map(|point| {
            Some((f64::from(point.epoch), 100.0 * (1.0 - point.evaluation?.accuracy())))
        });
        let failed = record.outcome != Outcome::Trained;
        Some(Curve { tone, failed, points: points.collect() })
    };
    group.trainings.iter().filter_map(curve).collect()
}
