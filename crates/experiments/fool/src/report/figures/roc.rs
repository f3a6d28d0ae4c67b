//! How many fooling images a detector finds, at how many false alarms.

use assay_runs::Encoding;
use plotters::style::RGBColor;
use plotters::style::text_anchor::{HPos, VPos};

use crate::report::detection::{Case, Detection, Detector, Kind};
use crate::report::index::Index;
use crate::report::rounds::last_round;
use crate::report::wording::encoding_name;
use assay_report::ReportError;
use assay_report::figures::Figure;
use assay_report::figures::canvas::{
    Canvas, Drawn, Frame, GRID, Lettering, SMALL, SOFT, Stroke, draw,
};
use assay_report::figures::style::{BLUE, GREEN, ORANGE, WIDTH, moved};
use assay_report::words::plain;

const NAME: &str = "roc";
const COLUMNS: usize = 2;
const STEP: (f64, f64) = (WIDTH / 2.0, 264.0);
const SIDE: f64 = 184.0;

/// One kind of images, and what the detectors say of them.
struct Part<'a> {
    title: String,
    cases: Vec<Case<'a>>,
}

pub(super) fn figure(index: &Index, detection: &Detection) -> Result<Option<Figure>, ReportError> {
    let parts = parts(index, detection);
    if parts.is_empty() {
        return Ok(None);
    }
    let rows = parts.len().div_ceil(COLUMNS) as f64;
    let svg = draw(WIDTH, 16.0 + rows * STEP.1, |canvas| {
        for (at, part) in parts.iter().enumerate() {
            let first = Frame { left: 60.0, top: 38.0, right: 60.0 + SIDE, bottom: 38.0 + SIDE };
            let (row, column) = ((at / COLUMNS) as f64, (at % COLUMNS) as f64);
            draw_part(canvas, detection, part, moved(first, column * STEP.0, row * STEP.1))?;
        }
        Ok(())
    });
    let svg = svg.map_err(|reason| ReportError::figure(NAME, &reason))?;
    let caption = "Across: the share of test images taken for fooling ones. Upwards: the share of fooling \
        images found. Curves are the mean over networks at the same share of false alarms; the grey line \
        is a detector that knows nothing. In brackets the 95 % interval of the area over seeds. A curve \
        below the grey line says that fooling images look more real than real ones."
        .to_owned();
    let title = "Telling fooling images from test images by what a network says".to_owned();
    Ok(Some(Figure { name: NAME, title, caption, svg }))
}

/// First what was found on networks of the data's classes alone, then what was shown to the last round's.
fn parts<'a>(index: &Index, detection: &Detection<'a>) -> Vec<Part<'a>> {
    let round = last_round(index);
    let found = |encoding| (Kind::Found(encoding), format!("{} images", encoding_name(encoding)));
    let mut kinds = vec![found(Encoding::Direct), found(Encoding::Cppn)];
    if round > 0 {
        kinds.push((Kind::New { round }, format!("Round {round}: new images")));
        for encoding in [Encoding::Cppn, Encoding::Direct] {
            let of = format!("Round {round}: {} images of round 0", encoding_name(encoding));
            kinds.push((Kind::Others { round, encoding }, of));
        }
    }
    let cases = detection.cases();
    let part = |(kind, title): (Kind, String)| {
        let cases: Vec<Case> = cases.iter().copied().filter(|case| case.kind == kind).collect();
        (!cases.is_empty()).then_some(Part { title, cases })
    };
    kinds.into_iter().filter_map(part).collect()
}

fn color(detector: Detector) -> RGBColor {
    match detector {
        Detector::MaxSoftmax => BLUE,
        Detector::Energy => ORANGE,
        Detector::RejectClass => GREEN,
    }
}

fn draw_part(canvas: &Canvas, detection: &Detection, part: &Part, frame: Frame) -> Drawn {
    canvas.heading(frame, "", &part.title)?;
    let panel = canvas.panel(frame, 0.0..100.0, 0.0..100.0);
    let ticks = [0.0, 25.0, 50.0, 75.0, 100.0];
    panel.y_axis("Found (%)", &ticks, false)?;
    let numbers: Vec<_> = ticks.iter().map(|&tick| (tick, vec![plain(tick, 0)])).collect();
    panel.x_axis("False alarms (%)", &numbers)?;
    panel.line(&[(0.0, 0.0), (100.0, 100.0)], Stroke::solid(GRID, 2.0))?;
    for (at, case) in part.cases.iter().enumerate() {
        let tone = color(case.detector);
        let points: Vec<(f64, f64)> = (0..=200)
            .map(|half| f64::from(half) / 200.0)
            .map(|alarms| (100.0 * alarms, detection.found_at(*case, alarms)))
            .collect();
        panel.line(&points, Stroke::solid(tone, 1.8))?;
        let style = Lettering::new(HPos::Left, VPos::Center).size(SMALL);
        let down = 16.0 + at as f64 * 34.0;
        let place = (100.0, 100.0);
        panel.text(place, (8.0, down), case.detector.name(), style.color(tone))?;
        let area = area_in_words(detection, *case);
        panel.text(place, (8.0, down + 13.0), &area, style.size(SMALL - 1.0).color(SOFT))?;
    }
    Ok(())
}

/// `87 % [80, 94]`.
fn area_in_words(detection: &Detection, case: Case) -> String {
    let Some(area) = detection.auroc(case).estimate else { return String::new() };
    let ends = area.interval.map_or(String::new(), |ends| {
        format!(" [{}, {}]", plain(ends.low.max(0.0), 0), plain(ends.high.min(100.0), 0))
    });
    format!("{} %{ends}", plain(area.value, 1))
}
