//! Soft and hard targets on few images, where the plan varies their number.

use std::ops::Range;

use assay_runs::Role;
use plotters::style::Color;

use super::style::{color, marker};
use crate::report::choice;
use crate::report::condition::{Condition, share_in_words};
use crate::report::contrast::{BySeed, by_seed, measures, overfitting, step_of_overfitting};
use crate::report::group::{Group, Training};
use crate::report::index::Index;
use assay_report::ReportError;
use assay_report::figures::Figure;
use assay_report::figures::canvas::{Canvas, Drawn, Frame, Stroke, draw};
use assay_report::figures::panel::ticks;
use assay_report::figures::style::{Entry, Line, WIDTH, beside, ends, legend, range_of};
use assay_stats::Estimate;

const NAME: &str = "little_data";

/// A role's numbers: those of each fraction, by seed.
struct Series {
    role: Role,
    by_fraction: Vec<(Vec<f64>, Option<Estimate>)>,
}

pub(super) fn figure(index: &Index) -> Result<Option<Figure>, ReportError> {
    let mut fractions = choice::fractions(index);
    fractions.sort_by(f64::total_cmp);
    let Some(main) = choice::main(index).filter(|_| fractions.len() > 1) else { return Ok(None) };
    let accuracy = |one: &Training| Ok(100.0 - measures(index, one)?.quality.error_percent());
    let accuracies = series(index, &main.condition, &fractions, |group| {
        let found = by_seed(group, accuracy);
        (found.level(), found.values)
    });
    let gaps = series(index, &main.condition, &fractions, |group| {
        let step = step_of_overfitting(group);
        let found = BySeed { step, ..by_seed(group, |one| overfitting(index, one)) };
        (found.of_counts(1.0), found.values)
    });
    if accuracies.iter().all(|series| series.by_fraction.iter().all(|one| one.0.is_empty())) {
        return Ok(None);
    }
    let svg = draw(WIDTH, 320.0, |canvas| {
        let name = |role: Role| if role == Role::Student { "hard labels" } else { "soft targets" };
        let entries = [Role::Student, Role::Distilled].map(|role| Entry {
            marker: Some(marker(role)),
            ..Entry::line(name(role), color(role), Line::Solid)
        });
        legend(canvas, 62.0, 16.0, &entries)?;
        let left = Frame { left: 62.0, top: 62.0, right: 330.0, bottom: 260.0 };
        let title = ("a", "Accuracy", "Test accuracy (%)");
        panel(canvas, left, title, &fractions, &accuracies)?;
        let right = Frame { left: 420.0, right: WIDTH - 12.0, ..left };
        panel(canvas, right, ("b", "Overfitting", "Percentage points"), &fractions, &gaps)
    })
    .map_err(|reason| ReportError::figure(NAME, &reason))?;
    let condition = &main.condition;
    let caption = format!(
        "{}, alone on hard labels and distilled at T = {}, by the share of the training images they \
         see. a, accuracy on the test images; b, accuracy on the images seen in training less that. \
         Small marks: networks; large ones: means with 95 % intervals over seeds.",
        condition.network(),
        condition.temperature.unwrap_or(f64::NAN)
    );
    Ok(Some(Figure { name: NAME, title: "Few images".to_owned(), caption, svg }))
}

fn series(
    index: &Index,
    main: &Condition,
    fractions: &[f64],
    values: impl Fn(&Group) -> (Option<Estimate>, Vec<f64>),
) -> [Series; 2] {
    [main.alone(), main.clone()].map(|condition| {
        let of = |&fraction: &f64| {
            let group = index.group(&Condition { fraction, ..condition.clone() });
            let (estimate, values) = group.map(&values).unwrap_or_default();
            (values, estimate)
        };
        Series { role: condition.role, by_fraction: fractions.iter().map(of).collect() }
    })
}

fn range(series: &[Series]) -> Range<f64> {
    let all = || series.iter().flat_map(|series| &series.by_fraction);
    let points: Vec<f64> = all().flat_map(|one| &one.0).copied().collect();
    range_of(&points, &ends(all().filter_map(|one| one.1))).unwrap_or(0.0..100.0)
}

fn panel(
    canvas: &Canvas,
    frame: Frame,
    (letter, title, unit): (&str, &str, &str),
    fractions: &[f64],
    series: &[Series],
) -> Drawn {
    let panel = canvas.panel(frame, -0.5..fractions.len() as f64 - 0.5, range(series));
    canvas.heading(frame, letter, title)?;
    panel.y_axis(unit, &ticks(&panel.y, 5.0), false)?;
    let name = |(at, share): (usize, &f64)| (at as f64, vec![share_in_words(*share)]);
    let names: Vec<_> = fractions.iter().enumerate().map(name).collect();
    panel.x_axis("Share of the training images", &names)?;
    for (dodge, series) in [-0.09, 0.09].into_iter().zip(series) {
        let tone = color(series.role);
        let mut means = Vec::new();
        for (at, (values, estimate)) in series.by_fraction.iter().enumerate() {
            let x = at as f64 + dodge;
            for (seed, &value) in values.iter().enumerate() {
                let x = x + 0.3 * beside(seed, values.len());
                panel.mark(x, value, marker(series.role), 3.5, tone.mix(0.4))?;
            }
            let Some(estimate) = estimate else { continue };
            if let Some(interval) = estimate.interval {
                panel.whisker(x, interval.low, interval.high, tone)?;
            }
            means.push((x, estimate.value));
        }
        panel.line(&means, Stroke::solid(tone, 1.6))?;
        for &(x, y) in &means {
            panel.mark(x, y, marker(series.role), 6.5, tone.to_rgba())?;
        }
    }
    Ok(())
}
