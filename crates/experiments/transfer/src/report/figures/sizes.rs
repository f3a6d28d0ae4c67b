//! Accuracy by images a class, where the plan varies them.

use std::ops::Range;

use plotters::style::Color;

use super::style::{color, marker};
use crate::report::claims::mean_contrast;
use crate::report::contrast::{Contrast, Role, Scope, mean_of};
use crate::report::index::Index;
use assay_report::ReportError;
use assay_report::figures::Figure;
use assay_report::figures::canvas::{Canvas, Drawn, Frame, Marker, SOFT, Stroke, draw};
use assay_report::figures::panel::{Panel, ticks};
use assay_report::figures::style::{Label, RED, WIDTH, ends, labels, range_of};
use assay_report::words::plural;
use assay_stats::Estimate;

const NAME: &str = "data_sizes";
const ROLES: [Role; 5] =
    [Role::Base, Role::SELFFER, Role::TRANSFER, Role::SELFFER_PLUS, Role::TRANSFER_PLUS];

pub(super) fn figure(index: &Index) -> Result<Option<Figure>, ReportError> {
    let kind = index.main_kind();
    let sizes = index.sizes(kind);
    if sizes.len() < 2 {
        return Ok(None);
    }
    let scopes: Vec<Scope> = sizes.iter().map(|&size| Scope::new(index, kind, size)).collect();
    let levels: Vec<(Role, Vec<(f64, Estimate)>)> =
        ROLES.map(|role| (role, in_percent(by_size(&scopes, |scope| level(scope, role))))).into();
    let gain = by_size(&scopes, |scope| {
        let cuts = scope.cuts(&[Role::TRANSFER_PLUS, Role::TRANSFER]);
        mean_contrast(scope, Role::TRANSFER_PLUS, Role::TRANSFER, &cuts)
    });
    if levels.iter().all(|(_, means)| means.is_empty()) {
        return Ok(None);
    }
    let svg = draw(WIDTH, 350.0, |canvas| {
        let left = Frame { left: 62.0, top: 40.0, right: 330.0, bottom: 290.0 };
        accuracies(canvas, &sizes, left, &levels)?;
        let right = Frame { left: 470.0, right: WIDTH - 20.0, ..left };
        gains(canvas, &sizes, right, &gain)
    })
    .map_err(|reason| ReportError::figure(NAME, &reason))?;
    let clusters = gain.iter().map(|point| point.1.clusters).max().unwrap_or(0);
    let caption = format!(
        "The number of training images of each target class. a, test accuracy, mean over n where a \
         treatment has several; b, what fine-tuning the copied layers gains over leaving them \
         frozen (AnB+ − AnB, mean over n). 95 % intervals over up to {}.",
        plural(clusters, "cluster"),
    );
    Ok(Some(Figure { name: NAME, title: "Little data and much".to_owned(), caption, svg }))
}

fn in_percent(means: Vec<(f64, Estimate)>) -> Vec<(f64, Estimate)> {
    means.into_iter().map(|(at, mean)| (at, mean.in_percent())).collect()
}

fn level(scope: Scope, role: Role) -> Contrast {
    if role == Role::Base {
        return scope.level(role, 0);
    }
    let cuts = scope.cuts(&[role]);
    mean_of(&cuts.iter().map(|&n| scope.level(role, n)).collect::<Vec<_>>())
}

/// An estimate for each size that has one, by the size's place.
fn by_size(scopes: &[Scope], contrast: impl Fn(Scope) -> Contrast) -> Vec<(f64, Estimate)> {
    let places = (0_u8..).map(f64::from);
    let estimates =
        places.zip(scopes).map(|(at, &scope)| Some((at, scope.estimate(&contrast(scope))?)));
    estimates.flatten().collect()
}

fn axes(panel: &Panel, sizes: &[Option<u32>], title: &str, signed: bool) -> Drawn {
    panel.y_axis(title, &ticks(&panel.y, 5.0), signed)?;
    let name = |size: &Option<u32>| size.map_or("all".to_owned(), |size| size.to_string());
    let names = (0_u8..).map(f64::from).zip(sizes).map(|(at, size)| (at, vec![name(size)]));
    panel.x_axis("Training images a class", &names.collect::<Vec<_>>())
}

#[allow(clippy::cast_precision_loss)] // a handful of sizes
fn across(sizes: &[Option<u32>]) -> Range<f64> {
    -0.35..sizes.len() as f64 - 0.65
}

fn accuracies(
    canvas: &Canvas,
    sizes: &[Option<u32>],
    frame: Frame,
    levels: &[(Role, Vec<(f64, Estimate)>)],
) -> Drawn {
    let points: Vec<f64> =
        levels.iter().flat_map(|level| level.1.iter().map(|mean| mean.1.value)).collect();
    let intervals = ends(levels.iter().flat_map(|level| level.1.iter().map(|mean| mean.1)));
    let range = range_of(&points, &intervals).unwrap_or(0.0..100.0);
    let panel = canvas.panel(frame, across(sizes), range);
    canvas.heading(frame, "a", "Accuracy")?;
    axes(&panel, sizes, "Test accuracy (%)", false)?;
    let mut named = Vec::new();
    for (at, (role, means)) in (0_u8..).map(f64::from).zip(levels) {
        let tone = color(*role);
        let beside = 0.02 * (at - 2.0);
        let line: Vec<_> = means.iter().map(|mean| (mean.0 + beside, mean.1.value)).collect();
        panel.line(&line, Stroke::solid(tone, 1.8))?;
        for (x, mean) in means {
            if let Some(interval) = mean.interval {
                panel.whisker(x + beside, interval.low, interval.high, tone)?;
            }
            panel.mark(x + beside, mean.value, marker(*role), 6.5, tone.to_rgba())?;
        }
        if let Some(mean) = means.last() {
            let text = role.name().to_owned();
            named.push(Label { y: mean.1.value, text, color: tone });
        }
    }
    labels(canvas, &panel, named)
}

fn gains(canvas: &Canvas, sizes: &[Option<u32>], frame: Frame, gain: &[(f64, Estimate)]) -> Drawn {
    let points: Vec<f64> = gain.iter().map(|mean| mean.1.value).chain([0.0]).collect();
    let range = range_of(&points, &ends(gain.iter().map(|mean| mean.1))).unwrap_or(-1.0..1.0);
    let panel = canvas.panel(frame, across(sizes), range);
    canvas.heading(frame, "b", "AnB+ − AnB: gain of fine-tuning")?;
    axes(&panel, sizes, "Percentage points", true)?;
    panel.line(&[(panel.x.start, 0.0), (panel.x.end, 0.0)], Stroke::solid(SOFT, 1.0))?;
    let line: Vec<_> = gain.iter().map(|mean| (mean.0, mean.1.value)).collect();
    panel.line(&line, Stroke::solid(RED, 1.8))?;
    for (x, mean) in gain {
        if let Some(interval) = mean.interval {
            panel.whisker(*x, interval.low, interval.high, RED)?;
        }
        panel.mark(*x, mean.value, Marker::Diamond, 6.5, RED.to_rgba())?;
    }
    Ok(())
}
