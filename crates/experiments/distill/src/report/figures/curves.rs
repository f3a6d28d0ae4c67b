//! Learning curves on the held-out images.

use std::ops::Range;

use assay_runs::{Outcome, Role};
use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{Color, RGBColor};

use super::log_scale::LogScale;
use super::style::color;
use crate::report::choice;
use crate::report::group::{Group, Training};
use crate::report::index::Index;
use assay_report::ReportError;
use assay_report::figures::Figure;
use assay_report::figures::canvas::{Canvas, Drawn, Frame, Lettering, SMALL, Stroke, draw};
use assay_report::figures::panel::ticks;
use assay_report::figures::style::{WIDTH, graded, moved, width_of};

const NAME: &str = "learning_curves";
const COLUMNS: usize = 3;
const HEIGHT: f64 = 190.0;

/// One network's curve: (epoch, held-out errors in percent).
struct Curve {
    tone: RGBColor,
    failed: bool,
    points: Vec<(f64, f64)>,
}

pub(super) fn figure(index: &Index) -> Result<Option<Figure>, ReportError> {
    let temperatures = temperatures(index);
    let mut panels = panels_of(index, &temperatures);
    panels.retain(|(_, curves)| curves.iter().any(|curve| curve.points.len() > 1));
    let points = || panels.iter().flat_map(|panel| panel.1.iter().flat_map(|one| &one.points));
    let Some(scale) = LogScale::of(points().map(|point| point.1), least(index)) else {
        return Ok(None);
    };
    let last = points().map(|point| point.0).fold(1.0, f64::max);
    let rows = panels.len().div_ceil(COLUMNS) as f64;
    let svg = draw(WIDTH, 54.0 + HEIGHT * rows, |canvas| {
        legend(canvas, &temperatures)?;
        draw_panels(canvas, &panels, 0.0..last, &scale)
    })
    .map_err(|reason| ReportError::figure(NAME, &reason))?;
    let caption = "Errors on the held-out training images after each epoch at which they were counted, \
                   one line a network, distilled students coloured by temperature; those by another \
                   loss follow those of the same network by temperature. Dashed lines are stuck or \
                   diverged trainings. All classes in sight, the most images."
        .to_owned();
    Ok(Some(Figure { name: NAME, title: "Learning curves".to_owned(), caption, svg }))
}

/// Half an error in percent of the held-out images.
fn least(index: &Index) -> f64 {
    let curve = |training: &Training| {
        let record = training.observation.record()?;
        record.curve.iter().find_map(|point| point.test).map(|test| test.images)
    };
    let mut trainings = index.groups().iter().flat_map(|group| &group.trainings);
    50.0 / f64::from(trainings.find_map(curve).unwrap_or(100).max(1))
}

/// All temperatures of the students shown, ascending.
fn temperatures(index: &Index) -> Vec<f64> {
    let networks = choice::networks(index).into_iter();
    let groups = networks.flat_map(|network| choice::by_temperature(index, network));
    let mut found: Vec<f64> = groups.filter_map(|group| group.condition.temperature).collect();
    found.sort_by(f64::total_cmp);
    found.dedup();
    found
}

fn tone(temperature: f64, temperatures: &[f64]) -> RGBColor {
    let place = temperatures.iter().position(|other| other.total_cmp(&temperature).is_eq());
    graded(place.unwrap_or(0) as f64 / (temperatures.len().max(2) - 1) as f64)
}

fn panels_of(index: &Index, temperatures: &[f64]) -> Vec<(String, Vec<Curve>)> {
    let teachers = index.groups().iter().filter(|group| group.condition.role == Role::Teacher);
    let mut panels: Vec<(String, Vec<Curve>)> = teachers
        .map(|group| {
            let name = format!("teacher {}", group.condition.network());
            (name, curves(group, color(Role::Teacher)))
        })
        .collect();
    for network in choice::networks(index) {
        let groups = choice::by_temperature(index, network);
        let alone = groups.first().and_then(|group| index.group(&group.condition.alone()));
        if let Some(alone) = alone {
            let name = format!("{} alone", network.network());
            panels.push((name, curves(alone, color(Role::Student))));
        }
        let distilled = groups.iter().flat_map(|group| {
            curves(group, tone(group.condition.temperature.unwrap_or(1.0), temperatures))
        });
        panels.push((format!("{} distilled", network.network()), distilled.collect()));
        for group in choice::by_other_losses(index, network) {
            let loss = group.condition.other_loss.as_deref().unwrap_or_default();
            panels.push((format!("by {loss}"), curves(group, color(Role::Distilled))));
        }
    }
    panels
}

fn curves(group: &Group, tone: RGBColor) -> Vec<Curve> {
    let curve = |training: &Training| {
        let record = training.observation.record()?;
        let points = record.curve.iter().filter_map(|point| {
            Some((f64::from(point.epoch), 100.0 * (1.0 - point.test?.accuracy())))
        });
        let failed = record.outcome != Outcome::Trained;
        Some(Curve { tone, failed, points: points.collect() })
    };
    group.trainings.iter().filter_map(curve).collect()
}

fn draw_panels(
    canvas: &Canvas,
    panels: &[(String, Vec<Curve>)],
    x: Range<f64>,
    scale: &LogScale,
) -> Drawn {
    let first = Frame { left: 62.0, top: 62.0, right: 244.0, bottom: 196.0 };
    for (at, (name, curves)) in panels.iter().enumerate() {
        let (row, column) = (at / COLUMNS, at % COLUMNS);
        let frame = moved(first, 222.0 * column as f64, HEIGHT * row as f64);
        canvas.heading(frame, "", name)?;
        let panel = canvas.panel(frame, x.clone(), scale.range.clone());
        let title = if column == 0 { "Held-out errors (%)" } else { "" };
        panel.named_y_axis(title, &scale.ticks())?;
        let bottom = at + COLUMNS >= panels.len();
        let numbers = ticks(&x, 3.0).into_iter().map(|tick| (tick, vec![format!("{tick}")]));
        panel.x_axis(if bottom { "Epoch" } else { "" }, &numbers.collect::<Vec<_>>())?;
        for curve in curves {
            let points: Vec<_> = curve.points.iter().map(|&(x, y)| (x, scale.at(y))).collect();
            let (color, dashed) = (curve.tone.mix(0.75), curve.failed);
            panel.line(&points, Stroke { color, width: 1.1, dashed })?;
        }
    }
    Ok(())
}

/// The legend of T.
fn legend(canvas: &Canvas, temperatures: &[f64]) -> Drawn {
    let style = Lettering::new(HPos::Left, VPos::Center).size(SMALL);
    canvas.text(62.0, 16.0, "Distilled, temperature T:", style)?;
    let mut x = 204.0;
    for &temperature in temperatures {
        let color = tone(temperature, temperatures).to_rgba();
        canvas.line((x, 16.0), (x + 16.0, 16.0), Stroke { color, width: 2.4, dashed: false })?;
        let name = temperature.to_string();
        canvas.text(x + 20.0, 16.0, &name, style)?;
        x += 34.0 + width_of(&name, SMALL) * 1.2;
    }
    Ok(())
}
