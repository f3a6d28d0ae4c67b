//! Reliability diagrams: what a network's confidence is worth (Guo et al. 2017).

use assay_runs::Role;
use plotters::style::Color;
use plotters::style::text_anchor::{HPos, VPos};

use super::style::{color, marker};
use crate::report::choice;
use crate::report::index::Index;
use crate::report::quality::{BINS, Bin, Quality};
use crate::report::utterances;
use assay_report::ReportError;
use assay_report::figures::Figure;
use assay_report::figures::canvas::{Canvas, Drawn, Frame, Lettering, SMALL, SOFT, Stroke, draw};
use assay_report::figures::panel::Panel;
use assay_report::figures::style::{WIDTH, moved};
use assay_report::words::plain;
use assay_stats::{mean, wilson_of_share};

const NAME: &str = "reliability";

/// The networks of one role, all seeds together.
struct Diagram {
    role: Role,
    name: String,
    /// Sums over the networks.
    bins: Vec<Bin>,
    networks: usize,
    /// Mean over the networks, percent.
    calibration_error: f64,
}

pub(super) fn figure(index: &Index) -> Result<Option<Figure>, ReportError> {
    let diagrams = diagrams(index);
    // Wilson's intervals are of independent images; frames of one recording overlap.
    let overlap = utterances::are_planned(index);
    if diagrams.is_empty() {
        return Ok(None);
    }
    let svg = draw(WIDTH, 276.0, |canvas| {
        let first = Frame { left: 62.0, top: 40.0, right: 242.0, bottom: 220.0 };
        diagrams.iter().enumerate().try_for_each(|(at, diagram)| {
            let frame = moved(first, 222.0 * at as f64, 0.0);
            panel(canvas, frame, diagram, (["a", "b", "c"][at], at == 0, !overlap))
        })
    })
    .map_err(|reason| ReportError::figure(NAME, &reason))?;
    let names: Vec<String> = ["a", "b", "c"]
        .iter()
        .zip(&diagrams)
        .map(|(letter, diagram)| format!("{letter}, {}", diagram.name))
        .collect();
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
    Ok(Some(Figure { name: NAME, title: "What confidence is worth".to_owned(), caption, svg }))
}

/// Of the main student's teachers, of its network alone, and of itself.
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

fn panel(
    canvas: &Canvas,
    frame: Frame,
    diagram: &Diagram,
    (letter, first, intervals): (&str, bool, bool),
) -> Drawn {
    let panel = canvas.panel(frame, 0.0..100.0, 0.0..100.0);
    let title = match diagram.role {
        Role::Teacher => "teacher",
        Role::Student => "student alone",
        Role::Distilled => "distilled",
        Role::Network => "network",
        Role::Aligner => "aligner",
    };
    canvas.heading(frame, letter, title)?;
    let ticks = [0.0, 25.0, 50.0, 75.0, 100.0];
    panel.y_axis(if first { "Accuracy (%)" } else { "" }, &ticks, false)?;
    let names: Vec<_> = ticks.iter().map(|tick| (*tick, vec![tick.to_string()])).collect();
    panel.x_axis("Confidence (%)", &names)?;
    panel.line(&[(0.0, 0.0), (100.0, 100.0)], Stroke::dashed(SOFT, 1.0))?;
    marks(&panel, diagram, intervals)?;
    let style = Lettering::new(HPos::Left, VPos::Top).size(SMALL).color(color(diagram.role));
    let error = format!("ECE {} %", plain(diagram.calibration_error, 2));
    panel.text((0.0, 100.0), (8.0, 8.0), &error, style.bold())
}

fn marks(panel: &Panel, diagram: &Diagram, intervals: bool) -> Drawn {
    let tone = color(diagram.role);
    let all: usize = diagram.bins.iter().map(|bin| bin.images).sum();
    for bin in diagram.bins.iter().filter(|bin| bin.images > 0) {
        let x = 100.0 * bin.confidence / bin.images as f64;
        let share = bin.right as f64 / bin.images as f64;
        if intervals {
            let interval = wilson_of_share(share, bin.images as f64 / diagram.networks as f64);
            panel.whisker(x, 100.0 * interval.low, 100.0 * interval.high, tone.mix(0.6))?;
        }
        let size = 4.0 + 6.0 * (bin.images as f64 / all as f64).sqrt();
        panel.mark(x, 100.0 * share, marker(diagram.role), size, tone.to_rgba())?;
    }
    Ok(())
}
