//! Errors by temperature, a panel a student network; the student alone and the teacher as bands.

use std::ops::Range;

use assay_runs::Role;
use plotters::style::{Color, RGBColor};

use super::style::{color, marker};
use crate::report::choice;
use crate::report::condition::Condition;
use crate::report::contrast::{self, BySeed, by_seed};
use crate::report::group::Group;
use crate::report::index::Index;
use assay_report::ReportError;
use assay_report::figures::Figure;
use assay_report::figures::canvas::{Canvas, Drawn, Frame, Marker, Stroke, draw};
use assay_report::figures::panel::{Panel, ticks};
use assay_report::figures::style::{
    Entry, Label, Line, WIDTH, beside, ends, labels, legend, moved, range_from,
};
use assay_stats::Estimate;

const NAME: &str = "temperatures";
const COLUMNS: usize = 2;
const HEIGHT: f64 = 262.0;

/// One student network.
struct Network {
    name: String,
    /// (temperature, errors in percent by seed).
    by_temperature: Vec<(f64, BySeed<f64>)>,
    student: Option<Estimate>,
    teacher: Option<Estimate>,
}

pub(super) fn figure(index: &Index) -> Result<Option<Figure>, ReportError> {
    let networks: Vec<Network> = choice::networks(index)
        .into_iter()
        .map(|condition| network(index, condition))
        .filter(|network| !network.by_temperature.is_empty())
        .collect();
    if networks.iter().all(|network| network.by_temperature.len() < 2) {
        return Ok(None);
    }
    let rows = networks.len().div_ceil(COLUMNS) as f64;
    let svg = draw(WIDTH, 44.0 + HEIGHT * rows, |canvas| panels(canvas, &networks))
        .map_err(|reason| ReportError::figure(NAME, &reason))?;
    let caption = "Test errors of distilled students by the temperature of the soft targets, with all \
                   classes in sight and the most images. Small dots: networks; large ones: means with \
                   95 % intervals over seeds, cut at the edge where they are far wider than the data. \
                   Lines across: the same network on hard labels alone and the teachers, with their \
                   intervals as bands."
        .to_owned();
    let title = "Errors by temperature".to_owned();
    Ok(Some(Figure { name: NAME, title, caption, svg }))
}

fn network(index: &Index, condition: &Condition) -> Network {
    let groups = choice::by_temperature(index, condition);
    let errors = |group: &&Group| {
        let errors = by_seed(group, |one| contrast::distilled(index, one));
        Some((group.condition.temperature?, errors)).filter(|point| !point.1.values.is_empty())
    };
    let first = groups.first();
    let beside = |of: fn(&Index, &crate::report::Training) -> Result<f64, String>| {
        by_seed(first?, |one| of(index, one)).level()
    };
    Network {
        name: condition.network(),
        by_temperature: groups.iter().filter_map(errors).collect(),
        student: beside(contrast::student),
        teacher: beside(contrast::teacher),
    }
}

fn panels(canvas: &Canvas, networks: &[Network]) -> Drawn {
    let entries = [
        Entry::marker("a distilled network", color(Role::Distilled).mix(0.4), Marker::Disc),
        Entry::line("mean, 95 % interval", color(Role::Distilled), Line::Solid),
    ];
    legend(canvas, 62.0, 16.0, &entries)?;
    let first = Frame { left: 62.0, top: 62.0, right: 252.0, bottom: 250.0 };
    if let [alone] = networks {
        return panel(canvas, alone, Frame { right: WIDTH - 104.0, ..first }, true);
    }
    for (at, network) in networks.iter().enumerate() {
        let (row, column) = (at / COLUMNS, at % COLUMNS);
        let frame = moved(first, 346.0 * column as f64, HEIGHT * row as f64);
        panel(canvas, network, frame, column == 0)?;
    }
    Ok(())
}

fn range(network: &Network) -> Range<f64> {
    let bands = || network.student.iter().chain(&network.teacher);
    let measured = network.by_temperature.iter().flat_map(|point| point.1.values.iter().copied());
    let points: Vec<f64> = measured.chain(bands().map(|band| band.value)).collect();
    let means = network.by_temperature.iter().filter_map(|point| point.1.level());
    let range = range_from(&points, &ends(means.chain(bands().copied())), 0.2).unwrap_or(0.0..1.0);
    range.start.max(0.0)..range.end
}

fn panel(canvas: &Canvas, network: &Network, frame: Frame, first: bool) -> Drawn {
    let xs: Vec<f64> = network.by_temperature.iter().map(|point| point.0.log2()).collect();
    let (low, high) = (xs[0], xs[xs.len() - 1]);
    let air = ((high - low) * 0.08).max(0.4);
    let panel = canvas.panel(frame, low - air..high + air, range(network));
    canvas.heading(frame, "", &network.name)?;
    let title = if first { "Test errors (%)" } else { "" };
    panel.y_axis(title, &ticks(&panel.y, 5.0), false)?;
    panel.x_axis("Temperature T, logarithmic", &names(&panel, network))?;
    let mut named = Vec::new();
    for (role, band) in [(Role::Student, network.student), (Role::Teacher, network.teacher)] {
        let Some(band) = band else { continue };
        across(&panel, band, color(role))?;
        let name = if role == Role::Student { "student alone" } else { "teacher" };
        named.push(Label { y: band.value, text: name.to_owned(), color: color(role) });
    }
    labels(canvas, &panel, named)?;
    distilled(&panel, network, &xs)
}

/// A temperature's number below each mark that has room for it, the highest first.
fn names(panel: &Panel, network: &Network) -> Vec<(f64, Vec<String>)> {
    let mut last = f64::INFINITY;
    let mut name = |temperature: f64| {
        let at = panel.pixels(temperature.log2(), panel.y.start).0;
        if last - at < 21.0 {
            return (temperature.log2(), Vec::new());
        }
        last = at;
        (temperature.log2(), vec![temperature.to_string()])
    };
    network.by_temperature.iter().rev().map(|point| name(point.0)).collect()
}

fn across(panel: &Panel, band: Estimate, tone: RGBColor) -> Drawn {
    let line = |y: f64| [(panel.x.start, y), (panel.x.end, y)];
    if let Some(interval) = band.interval {
        panel.band(&line(interval.high), &line(interval.low), tone.mix(0.12))?;
    }
    panel.line(&line(band.value), Stroke::solid(tone, 1.4))
}

fn distilled(panel: &Panel, network: &Network, xs: &[f64]) -> Drawn {
    let tone = color(Role::Distilled);
    // Networks stand within 12 pixels of their mean, and nearer to it than to the next.
    let pixel = (panel.x.end - panel.x.start) / (panel.frame.right - panel.frame.left);
    let nearest = xs.windows(2).map(|pair| pair[1] - pair[0]).fold(40.0 * pixel, f64::min);
    let mut means = Vec::new();
    for ((_, errors), x) in network.by_temperature.iter().zip(xs) {
        for (at, &value) in errors.values.iter().enumerate() {
            let x = x + nearest * beside(at, errors.values.len());
            panel.mark(x, value, Marker::Disc, 4.0, tone.mix(0.4))?;
        }
        let Some(estimate) = errors.level() else { continue };
        if let Some(interval) = estimate.interval {
            panel.whisker(*x, interval.low, interval.high, tone)?;
        }
        means.push((*x, estimate.value));
    }
    panel.line(&means, Stroke::solid(tone, 1.8))?;
    let role = marker(Role::Distilled);
    means.iter().try_for_each(|&(x, y)| panel.mark(x, y, role, 6.5, tone.to_rgba()))
}
