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
        .number("images learnt", 0, |row| row.mean(RoundMetric::Learned))
        .estimate("confidence", 4, |row| row.estimate(RoundMetric::Confidence))
        .number("classes >= 99.99 %", 2, |row| row.mean(RoundMetric::ShareAt9999))
        .number("argmax coverage", 2, |row| row.mean(RoundMetric::ArgmaxCoverage))
        .number("new elites rejected", 2, |row| row.mean(RoundMetric::NewRejected))
        .number("others rejected", 2, |row| row.mean(RoundMetric::OthersRejected))
        .estimate("test accuracy", 2, |row| row.estimate(RoundMetric::Accuracy))
        .number("among the classes", 2, |row| row.mean(RoundMetric::AccuracyAmongClasses))
        .number("test images rejected", 2, |row| row.mean(RoundMetric::TestRejected))
        .number("attacks", 0, |row| row.mean(RoundMetric::Attacks))
        .text_if_known("seeds", |row| row.estimate(RoundMetric::Accuracy).map(|one| one.clusters))
        .rows(rows.filter(|row| row.estimate(RoundMetric::Accuracy).is_some()))
}

pub fn detectors(detection: &Detection) -> Table {
    let title = "Telling fooling images from test images: the area under the ROC in percent, with its \
                interval over seeds, and the share of test images taken for fooling ones where 95 % of \
                these are found";
    TableSpec::new("detectors", title)
        .text("network", |case: &Case| case.architecture.unwrap_or("all").to_owned())
        .text("images", |case| kind_name(case.kind))
        .text("detector", |case| case.detector.name())
        .estimate("AUROC", 2, |case| detection.auroc(*case).estimate)
        .number("false alarms at 95 % found", 2, |case| {
            detection.false_alarms(*case).map(|alarms| alarms.value)
        })
        .number("fooling images a network", 0, |case| Some(detection.images(*case)))
        .text("seeds", |case| detection.seeds(*case))
        .rows(detection.cases_by_architecture())
}

fn kind_name(kind: Kind) -> String {
    match kind {
        Kind::Found(encoding) => format!("{}, found on it", encoding_name(encoding)),
        Kind::New { round } => format!("found on it in round {round}"),
        Kind::Others { round, encoding } => {
            format!("{} of round 0, shown in round {round}", encoding_name(encoding))
        }
    }
}
