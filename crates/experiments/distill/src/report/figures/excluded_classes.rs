//! Classes without images in the transfer set: errors before and after each correction, and by
//! class.

use assay_report::chart::{Axes, Axis, Chart, Point, Series, Ticks};
use assay_report::figures::canvas::{Marker, SOFT, Stroke};
use assay_report::figures::style::{BLUE, Entry, GREY, Line, RED};
use assay_report::words::signed;
use assay_report::{Figure, ReportError};
use assay_stats::{estimate_mean, mean};
use plotters::style::{Color, RGBColor};

use crate::report::beside::step_of_omitted;
use crate::report::choice;
use crate::report::correction::{Correction, Fit};
use crate::report::group::Group;
use crate::report::index::Index;
use crate::report::paper;
use crate::report::quality::percent;

/// Maximum number of sets of excluded classes; more would not fit on a page.
const SHOWN: usize = 3;
/// Maximum number of classes on axes by class.
const CLASSES: usize = 30;

/// One kind of errors, by fit: (errors in percent by seed, the paper's).
struct Errors {
    tone: RGBColor,
    marker: Marker,
    dodge: f64,
    /// One image in percent of those counted.
    step: f64,
    by_fit: Vec<(Vec<f64>, Option<f64>)>,
}

pub(super) fn figure(index: &Index) -> Result<Option<Figure>, ReportError> {
    let mut groups = choice::without_classes(index);
    groups.retain(|group| group.measures().any(|one| !one.corrections.is_empty()));
    let shown = &groups[..groups.len().min(SHOWN)];
    let numbers = if numbered(index) { " Classes by number." } else { "" };
    let caption = format!(
        "Students that saw no image of some classes. Left: test errors as they are and with one offset \
         on the excluded classes' logits, chosen without labels (their mean probability on held-out \
         images brought to their known share), on held-out labels, and on the test images themselves \
         (an oracle, as in the paper); below, the mean offset. Small marks: networks; large ones: means \
         with 95 % intervals over seeds. Right: errors by class, mean over seeds; the excluded classes \
         are shaded.{numbers}"
    );
    let mut legend = vec![
        Entry::marker("all test images", RED, Marker::Disc),
        Entry::marker("of the excluded classes", BLUE, Marker::Square),
    ];
    if shown.iter().any(|group| paper::corrected(&group.condition, Fit::None).is_some()) {
        legend.push(Entry::marker("the paper", SOFT, Marker::Ring));
    }
    legend.push(Entry::line("uncorrected", GREY, Line::Solid));
    legend.push(Entry::line("no labels", RED, Line::Solid));
    let mut chart = Chart::new("omitted_classes", "Classes the student never saw", caption)
        .legend(legend)
        .columns(2);
    for group in shown {
        chart = chart.axes(corrections(index, group)).axes(by_class(index, group));
    }
    chart.figure()
}

/// The corrections of one kind, one for each network that has it.
fn of_fit<'g>(group: &'g Group, fit: Fit) -> impl Iterator<Item = &'g Correction> {
    group.measures().filter_map(move |one| one.corrections.iter().find(|one| one.fit == fit))
}

fn errors(group: &Group) -> [Errors; 2] {
    let values = |value: fn(&Correction) -> f64, paper: fn((f64, Option<f64>)) -> Option<f64>| {
        let of = |fit: Fit| {
            let errors = of_fit(group, fit).map(value).collect();
            (errors, paper::corrected(&group.condition, fit).and_then(paper))
        };
        Fit::ALL.into_iter().map(of).collect()
    };
    [
        Errors {
            tone: RED,
            marker: Marker::Disc,
            dodge: -0.2,
            step: group.step(),
            by_fit: values(|one| one.quality.error_percent(), |paper| Some(paper.0)),
        },
        Errors {
            tone: BLUE,
            marker: Marker::Square,
            dodge: 0.14,
            step: step_of_omitted(group),
            by_fit: values(|one| percent(one.omitted_errors, one.omitted_images), |paper| paper.1),
        },
    ]
}

fn corrections(index: &Index, group: &Group) -> Axes {
    let seen = group.condition.seen_in_words(&index.plan().classes);
    let heading = format!("{}, {seen}", group.condition.network());
    let x = Axis::new("").range(-0.5..Fit::ALL.len() as f64 - 0.5).ticks(fits(group));
    let y = Axis::new("Test errors (%)").within(0.0, 110.0);
    let mut axes = Axes::new(&heading, x, y).height(188.0);
    axes.include([0.0]);
    for errors in errors(group) {
        let Errors { tone, marker, dodge, step, by_fit } = errors;
        let of_paper = by_fit.iter().enumerate();
        let of_paper = of_paper.filter_map(|(at, one)| Some((at as f64 + dodge - 0.1, one.1?)));
        axes.marks(of_paper.collect(), Marker::Ring, 6.5, SOFT);
        let point = |(at, (errors, _)): (usize, (Vec<f64>, Option<f64>))| {
            let estimate = estimate_mean(&errors)?.of_counts(step, 1.0).in_percent();
            Some(Point { x: at as f64, estimate, values: errors })
        };
        let points = by_fit.into_iter().enumerate().filter_map(point);
        let line = Stroke::dashed(tone.mix(0.6), 1.0);
        let series = Series::new("", tone).marker(marker).offset(dodge).nearest(0.6).stroke(line);
        axes.series(series.points(points));
    }
    axes
}

/// One position per fit: its name and its mean offset.
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

/// Whether to label classes by number: names of more than three letters do not fit.
fn numbered(index: &Index) -> bool {
    index.plan().classes.iter().any(|name| name.chars().count() > 3)
}

fn by_class(index: &Index, group: &Group) -> Axes {
    let classes = &index.plan().classes;
    let name = |(class, name): (usize, &String)| {
        let name = if numbered(index) { class.to_string() } else { name.clone() };
        (class as f64, vec![name])
    };
    let names: Ticks = classes.iter().enumerate().map(name).collect();
    let x = Axis::new("Class").range(-0.6..classes.len() as f64 - 0.4).ticks(names);
    let mut axes =
        Axes::new("Errors by class (%)", x, Axis::new("").within(0.0, 106.0)).height(188.0);
    if classes.len() > CLASSES {
        return axes;
    }
    let errors = |fit: Fit, class: usize| {
        let of = |one: &Correction| one.quality.by_class[class];
        let rates: Vec<f64> =
            of_fit(group, fit).map(of).map(|class| percent(class.errors, class.images)).collect();
        if rates.is_empty() { 0.0 } else { mean(&rates) }
    };
    for &class in &group.condition.excluded_classes {
        axes.shade_x(f64::from(class) - 0.5..f64::from(class) + 0.5);
    }
    for class in 0..classes.len() {
        for (aside, fit, tone) in [(-0.2, Fit::None, GREY), (0.2, Fit::Prior, RED)] {
            axes.bar((class as f64 + aside, errors(fit, class)), 0.36, tone.mix(0.9));
        }
    }
    axes
}
