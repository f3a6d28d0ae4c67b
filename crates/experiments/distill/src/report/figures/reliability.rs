//! Reliability diagrams: how far confidence agrees with accuracy (Guo et al. 2017).

use assay_classifier_cells::Role;
use assay_report::chart::{Axes, Axis, Chart, Ticks};
use assay_report::figures::canvas::{Lettering, SMALL, SOFT, Stroke};
use assay_report::words::plain;
use assay_report::{Figure, ReportError};
use assay_stats::{mean, wilson_of_share};
use plotters::style::Color;
use plotters::style::text_anchor::{HPos, VPos};

use super::{color, marker};
use crate::report::classification::{BINS, Bin, ClassificationMetrics};
use crate::report::condition::Condition;
use crate::report::index::Index;
use crate::report::select;

/// The networks of one role, with all seeds together.
struct Diagram<'a> {
    role: Role,
    heading: &'static str,
    name: String,
    networks: Vec<&'a ClassificationMetrics>,
}

pub(super) fn figure(index: &Index) -> Result<Option<Figure>, ReportError> {
    let diagrams = diagrams(index);
    // Wilson's intervals assume independent images, but frames of one recording overlap.
    let overlap = select::is_speech(index);
    let letters = ["a", "b", "c"].iter().zip(&diagrams);
    let names: Vec<String> =
        letters.map(|(letter, diagram)| format!("{letter}, {}", diagram.name)).collect();
    let intervals = if overlap {
        ""
    } else {
        ", with Wilson's 95 % intervals for as many images as one network has there on average, since all see \
         the same ones"
    };
    let caption = format!(
        "Accuracy by confidence (the largest probability at T = 1) on the test images, mean over the seeds' \
         networks, in {BINS} bins{intervals}; the larger a mark, the more images. On the dashed \
         line confidence equals accuracy; below it the network is overconfident. ECE: expected calibration error, \
         mean over networks. {}.",
        names.join("; ")
    );
    let chart = Chart::new("reliability", "Reliability diagram (calibration)", caption)
        .columns(3)
        .lettered();
    diagrams.iter().fold(chart, |chart, diagram| chart.axes(axes(diagram, !overlap))).figure()
}

/// For the main student's teachers, for its baseline, and for the student.
fn diagrams<'a>(index: &'a Index<'a>) -> Vec<Diagram<'a>> {
    let Some(main) = select::main(index) else { return Vec::new() };
    let baseline = main.condition.baseline();
    let student = index.group(&baseline).map(|group| group.classification()).unwrap_or_default();
    let teachers = main.trainings.iter().filter_map(|training| training.teachers.as_ref());
    let teachers = teachers.filter_map(|one| Some(&one.metrics.as_ref().ok()?.1)).collect();
    let cell = main.trainings.first().and_then(|training| training.cell.teachers.first());
    let name_of_teachers = match main.condition.teachers {
        0 | 1 => cell.map(|cell| index.name(&Condition::from(cell))).unwrap_or_default(),
        count => format!("ensemble of {count} teachers"),
    };
    let (alone, distilled) = (index.name(&baseline), index.name(&main.condition));
    let diagram = |role, heading, name, networks| Diagram { role, heading, name, networks };
    let mut diagrams = vec![
        diagram(Role::Teacher, "teacher", name_of_teachers, teachers),
        diagram(Role::Student, "baseline", alone, student),
        diagram(Role::Distilled, "distilled", distilled, main.classification()),
    ];
    diagrams.retain(|diagram| !diagram.networks.is_empty());
    diagrams
}

/// The sums over networks, by confidence.
fn bins(networks: &[&ClassificationMetrics]) -> Vec<Bin> {
    let mut bins = vec![Bin::default(); BINS];
    for (sum, bin) in networks.iter().flat_map(|one| (0..BINS).zip(&one.bins)) {
        bins[sum].images += bin.images;
        bins[sum].right += bin.right;
        bins[sum].confidence += bin.confidence;
    }
    bins.retain(|bin| bin.images > 0);
    bins
}

fn axes(diagram: &Diagram, intervals: bool) -> Axes {
    let networks = &diagram.networks;
    let ticks: Ticks = [0.0, 25.0, 50.0, 75.0, 100.0].map(|at| (at, vec![plain(at, 0)])).into();
    let percent = |title: &str| Axis::new(title).range(0.0..100.0).ticks(ticks.clone());
    let (x, y) = (percent("Confidence (%)"), percent("Accuracy (%)"));
    let mut axes = Axes::new(diagram.heading, x, y).height(180.0);
    axes.line(vec![(0.0, 0.0), (100.0, 100.0)], Stroke::dashed(SOFT, 1.0));
    let tone = color(diagram.role);
    let all: usize = networks.iter().map(|one| one.images()).sum();
    for bin in bins(networks) {
        let x = 100.0 * bin.confidence / bin.images as f64;
        let share = bin.right as f64 / bin.images as f64;
        if intervals {
            let ends = wilson_of_share(share, bin.images as f64 / networks.len() as f64);
            axes.whiskers(vec![(x, 100.0 * ends.low, 100.0 * ends.high)], tone.mix(0.6));
        }
        let size = 4.0 + 6.0 * (bin.images as f64 / all as f64).sqrt();
        axes.marks(vec![(x, 100.0 * share)], marker(diagram.role), size, tone);
    }
    let style = Lettering::new(HPos::Left, VPos::Top).size(SMALL).color(tone).bold();
    let errors: Vec<f64> = networks.iter().map(|one| one.calibration_error()).collect();
    let error = format!("ECE {} %", plain(mean(&errors), 2));
    axes.text((0.0, 100.0), (8.0, 8.0), &error, style);
    axes
}
