//! Classes without images in the transfer set: errors before and after each correction, and by
//! class.

use assay_report::chart::{Axes, Axis, Chart, Point, Series, Ticks};
use assay_report::figures::canvas::{Marker, SOFT, Stroke};
use assay_report::figures::style::{BLUE, Entry, GREY, Line, RED};
use assay_report::words::signed;
use assay_report::{Figure, ReportError};
use assay_stats::estimate_mean;
use plotters::style::{Color, RGBColor};

use crate::report::correction::{Correction, Fit};
use crate::report::gap::mean_of_known;
use crate::report::group::Group;
use crate::report::index::Index;
use crate::report::paper;
use crate::report::paper_comparison::step_of_excluded;
use crate::report::select;

/// Maximum number of sets of excluded classes; more would not fit on a page.
const SHOWN: usize = 3;
/// Maximum number of classes on axes by class.
const CLASSES: usize = 30;

pub(super) fn figure(index: &Index) -> Result<Option<Figure>, ReportError> {
    let mut groups = select::without_classes(index);
    groups.retain(|group| group.metrics().any(|one| !one.corrections.is_empty()));
    groups.truncate(SHOWN);
    let numbers = if is_numbered(index) { " Classes by number." } else { "" };
    let caption = format!(
        "Distilled students whose transfer set excludes some classes. Left: test error without a correction, \
         and with one offset on the excluded classes' logits, chosen without labels (their mean probability \
         on validation images matches their known share), on validation labels, and on test labels (an \
         oracle, as in the paper); below, the mean offset. Small marks: networks; large ones: means \
         with 95 % intervals over seeds. Right: error by class, mean over seeds; the excluded classes \
         are shaded.{numbers}"
    );
    let mut legend = vec![
        Entry::marker("all test images", RED, Marker::Disc),
        Entry::marker("images of the excluded classes", BLUE, Marker::Square),
    ];
    if groups.iter().any(|group| paper::corrected(&group.condition, Fit::None).is_some()) {
        legend.push(Entry::marker("the paper", SOFT, Marker::Ring));
    }
    legend.push(Entry::line("uncorrected", GREY, Line::Solid));
    legend.push(Entry::line("no labels", RED, Line::Solid));
    let chart =
        Chart::new("excluded_classes", "Excluded classes", caption).legend(legend).columns(2);
    let axes =
        groups.into_iter().flat_map(|group| [corrections(index, group), by_class(index, group)]);
    axes.fold(chart, Chart::axes).figure()
}

/// A number of the corrections of one kind, one for each network that has it.
fn values(group: &Group, fit: Fit, value: impl Fn(&Correction) -> f64) -> Vec<f64> {
    let corrections = group.metrics().flat_map(|one| &one.corrections);
    corrections.filter(|one| one.fit == fit).map(value).collect()
}

fn corrections(index: &Index, group: &Group) -> Axes {
    let seen = group.condition.seen_in_words(&index.plan.classes);
    let heading = format!("{}, {seen}", group.condition.network());
    let x = Axis::new("").range(-0.5..Fit::ALL.len() as f64 - 0.5).ticks(fits(group));
    let y = Axis::new("Test error (%)").within(0.0, 110.0);
    let mut axes = Axes::new(&heading, x, y).height(188.0);
    axes.include([0.0]);
    let all = (RED, Marker::Disc, -0.2, group.step());
    add_errors(&mut axes, group, all, |one| one.metrics.error_percent(), |paper| Some(paper.0));
    let excluded = (BLUE, Marker::Square, 0.14, step_of_excluded(group));
    add_errors(&mut axes, group, excluded, |one| one.excluded.error_percent(), |paper| paper.1);
    axes
}

/// One kind of errors by fit, and the paper's. `step` is the rounding step of the errors.
fn add_errors(
    axes: &mut Axes,
    group: &Group,
    (color, marker, offset, step): (RGBColor, Marker, f64, f64),
    errors: fn(&Correction) -> f64,
    of_paper: fn((f64, Option<f64>)) -> Option<f64>,
) {
    let fits = || Fit::ALL.into_iter().enumerate().map(|(at, fit)| (at as f64, fit));
    let paper = |(at, fit)| {
        let paper = paper::corrected(&group.condition, fit).and_then(of_paper)?;
        Some((at + offset - 0.1, paper))
    };
    axes.marks(fits().filter_map(paper).collect(), Marker::Ring, 6.5, SOFT);
    let point = |(x, fit)| {
        let values = values(group, fit, errors);
        let estimate = estimate_mean(&values)?.of_counts(step, 1.0).in_percent();
        Some(Point { x, estimate, values })
    };
    let line = Stroke::dashed(color.mix(0.6), 1.0);
    let series = Series::new("", color).marker(marker).offset(offset).nearest(0.6).stroke(line);
    axes.series(series.points(fits().filter_map(point)));
}

/// One position per fit: its name and its mean offset.
fn fits(group: &Group) -> Ticks {
    let tick = |(at, fit): (usize, Fit)| {
        let offset = mean_of_known(values(group, fit, |one| one.offset));
        let name = if fit == Fit::Test { "test labels" } else { fit.name() };
        let offset = match fit {
            Fit::None => "as trained".to_owned(),
            _ => offset.map_or("–".to_owned(), signed),
        };
        (at as f64, vec![name.to_owned(), offset])
    };
    Fit::ALL.into_iter().enumerate().map(tick).collect()
}

/// Whether to label classes by number: names of more than three letters do not fit.
fn is_numbered(index: &Index) -> bool {
    index.plan.classes.iter().any(|name| name.chars().count() > 3)
}

fn by_class(index: &Index, group: &Group) -> Axes {
    let classes = &index.plan.classes;
    let name = |(class, name): (usize, &String)| {
        let name = if is_numbered(index) { class.to_string() } else { name.clone() };
        (class as f64, vec![name])
    };
    let names: Ticks = classes.iter().enumerate().map(name).collect();
    let x = Axis::new("Class").range(-0.6..classes.len() as f64 - 0.4).ticks(names);
    let y = Axis::new("").within(0.0, 106.0);
    let mut axes = Axes::new("Error by class (%)", x, y).height(188.0);
    if classes.len() > CLASSES {
        return axes;
    }
    for &class in &group.condition.excluded_classes {
        axes.shade_x(f64::from(class) - 0.5..f64::from(class) + 0.5);
    }
    for class in 0..classes.len() {
        for (aside, fit, tone) in [(-0.2, Fit::None, GREY), (0.2, Fit::Prior, RED)] {
            let rates = values(group, fit, |one| one.metrics.by_class[class].error_percent());
            let rate = mean_of_known(rates).unwrap_or(0.0);
            axes.bar((class as f64 + aside, rate), 0.36, tone.mix(0.9));
        }
    }
    axes
}
