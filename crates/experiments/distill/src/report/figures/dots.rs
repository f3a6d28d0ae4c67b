//! Rows of dots, one for each network, as errors in percent.

use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{Color, RGBColor};

use super::log_scale::LogScale;
use crate::report::gap::over_seeds;
use assay_report::ReportError;
use assay_report::figures::Figure;
use assay_report::figures::canvas::{
    Canvas, Drawn, Frame, GRID, INK, Lettering, Marker, SMALL, SOFT, Stroke, draw,
};
use assay_report::figures::style::{BLACK, Entry, Line, WIDTH, legend, width_of};
use assay_report::words::plain;

const ROW: f64 = 19.0;
const TOP: f64 = 40.0;

/// A row: its name, the numbers of this run and the paper's.
pub(super) struct Row {
    pub name: String,
    pub color: RGBColor,
    /// By seed and network.
    pub values: Vec<Vec<f64>>,
    /// One error in percent.
    pub step: f64,
    pub paper: Option<f64>,
}

/// Draws rows on one logarithmic axis of `quantity`. `least` is the smallest percentage that can be told from 0.
/// None without rows.
pub(super) fn dots(
    (name, title, caption): (&'static str, &str, String),
    (rows, quantity): (&[Row], &str),
    least: f64,
) -> Result<Option<Figure>, ReportError> {
    let numbers = rows.iter().flat_map(|row| row.values.iter().flatten().copied().chain(row.paper));
    let Some(scale) = LogScale::new(numbers, least) else { return Ok(None) };
    let height = TOP + ROW * rows.len() as f64 + 52.0;
    let svg = draw(WIDTH, height, |canvas| draw_all(canvas, rows, (&scale, quantity)))
        .map_err(|reason| ReportError::figure(name, &reason))?;
    Ok(Some(Figure { name, title: title.to_owned(), caption, svg }))
}

fn draw_all(canvas: &Canvas, rows: &[Row], (scale, quantity): (&LogScale, &str)) -> Drawn {
    let longest = rows.iter().map(|row| width_of(&row.name, SMALL)).fold(0.0, f64::max);
    let left = (longest * 1.06 + 24.0).min(430.0);
    let bottom = TOP + ROW * rows.len() as f64;
    let frame = Frame { left, top: TOP, right: WIDTH - 58.0, bottom };
    let panel = canvas.panel(frame, scale.range.clone(), 0.0..rows.len() as f64);
    let mut entries = vec![
        Entry::marker("a network", BLACK.mix(0.4), Marker::Disc),
        Entry::line("mean and 95 % interval", BLACK, Line::Solid),
    ];
    if rows.iter().any(|row| row.paper.is_some()) {
        entries.push(Entry::marker("the paper", SOFT, Marker::Ring));
    }
    legend(canvas, left.min(WIDTH - 352.0), 16.0, &entries)?;
    let ticks = scale.ticks();
    for (tick, _) in &ticks {
        panel.line(&[(*tick, 0.0), (*tick, panel.y.end)], Stroke::solid(GRID, 0.8))?;
    }
    let names: Vec<_> = ticks.into_iter().map(|(tick, name)| (tick, vec![name])).collect();
    panel.x_axis(&format!("{quantity} (%), logarithmic"), &names)?;
    for (at, row) in rows.iter().enumerate() {
        let y = panel.pixels(scale.range.start, panel.y.end - at as f64 - 0.5).1;
        let x = |value: f64| panel.pixels(scale.position(value), 0.0).0;
        draw_row(canvas, row, (frame, y), x)?;
    }
    Ok(())
}

fn draw_row(canvas: &Canvas, row: &Row, (frame, y): (Frame, f64), x: impl Fn(f64) -> f64) -> Drawn {
    let style = Lettering::new(HPos::Right, VPos::Center).size(SMALL);
    canvas.text(frame.left - 8.0, y, &row.name, style.color(INK))?;
    for &value in row.values.iter().flatten() {
        canvas.marker(x(value), y, Marker::Disc, 5.0, row.color.mix(0.35))?;
    }
    if let Some(paper) = row.paper {
        canvas.marker(x(paper), y, Marker::Ring, 7.5, SOFT.to_rgba())?;
    }
    let Some(estimate) = over_seeds(&row.values, row.step) else { return Ok(()) };
    if let Some(interval) = estimate.interval {
        let (low, high) = (x(interval.low.max(0.0)), x(interval.high));
        canvas.line((low, y), (high, y), Stroke::solid(row.color, 1.2))?;
    }
    let at = x(estimate.value);
    canvas.line((at, y - 5.0), (at, y + 5.0), Stroke::solid(row.color, 2.2))?;
    let style = Lettering::new(HPos::Left, VPos::Center).size(SMALL).color(row.color);
    canvas.text(frame.right + 10.0, y, &format!("{} %", plain(estimate.value, 2)), style)
}
