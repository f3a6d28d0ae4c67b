//! ROC curves: the true positive rate of a detector of fooling images, by its false positive rate.

use assay_classifier_cells::Encoding;
use assay_report::chart::{Axes, Axis, Chart, Ticks};
use assay_report::figures::canvas::{GRID, Lettering, SMALL, SOFT, Stroke};
use assay_report::figures::style::{BLUE, GREEN, ORANGE};
use assay_report::words::plain;
use assay_report::{Figure, ReportError};
use plotters::style::RGBColor;
use plotters::style::text_anchor::{HPos, VPos};

use crate::report::detection::{Case, Detection, Detector, Kind};
use crate::report::index::Index;
use crate::report::rounds::last_round;
use crate::report::wording::encoding_name;

pub fn figure(index: &Index, detection: &Detection) -> Result<Option<Figure>, ReportError> {
    let caption = "False positives are test images taken for fooling images, true positives are fooling \
        images found. Curves are the mean over networks at the same false positive rate; the gray line is \
        chance. Beside each curve is the area under it, with the 95 % interval over seeds in brackets. A \
        curve below the gray line says that fooling images look more real than test images.";
    let title = "ROC curves: telling fooling images from test images by a network's logits";
    let cases = detection.cases();
    let mut chart = Chart::new("roc", title, caption).columns(2);
    for (kind, heading) in kinds(last_round(index)) {
        let of_kind: Vec<Case> = cases.iter().copied().filter(|case| case.kind == kind).collect();
        if !of_kind.is_empty() {
            chart = chart.axes(axes(detection, &heading, &of_kind));
        }
    }
    chart.figure()
}

/// First the images found on networks without a reject class, then those that the last round's
/// networks classified.
fn kinds(round: u32) -> Vec<(Kind, String)> {
    let found = |encoding| (Kind::Found(encoding), format!("{} images", encoding_name(encoding)));
    let mut kinds = vec![found(Encoding::Direct), found(Encoding::Cppn)];
    if round > 0 {
        kinds.push((Kind::New { round }, format!("Round {round}: new images")));
        for encoding in [Encoding::Cppn, Encoding::Direct] {
            let heading = format!("Round {round}: {} images of round 0", encoding_name(encoding));
            kinds.push((Kind::Unseen { round, encoding }, heading));
        }
    }
    kinds
}

fn axes(detection: &Detection, heading: &str, cases: &[Case]) -> Axes {
    let ticks: Ticks = [0.0, 25.0, 50.0, 75.0, 100.0].map(|at| (at, vec![plain(at, 0)])).into();
    let percent = |title: &str| Axis::new(title).range(0.0..100.0).ticks(ticks.clone());
    let mut axes =
        Axes::new(heading, percent("False positive rate (%)"), percent("True positive rate (%)"))
            .height(184.0)
            .room(104.0);
    axes.line(vec![(0.0, 0.0), (100.0, 100.0)], Stroke::solid(GRID, 2.0));
    for (at, &case) in cases.iter().enumerate() {
        let tone = color(case.detector);
        let point = |half: u32| {
            let alarms = f64::from(half) / 200.0;
            (100.0 * alarms, detection.found_at(case, alarms))
        };
        axes.line((0..=200).map(point).collect(), Stroke::solid(tone, 1.8));
        let style = Lettering::new(HPos::Left, VPos::Center).size(SMALL);
        let (place, down) = ((100.0, 100.0), 16.0 + at as f64 * 34.0);
        axes.text(place, (8.0, down), case.detector.name(), style.color(tone));
        let small = style.size(SMALL - 1.0).color(SOFT);
        axes.text(place, (8.0, down + 13.0), &area_in_words(detection, case), small);
    }
    axes
}

fn color(detector: Detector) -> RGBColor {
    match detector {
        Detector::MaxSoftmax => BLUE,
        Detector::Energy => ORANGE,
        Detector::RejectClass => GREEN,
    }
}

/// `87 % [80, 94]`.
fn area_in_words(detection: &Detection, case: Case) -> String {
    let Some(area) = detection.auroc(case).estimate else { return String::new() };
    let ends = area.interval.map_or(String::new(), |ends| {
        format!(" [{}, {}]", plain(ends.low.max(0.0), 0), plain(ends.high.min(100.0), 0))
    });
    format!("{} %{ends}", plain(area.value, 1))
}
