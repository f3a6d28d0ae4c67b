//! Confidence, clean accuracy and rejected images, round by round.

use assay_report::chart::{Axes, Axis, Chart, Series};
use assay_report::figures::canvas::Stroke;
use assay_report::figures::style::{BLUE, Entry, GREEN, Line, ORANGE, PURPLE, RED};
use assay_report::words::plural;
use assay_report::{Figure, ReportError};
use assay_stats::Estimate;
use plotters::style::RGBColor;

use crate::report::index::Index;
use crate::report::rounds::{RoundMetric, architectures, last_round};

/// The colors of architectures, in the order of the plan.
const COLORS: [RGBColor; 4] = [BLUE, ORANGE, GREEN, PURPLE];

/// One line: a number per round, over seeds.
struct Curve {
    name: String,
    color: RGBColor,
    dashed: bool,
    points: Vec<(f64, Estimate)>,
}

pub fn figure(index: &Index) -> Result<Option<Figure>, ReportError> {
    let last = last_round(index);
    let confidence = by_architecture(index, RoundMetric::Confidence);
    let clean = by_architecture(index, RoundMetric::Accuracy);
    if confidence.iter().chain(&clean).all(|curve| curve.points.is_empty()) {
        return Ok(None);
    }
    let rejected = by_rejected(index);
    let seeds =
        confidence.iter().flat_map(|curve| &curve.points).map(|(_, one)| one.clusters).max();
    let caption = format!(
        "Round 0 is the network of the data's classes alone; before every later round it is trained from a \
         new initialization, with the fooling images of all earlier rounds as one more class. Left: \
         confidence in the images that the attacks of a round find, the median over classes. Middle: test \
         accuracy, a rejected image being an error. Right: the share classified as fooling images, of the \
         test images, of unseen fooling images (those of round 0 that no network was trained on) and of the \
         new elites. Bars are 95 % intervals over {}.",
        plural(seeds.unwrap_or_default(), "seed"),
    );
    let several = if confidence.len() > 1 { confidence.as_slice() } else { &[] };
    let legend: Vec<Entry> = several.iter().chain(&rejected).map(entry).collect();
    // For a confidence near 100 %, tenths of a point must be visible; for accuracies, whole points.
    Chart::new("retraining", "Retraining on fooling images", caption)
        .legend(legend)
        .columns(3)
        .axes(axes(
            "Confidence in new images (%)",
            last,
            Axis::new("").least(0.1).within(0.0, 100.2),
            confidence,
        ))
        .axes(axes("Test accuracy (%)", last, Axis::new("").within(0.0, 100.2), clean))
        .axes(axes("Rejected (%)", last, Axis::new("").range(-2.0..102.0), rejected))
        .figure()
}

fn entry(curve: &Curve) -> Entry {
    let line = if curve.dashed { Line::Dashed } else { Line::Solid };
    Entry::line(&curve.name, curve.color, line)
}

fn axes(heading: &str, last: u32, y: Axis, curves: Vec<Curve>) -> Axes {
    let rounds = (0..=last).step_by((last / 8).max(1) as usize);
    let x = Axis::new("Round")
        .range(-0.3..f64::from(last) + 0.3)
        .ticks(rounds.map(|round| (f64::from(round), vec![round.to_string()])).collect());
    let mut axes = Axes::new(heading, x, y).height(190.0);
    let middle = (curves.len() as f64 - 1.0) / 2.0;
    for (at, Curve { name, color, dashed, points }) in curves.into_iter().enumerate() {
        let stroke = Stroke { dashed, ..Stroke::solid(color, 1.6) };
        let series = Series::new(&name, color).points(points).size(6.0).stroke(stroke);
        // Side by side, so that no interval hides another.
        axes.series(series.offset(0.09 * (at as f64 - middle)));
    }
    axes
}

/// One curve for each architecture, from round 0 on.
fn by_architecture(index: &Index, metric: RoundMetric) -> Vec<Curve> {
    let curve = |(at, name): (usize, &str)| Curve {
        name: name.to_owned(),
        color: COLORS[at % COLORS.len()],
        dashed: at >= COLORS.len(),
        points: points(index, 0, Some(name), metric),
    };
    architectures(index).into_iter().enumerate().map(curve).collect()
}

/// One curve for each kind of rejected images, from round 1 on.
fn by_rejected(index: &Index) -> Vec<Curve> {
    let kinds = [
        ("test images rejected", BLUE, RoundMetric::TestRejected),
        ("unseen images rejected", GREEN, RoundMetric::UnseenRejected),
        ("new elites rejected", RED, RoundMetric::NewRejected),
    ];
    let curve = |(name, color, metric): (&str, _, _)| {
        let points = points(index, 1, None, metric);
        Curve { name: name.to_owned(), color, dashed: false, points }
    };
    kinds.into_iter().map(curve).collect()
}

/// From the round `first` on.
fn points(
    index: &Index,
    first: u32,
    only: Option<&str>,
    metric: RoundMetric,
) -> Vec<(f64, Estimate)> {
    let point = |round: u32| Some((f64::from(round), metric.estimate(index, only, round)?));
    (first..=last_round(index)).filter_map(point).collect()
}
