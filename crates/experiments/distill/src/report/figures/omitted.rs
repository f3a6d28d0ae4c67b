//! Classes that are missing from the transfer set: errors before and after each correction, and by
//! class.

use std::ops::Range;

use plotters::style::{Color, RGBColor};

use crate::report::beside::step_of_omitted;
use crate::report::choice;
use crate::report::correction::{Correction, Fit};
use crate::report::group::Group;
use crate::report::index::Index;
use crate::report::paper;
use crate::report::quality::percent;
use assay_report::ReportError;
use assay_report::figures::Figure;
use assay_report::figures::canvas::{Canvas, Drawn, Frame, GRID, Marker, SOFT, Stroke, draw};
use assay_report::figures::panel::{Panel, ticks};
use assay_report::figures::style::{
    BLUE, Entry, GREY, Line, RED, WIDTH, beside, legend, moved, range_of,
};
use assay_report::words::signed;
use assay_stats::{estimate_mean, mean};

const NAME: &str = "omitted_classes";
const HEIGHT: f64 = 276.0;
/// Sets of omitted classes shown: more would not fit on a page.
const SHOWN: usize = 3;
/// Classes a panel by class has room for.
const CLASSES: usize = 30;

/// A kind of errors, by fit: (errors in percent by seed, the paper's).
struct Series {
    tone: RGBColor,
    marker: Marker,
    dodge: f64,
    /// What one image is in percent of those that are counted.
    step: f64,
    by_fit: Vec<(Vec<f64>, Option<f64>)>,
}

pub(super) fn figure(index: &Index) -> Result<Option<Figure>, ReportError> {
    let mut groups = choice::without_classes(index);
    groups.retain(|group| group.measures().any(|one| !one.corrections.is_empty()));
    let shown = &groups[..groups.len().min(SHOWN)];
    if shown.is_empty() {
        return Ok(None);
    }
    let svg = draw(WIDTH, 40.0 + HEIGHT * shown.len() as f64, |canvas| {
        heading(canvas, shown)?;
        let first = Frame { left: 62.0, top: 62.0, right: 330.0, bottom: 250.0 };
        shown.iter().enumerate().try_for_each(|(at, group)| {
            let frame = moved(first, 0.0, HEIGHT * at as f64);
            corrections(canvas, index, group, frame)?;
            by_class(canvas, index, group, Frame { left: 392.0, right: WIDTH - 12.0, ..frame })
        })
    })
    .map_err(|reason| ReportError::figure(NAME, &reason))?;
    let numbers = if numbered(index) { " Classes by number." } else { "" };
    let caption = format!(
        "Students that saw no image of some classes. Left: test errors as they are and with one offset \
         on the omitted classes' logits, chosen without labels (their mean probability on held-out \
         images brought to their known share), on held-out labels, and on the test images themselves \
         (an oracle, as in the paper); below, the mean offset. Small marks: networks; large ones: means \
         with 95 % intervals over seeds. Right: errors by class, mean over seeds; the omitted classes \
         are shaded.{numbers}"
    );
    let title = "Classes the student never saw".to_owned();
    Ok(Some(Figure { name: NAME, title, caption, svg }))
}

fn heading(canvas: &Canvas, shown: &[&Group]) -> Drawn {
    let mut entries = vec![
        Entry::marker("all test images", RED, Marker::Disc),
        Entry::marker("of the omitted classes", BLUE, Marker::Square),
    ];
    if shown.iter().any(|group| paper::corrected(&group.condition, Fit::None).is_some()) {
        entries.push(Entry::marker("the paper", SOFT, Marker::Ring));
    }
    legend(canvas, 62.0, 16.0, &entries)?;
    let bars =
        [Entry::line("uncorrected", GREY, Line::Solid), Entry::line("no labels", RED, Line::Solid)];
    legend(canvas, 470.0, 16.0, &bars)
}

/// The corrections of one kind, one a network that has it.
fn of_fit<'g>(group: &'g Group, fit: Fit) -> impl Iterator<Item = &'g Correction> {
    group.measures().filter_map(move |one| one.corrections.iter().find(|one| one.fit == fit))
}

fn series(group: &Group) -> [Series; 2] {
    let values = |value: fn(&Correction) -> f64, paper: fn((f64, Option<f64>)) -> Option<f64>| {
        let of = |fit: Fit| {
            let errors = of_fit(group, fit).map(value).collect();
            (errors, paper::corrected(&group.condition, fit).and_then(paper))
        };
        Fit::ALL.into_iter().map(of).collect()
    };
    [
        Series {
            tone: RED,
            marker: Marker::Disc,
            dodge: -0.2,
            step: group.step(),
            by_fit: values(|one| one.quality.error_percent(), |paper| Some(paper.0)),
        },
        Series {
            tone: BLUE,
            marker: Marker::Square,
            dodge: 0.14,
            step: step_of_omitted(group),
            by_fit: values(|one| percent(one.omitted_errors, one.omitted_images), |paper| paper.1),
        },
    ]
}

fn range(series: &[Series]) -> Range<f64> {
    let fits = || series.iter().flat_map(|series| &series.by_fit);
    let points: Vec<f64> = fits()
        .flat_map(|(errors, paper)| errors.iter().copied().chain(*paper))
        .chain([0.0])
        .collect();
    let range = range_of(&points, &[]).unwrap_or(0.0..100.0);
    0.0..range.end
}

fn corrections(canvas: &Canvas, index: &Index, group: &Group, frame: Frame) -> Drawn {
    let series = series(group);
    let panel = canvas.panel(frame, -0.5..Fit::ALL.len() as f64 - 0.5, range(&series));
    let condition = &group.condition;
    let seen = condition.seen_in_words(&index.plan().classes);
    canvas.heading(frame, "", &format!("{}, {seen}", condition.network()))?;
    panel.y_axis("Test errors (%)", &ticks(&panel.y, 5.0), false)?;
    panel.x_axis("", &fits(group))?;
    for series in &series {
        one_series(&panel, series)?;
    }
    Ok(())
}

/// A place a fit: its name, and its mean offset.
fn fits(group: &Group) -> Vec<(f64, Vec<String>)> {
    let place = |(at, fit): (usize, Fit)| {
        let name = match fit {
            Fit::Test => "test labels",
            other => other.name(),
        };
        let offsets: Vec<f64> = of_fit(group, fit).map(|one| one.offset).collect();
        let offset = match fit {
            Fit::None => "as trained".to_owned(),
            _ if offsets.is_empty() => "–".to_owned(),
            _ => signed(mean(&offsets)),
        };
        (at as f64, vec![name.to_owned(), offset])
    };
    Fit::ALL.into_iter().enumerate().map(place).collect()
}

fn one_series(panel: &Panel, series: &Series) -> Drawn {
    let tone = series.tone;
    let mut means = Vec::new();
    for (at, (errors, paper)) in series.by_fit.iter().enumerate() {
        let x = at as f64 + series.dodge;
        if let Some(paper) = paper {
            panel.mark(x - 0.1, *paper, Marker::Ring, 6.5, SOFT.to_rgba())?;
        }
        for (seed, &value) in errors.iter().enumerate() {
            let x = x + 0.6 * beside(seed, errors.len());
            panel.mark(x, value, series.marker, 3.5, tone.mix(0.4))?;
        }
        let Some(estimate) = estimate_mean(errors) else { continue };
        let estimate = estimate.of_counts(series.step, 1.0).in_percent();
        if let Some(interval) = estimate.interval {
            panel.whisker(x, interval.low, interval.high, tone)?;
        }
        means.push((x, estimate.value));
    }
    panel.line(&means, Stroke::dashed(tone.mix(0.6), 1.0))?;
    means.iter().try_for_each(|&(x, y)| panel.mark(x, y, series.marker, 6.5, tone.to_rgba()))
}

/// Whether classes stand by number: names of more than three letters have no room.
fn numbered(index: &Index) -> bool {
    index.plan().classes.iter().any(|name| name.chars().count() > 3)
}

fn by_class(canvas: &Canvas, index: &Index, group: &Group, frame: Frame) -> Drawn {
    let classes = &index.plan().classes;
    if classes.len() > CLASSES {
        return Ok(());
    }
    let errors = |fit: Fit, class: usize| {
        let of = |one: &Correction| one.quality.by_class[class];
        let rates: Vec<f64> =
            of_fit(group, fit).map(of).map(|class| percent(class.errors, class.images)).collect();
        if rates.is_empty() { 0.0 } else { mean(&rates) }
    };
    let bars: Vec<[f64; 2]> = (0..classes.len())
        .map(|class| [errors(Fit::None, class), errors(Fit::Prior, class)])
        .collect();
    let highest = bars.iter().flatten().copied().fold(1.0, f64::max);
    let panel = canvas.panel(frame, -0.6..classes.len() as f64 - 0.4, 0.0..highest * 1.06);
    canvas.heading(frame, "", "Errors by class (%)")?;
    for &class in &group.condition.omitted {
        let edge = |y: f64| [(f64::from(class) - 0.5, y), (f64::from(class) + 0.5, y)];
        panel.band(&edge(panel.y.end), &edge(0.0), GRID.mix(0.55))?;
    }
    panel.y_axis("", &ticks(&panel.y, 5.0), false)?;
    let name = |(class, name): (usize, &String)| {
        let name = if numbered(index) { class.to_string() } else { name.clone() };
        (class as f64, vec![name])
    };
    panel.x_axis("Class", &classes.iter().enumerate().map(name).collect::<Vec<_>>())?;
    for (class, [before, after]) in bars.iter().enumerate() {
        for (left, height, tone) in [(-0.38, before, GREY), (0.02, after, RED)] {
            let x = class as f64 + left;
            panel.band(
                &[(x, *height), (x + 0.36, *height)],
                &[(x, 0.0), (x + 0.36, 0.0)],
                tone.mix(0.9),
            )?;
        }
    }
    Ok(())
}
