//! Figure 3 of the paper: accuracy relative to the base for random and for dissimilar halves, and
//! for random features.

use std::ops::Range;

use plotters::style::{Color, RGBColor};

use super::counted;
use super::style::plain_cut_ticks;
use crate::report::claims::DISSIMILAR;
use crate::report::contrast::{Role, Scope};
use crate::report::index::Index;
use crate::report::paper::{LAST_CUT, Paper, at_relative_depth, paper};
use assay_report::ReportError;
use assay_report::figures::Figure;
use assay_report::figures::canvas::{Canvas, Drawn, Frame, Marker, SOFT, Stroke, draw};
use assay_report::figures::panel::ticks;
use assay_report::figures::style::{
    BLUE, Entry, GREEN, Label, Line as LegendLine, PURPLE, RED, WIDTH, ends, labels, legend, moved,
    range_of,
};
use assay_stats::Estimate;

const NAME: &str = "figure3";

/// A line: accuracy less that of the base, by n.
struct Line {
    label: &'static str,
    color: RGBColor,
    marker: Marker,
    /// Whether it is of random features, which lie far below.
    far: bool,
    /// Whether it is of the dissimilar split.
    dissimilar: bool,
    means: Vec<(f64, Estimate)>,
    paper: Vec<(f64, f64)>,
}

type OfPaper = fn(&Paper, u8) -> Option<f64>;

const DARK: RGBColor = RGBColor(0x33, 0x33, 0x33);

pub(super) fn figure(index: &Index) -> Result<Option<Figure>, ReportError> {
    let lines = lines(index);
    let more = |line: &Line| line.far || line.dissimilar;
    if !lines.iter().any(more) {
        return Ok(None);
    }
    let svg = draw(WIDTH, 368.0, |canvas| panels(canvas, index, &lines))
        .map_err(|reason| ReportError::figure(NAME, &reason))?;
    let title = "Distance of the halves, and random features (the paper's Figure 3)".to_owned();
    let caption = caption(index, &lines);
    Ok(Some(Figure { name: NAME, title, caption, svg }))
}

/// Every line that has a point.
fn lines(index: &Index) -> Vec<Line> {
    let main = Scope::main(index);
    let semantic = Scope::largest(index, DISSIMILAR);
    let last = f64::from(index.last_cut());
    let line = |scope: Scope, role, label, (color, marker), of_paper: OfPaper| Line {
        label,
        color,
        marker,
        far: matches!(role, Role::Random(_)),
        dissimilar: scope.kind() == DISSIMILAR,
        means: means(scope, role),
        paper: (1..=LAST_CUT)
            .filter_map(|n| Some((at_relative_depth(n, last), of_paper(paper(), n)?)))
            .collect(),
    };
    let near: OfPaper = |paper, n| paper.difference(Role::TRANSFER, Role::Base, n);
    let none: OfPaper = |_, _| None;
    let (diamond, square) = ((RED, Marker::Diamond), (BLUE, Marker::Square));
    let mut lines = vec![
        line(semantic, Role::TRANSFER, "AnB, semantic", diamond, Paper::dissimilar),
        line(semantic, Role::SELFFER, "BnB, semantic", square, none),
    ];
    if main.kind() != DISSIMILAR {
        let label = if main.kind() == "random" { "AnB, random split" } else { "AnB" };
        lines.push(line(main, Role::TRANSFER, label, (DARK, Marker::Triangle), near));
    }
    let (he, paper) = ((GREEN, Marker::Cross), (PURPLE, Marker::Cross));
    lines.push(line(main, Role::RANDOM_HE, "random, He", he, none));
    lines.push(line(main, Role::RANDOM_PAPER, "random, AlexNet's σ", paper, Paper::random));
    lines.retain(|line| !line.means.is_empty());
    lines
}

fn caption(index: &Index, lines: &[Line]) -> String {
    let main = Scope::main(index);
    let semantic = Scope::largest(index, DISSIMILAR);
    let both = lines.iter().any(|line| line.dissimilar) && main.kind() != DISSIMILAR;
    let others =
        if both { format!(", {} on the semantic split", counted(semantic)) } else { String::new() };
    let panels = if two_panels(lines) { "a, all; b, without random features. " } else { "" };
    format!(
        "Test accuracy less that of the base of the same target, mean over targets and clusters, \
         with 95 % intervals. {panels}Dashed: the authors' logs of ImageNet (the dissimilar and the \
         random-feature curve are one network a point there; their random features are relative to \
         the base on all classes). Random features: first n layers drawn and frozen. {} on {} \
         splits{others}.",
        counted(main),
        main.kind(),
    )
}

/// Random features lie so far below that the others need a scale of their own.
fn two_panels(lines: &[Line]) -> bool {
    lines.iter().any(|line| line.far) && lines.iter().any(|line| !line.far)
}

fn means(scope: Scope, role: Role) -> Vec<(f64, Estimate)> {
    let mean =
        |n: u8| Some((f64::from(n), scope.estimate(&scope.difference(role, Role::Base, n))?));
    scope.cuts(&[role, Role::Base]).into_iter().filter_map(mean).collect()
}

fn range<'a>(lines: impl Iterator<Item = &'a Line> + Clone) -> Range<f64> {
    let measured = lines.clone().flat_map(|line| line.means.iter().map(|mean| mean.1.value));
    let paper = lines.clone().flat_map(|line| line.paper.iter().map(|point| point.1));
    let points: Vec<f64> = measured.chain(paper).chain([0.0]).collect();
    let intervals = ends(lines.flat_map(|line| line.means.iter().map(|mean| mean.1)));
    range_of(&points, &intervals).unwrap_or(-1.0..1.0)
}

fn panels(canvas: &Canvas, index: &Index, lines: &[Line]) -> Drawn {
    legend(
        canvas,
        62.0,
        16.0,
        &[
            Entry::line(
                "this run, mean and 95 % interval",
                plotters::style::BLACK,
                LegendLine::Solid,
            ),
            Entry::line("paper (ImageNet)", SOFT, LegendLine::Dashed),
        ],
    )?;
    let near = || lines.iter().filter(|line| !line.far);
    let left = Frame { left: 62.0, top: 62.0, right: 252.0, bottom: 320.0 };
    if !two_panels(lines) {
        let frame = Frame { right: WIDTH - 118.0, ..left };
        return panel(
            canvas,
            index,
            frame,
            ("", "Accuracy less base"),
            range(lines.iter()),
            lines.iter(),
        );
    }
    panel(canvas, index, left, ("a", "All"), range(lines.iter()), lines.iter())?;
    let right = moved(left, 332.0, 0.0);
    panel(canvas, index, right, ("b", "Without random features"), range(near()), near())
}

fn panel<'a>(
    canvas: &Canvas,
    index: &Index,
    frame: Frame,
    (letter, title): (&str, &str),
    range: Range<f64>,
    lines: impl Iterator<Item = &'a Line>,
) -> Drawn {
    let last = f64::from(index.last_cut());
    let panel = canvas.panel(frame, 0.5..last + 0.5, range);
    canvas.heading(frame, letter, title)?;
    let unit = if letter == "b" { "" } else { "Percentage points" };
    panel.y_axis(unit, &ticks(&panel.y, 6.0), true)?;
    panel.x_axis("Number n of first layers kept", &plain_cut_ticks(index))?;
    panel.line(&[(0.5, 0.0), (last + 0.5, 0.0)], Stroke::solid(SOFT, 1.0))?;
    let mut named = Vec::new();
    for (at, line) in (0_u8..).zip(lines) {
        // Side by side, so that no whisker hides another.
        let beside = 0.09 * (f64::from(at) - 2.0);
        panel.line(&line.paper, Stroke::dashed(line.color.mix(0.7), 1.2))?;
        let points: Vec<_> = line.means.iter().map(|(n, mean)| (n + beside, mean.value)).collect();
        panel.line(&points, Stroke::solid(line.color, 1.8))?;
        for (n, mean) in &line.means {
            if let Some(interval) = mean.interval {
                panel.whisker(n + beside, interval.low, interval.high, line.color)?;
            }
            panel.mark(n + beside, mean.value, line.marker, 6.5, line.color.to_rgba())?;
        }
        if let Some(&(_, y)) = points.last() {
            named.push(Label { y, text: line.label.to_owned(), color: line.color });
        }
    }
    labels(canvas, &panel, named)
}
