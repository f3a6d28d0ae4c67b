//! The growth of confidence: by generation for evolution and random search, and by evaluations for
//! all methods.

use assay_classifier_cells::{Attack, Encoding, GenerationPoint, Method, Preset, Regularization};
use assay_report::chart::{Axes, Axis, Chart, Shares};
use assay_report::figures::canvas::Stroke;
use assay_report::figures::style::{BLACK, BLUE, Entry, GREEN, Line, ORANGE, PURPLE, RED, SKY};
use assay_report::run_results::distinct;
use assay_report::words::plural;
use assay_report::{Figure, ReportError};
use plotters::style::{Color, RGBColor};

use crate::report::index::{Condition, Index};
use crate::report::seed_estimate::mean_of;
use crate::report::wording::{encoding_name, preset_name};

/// Confidences outside of this range are drawn at its edge: single precision has no number between
/// 1 - 6e-8 and 1.
const RANGE: (f64, f64) = (1e-4, 1.0 - 1e-6);
/// In percent, as text.
const TICKS: [&str; 9] = ["0.01", "0.1", "1", "10", "50", "90", "99", "99.99", "99.9999"];

/// A confidence on the scale of the figure, with the ends of its band.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Point {
    x: f64,
    low: f64,
    middle: f64,
    high: f64,
}

/// The curve of one condition.
struct Curve<'a> {
    condition: Condition<'a>,
    seeds: usize,
    points: Vec<Point>,
}

/// Computes the points to draw from the curves of several seeds.
type Summarize = fn(&[&[GenerationPoint]]) -> Vec<Point>;

/// By generation. Gradient ascent has no generations and is drawn by evaluations.
pub fn by_generation(index: &Index) -> Result<Option<Figure>, ReportError> {
    let curves = curves(index, averaged, |attack| attack.method != Method::GradientAscent);
    let points = || curves.iter().flat_map(|curve| &curve.points);
    let last = points().map(|point| point.x).fold(2.0, f64::max);
    let top = top(points().map(|point| point.high).fold(0.0, f64::max));
    let caption = format!(
        "The network's confidence in the elite of each class: lines are the median over classes, bands \
         reach from the lower to the upper quartile, both the mean over up to {}. Both have used as \
         many evaluations at the same generation. Attacks on networks that were not trained are \
         left out.",
        most_seeds(&curves),
    );
    let title = "Confidence by generation, evolution and random search";
    let mut legend = methods(&curves);
    let presets = distinct(index.attacks.iter().map(|one| one.cell.attack.preset));
    for preset in presets.into_iter().filter(|preset| *preset != index.main_preset()) {
        legend.push(Entry::line(preset_name(preset), BLACK, Line::Dashed));
    }
    let chart = Chart::new("confidence_by_generation", title, caption).legend(legend);
    let axes = |heading: &str| {
        let y = Axis::new("Confidence (%)").range(0.0..top);
        Axes::new(heading, Axis::log10("Generation", 1.0..last), y).height(190.0)
    };
    grid(chart, &curves, axes, index.main_preset(), 0.2)
}

/// By evaluations. None if the plan has no gradient ascent: the other methods are drawn by
/// generation.
pub fn by_evaluations(index: &Index) -> Result<Option<Figure>, ReportError> {
    let curves = curves(index, spread, |attack| attack.preset == index.main_preset());
    let is_ascent = |curve: &Curve| curve.condition.attack.method == Method::GradientAscent;
    if !curves.iter().any(is_ascent) {
        return Ok(None);
    }
    let evaluations = || curves.iter().flat_map(|curve| &curve.points).map(|point| point.x);
    let first = evaluations().fold(f64::INFINITY, f64::min).max(1.0);
    let last = evaluations().fold(first, f64::max).max(2.0 * first);
    let caption = format!(
        "The median over classes of the network's confidence in their elites, by evaluations: lines are \
         the middle one of up to {}, bands reach from the lowest to the highest seed. A forward plus \
         backward pass counts as one evaluation. The scale is that of log odds: from 90 to 99 % is nearly \
         as far as from 99 to 99.9 %; values beyond its ends are drawn at its edge.",
        most_seeds(&curves),
    );
    let title = "Confidence by evaluations, all methods";
    let chart = Chart::new("confidence_by_evaluations", title, caption).legend(methods(&curves));
    let tick =
        |name: &&str| Some((logit(name.parse::<f64>().ok()? / 100.0), vec![(*name).to_owned()]));
    let y = Axis::new("Confidence (%)").range(logit(RANGE.0)..logit(RANGE.1));
    let y = y.ticks(TICKS.iter().filter_map(tick).collect());
    let axes =
        |heading: &str| Axes::new(heading, Axis::log10("Evaluations", first..last), y.clone());
    grid(chart, &curves, axes, index.main_preset(), 0.15)
}

/// One column per encoding, one row per architecture. Curves of the main preset have bands of an
/// opacity.
fn grid(
    mut chart: Chart,
    curves: &[Curve],
    axes: impl Fn(&str) -> Axes,
    main: Preset,
    opacity: f64,
) -> Result<Option<Figure>, ReportError> {
    let encodings = distinct(curves.iter().map(|curve| curve.condition.attack.encoding));
    chart = chart.columns(encodings.len()).sharing(Shares::Everything);
    for architecture in distinct(curves.iter().map(|curve| curve.condition.architecture)) {
        for &encoding in &encodings {
            let heading = format!("{} images, {architecture}", encoding_name(encoding));
            let mut axes = axes(&heading);
            let is_it = |curve: &&Curve| panel(&curve.condition) == (architecture, encoding);
            draw(&mut axes, &curves.iter().filter(is_it).collect::<Vec<_>>(), main, opacity);
            chart = chart.axes(axes);
        }
    }
    chart.figure()
}

/// Bands and solid lines for curves of the main preset, dashed lines for the others.
fn draw(axes: &mut Axes, curves: &[&Curve], main: Preset, opacity: f64) {
    let line = |curve: &Curve, value: fn(&Point) -> f64| -> Vec<(f64, f64)> {
        curve.points.iter().map(|point| (point.x.log10(), value(point))).collect()
    };
    let is_main = |curve: &Curve| curve.condition.attack.preset == main;
    for curve in curves.iter().filter(|curve| is_main(curve)) {
        let (high, low) = (line(curve, |point| point.high), line(curve, |point| point.low));
        axes.band(high, low, method(curve.condition.attack).1.mix(opacity));
    }
    for curve in curves {
        let (_, color) = method(curve.condition.attack);
        let stroke =
            if is_main(curve) { Stroke::solid(color, 1.8) } else { Stroke::dashed(color, 1.4) };
        axes.line(line(curve, |point| point.middle), stroke);
    }
}

/// The architecture and encoding of a condition: its place in the grid.
fn panel<'a>(condition: &Condition<'a>) -> (&'a str, Encoding) {
    (condition.architecture, condition.attack.encoding)
}

/// The curves of the attacks to keep, panel by panel.
fn curves<'a>(
    index: &Index<'a>,
    summarize: Summarize,
    keep: impl Fn(Attack) -> bool,
) -> Vec<Curve<'a>> {
    let mut conditions = index.conditions();
    conditions.retain(|one| keep(one.attack));
    let panels = distinct(conditions.iter().map(panel));
    conditions.sort_by_key(|one| panels.iter().position(|other| *other == panel(one)));
    let curve = |condition: Condition<'a>| {
        let results = index.all_counted(condition);
        let curves: Vec<&[GenerationPoint]> = results.iter().map(|one| &one.curve[..]).collect();
        let points = summarize(&curves);
        (!points.is_empty()).then_some(Curve { condition, seeds: curves.len(), points })
    };
    conditions.into_iter().filter_map(curve).collect()
}

fn most_seeds(curves: &[Curve]) -> String {
    plural(curves.iter().map(|curve| curve.seeds).max().unwrap_or_default(), "seed")
}

/// The points of several curves with the same x, wherever all of them have one.
fn at_shared<'a>(
    curves: &[&'a [GenerationPoint]],
    place: fn(&GenerationPoint) -> u64,
) -> Vec<(f64, Vec<&'a GenerationPoint>)> {
    let Some(first) = curves.first() else { return Vec::new() };
    let shared = |point: &GenerationPoint| {
        let same =
            |curve: &&'a [GenerationPoint]| curve.iter().find(|other| place(other) == place(point));
        Some((place(point) as f64, curves.iter().map(same).collect::<Option<_>>()?))
    };
    first.iter().filter_map(shared).collect()
}

/// By generation, in percent: the median and the quartiles over classes, each as the mean over
/// seeds.
fn averaged(curves: &[&[GenerationPoint]]) -> Vec<Point> {
    let point = |(x, same): (f64, Vec<&GenerationPoint>)| {
        let average = |value: fn(&GenerationPoint) -> f32| {
            mean_of(same.iter().map(|point| 100.0 * f64::from(value(point))))
        };
        Point {
            x,
            low: average(|point| point.lower_quartile),
            middle: average(|point| point.median),
            high: average(|point| point.upper_quartile),
        }
    };
    at_shared(curves, |point| u64::from(point.generation)).into_iter().map(point).collect()
}

/// By evaluations, on the scale of log odds: the median over classes, for the lowest, the middle
/// and the highest seed.
fn spread(curves: &[&[GenerationPoint]]) -> Vec<Point> {
    let point = |(x, same): (f64, Vec<&GenerationPoint>)| {
        let mut sorted: Vec<f64> = same.iter().map(|one| logit(f64::from(one.median))).collect();
        sorted.sort_by(f64::total_cmp);
        let middle = f64::midpoint(sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2]);
        Point { x, low: sorted[0], middle, high: sorted[sorted.len() - 1] }
    };
    at_shared(curves, |point| point.evaluations).into_iter().map(point).collect()
}

/// The decimal logarithm of the odds of a confidence in [0, 1], limited to the range of the figure.
fn logit(confidence: f64) -> f64 {
    let within = confidence.clamp(RANGE.0, RANGE.1);
    (within / (1.0 - within)).log10()
}

/// The end of the confidence axis, in percent: 100, or less if all values are far below.
fn top(highest: f64) -> f64 {
    [5.0, 10.0, 20.0, 50.0].into_iter().find(|top| highest <= 0.95 * top).unwrap_or(100.0)
}

/// The name and color of a method.
fn method(attack: Attack) -> (&'static str, RGBColor) {
    match (attack.method, attack.regularization) {
        (Method::Evolution, _) => ("Evolution", BLUE),
        (Method::RandomSearch, _) => ("Random search", ORANGE),
        (Method::GradientAscent, Regularization::Unregularized) => ("Gradient ascent", GREEN),
        (Method::GradientAscent, Regularization::Decay) => ("with decay", PURPLE),
        (Method::GradientAscent, Regularization::Blur) => ("with blur", SKY),
        (Method::GradientAscent, Regularization::SmallPixels) => ("with small pixels clipped", RED),
    }
}

fn methods(curves: &[Curve]) -> Vec<Entry> {
    let methods = distinct(curves.iter().map(|curve| method(curve.condition.attack)));
    methods.into_iter().map(|(name, color)| Entry::line(name, color, Line::Solid)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(generation: u32, evaluations: u64, median: f32) -> GenerationPoint {
        GenerationPoint {
            generation,
            evaluations,
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
            replacements: 0,
        }
    }

    #[test]
    fn seeds_are_averaged_where_all_have_a_point() {
        let (a, b) = ([point(1, 1, 0.25), point(2, 1, 0.5)], [point(2, 1, 1.0)]);
        let wanted = Point { x: 2.0, low: 37.5, middle: 75.0, high: 100.0 };
        assert_eq!(averaged(&[&a, &b]), [wanted]);
    }

    #[test]
    fn the_middle_seed_is_drawn_between_the_lowest_and_the_highest() {
        let curves =
            [[point(1, 5, 0.1), point(1, 10, 0.5)], [point(1, 10, 0.9), point(1, 20, 1.0)]];
        let curves: Vec<&[GenerationPoint]> = curves.iter().map(|curve| &curve[..]).collect();
        // Only 10 evaluations are in both: odds of 1 and of 9.
        let [only] = spread(&curves)[..] else { panic!("{:?}", spread(&curves)) };
        assert!((only.x - 10.0).abs() < 1e-9 && only.low.abs() < 1e-6);
        assert!((only.high - 9.0_f64.log10()).abs() < 1e-6);
        assert!((only.middle - 9.0_f64.log10() / 2.0).abs() < 1e-6);
    }

    #[test]
    fn certainty_and_nothing_are_at_the_edges() {
        assert!((logit(1.0) - logit(RANGE.1)).abs() < 1e-9 && (logit(1.0) - 6.0).abs() < 1e-5);
        assert!((logit(0.0) + 4.0).abs() < 1e-3);
    }
}
