//! Paired drops by n, each with its interval, and the paper's beside them.

use std::ops::Range;

use plotters::style::{Color, RGBColor};

use super::counted;
use super::style::{color, plain_cut_ticks};
use crate::report::contrast::{Role, Scope};
use crate::report::index::Index;
use crate::report::paper::{LAST_CUT, at_relative_depth, paper};
use assay_report::ReportError;
use assay_report::claims::margin;
use assay_report::figures::Figure;
use assay_report::figures::canvas::{Canvas, Drawn, Frame, GRID, Marker, SOFT, Stroke, draw};
use assay_report::figures::panel::ticks;
use assay_report::figures::style::{
    Entry, Line as LegendLine, WIDTH, beside, ends, legend, moved, range_of,
};
use assay_stats::Estimate;

const NAME: &str = "drops";

/// The four differences: letter, title, minuend, subtrahend, and the row they share a scale with.
const PANELS: [(&str, &str, Role, Role); 4] = [
    ("a", "BnB − base: co-adaptation", Role::SELFFER, Role::Base),
    ("b", "AnB − BnB: specificity", Role::TRANSFER, Role::SELFFER),
    ("c", "BnB+ − base: fine-tuned selffer", Role::SELFFER_PLUS, Role::Base),
    ("d", "AnB+ − base: fine-tuned transfer", Role::TRANSFER_PLUS, Role::Base),
];

/// A difference by n.
struct Difference {
    cuts: Vec<(u8, Vec<f64>, Option<Estimate>)>,
    paper: Vec<(f64, f64)>,
}

pub(super) fn figure(index: &Index) -> Result<Option<Figure>, ReportError> {
    let scope = Scope::main(index);
    let last = f64::from(index.last_cut());
    let found =
        PANELS.map(|(_, _, minuend, subtrahend)| difference(scope, minuend, subtrahend, last));
    if found.iter().all(|difference| difference.cuts.is_empty()) {
        return Ok(None);
    }
    let svg = draw(WIDTH, 600.0, |canvas| panels(canvas, index, &found))
        .map_err(|reason| ReportError::figure(NAME, &reason))?;
    let caption = format!(
        "Differences of test accuracy paired by target, split and seed. Dots: one a cluster, mean of \
         its targets; bars: their mean with its 95 % interval (not adjusted for the several n: the \
         tables have Holm's p values), cut at the edge where it is far wider than the data. Grey \
         band: the margin of ±{} points within which the claims call two accuracies equal. Dashed: \
         the authors' logs of ImageNet, paired in the same way{}. {} splits, {}.",
        margin(index.plan()),
        if index.last_cut() == LAST_CUT {
            ""
        } else {
            ", their first and last n laid upon this network's"
        },
        scope.kind(),
        counted(scope),
    );
    Ok(Some(Figure {
        name: NAME,
        title: "Where accuracy is lost and gained, paired".to_owned(),
        caption,
        svg,
    }))
}

fn difference(scope: Scope, minuend: Role, subtrahend: Role, last: f64) -> Difference {
    let at = |n: u8| {
        let values = scope.values(&scope.difference(minuend, subtrahend, n));
        let estimate = values.estimate();
        (n, values.values, estimate)
    };
    let cuts = scope.cuts(&[minuend, subtrahend]).into_iter().map(at);
    let paper = (1..=LAST_CUT).filter_map(|n| {
        let difference = paper().difference(minuend, subtrahend, n)?;
        Some((at_relative_depth(n, last), difference))
    });
    Difference { cuts: cuts.filter(|cut| cut.2.is_some()).collect(), paper: paper.collect() }
}

/// One range for panels side by side.
fn range(row: &[Difference]) -> Range<f64> {
    let measured = row.iter().flat_map(|one| one.cuts.iter().flat_map(|cut| cut.1.clone()));
    let paper = row.iter().flat_map(|one| one.paper.iter().map(|point| point.1));
    let points: Vec<f64> = measured.chain(paper).chain([0.0]).collect();
    let intervals = ends(row.iter().flat_map(|one| one.cuts.iter().filter_map(|cut| cut.2)));
    range_of(&points, &intervals).unwrap_or(-1.0..1.0)
}

fn panels(canvas: &Canvas, index: &Index, found: &[Difference]) -> Drawn {
    let entries = [
        Entry::line("this run, mean and 95 % interval", plotters::style::BLACK, LegendLine::Solid),
        Entry::line("paper (ImageNet)", SOFT, LegendLine::Dashed),
    ];
    legend(canvas, 62.0, 16.0, &entries)?;
    let frame = Frame { left: 62.0, top: 62.0, right: 355.0, bottom: 272.0 };
    for (at, ((letter, title, minuend, _), difference)) in PANELS.into_iter().zip(found).enumerate()
    {
        let (row, column) = (at / 2, at % 2);
        let down = if row == 0 { 0.0 } else { 262.0 };
        let right = if column == 0 { 0.0 } else { 335.0 };
        let frame = moved(frame, right, down);
        canvas.heading(frame, letter, title)?;
        let range = range(&found[2 * row..2 * row + 2]);
        panel(canvas, index, frame, range, difference, color(minuend), (row, column))?;
    }
    Ok(())
}

fn panel(
    canvas: &Canvas,
    index: &Index,
    frame: Frame,
    range: Range<f64>,
    difference: &Difference,
    tone: RGBColor,
    (row, column): (usize, usize),
) -> Drawn {
    let last = f64::from(index.last_cut());
    let panel = canvas.panel(frame, 0.5..last + 0.5, range);
    let margin = margin(index.plan());
    let edge = |y: f64| [(0.5, y), (last + 0.5, y)];
    panel.band(&edge(margin), &edge(-margin), GRID.mix(0.55))?;
    let title = if column == 0 { "Percentage points" } else { "" };
    panel.y_axis(title, &ticks(&panel.y, 5.0), true)?;
    let title = if row == 1 { "Number n of copied layers" } else { "" };
    panel.x_axis(title, &plain_cut_ticks(index))?;
    panel.line(&edge(0.0), Stroke::solid(SOFT, 1.0))?;
    panel.line(&difference.paper, Stroke::dashed(SOFT, 1.4))?;
    for &(n, y) in &difference.paper {
        panel.mark(n, y, Marker::Ring, 5.0, SOFT.to_rgba())?;
    }
    let mut means = Vec::new();
    for (n, values, estimate) in &difference.cuts {
        let x = f64::from(*n);
        for (at, value) in values.iter().enumerate() {
            panel.mark(x + beside(at, values.len()), *value, Marker::Disc, 4.0, tone.mix(0.4))?;
        }
        let Some(estimate) = estimate else { continue };
        if let Some(interval) = estimate.interval {
            panel.whisker(x, interval.low, interval.high, tone)?;
        }
        means.push((x, estimate.value));
    }
    panel.line(&means, Stroke::solid(tone, 1.8))?;
    means.iter().try_for_each(|&(x, y)| panel.mark(x, y, Marker::Disc, 6.5, tone.to_rgba()))
}
