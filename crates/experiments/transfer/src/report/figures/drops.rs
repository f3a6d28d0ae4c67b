//! Paired differences by n, each with its interval, next to the paper's.

use assay_report::chart::{Axes, Axis, Chart, Series, Shares};
use assay_report::claims::margin;
use assay_report::figures::canvas::{Marker, SOFT, Stroke};
use assay_report::{Figure, ReportError};

use super::size_in_words;
use super::style::{numbers, run_and_paper};
use crate::report::contrast::{Role, Scope};
use crate::report::index::Index;
use crate::report::paper::{LAST_CUT, paper_curve};

/// The four differences: heading, minuend and subtrahend. Charts in the same row share a scale.
const PANELS: [(&str, Role, Role); 4] = [
    ("BnB − base: co-adaptation drop", Role::SELFFER, Role::Base),
    ("AnB − BnB: specificity drop", Role::TRANSFER, Role::SELFFER),
    ("BnB+ − base: fine-tuned selffer", Role::SELFFER_PLUS, Role::Base),
    ("AnB+ − base: fine-tuned transfer", Role::TRANSFER_PLUS, Role::Base),
];

pub(super) fn figure(index: &Index) -> Result<Option<Figure>, ReportError> {
    let scope = Scope::main(index);
    if PANELS.iter().all(|panel| scope.by_cut(panel.1, panel.2).is_empty()) {
        return Ok(None);
    }
    let caption = format!(
        "Differences of test accuracy paired by target, split and seed. Dots: one per cluster, mean of \
         its targets; bars: their mean with its 95 % interval (not adjusted for the several n: the \
         tables have Holm's p values), cut at the edge where it is far wider than the data. Gray \
         band: the margin of ±{} points within which the claims call two accuracies equal. Dashed: \
         the authors' logs of ImageNet, paired in the same way{}. {} splits, {}.",
        margin(index.plan),
        if index.last_cut() == LAST_CUT {
            ""
        } else {
            ", their first and last n aligned with this network's"
        },
        scope.kind_in_words(),
        size_in_words(scope),
    );
    let chart = Chart::new("drops", "Paired accuracy differences by n", caption)
        .legend(run_and_paper())
        .columns(2)
        .sharing(Shares::Row)
        .lettered();
    PANELS.into_iter().fold(chart, |chart, panel| chart.axes(difference(index, panel))).figure()
}

fn difference(index: &Index, (heading, minuend, subtrahend): (&str, Role, Role)) -> Axes {
    let x = numbers(index, "Number n of copied layers");
    let mut axes = Axes::new(heading, x, Axis::new("Percentage points").signed());
    let margin = margin(index.plan);
    axes.shade_y(-margin..margin);
    axes.zero_line();
    let paper = paper_curve(index.last_cut(), |paper, n| paper.difference(minuend, subtrahend, n));
    axes.line(paper.clone(), Stroke::dashed(SOFT, 1.4));
    axes.marks(paper, Marker::Ring, 5.0, SOFT);
    let points = Scope::main(index).by_cut(minuend, subtrahend);
    axes.series(Series::new("", minuend.color()).points(points));
    axes
}
