//! How confidence grows with the evaluations, of all methods.

use assay_runs::{Attack, Encoding, GenerationPoint, Method, Regularization};
use plotters::style::{Color, RGBColor};

use crate::report::claims::seeds_with;
use crate::report::index::{Condition, Index};
use crate::report::wording::encoding_name;
use assay_report::ReportError;
use assay_report::figures::Figure;
use assay_report::figures::canvas::{Canvas, Drawn, Frame, Stroke, draw};
use assay_report::figures::style::{
    BLUE, Entry, GREEN, Line, ORANGE, PURPLE, RED, SKY, WIDTH, legend, moved,
};
use assay_report::observations::distinct;
use assay_report::words::plural;

const NAME: &str = "confidence_by_evaluations";
const LEFT: f64 = 66.0;
const PANEL_HEIGHT: f64 = 210.0;
const STEP_DOWN: f64 = PANEL_HEIGHT + 84.0;
/// Confidences beyond are drawn at the edge: single precision has no number between 1 and 1 less 6e-8.
const RANGE: (f64, f64) = (1e-4, 1.0 - 1e-6);
/// In percent, as they are written.
const TICKS: [&str; 9] = ["0.01", "0.1", "1", "10", "50", "90", "99", "99.99", "99.9999"];

/// The median confidence after so many evaluations, on the scale that is drawn: the middle seed, and the
/// lowest and the highest one.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Point {
    evaluations: f64,
    low: f64,
    middle: f64,
    high: f64,
}

struct Curve {
    attack: Attack,
    seeds: usize,
    points: Vec<Point>,
}

struct Part<'a> {
    encoding: Encoding,
    architecture: &'a str,
    curves: Vec<Curve>,
}

/// None where the plan has no gradient ascent: the other methods are drawn by generation.
pub(super) fn figure(index: &Index) -> Result<Option<Figure>, ReportError> {
    let parts = parts(index);
    let curves = || parts.iter().flat_map(|part| &part.curves);
    if !curves().any(|curve| curve.attack.method == Method::GradientAscent) {
        return Ok(None);
    }
    let rows = distinct(parts.iter().map(|part| part.architecture));
    let height = 30.0 + rows.len() as f64 * STEP_DOWN;
    let svg = draw(WIDTH, height, |canvas| draw_parts(canvas, &parts, &rows))
        .map_err(|reason| ReportError::figure(NAME, &reason))?;
    let caption = format!(
        "The median over classes of the network's confidence in their elites, by evaluations: lines are \
         the middle one of up to {}, bands reach from the lowest to the highest seed. A look forward with \
         one back counts as one evaluation. The scale is that of odds: as far from 90 to 99 % as, nearly, \
         from 99 to 99.9 %; what is beyond it is drawn at its edge.",
        plural(curves().map(|curve| curve.seeds).max().unwrap_or_default(), "seed"),
    );
    let title = "Confidence by evaluations, all methods".to_owned();
    Ok(Some(Figure { name: NAME, title, caption, svg }))
}

fn parts<'a>(index: &Index<'a>) -> Vec<Part<'a>> {
    let preset = index.main_preset();
    let mut conditions = index.conditions();
    conditions.retain(|one| one.attack.preset == preset);
    let keys = distinct(conditions.iter().map(|one| (one.architecture, one.attack.encoding)));
    let part = |(architecture, encoding): (&'a str, Encoding)| {
        let is_its =
            |one: &&Condition| one.architecture == architecture && one.attack.encoding == encoding;
        let curves = conditions.iter().filter(is_its).filter_map(|one| curve(index, *one));
        Part { encoding, architecture, curves: curves.collect() }
    };
    keys.into_iter().map(part).filter(|part| !part.curves.is_empty()).collect()
}

fn curve(index: &Index, condition: Condition) -> Option<Curve> {
    let seeds = seeds_with(index, condition.attack);
    let counted = seeds.into_iter().filter_map(|seed| index.counted(condition, seed).ok());
    let curves: Vec<&[GenerationPoint]> = counted.map(|result| &result.curve[..]).collect();
    let points = spread(&curves);
    let attack = condition.attack;
    (!points.is_empty()).then_some(Curve { attack, seeds: curves.len(), points })
}

/// At each number of evaluations that every curve has.
fn spread(curves: &[&[GenerationPoint]]) -> Vec<Point> {
    let Some(first) = curves.first() else { return Vec::new() };
    let at = |point: &GenerationPoint| {
        let same = curves
            .iter()
            .map(|curve| curve.iter().find(|other| other.evaluations == point.evaluations));
        let same = same.map(|point| Some(logit(f64::from(point?.median))));
        let mut sorted: Vec<f64> = same.collect::<Option<_>>()?;
        sorted.sort_by(f64::total_cmp);
        Some(Point {
            evaluations: point.evaluations as f64,
            low: sorted[0],
            middle: f64::midpoint(sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2]),
            high: sorted[sorted.len() - 1],
        })
    };
    first.iter().filter_map(at).collect()
}

/// The decimal logarithm of the odds of a confidence in [0, 1], within the range that is drawn.
fn logit(confidence: f64) -> f64 {
    let within = confidence.clamp(RANGE.0, RANGE.1);
    (within / (1.0 - within)).log10()
}

fn color(attack: Attack) -> RGBColor {
    match (attack.method, attack.regularization) {
        (Method::Evolution, _) => BLUE,
        (Method::RandomSearch, _) => ORANGE,
        (Method::GradientAscent, Regularization::Nothing) => GREEN,
        (Method::GradientAscent, Regularization::Decay) => PURPLE,
        (Method::GradientAscent, Regularization::Blur) => SKY,
        (Method::GradientAscent, Regularization::SmallPixels) => RED,
    }
}

fn name(attack: Attack) -> &'static str {
    match (attack.method, attack.regularization) {
        (Method::Evolution, _) => "Evolution",
        (Method::RandomSearch, _) => "Random search",
        (Method::GradientAscent, Regularization::Nothing) => "Gradient ascent",
        (Method::GradientAscent, Regularization::Decay) => "with decay",
        (Method::GradientAscent, Regularization::Blur) => "with blur",
        (Method::GradientAscent, Regularization::SmallPixels) => "without small pixels",
    }
}

fn draw_parts(canvas: &Canvas, parts: &[Part], rows: &[&str]) -> Drawn {
    let curves = || parts.iter().flat_map(|part| &part.curves);
    let kinds = distinct(curves().map(|curve| (name(curve.attack), color(curve.attack))));
    let entry = |(name, color): &(&'static str, RGBColor)| Entry::line(name, *color, Line::Solid);
    legend(canvas, LEFT, 16.0, &kinds.iter().map(entry).collect::<Vec<_>>())?;
    let evaluations = || curves().flat_map(|one| &one.points).map(|point| point.evaluations);
    let first = evaluations().fold(f64::INFINITY, f64::min).max(1.0);
    let last = evaluations().fold(first, f64::max).max(2.0 * first);
    let columns = distinct(parts.iter().map(|part| part.encoding));
    let step = (WIDTH - LEFT) / columns.len() as f64;
    let right = LEFT + step - 32.0;
    let corner = Frame { left: LEFT, top: 58.0, right, bottom: 58.0 + PANEL_HEIGHT };
    for part in parts {
        let column = columns.iter().position(|one| *one == part.encoding).unwrap_or_default();
        let row = rows.iter().position(|one| *one == part.architecture).unwrap_or_default();
        let frame = moved(corner, column as f64 * step, row as f64 * STEP_DOWN);
        draw_part(canvas, part, frame, (first, last), column == 0)?;
    }
    Ok(())
}

fn draw_part(
    canvas: &Canvas,
    part: &Part,
    frame: Frame,
    (first, last): (f64, f64),
    leftmost: bool,
) -> Drawn {
    let title = format!("{} images, {}", encoding_name(part.encoding), part.architecture);
    canvas.heading(frame, "", &title)?;
    let panel = canvas.panel(frame, first.log10()..last.log10(), logit(RANGE.0)..logit(RANGE.1));
    let tick = |name: &str| name.parse().ok().map(|percent: f64| logit(percent / 100.0));
    let shown = |name: &str| if leftmost { name.to_owned() } else { String::new() };
    let ticks = TICKS.iter().filter_map(|name| Some((tick(name)?, shown(name))));
    let title = if leftmost { "Confidence (%)" } else { "" };
    panel.named_y_axis(title, &ticks.collect::<Vec<_>>())?;
    let numbers = log_ticks(first, last).into_iter();
    let numbers = numbers.map(|tick| (tick.log10(), vec![format!("{tick}")]));
    panel.x_axis("Evaluations", &numbers.collect::<Vec<_>>())?;
    let line = |curve: &Curve, value: fn(&Point) -> f64| {
        let points = curve.points.iter();
        points.map(|point| (point.evaluations.log10(), value(point))).collect::<Vec<_>>()
    };
    for curve in &part.curves {
        let (high, low) = (line(curve, |point| point.high), line(curve, |point| point.low));
        panel.band(&high, &low, color(curve.attack).mix(0.15))?;
    }
    for curve in &part.curves {
        let middle = line(curve, |point| point.middle);
        panel.line(&middle, Stroke::solid(color(curve.attack), 1.8))?;
    }
    Ok(())
}

/// Powers of ten from `first` to `last`; 2 and 5 times them too where that is less than two decades.
fn log_ticks(first: f64, last: f64) -> Vec<f64> {
    let factors: &[f64] = if last < 100.0 * first { &[1.0, 2.0, 5.0] } else { &[1.0] };
    let decades = (0..=9).map(|decade| 10.0_f64.powi(decade));
    let ticks = decades.flat_map(|decade| factors.iter().map(move |factor| factor * decade));
    ticks.filter(|tick| (first..=last).contains(tick)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(evaluations: u64, median: f32) -> GenerationPoint {
        GenerationPoint {
            generation: 1,
            evaluations,
            min: 0.0,
            lower_quartile: 0.0,
            median,
            upper_quartile: 1.0,
            max: 1.0,
            mean: 0.5,
            at_least_99: 0.0,
            at_least_9999: 0.0,
            predicted: 0.0,
            individuals: 1,
            jumps: 0,
        }
    }

    #[test]
    fn the_middle_seed_is_drawn_between_the_lowest_and_the_highest() {
        let curves = [[point(5, 0.1), point(10, 0.5)], [point(10, 0.9), point(20, 1.0)]];
        let curves: Vec<&[GenerationPoint]> = curves.iter().map(|curve| &curve[..]).collect();
        // 10 evaluations alone are in both: odds of 1 and of 9.
        let [only] = spread(&curves)[..] else { panic!("{:?}", spread(&curves)) };
        assert!((only.evaluations - 10.0).abs() < 1e-9 && only.low.abs() < 1e-6);
        assert!((only.high - 9.0_f64.log10()).abs() < 1e-6);
        assert!((only.middle - 9.0_f64.log10() / 2.0).abs() < 1e-6);
    }

    #[test]
    fn certainty_and_nothing_are_at_the_edges() {
        assert!((logit(1.0) - logit(RANGE.1)).abs() < 1e-9 && (logit(1.0) - 6.0).abs() < 1e-5);
        assert!((logit(0.0) + 4.0).abs() < 1e-3);
    }

    #[test]
    fn ticks_are_powers_of_ten_with_steps_between_where_they_are_few() {
        assert_eq!(log_ticks(200.0, 4000.0), [200.0, 500.0, 1000.0, 2000.0]);
        assert_eq!(log_ticks(200.0, 40_000.0), [1000.0, 10_000.0]);
    }
}
