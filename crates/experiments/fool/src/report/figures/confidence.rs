//! How confidence grows with the generations, of evolution and of random search.

use assay_runs::{Encoding, GenerationPoint, Method};
use plotters::style::{Color, RGBColor};

use crate::report::claims::seeds_with;
use crate::report::index::{Condition, Index};
use crate::report::wording::{encoding_name, preset_name};
use assay_report::ReportError;
use assay_report::figures::Figure;
use assay_report::figures::canvas::{Canvas, Drawn, Frame, Stroke, draw};
use assay_report::figures::panel::ticks;
use assay_report::figures::style::{BLUE, Entry, GREEN, Line, ORANGE, WIDTH, legend, moved};
use assay_report::observations::distinct;
use assay_report::words::plural;
use assay_stats::mean;

const NAME: &str = "confidence_by_generation";
const PANEL_HEIGHT: f64 = 190.0;
const STEP_DOWN: f64 = PANEL_HEIGHT + 84.0;

/// The elites after one generation, in percent, the mean over seeds.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Point {
    generation: f64,
    lower: f64,
    median: f64,
    upper: f64,
}

/// One condition's curve.
struct Curve {
    method: Method,
    /// Whether it has the preset that the claims are about.
    main: bool,
    seeds: usize,
    points: Vec<Point>,
}

struct Part {
    encoding: Encoding,
    architecture: String,
    curves: Vec<Curve>,
}

pub(super) fn figure(index: &Index) -> Result<Option<Figure>, ReportError> {
    let parts = parts(index);
    if parts.is_empty() {
        return Ok(None);
    }
    let columns = distinct(parts.iter().map(|part| part.encoding));
    let rows = distinct(parts.iter().map(|part| part.architecture.as_str()));
    let height = 30.0 + rows.len() as f64 * STEP_DOWN;
    let svg = draw(WIDTH, height, |canvas| draw_parts(canvas, index, &parts, &columns, &rows))
        .map_err(|reason| ReportError::figure(NAME, &reason))?;
    let seeds = parts.iter().flat_map(|part| part.curves.iter().map(|curve| curve.seeds)).max();
    let caption = format!(
        "The network's confidence in the elite of each class: lines are the median over classes, bands \
         reach from the lower to the upper quartile, both the mean over up to {}. Both methods have \
         seen as many images at the same generation. Attacks on networks that were not trained are \
         left out.",
        plural(seeds.unwrap_or_default(), "seed"),
    );
    let title = "Confidence by generation, evolution and random search".to_owned();
    Ok(Some(Figure { name: NAME, title, caption, svg }))
}

fn parts(index: &Index) -> Vec<Part> {
    let conditions = index.conditions();
    let keys = distinct(conditions.iter().map(|one| (one.architecture, one.attack.encoding)));
    let part = |(architecture, encoding): (&str, Encoding)| {
        // Gradient ascent has no generations; it is drawn by evaluations.
        let among = conditions.iter().filter(|one| {
            one.architecture == architecture
                && one.attack.encoding == encoding
                && one.attack.method != Method::GradientAscent
        });
        let curves: Vec<Curve> = among.filter_map(|one| curve(index, *one)).collect();
        let architecture = architecture.to_owned();
        (!curves.is_empty()).then_some(Part { encoding, architecture, curves })
    };
    keys.into_iter().filter_map(part).collect()
}

fn curve(index: &Index, condition: Condition) -> Option<Curve> {
    let seeds = seeds_with(index, condition.attack);
    let counted = seeds.into_iter().filter_map(|seed| index.counted(condition, seed).ok());
    let curves: Vec<&[GenerationPoint]> = counted.map(|result| &result.curve[..]).collect();
    let points = averaged(&curves);
    let Condition { attack, .. } = condition;
    let main = attack.preset == index.main_preset();
    (!points.is_empty()).then_some(Curve {
        method: attack.method,
        main,
        seeds: curves.len(),
        points,
    })
}

/// At each generation that every curve has.
fn averaged(curves: &[&[GenerationPoint]]) -> Vec<Point> {
    let Some(first) = curves.first() else { return Vec::new() };
    let at = |point: &GenerationPoint| {
        let same = curves
            .iter()
            .map(|curve| curve.iter().find(|other| other.generation == point.generation));
        let same: Vec<&GenerationPoint> = same.collect::<Option<_>>()?;
        let of = |value: fn(&GenerationPoint) -> f32| {
            mean(&same.iter().map(|point| 100.0 * f64::from(value(point))).collect::<Vec<_>>())
        };
        Some(Point {
            generation: f64::from(point.generation),
            lower: of(|point| point.lower_quartile),
            median: of(|point| point.median),
            upper: of(|point| point.upper_quartile),
        })
    };
    first.iter().filter_map(at).collect()
}

fn color(method: Method) -> RGBColor {
    match method {
        Method::Evolution => BLUE,
        Method::RandomSearch => ORANGE,
        Method::GradientAscent => GREEN,
    }
}

fn entries(index: &Index, parts: &[Part]) -> Vec<Entry> {
    let curves = || parts.iter().flat_map(|part| &part.curves);
    let mut entries = Vec::new();
    for (method, name) in
        [(Method::Evolution, "Evolution"), (Method::RandomSearch, "Random search")]
    {
        if curves().any(|curve| curve.method == method) {
            entries.push(Entry::line(name, color(method), Line::Solid));
        }
    }
    let presets = distinct(index.attacks().iter().map(|found| found.cell.attack.preset));
    for preset in presets.into_iter().filter(|preset| *preset != index.main_preset()) {
        entries.push(Entry::line(preset_name(preset), RGBColor(0x33, 0x33, 0x33), Line::Dashed));
    }
    entries
}

fn draw_parts(
    canvas: &Canvas,
    index: &Index,
    parts: &[Part],
    columns: &[Encoding],
    rows: &[&str],
) -> Drawn {
    legend(canvas, 62.0, 16.0, &entries(index, parts))?;
    let points = || parts.iter().flat_map(|part| part.curves.iter().flat_map(|one| &one.points));
    let last = points().map(|point| point.generation).fold(2.0, f64::max);
    let top = top(points().map(|point| point.upper).fold(0.0, f64::max));
    let step = (WIDTH - 62.0) / columns.len() as f64;
    let width = step - 32.0;
    let first = Frame { left: 62.0, top: 58.0, right: 62.0 + width, bottom: 58.0 + PANEL_HEIGHT };
    for part in parts {
        let column = columns.iter().position(|one| *one == part.encoding).unwrap_or_default();
        let row = rows.iter().position(|one| *one == part.architecture).unwrap_or_default();
        let frame = moved(first, column as f64 * step, row as f64 * STEP_DOWN);
        draw_part(canvas, part, frame, (last, top), column == 0)?;
    }
    Ok(())
}

fn draw_part(
    canvas: &Canvas,
    part: &Part,
    frame: Frame,
    (last, top): (f64, f64),
    leftmost: bool,
) -> Drawn {
    let title = format!("{} images, {}", encoding_name(part.encoding), part.architecture);
    canvas.heading(frame, "", &title)?;
    let panel = canvas.panel(frame, 0.0..last.log10(), 0.0..top);
    let title = if leftmost { "Confidence (%)" } else { "" };
    panel.y_axis(title, &ticks(&panel.y, 5.0), false)?;
    let numbers: Vec<_> =
        log_ticks(last).into_iter().map(|tick| (tick.log10(), vec![format!("{tick}")])).collect();
    panel.x_axis("Generation", &numbers)?;
    let line = |curve: &Curve, value: fn(&Point) -> f64| {
        curve
            .points
            .iter()
            .map(|point| (point.generation.log10(), value(point)))
            .collect::<Vec<_>>()
    };
    for curve in part.curves.iter().filter(|curve| curve.main) {
        let (upper, lower) = (line(curve, |point| point.upper), line(curve, |point| point.lower));
        panel.band(&upper, &lower, color(curve.method).mix(0.2))?;
    }
    for curve in &part.curves {
        let tone = color(curve.method);
        let stroke = if curve.main { Stroke::solid(tone, 1.8) } else { Stroke::dashed(tone, 1.4) };
        panel.line(&line(curve, |point| point.median), stroke)?;
    }
    Ok(())
}

/// Where the axis of confidence ends, in percent: at 100 but where nothing comes near.
fn top(highest: f64) -> f64 {
    [5.0, 10.0, 20.0, 50.0].into_iter().find(|top| highest <= 0.95 * top).unwrap_or(100.0)
}

/// 1, 10, 100 ... up to `last`; 2 and 5 too where there would be only two.
fn log_ticks(last: f64) -> Vec<f64> {
    let factors: &[f64] = if last < 100.0 { &[1.0, 2.0, 5.0] } else { &[1.0] };
    let decades = (0..=9).map(|decade| 10.0_f64.powi(decade));
    let ticks = decades.flat_map(|decade| factors.iter().map(move |factor| factor * decade));
    ticks.filter(|tick| *tick <= last).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_powers_of_ten_with_steps_between_where_they_are_few() {
        assert_eq!(log_ticks(1010.0), [1.0, 10.0, 100.0, 1000.0]);
        assert_eq!(log_ticks(12.0), [1.0, 2.0, 5.0, 10.0]);
    }

    #[test]
    fn seeds_are_averaged_where_all_have_a_point() {
        let point = |generation, median| GenerationPoint {
            generation,
            evaluations: 1,
            min: 0.0,
            lower_quartile: median / 2.0,
            median,
            upper_quartile: 1.0,
            max: 1.0,
            mean: 0.5,
            at_least_99: 0.0,
            at_least_9999: 0.0,
            predicted: 0.0,
            individuals: 1,
            jumps: 0,
        };
        let (a, b) = ([point(1, 0.25), point(2, 0.5)], [point(2, 1.0)]);
        let wanted = Point { generation: 2.0, lower: 37.5, median: 75.0, upper: 100.0 };
        assert_eq!(averaged(&[&a, &b]), [wanted]);
    }
}
