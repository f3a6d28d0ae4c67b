//! The share of the specificity drop that falls on each layer.

use assay_report::chart::{Axes, Axis, Chart};
use assay_report::figures::canvas::{Lettering, Marker, SMALL, SOFT};
use assay_report::figures::style::{Entry, Line, RED};
use assay_report::words::plain;
use assay_report::{Figure, ReportError};
use plotters::style::Color;
use plotters::style::text_anchor::{HPos, VPos};

use super::size_in_words;
use super::style::layers;
use crate::report::contrast::{Role, Scope};
use crate::report::index::Index;
use crate::report::paper::{LAST_CUT, paper};
use crate::report::transition::{shares, transition};

pub(super) fn figure(index: &Index) -> Result<Option<Figure>, ReportError> {
    let Ok(transition) = transition(index) else { return Ok(None) };
    let caption = format!(
        "Share of the whole specificity drop (AnB − BnB at the last n) that is added when a layer is \
         copied from the other half, with 95 % jackknife intervals; the shares add up to 100 %, and one \
         may lie below 0 or above 100 %. {} splits, {}.",
        Scope::main(index).kind_in_words(),
        size_in_words(Scope::main(index)),
    );
    let mut axes = Axes::new("", layers(index, "Layer n", 1), Axis::new("Share of the drop (%)"))
        .height(246.0);
    axes.zero_line();
    for (layer, share) in (1_u8..).zip(&transition.shares) {
        let (x, value) = (f64::from(layer), 100.0 * share.value);
        axes.bar((x, value), 0.56, RED.mix(0.35));
        let ends = share.interval.map(|ends| (x, 100.0 * ends.low, 100.0 * ends.high));
        axes.whiskers(ends.into_iter().collect(), RED);
        let top = ends.map_or(0.0, |ends| ends.2).max(value).max(0.0);
        let style = Lettering::new(HPos::Center, VPos::Bottom).size(SMALL).color(RED);
        axes.text((x, top), (0.0, -3.0), &format!("{} %", plain(value, 0)), style);
    }
    let paper = paper_shares(index.last_cut());
    let mut legend = vec![Entry::line("this run, 95 % interval", RED, Line::Solid)];
    if !paper.is_empty() {
        legend.push(Entry::marker("paper (ImageNet)", SOFT, Marker::Ring));
    }
    axes.marks(paper, Marker::Ring, 6.0, SOFT);
    Chart::new("shares", "Which layers turn from general to specific", caption)
        .legend(legend)
        .axes(axes)
        .figure()
}

/// The paper's shares, in percent, to the right of their layers; none unless its network has as many
/// layers.
fn paper_shares(last: u8) -> Vec<(f64, f64)> {
    let drop = |n| paper().difference(Role::TRANSFER, Role::SELFFER, n);
    let drops: Option<Vec<f64>> = (1..=LAST_CUT).map(drop).collect();
    let drops = drops.filter(|_| last == LAST_CUT);
    let shares = drops.map_or(Vec::new(), |drops| shares(&drops));
    (1_u8..).zip(shares).map(|(n, share)| (f64::from(n) + 0.19, 100.0 * share)).collect()
}
