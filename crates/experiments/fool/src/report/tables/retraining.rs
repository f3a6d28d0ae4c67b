//! Retraining, round by round, and the detectors.

use assay_report::TableSpec;
use assay_report::tables::Table;
use assay_stats::Estimate;

use crate::report::attack_results::at_end;
use crate::report::detection::{Case, Detection, Kind};
use crate::report::index::Index;
use crate::report::rounds::{
    Round, accuracy, architectures, confidence, elites_rejected, last_round, others_rejected,
    over_seeds, rejected, round, step_of_test_images,
};
use crate::report::wording::encoding_name;

/// A round of the networks of one architecture.
struct Row<'i, 'a> {
    index: &'i Index<'a>,
    architecture: &'a str,
    number: u32,
}

impl Row<'_, '_> {
    /// A number rounded to `step`, over the seeds, in percent.
    fn of(&self, step: f64, value: impl Fn(&Round) -> Result<f64, String>) -> Option<Estimate> {
        let measured = over_seeds(self.index, Some(self.architecture), step, |name, seed| {
            value(&round(self.index, name, seed, self.number)?)
        });
        measured.estimate.map(Estimate::in_percent)
    }

    fn mean(&self, value: impl Fn(&Round) -> Result<f64, String>) -> Option<f64> {
        self.of(0.0, value).map(|one| one.value)
    }

    fn clean(&self) -> Option<Estimate> {
        self.of(step_of_test_images(self.index), accuracy)
    }
}

pub(super) fn retraining(index: &Index) -> Table {
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
        .number("images learnt", 0, |row| row.mean(learnt))
        .estimate("confidence", 4, |row| row.of(0.0, confidence))
        .number("classes >= 99.99 %", 2, |row| {
            row.mean(|round| round.over_attacks(|one| 100.0 * at_end(one).at_least_9999))
        })
        .number("argmax coverage", 2, |row| {
            row.mean(|round| round.over_attacks(|one| 100.0 * at_end(one).predicted))
        })
        .number("new elites rejected", 2, |row| row.mean(|round| elites_rejected(row.index, round)))
        .number("others rejected", 2, |row| row.mean(|round| others_rejected(row.index, round)))
        .estimate("test accuracy", 2, Row::clean)
        .number("among the classes", 2, |row| row.mean(among_classes))
        .number("test images rejected", 2, |row| row.mean(rejected))
        .number("attacks", 0, |row| row.mean(|round| Ok(round.attacks.len() as f64)))
        .text_if_known("seeds", |row| row.clean().map(|clean| clean.clusters))
        .rows(rows.filter(|row| row.clean().is_some()))
}

fn learnt(round: &Round) -> Result<f64, String> {
    Ok(round.test()?.1.map_or(0.0, |rejection| f64::from(rejection.images)))
}

/// Test accuracy among the data's classes, in percent, ignoring the reject class.
fn among_classes(round: &Round) -> Result<f64, String> {
    let (test, rejection) = round.test()?;
    let correct = rejection.map_or(test.correct, |rejection| rejection.correct_among_classes);
    Ok(100.0 * f64::from(correct) / f64::from(test.images.max(1)))
}

pub(super) fn detectors(detection: &Detection) -> Table {
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
        .number("fooling images a network", 0, |case| Some(detection.size(*case).1))
        .text("seeds", |case| detection.size(*case).0)
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
