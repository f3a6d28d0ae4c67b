//! The share of the specificity drop that falls on each layer.

use plotters::style::Color;
use plotters::style::text_anchor::{HPos, VPos};

use super::counted;
use super::style::cut_ticks;
use crate::report::contrast::{Role, Scope};
use crate::report::index::Index;
use crate::report::paper::{LAST_CUT, paper};
use crate::report::transition::{Answer, Transition, transition};
use assay_report::ReportError;
use assay_report::figures::Figure;
use assay_report::figures::canvas::{
    Canvas, Drawn, Frame, Lettering, Marker, SMALL, SOFT, Stroke, draw,
};
use assay_report::figures::panel::ticks;
use assay_report::figures::style::{Entry, Line as LegendLine, RED, WIDTH, ends, legend, range_of};
use assay_report::words::plain;

const NAME: &str = "shares";

pub(super) fn figure(index: &Index) -> Result<Option<Figure>, ReportError> {
    let Answer::Found(transition) = transition(index) else { return Ok(None) };
    let svg = draw(WIDTH, 350.0, |canvas| bars(canvas, index, &transition))
        .map_err(|reason| ReportError::figure(NAME, &reason))?;
    let caption = format!(
        "Share of the whole specificity drop (AnB − BnB at the last n) that is added when a layer is \
         copied from the other half, with 95 % jackknife intervals; the shares add up to 100 %, and one \
         may lie below 0 or above 100 %. {} splits, {}.",
        Scope::main(index).kind(),
        counted(Scope::main(index)),
    );
    Ok(Some(Figure {
        name: NAME,
        title: "Which layers turn from general to specific".to_owned(),
        caption,
        svg,
    }))
}

/// The paper's shares, in percent, where its network has as many layers.
fn of_the_paper(last: u8) -> Vec<(f64, f64)> {
    if last != LAST_CUT {
        return Vec::new();
    }
    let drop = |n: u8| match n {
        0 => Some(0.0),
        n => paper().difference(Role::TRANSFER, Role::SELFFER, n),
    };
    let share = |n: u8| Some((f64::from(n), 100.0 * (drop(n - 1)? - drop(n)?) / -drop(last)?));
    (1..=last).filter_map(share).collect()
}

fn bars(canvas: &Canvas, index: &Index, transition: &Transition) -> Drawn {
    let last = index.last_cut();
    let paper = of_the_paper(last);
    let shares: Vec<f64> = transition.shares.iter().map(|share| 100.0 * share.value).collect();
    let intervals = ends(transition.shares.iter().copied());
    let intervals: Vec<_> = intervals.iter().map(|ends| (100.0 * ends.0, 100.0 * ends.1)).collect();
    let points: Vec<f64> =
        shares.iter().copied().chain(paper.iter().map(|point| point.1)).chain([0.0]).collect();
    let range = range_of(&points, &intervals).unwrap_or(0.0..100.0);
    let frame = Frame { left: 62.0, top: 44.0, right: WIDTH - 20.0, bottom: 290.0 };
    let panel = canvas.panel(frame, 0.5..f64::from(last) + 0.5, range);
    let mut entries = vec![Entry::line("this run, 95 % interval", RED, LegendLine::Solid)];
    if !paper.is_empty() {
        entries.push(Entry::marker("paper (ImageNet)", SOFT, Marker::Ring));
    }
    legend(canvas, 62.0, 16.0, &entries)?;
    panel.y_axis("Share of the drop (%)", &ticks(&panel.y, 5.0), false)?;
    panel.x_axis("Layer n", &cut_ticks(index, 1))?;
    panel.line(&[(panel.x.start, 0.0), (panel.x.end, 0.0)], Stroke::solid(SOFT, 1.0))?;
    for (layer, (share, estimate)) in (1..).zip(shares.iter().zip(&transition.shares)) {
        let x = f64::from(layer);
        let edge = |y: f64| [(x - 0.28, y), (x + 0.28, y)];
        panel.band(&edge(*share), &edge(0.0), RED.mix(0.35))?;
        let mut top = share.max(0.0);
        if let Some(interval) = estimate.interval {
            panel.whisker(x, 100.0 * interval.low, 100.0 * interval.high, RED)?;
            top = top.max(100.0 * interval.high);
        }
        let style = Lettering::new(HPos::Center, VPos::Bottom).size(SMALL).color(RED);
        panel.text((x, top), (0.0, -3.0), &format!("{} %", plain(*share, 0)), style)?;
    }
    paper.iter().try_for_each(|&(x, y)| panel.mark(x + 0.19, y, Marker::Ring, 6.0, SOFT.to_rgba()))
}
