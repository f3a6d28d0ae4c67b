//! Retraining, round by round, and the detectors.

use assay_report::TableSpec;
use assay_report::tables::Table;
use assay_stats::Estimate;

use crate::report::detection::{Case, Detection, Kind};
use crate::report::index::Index;
use crate::report::rounds::{RoundMetric, architectures, last_round};
use crate::report::wording::encoding_name;

/// A round of the networks of one architecture.
struct Row<'i, 'a> {
    index: &'i Index<'a>,
    architecture: &'a str,
    number: u32,
}

impl Row<'_, '_> {
    fn estimate(&self, metric: RoundMetric) -> Option<Estimate> {
        metric.estimate(self.index, Some(self.architecture), self.number)
    }

    fn mean(&self, metric: RoundMetric) -> Option<f64> {
        self.estimate(metric).map(|one| one.value)
    }
}

pub fn retraining(index: &Index) -> Table {
    let row = |architecture, number| Row { index, architecture, number };
    let rows = architectures(index).into_iter().flat_map(|architecture| {
        (0..=last_round(index)).map(move |number| row(architecture, number))
    });
    let title = "Retraining, round by round, in percent: the mean over seeds, with intervals of the \
                confidence and of the test accuracy. Confidence is the median over classes of what the \
                attacks of a round find; a test image that is rejected is an error, but not among the \
                classes";
    TableSpec::new("retraining", title)
        .text("network", |row: &Row| row.architecture)
        .text("round", |row| row.number)
        .number("fooling images learned", 0, |row| row.mean(RoundMetric::Learned))
        .estimate("confidence", 4, |row| row.estimate(RoundMetric::Confidence))
        .number("success rate at 99.99 %", 2, |row| row.mean(RoundMetric::ShareAt9999))
        .number("top-1 success rate", 2, |row| row.mean(RoundMetric::Top1SuccessRate))
        .number("new elites rejected", 2, |row| row.mean(RoundMetric::NewRejected))
        .number("unseen images rejected", 2, |row| row.mean(RoundMetric::UnseenRejected))
        .estimate("test accuracy", 2, |row| row.estimate(RoundMetric::Accuracy))
        .number("among the classes", 2, |row| row.mean(RoundMetric::AccuracyAmongClasses))
        .number("test images rejected", 2, |row| row.mean(RoundMetric::TestRejected))
        .number("attacks", 0, |row| row.mean(RoundMetric::Attacks))
        .text_if_known("seeds", |row| row.estimate(RoundMetric::Accuracy).map(|one| one.clusters))
        .rows(rows.filter(|row| row.estimate(RoundMetric::Accuracy).is_some()))
}

pub fn detectors(detection: &Detection) -> Table {
    let title = "Telling fooling images from test images: the area under the ROC in percent, with its \
                interval over seeds, and the false positive rate (FPR, test images taken for fooling \
                images) at a true positive rate (TPR, fooling images found) of 95 %";
    TableSpec::new("detectors", title)
        .text("network", |case: &Case| case.architecture.unwrap_or("all").to_owned())
        .text("images", |case| kind_name(case.kind))
        .text("detector", |case| case.detector.name())
        .estimate("AUROC", 2, |case| detection.auroc(*case).estimate)
        .number("FPR at 95 % TPR", 2, |case| {
            detection.false_alarms(*case).map(|alarms| alarms.value)
        })
        .number("fooling images per network", 0, |case| Some(detection.images(*case)))
        .text("seeds", |case| detection.seeds(*case))
        .rows(detection.cases_by_architecture())
}

fn kind_name(kind: Kind) -> String {
    match kind {
        Kind::Found(encoding) => format!("{}, found on it", encoding_name(encoding)),
        Kind::New { round } => format!("found on it in round {round}"),
        Kind::Unseen { round, encoding } => {
            format!("{} of round 0, unseen, in round {round}", encoding_name(encoding))
        }
    }
}
