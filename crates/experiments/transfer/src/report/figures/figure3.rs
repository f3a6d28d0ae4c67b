//! Figure 3 of the paper: accuracy relative to the base, for random halves, dissimilar halves and
//! random features.

use assay_report::chart::{Axes, Axis, Chart, Series};
use assay_report::figures::canvas::{Marker, Stroke};
use assay_report::figures::style::{BLACK, BLUE, GREEN, PURPLE, RED};
use assay_report::{Figure, ReportError};
use assay_stats::Estimate;
use plotters::style::{Color, RGBColor};

use super::size_in_words;
use super::style::{numbers, run_and_paper};
use crate::report::contrast::DISSIMILAR;
use crate::report::contrast::{Role, Scope};
use crate::report::index::Index;
use crate::report::paper::{Paper, paper_curve};

/// Accuracy minus that of the base, by n.
struct Difference {
    label: &'static str,
    color: RGBColor,
    marker: Marker,
    /// Whether these are random features, which are far below the others.
    is_random: bool,
    is_dissimilar: bool,
    means: Vec<(f64, Estimate, Vec<f64>)>,
    paper: Vec<(f64, f64)>,
}

type OfPaper = fn(&Paper, u8) -> Option<f64>;

pub(super) fn figure(index: &Index) -> Result<Option<Figure>, ReportError> {
    let all = differences(index);
    if !all.iter().any(|one| one.is_random || one.is_dissimilar) {
        return Ok(None);
    }
    // Random features are so far below that the others need their own scale.
    let two_panels = all.iter().any(|one| one.is_random) && all.iter().any(|one| !one.is_random);
    let title = "Distance of the halves, and random features (the paper's Figure 3)";
    let mut chart = Chart::new("figure3", title, caption(index, &all, two_panels))
        .legend(run_and_paper())
        .columns(2)
        .lettered();
    let heading = if two_panels { "All" } else { "Accuracy − base" };
    chart = chart.axes(axes(index, heading, all.iter()));
    if two_panels {
        let near = all.iter().filter(|one| !one.is_random);
        chart = chart.axes(axes(index, "Without random features", near));
    }
    chart.figure()
}

fn axes<'a>(index: &Index, heading: &str, all: impl Iterator<Item = &'a Difference>) -> Axes {
    let y = Axis::new("Percentage points").signed().about(6.0);
    let mut axes = Axes::new(heading, numbers(index, "Number n of frozen layers"), y).height(258.0);
    axes.zero_line();
    for (at, one) in (0_u8..).zip(all) {
        axes.line(one.paper.clone(), Stroke::dashed(one.color.mix(0.7), 1.2));
        let points = one.means.iter().map(|(n, mean, _)| (*n, *mean));
        let series = Series::new(one.label, one.color).marker(one.marker).points(points);
        axes.series(series.offset(0.09 * (f64::from(at) - 2.0)).labelled());
    }
    axes
}

/// Every difference that has a point.
fn differences(index: &Index) -> Vec<Difference> {
    let main = Scope::main(index);
    let far = Scope::largest(index, DISSIMILAR);
    let near = if main.kind == "random" { "AnB, random split" } else { "AnB" };
    let of_transfer: OfPaper = |paper, n| paper.difference(Role::TRANSFER, Role::Base, n);
    let rows: [(Scope, Role, _, _, _, OfPaper); 5] = [
        (far, Role::TRANSFER, "AnB, natural/man-made", RED, Marker::Diamond, Paper::dissimilar),
        (far, Role::SELFFER, "BnB, natural/man-made", BLUE, Marker::Square, |_, _| None),
        (main, Role::TRANSFER, near, BLACK, Marker::Triangle, of_transfer),
        (main, Role::RANDOM_HE, "random, He", GREEN, Marker::Cross, |_, _| None),
        (main, Role::RANDOM_PAPER, "random, AlexNet's σ", PURPLE, Marker::Cross, Paper::random),
    ];
    let difference =
        |(scope, role, label, color, marker, of_paper): (Scope, _, _, _, _, OfPaper)| Difference {
            label,
            color,
            marker,
            is_random: matches!(role, Role::Random(_)),
            is_dissimilar: scope.kind == DISSIMILAR,
            means: scope.by_cut(role, Role::Base),
            paper: paper_curve(index.last_cut(), of_paper),
        };
    let is_repeated = |label: &str| label == near && main.kind == DISSIMILAR;
    let rows = rows.into_iter().filter(|row| !is_repeated(row.2));
    rows.map(difference).filter(|one| !one.means.is_empty()).collect()
}

fn caption(index: &Index, all: &[Difference], two_panels: bool) -> String {
    let main = Scope::main(index);
    let dissimilar = Scope::largest(index, DISSIMILAR);
    let both = all.iter().any(|one| one.is_dissimilar) && main.kind != DISSIMILAR;
    let others = if both {
        format!(", {} on the natural/man-made split", size_in_words(dissimilar))
    } else {
        String::new()
    };
    let panels = if two_panels { "a, all; b, without random features. " } else { "" };
    format!(
        "Test accuracy minus that of the base of the same target, mean over targets and clusters, \
         with 95 % intervals. {panels}Dashed: the authors' logs of ImageNet (the natural/man-made \
         and the random-feature curve are one network per point there; their random features are relative to \
         the base on all classes). Random features: first n layers \
         initialized at random and frozen. {} on {} \
         splits{others}.",
        size_in_words(main),
        main.kind_in_words(),
    )
}
