//! Confidence, clean accuracy and what is rejected, round by round.

use plotters::style::{Color, RGBColor};

use crate::report::index::Index;
use crate::report::rounds::{
    Round, accuracy, architectures, confidence, elites_rejected, last_round, others_rejected,
    over_seeds, rejected, round, step_of_elites, step_of_test_images,
};
use assay_report::ReportError;
use assay_report::figures::Figure;
use assay_report::figures::canvas::{Canvas, Drawn, Frame, Marker, Stroke, draw};
use assay_report::figures::panel::{Panel, ticks};
use assay_report::figures::style::{
    BLUE, Entry, GREEN, Line, ORANGE, PURPLE, RED, WIDTH, legend, moved, range_from,
};
use assay_report::words::plural;
use assay_stats::Estimate;

const NAME: &str = "retraining";
const TOP: f64 = 62.0;
const HEIGHT: f64 = 190.0;
const STEP: f64 = (WIDTH - 50.0) / 3.0;
/// Colours of architectures, in the plan's order.
const COLORS: [RGBColor; 4] = [BLUE, ORANGE, GREEN, PURPLE];
/// Colours of what is rejected.
const REJECTED: [RGBColor; 3] = [BLUE, GREEN, RED];

/// One line: a number a round, over seeds.
struct Curve {
    name: String,
    color: RGBColor,
    dashed: bool,
    points: Vec<(u32, Estimate)>,
}

pub(super) fn figure(index: &Index) -> Result<Option<Figure>, ReportError> {
    let last = last_round(index);
    let sure = by_architecture(index, last, 0.0, confidence);
    let clean = by_architecture(index, last, step_of_test_images(index), accuracy);
    if sure.iter().chain(&clean).all(|curve| curve.points.is_empty()) {
        return Ok(None);
    }
    let rejected = what_is_rejected(index, last);
    let svg = draw(WIDTH, TOP + HEIGHT + 54.0, |canvas| {
        draw_panels(canvas, last, [&sure, &clean, &rejected])
    });
    let svg = svg.map_err(|reason| ReportError::figure(NAME, &reason))?;
    let seeds = sure.iter().flat_map(|curve| &curve.points).map(|(_, one)| one.clusters).max();
    let caption = format!(
        "Round 0 is the network of the data's classes alone; before every later round it is trained anew, \
         with all that fooled it so far as one more class. Left: confidence in the images that the \
         attacks of a round find, the median over classes. Middle: test accuracy, a rejected image being \
         an error. Right: what is taken for a fooling image: of the test images, of the images found on \
         the first network that none has learnt, and of the new elites. Bars are 95 % intervals over {}.",
        plural(seeds.unwrap_or_default(), "seed"),
    );
    let title = "Retraining on what fools a network".to_owned();
    Ok(Some(Figure { name: NAME, title, caption, svg }))
}

fn by_architecture(
    index: &Index,
    last: u32,
    step: f64,
    value: impl Fn(&Round) -> Result<f64, String>,
) -> Vec<Curve> {
    let curve = |(at, architecture): (usize, &str)| Curve {
        name: architecture.to_owned(),
        color: COLORS[at % COLORS.len()],
        dashed: at >= COLORS.len(),
        points: points(index, 0..=last, (Some(architecture), step), &value),
    };
    architectures(index).into_iter().enumerate().map(curve).collect()
}

fn what_is_rejected(index: &Index, last: u32) -> Vec<Curve> {
    let (images, elites) = (step_of_test_images(index), step_of_elites(index));
    let of = |name: &str, at: usize, step, value: &dyn Fn(&Round) -> Result<f64, String>| Curve {
        name: name.to_owned(),
        color: REJECTED[at],
        dashed: false,
        points: points(index, 1..=last, (None, step), value),
    };
    vec![
        of("test images", 0, images, &rejected),
        of("images of round 0", 1, elites, &|round| others_rejected(index, round)),
        of("new elites", 2, elites, &|round| elites_rejected(index, round)),
    ]
}

fn points(
    index: &Index,
    rounds: std::ops::RangeInclusive<u32>,
    (only, step): (Option<&str>, f64),
    value: impl Fn(&Round) -> Result<f64, String>,
) -> Vec<(u32, Estimate)> {
    let point = |number: u32| {
        let of = over_seeds(index, only, step, |architecture, seed| {
            value(&round(index, architecture, seed, number)?)
        });
        of.estimate.map(|estimate| (number, estimate.in_percent()))
    };
    rounds.filter_map(point).collect()
}

fn draw_panels(canvas: &Canvas, last: u32, curves: [&[Curve]; 3]) -> Drawn {
    let entry = |curve: &Curve| {
        let line = if curve.dashed { Line::Dashed } else { Line::Solid };
        Entry::line(&curve.name, curve.color, line)
    };
    let named: Vec<Entry> = curves[0].iter().map(entry).collect();
    let right: Vec<Entry> = curves[2].iter().map(entry).collect();
    if named.len() > 1 {
        legend(canvas, 54.0, 16.0, &named)?;
    }
    legend(canvas, WIDTH - 330.0, 16.0, &right)?;
    let first = Frame { left: 54.0, top: TOP, right: 50.0 + STEP - 36.0, bottom: TOP + HEIGHT };
    let titles = ["Confidence in new images (%)", "Test accuracy (%)", "Rejected (%)"];
    // Of a confidence near 100 % tenths of a point are to be seen, of accuracies halves.
    for (at, (title, finest)) in titles.into_iter().zip([0.1, 1.0, 100.0]).enumerate() {
        let frame = moved(first, at as f64 * STEP, 0.0);
        draw_panel(canvas, frame, title, last, finest, curves[at])?;
    }
    Ok(())
}

fn draw_panel(
    canvas: &Canvas,
    frame: Frame,
    title: &str,
    last: u32,
    finest: f64,
    curves: &[Curve],
) -> Drawn {
    canvas.heading(frame, "", title)?;
    let all = || curves.iter().flat_map(|curve| &curve.points).map(|(_, estimate)| estimate);
    let values: Vec<f64> = all().map(|estimate| estimate.value).collect();
    let ends: Vec<(f64, f64)> =
        all().filter_map(|one| one.interval).map(|ends| (ends.low, ends.high)).collect();
    let range = range_from(&values, &ends, finest.min(1.0)).unwrap_or(0.0..100.0);
    let range = if finest >= 100.0 { -2.0..102.0 } else { range.start..range.end.min(100.2) };
    let panel = canvas.panel(frame, -0.3..f64::from(last) + 0.3, range);
    panel.y_axis("", &ticks(&panel.y, 5.0), false)?;
    let every = (last / 8).max(1) as usize;
    let numbers: Vec<_> =
        (0..=last).step_by(every).map(|at| (f64::from(at), vec![at.to_string()])).collect();
    panel.x_axis("Round", &numbers)?;
    let count = curves.len();
    curves.iter().enumerate().try_for_each(|(at, curve)| draw_curve(&panel, curve, at, count))
}

fn draw_curve(panel: &Panel, curve: &Curve, at: usize, of: usize) -> Drawn {
    // Beside one another, so that no interval hides another.
    let aside = 0.09 * (at as f64 - (of as f64 - 1.0) / 2.0);
    let place = |number: u32| f64::from(number) + aside;
    for (number, estimate) in &curve.points {
        if let Some(ends) = estimate.interval {
            panel.whisker(
                place(*number),
                ends.low,
                ends.high.min(panel.y.end),
                curve.color.mix(0.7),
            )?;
        }
        panel.mark(place(*number), estimate.value, Marker::Disc, 6.0, curve.color.to_rgba())?;
    }
    let line: Vec<(f64, f64)> =
        curve.points.iter().map(|(number, estimate)| (place(*number), estimate.value)).collect();
    let stroke = if curve.dashed { Stroke::dashed } else { Stroke::solid };
    panel.line(&line, stroke(curve.color.to_rgba(), 1.6))
}
