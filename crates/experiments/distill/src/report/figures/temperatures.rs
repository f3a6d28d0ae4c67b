//! Errors by temperature, in one chart per student network. The baseline student and the teacher
//! are bands.

use assay_classifier_cells::Role;
use assay_report::chart::{Axes, Axis, Chart, Point, Series, Ticks};
use assay_report::figures::canvas::Marker;
use assay_report::figures::style::{Entry, Line};
use assay_report::{Figure, ReportError};
use plotters::style::Color;

use super::color;
use crate::report::comparison::Network;
use crate::report::group::Group;
use crate::report::index::Index;
use crate::report::measure::Measure;
use crate::report::select;

/// The share of the axis that the number of a temperature occupies.
const TICK_ROOM: f64 = 0.11;

pub(super) fn figure(index: &Index) -> Result<Option<Figure>, ReportError> {
    let networks: Vec<(Vec<&Group>, Vec<Point>)> = select::networks(index)
        .into_iter()
        .map(|network| select::by_temperature(index, network))
        .map(|groups| (groups.clone(), points(index, &groups)))
        .filter(|(_, points)| !points.is_empty())
        .collect();
    if networks.iter().all(|(_, points)| points.len() < 2) {
        return Ok(None);
    }
    let caption = "Test error of distilled students by the temperature of the soft targets, with all \
                   classes and the largest share of the images. Small dots: networks; large ones: means with \
                   95 % intervals over seeds, cut at the edge where they are far wider than the data. \
                   Lines across: the baseline (the same network on hard labels) and the teachers, \
                   with their intervals as bands.";
    let distilled = color(Role::Distilled);
    let chart = Chart::new("temperatures", "Test error by temperature", caption)
        .legend([
            Entry::marker("a distilled network", distilled.mix(0.4), Marker::Disc),
            Entry::line("mean, 95 % interval", distilled, Line::Solid),
        ])
        .columns(2);
    networks
        .into_iter()
        .fold(chart, |chart, (groups, points)| chart.axes(axes(index, groups[0], points)))
        .figure()
}

/// Errors in percent by the binary logarithm of the temperature.
fn points(index: &Index, groups: &[&Group]) -> Vec<Point> {
    let point = |group: &&Group| {
        let errors = index.compare(group, Measure::Errors, |percent| percent(Network::Distilled));
        let (x, estimate) = (group.condition.temperature?.log2(), errors.estimate_in_percent()?);
        Some(Point { x, estimate, values: errors.values })
    };
    groups.iter().filter_map(point).collect()
}

/// The axes of one network; `first` is its group at the lowest temperature.
fn axes(index: &Index, first: &Group, points: Vec<Point>) -> Axes {
    let (low, high) = (points[0].x, points[points.len() - 1].x);
    let margin = ((high - low) * 0.08).max(0.4);
    let range = low - margin..high + margin;
    let width = range.end - range.start;
    let ticks = ticks(&points, TICK_ROOM * width);
    // Networks are drawn next to their mean, and nearer to it than to the next mean.
    let nearest = points.windows(2).map(|pair| pair[1].x - pair[0].x).fold(0.2 * width, f64::min);
    let x = Axis::new("Temperature T, logarithmic").range(range).ticks(ticks);
    let y = Axis::new("Test error (%)").least(0.2).within(0.0, 100.0);
    let mut axes = Axes::new(&first.condition.network(), x, y).height(188.0);
    for (name, network, role) in [
        ("baseline", Network::Baseline, Role::Student),
        ("teacher", Network::Teachers, Role::Teacher),
    ] {
        let errors = index.compare(first, Measure::Errors, |percent| percent(network));
        if let Some(errors) = errors.estimate_in_percent() {
            axes.reference(name, &errors, color(role));
        }
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
