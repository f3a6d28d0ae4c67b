//! Reliability diagrams: how far confidence agrees with accuracy (Guo et al. 2017).

use assay_classifier_cells::Role;
use assay_report::chart::{Axes, Axis, Chart, Ticks};
use assay_report::figures::canvas::{Lettering, SMALL, SOFT, Stroke};
use assay_report::words::plain;
use assay_report::{Figure, ReportError};
use assay_stats::{mean, wilson_of_share};
use plotters::style::Color;
use plotters::style::text_anchor::{HPos, VPos};

use super::style::{color, marker};
use crate::report::choice;
use crate::report::index::Index;
use crate::report::quality::{BINS, Bin, Quality};
use crate::report::utterances;

/// The networks of one role, with all seeds together.
struct Diagram {
    role: Role,
    name: String,
    /// Sums over the networks.
    bins: Vec<Bin>,
    networks: usize,
    /// The mean over the networks, in percent.
    calibration_error: f64,
}

pub(super) fn figure(index: &Index) -> Result<Option<Figure>, ReportError> {
    let diagrams = diagrams(index);
    // Wilson's intervals assume independent images, but frames of one recording overlap.
    let overlap = utterances::are_planned(index);
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
         line confidence is right; below it the network is too sure. ECE: expected calibration error, \
         mean over networks. {}.",
        names.join("; ")
    );
    let chart =
        Chart::new("reliability", "What confidence is worth", caption).columns(3).lettered();
    diagrams.iter().fold(chart, |chart, diagram| chart.axes(axes(diagram, !overlap))).figure()
}

/// For the main student's teachers, for its network alone, and for the student.
fn diagrams(index: &Index) -> Vec<Diagram> {
    let Some(main) = choice::main(index) else { return Vec::new() };
    let classes = &index.plan().classes;
    let alone = index.group(&main.condition.alone());
    let student = alone.map(|group| group.qualities()).unwrap_or_default();
    let teachers = main.trainings.iter().filter_map(|training| index.teachers(training));
    let teachers: Vec<&Quality> =
        teachers.filter_map(|one| one.quality.as_ref().ok().map(|(_, all)| all)).collect();
    let cell = main.trainings.first().and_then(|training| training.cell.teachers.first());
    let teacher = cell.map(|cell| crate::report::condition::Condition::of(cell).name(classes));
    let name_of_teachers = match main.condition.teachers {
        0 | 1 => teacher.unwrap_or_default(),
        count => format!("ensemble of {count} teachers"),
    };
    [
        (Role::Teacher, name_of_teachers, teachers),
        (Role::Student, main.condition.alone().name(classes), student),
        (Role::Distilled, main.condition.name(classes), main.qualities()),
    ]
    .into_iter()
    .filter_map(|(role, name, qualities)| diagram(role, name, &qualities))
    .collect()
}

fn diagram(role: Role, name: String, qualities: &[&Quality]) -> Option<Diagram> {
    if qualities.is_empty() {
        return None;
    }
    let mut bins = vec![Bin::default(); BINS];
    for quality in qualities {
        for (sum, bin) in bins.iter_mut().zip(&quality.bins) {
            sum.images += bin.images;
            sum.right += bin.right;
            sum.confidence += bin.confidence;
        }
    }
    let errors: Vec<f64> = qualities.iter().map(|one| one.calibration_error()).collect();
    let networks = qualities.len();
    Some(Diagram { role, name, bins, networks, calibration_error: mean(&errors) })
}

fn axes(diagram: &Diagram, intervals: bool) -> Axes {
    let heading = match diagram.role {
        Role::Teacher => "teacher",
        Role::Student => "student alone",
        Role::Distilled => "distilled",
        Role::Network => "network",
        Role::ForcedAlignment => "aligner",
    };
    let ticks: Ticks = [0.0, 25.0, 50.0, 75.0, 100.0].map(|at| (at, vec![plain(at, 0)])).into();
    let percent = |title: &str| Axis::new(title).range(0.0..100.0).ticks(ticks.clone());
    let mut axes =
        Axes::new(heading, percent("Confidence (%)"), percent("Accuracy (%)")).height(180.0);
    axes.line(vec![(0.0, 0.0), (100.0, 100.0)], Stroke::dashed(SOFT, 1.0));
    let tone = color(diagram.role);
    let all: usize = diagram.bins.iter().map(|bin| bin.images).sum();
    for bin in diagram.bins.iter().filter(|bin| bin.images > 0) {
        let x = 100.0 * bin.confidence / bin.images as f64;
        let share = bin.right as f64 / bin.images as f64;
        if intervals {
            let ends = wilson_of_share(share, bin.images as f64 / diagram.networks as f64);
            axes.whiskers(vec![(x, 100.0 * ends.low, 100.0 * ends.high)], tone.mix(0.6));
        }
        let size = 4.0 + 6.0 * (bin.images as f64 / all as f64).sqrt();
        axes.marks(vec![(x, 100.0 * share)], marker(diagram.role), size, tone);
    }
    let style = Lettering::new(HPos::Left, VPos::Top).size(SMALL).color(tone).bold();
    let error = format!("ECE {} %", plain(diagram.calibration_error, 2));
    axes.text((0.0, 100.0), (8.0, 8.0), &error, style);
    axes
}
