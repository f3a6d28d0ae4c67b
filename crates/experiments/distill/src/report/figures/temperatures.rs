//! Errors by temperature, in one chart per student network. The student alone and the teacher are
//! bands.

use assay_classifier_cells::Role;
use assay_report::chart::{Axes, Axis, Chart, Point, Series, Ticks};
use assay_report::figures::canvas::Marker;
use assay_report::figures::style::{Entry, Line};
use assay_report::{Figure, ReportError};
use plotters::style::Color;

use super::style::color;
use crate::report::choice;
use crate::report::condition::Condition;
use crate::report::contrast::{self, by_seed};
use crate::report::group::{Group, Training};
use crate::report::index::Index;

/// The share of the axis that the number of a temperature occupies.
const TICK_ROOM: f64 = 0.11;

pub(super) fn figure(index: &Index) -> Result<Option<Figure>, ReportError> {
    let networks: Vec<(&Condition, Vec<Point>)> = choice::networks(index)
        .into_iter()
        .map(|network| (network, points(index, network)))
        .filter(|(_, points)| !points.is_empty())
        .collect();
    if networks.iter().all(|(_, points)| points.len() < 2) {
        return Ok(None);
    }
    let caption = "Test errors of distilled students by the temperature of the soft targets, with all \
                   classes in sight and the most images. Small dots: networks; large ones: means with \
                   95 % intervals over seeds, cut at the edge where they are far wider than the data. \
                   Lines across: the same network on hard labels alone and the teachers, with their \
                   intervals as bands.";
    let distilled = color(Role::Distilled);
    let chart = Chart::new("temperatures", "Errors by temperature", caption)
        .legend([
            Entry::marker("a distilled network", distilled.mix(0.4), Marker::Disc),
            Entry::line("mean, 95 % interval", distilled, Line::Solid),
        ])
        .columns(2);
    networks
        .into_iter()
        .fold(chart, |chart, (network, points)| chart.axes(axes(index, network, points)))
        .figure()
}

/// Errors in percent by the binary logarithm of the temperature.
fn points(index: &Index, network: &Condition) -> Vec<Point> {
    let point = |group: &&Group| {
        let errors = by_seed(group, |one| contrast::distilled(index, one));
        let temperature = group.condition.temperature?;
        Some(Point {
            x: temperature.log2(),
            estimate: errors.estimate_in_percent()?,
            values: errors.values,
        })
    };
    choice::by_temperature(index, network).iter().filter_map(point).collect()
}

fn axes(index: &Index, network: &Condition, points: Vec<Point>) -> Axes {
    let (low, high) = (points[0].x, points[points.len() - 1].x);
    let margin = ((high - low) * 0.08).max(0.4);
    let range = low - margin..high + margin;
    let ticks = ticks(&points, TICK_ROOM * (range.end - range.start));
    // Networks are drawn next to their mean, and nearer to it than to the next mean.
    let most = 0.2 * (range.end - range.start);
    let nearest = points.windows(2).map(|pair| pair[1].x - pair[0].x).fold(most, f64::min);
    let x = Axis::new("Temperature T, logarithmic").range(range).ticks(ticks);
    let y = Axis::new("Test errors (%)").least(0.2).within(0.0, 100.0);
    let mut axes = Axes::new(&network.network(), x, y).height(188.0);
    let groups = choice::by_temperature(index, network);
    let beside = |of: fn(&Index, &Training) -> Result<f64, String>| {
        by_seed(groups.first()?, |one| of(index, one)).estimate_in_percent()
    };
    if let Some(student) = beside(contrast::student) {
        axes.reference("student alone", &student, color(Role::Student));
    }
    if let Some(teacher) = beside(contrast::teacher) {
        axes.reference("teacher", &teacher, color(Role::Teacher));
    }
    axes.series(Series::new("", color(Role::Distilled)).nearest(nearest).points(points));
    axes
}

/// The number of a temperature below each point with room for it, beginning with the highest.
fn ticks(points: &[Point], room: f64) -> Ticks {
    let mut last = f64::INFINITY;
    let mut name = |x: f64| {
        if last - x < room {
            return (x, Vec::new());
        }
        last = x;
        (x, vec![((x.exp2() * 1e6).round() / 1e6).to_string()])
    };
    points.iter().rev().map(|point| name(point.x)).collect()
}
