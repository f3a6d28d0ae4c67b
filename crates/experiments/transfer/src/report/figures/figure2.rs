//! Figure 2 of the paper: accuracy by the number of copied layers. Above every network; the panel
//! below is in `two_drops`.

use std::ops::Range;

use plotters::style::Color;

use super::counted;
use super::style::{color, cut_ticks, marker, role_entry};
use super::two_drops::two_drops;
use crate::report::contrast::{Role, Scope};
use crate::report::index::{Index, Training};
use assay_report::ReportError;
use assay_report::figures::Figure;
use assay_report::figures::canvas::{Canvas, Drawn, Frame, Stroke, draw};
use assay_report::figures::panel::{Panel, ticks};
use assay_report::figures::style::{Entry, Label, WIDTH, ends, labels, legend, range_of};
use assay_stats::Estimate;

const NAME: &str = "figure2";
const ROLES: [Role; 5] =
    [Role::Base, Role::SELFFER, Role::SELFFER_PLUS, Role::TRANSFER, Role::TRANSFER_PLUS];

/// One role's networks and means by n.
struct Series {
    role: Role,
    /// (n, place of the network's cluster and target, accuracy in percent).
    networks: Vec<(u8, usize, f64)>,
    means: Vec<(u8, Estimate)>,
}

pub(super) fn figure(index: &Index) -> Result<Option<Figure>, ReportError> {
    let scope = Scope::main(index);
    let series: Vec<Series> = ROLES.iter().map(|&role| series(index, scope, role)).collect();
    if series.iter().all(|series| series.networks.is_empty()) {
        return Ok(None);
    }
    let svg = draw(WIDTH, 800.0, |canvas| {
        let entries: Vec<Entry> = present(&series).map(|series| role_entry(series.role)).collect();
        legend(canvas, 62.0, 16.0, &entries)?;
        networks(canvas, index, &series)?;
        two_drops(canvas, index, scope)
    })
    .map_err(|reason| ReportError::figure(NAME, &reason))?;
    let caption = format!(
        "Test accuracy after the last step by the number n of copied layers, on {} splits. a, every \
         network (a cluster's two targets side by side), means over clusters joined by lines, and \
         their 95 % intervals (t, clusters as units; they include how hard each split is, the \
         paired differences of the next figure do not; intervals far wider than the data are cut at \
         the edge). b, the mean base plus the mean paired differences: the drop from base to BnB is the loss of co-adaptation between \
         neighbouring layers, the further drop to AnB is the specificity of the copied features. \
         {}.",
        scope.kind(),
        counted(scope),
    );
    Ok(Some(Figure {
        name: NAME,
        title: "Accuracy by the number of copied layers (the paper's Figure 2)".to_owned(),
        caption,
        svg,
    }))
}

fn present(series: &[Series]) -> impl Iterator<Item = &Series> {
    series.iter().filter(|series| !series.networks.is_empty())
}

fn series(index: &Index, scope: Scope, role: Role) -> Series {
    let clusters = scope.clusters();
    let mut networks = Vec::new();
    for Training { cell, accuracy, .. } in scope.cells() {
        let Some((of, n)) = Role::of(cell.treatment) else { continue };
        let Some(accuracy) = accuracy.filter(|_| of == role) else { continue };
        let place = clusters
            .iter()
            .position(|cluster| cluster.split == cell.split && cluster.seed == cell.seed);
        let target = usize::from(cell.treatment.target() == Some(assay_runs::Half::B));
        networks.push((n, 2 * place.unwrap_or(0) + target, accuracy));
    }
    let cuts = if role == Role::Base { 0..=0 } else { 1..=index.last_cut() };
    let mean = |n: u8| Some((n, scope.estimate(&scope.level(role, n))?.in_percent()));
    Series { role, networks, means: cuts.filter_map(mean).collect() }
}

fn range(series: &[Series]) -> Range<f64> {
    let points: Vec<f64> =
        series.iter().flat_map(|series| series.networks.iter().map(|network| network.2)).collect();
    let intervals = ends(series.iter().flat_map(|series| series.means.iter().map(|mean| mean.1)));
    range_of(&points, &intervals).unwrap_or(0.0..100.0)
}

/// Where a role's networks stand beside their n, so that no role hides another.
fn dodge(role: Role) -> f64 {
    match role {
        Role::SELFFER => -0.27,
        Role::SELFFER_PLUS => -0.09,
        Role::TRANSFER => 0.09,
        Role::TRANSFER_PLUS => 0.27,
        _ => 0.0,
    }
}

/// Upper panel: every network.
fn networks(canvas: &Canvas, index: &Index, series: &[Series]) -> Drawn {
    let frame = Frame { left: 62.0, top: 62.0, right: WIDTH - 92.0, bottom: 380.0 };
    let last = f64::from(index.last_cut());
    let panel = canvas.panel(frame, -0.5..last + 0.5, range(series));
    canvas.heading(frame, "a", "Every network")?;
    panel.y_axis("Test accuracy (%)", &ticks(&panel.y, 6.0), false)?;
    panel.x_axis("", &cut_ticks(index, 0))?;
    base_line(&panel, series)?;
    for series in present(series) {
        let tone = color(series.role);
        let spread = series.networks.iter().map(|network| network.1).max().unwrap_or(0) + 1;
        for &(n, place, accuracy) in &series.networks {
            let x = f64::from(n) + dodge(series.role) + jitter(place, spread);
            panel.mark(x, accuracy, marker(series.role), 5.0, tone.mix(0.5))?;
        }
    }
    present(series).try_for_each(|series| means(&panel, series))?;
    let named = present(series).filter_map(|series| {
        let (_, mean) = series.means.last()?;
        let text = series.role.name().to_owned();
        let color = color(series.role);
        (series.role != Role::Base).then_some(Label { y: mean.value, text, color })
    });
    labels(canvas, &panel, named.collect())
}

/// Networks of one role and n stand side by side in the order of the plan.
#[allow(clippy::cast_precision_loss)] // a handful of clusters
fn jitter(place: usize, of: usize) -> f64 {
    if of < 2 { 0.0 } else { 0.12 * (place as f64 / (of - 1) as f64 - 0.5) }
}

fn means(panel: &Panel, series: &Series) -> Drawn {
    let tone = color(series.role);
    let x = |n: u8| f64::from(n) + dodge(series.role);
    let line: Vec<_> = series.means.iter().map(|(n, mean)| (x(*n), mean.value)).collect();
    panel.line(&line, Stroke::solid(tone, 1.8))?;
    for (n, mean) in &series.means {
        if let Some(interval) = mean.interval {
            panel.whisker(x(*n), interval.low, interval.high, tone)?;
        }
        let half = if series.role == Role::Base { 0.12 } else { 0.05 };
        let bar = [(x(*n) - half, mean.value), (x(*n) + half, mean.value)];
        panel.line(&bar, Stroke::solid(tone, 2.0))?;
    }
    Ok(())
}

fn base_mean(series: &[Series]) -> Option<f64> {
    let base = series.iter().find(|series| series.role == Role::Base)?;
    base.means.first().map(|(_, mean)| mean.value)
}

fn base_line(panel: &Panel, series: &[Series]) -> Drawn {
    let Some(base) = base_mean(series) else { return Ok(()) };
    panel.line(&[(0.0, base), (panel.x.end, base)], Stroke::dashed(color(Role::Base), 1.0))
}
