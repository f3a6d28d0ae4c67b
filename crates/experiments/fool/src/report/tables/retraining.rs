//! Retraining, round by round, and the detectors.

use crate::report::claims::at_end;
use crate::report::detection::{Case, Detection, Kind};
use crate::report::index::Index;
use crate::report::rounds::{
    Round, accuracy, architectures, confidence, elites_rejected, last_round, others_rejected,
    over_seeds, rejected, round, step_of_test_images,
};
use crate::report::wording::encoding_name;
use assay_report::tables::{Entry, Table};
use assay_stats::Estimate;

pub(super) fn retraining(index: &Index) -> Table {
    let rows = architectures(index).into_iter().flat_map(|architecture| {
        (0..=last_round(index)).filter_map(move |number| row(index, architecture, number))
    });
    Table {
        name: "retraining".to_owned(),
        title: "Retraining, round by round, in percent: the mean over seeds, with intervals of the \
                confidence and of the test accuracy. Confidence is the median over classes of what the \
                attacks of a round find; a test image that is rejected is an error, but not among the \
                classes"
            .to_owned(),
        columns: vec![
            "network",
            "round",
            "images learnt",
            "confidence",
            "low",
            "high",
            "classes >= 99.99 %",
            "argmax coverage",
            "new elites rejected",
            "others rejected",
            "test accuracy",
            "low",
            "high",
            "among the classes",
            "test images rejected",
            "attacks",
            "seeds",
        ],
        rows: rows.collect(),
    }
}

/// None where no seed has a network of this round.
fn row(index: &Index, architecture: &str, number: u32) -> Option<Vec<Entry>> {
    let of = |step, value: &dyn Fn(&Round) -> Result<f64, String>| -> Option<Estimate> {
        let measured = over_seeds(index, Some(architecture), step, |architecture, seed| {
            value(&round(index, architecture, seed, number)?)
        });
        measured.estimate.map(Estimate::in_percent)
    };
    let clean = of(step_of_test_images(index), &accuracy)?;
    let sure = of(0.0, &confidence);
    let number_of = |value: &dyn Fn(&Round) -> Result<f64, String>, decimals| {
        Entry::number(of(0.0, value).map(|one| one.value), decimals)
    };
    let ends = |one: Option<Estimate>, decimals| {
        let ends = one.and_then(|one| one.interval);
        [ends.map(|ends| ends.low), ends.map(|ends| ends.high)]
            .map(|end| Entry::number(end, decimals))
    };
    let mut row = vec![
        Entry::text(architecture),
        Entry::text(number),
        number_of(&|round| learnt(round), 0),
        Entry::number(sure.map(|one| one.value), 4),
    ];
    row.extend(ends(sure, 4));
    row.extend([
        number_of(&|round| round.over_attacks(|one| 100.0 * at_end(one).at_least_9999), 2),
        number_of(&|round| round.over_attacks(|one| 100.0 * at_end(one).predicted), 2),
        number_of(&|round| elites_rejected(index, round), 2),
        number_of(&|round| others_rejected(index, round), 2),
        Entry::number(Some(clean.value), 2),
    ]);
    row.extend(ends(Some(clean), 2));
    row.extend([
        number_of(&among_classes, 2),
        number_of(&rejected, 2),
        number_of(&|round| Ok(round.attacks.len() as f64), 0),
        Entry::count(clean.clusters),
    ]);
    Some(row)
}

fn learnt(round: &Round) -> Result<f64, String> {
    Ok(round.test()?.1.map_or(0.0, |rejection| f64::from(rejection.images)))
}

/// Test accuracy in percent where the reject class is not asked.
fn among_classes(round: &Round) -> Result<f64, String> {
    let (test, rejection) = round.test()?;
    let correct = rejection.map_or(test.correct, |rejection| rejection.correct_of_classes);
    Ok(100.0 * f64::from(correct) / f64::from(test.images.max(1)))
}

pub(super) fn detectors(detection: &Detection) -> Table {
    let row = |case: Case| {
        let area = detection.auroc(case).estimate;
        let alarms = detection.false_alarms(case);
        let (seeds, images) = detection.size(case);
        let ends = area.and_then(|area| area.interval);
        vec![
            Entry::text(case.architecture.unwrap_or("all")),
            Entry::Text(kind_name(case.kind)),
            Entry::text(case.detector.name()),
            Entry::number(area.map(|area| area.value), 2),
            Entry::number(ends.map(|ends| ends.low), 2),
            Entry::number(ends.map(|ends| ends.high), 2),
            Entry::number(alarms.map(|alarms| alarms.value), 2),
            Entry::number(Some(images), 0),
            Entry::count(seeds),
        ]
    };
    Table {
        name: "detectors".to_owned(),
        title: "Telling fooling images from test images: the area under the ROC in percent, with its \
                interval over seeds, and the share of test images taken for fooling ones where 95 % of \
                these are found"
            .to_owned(),
        columns: vec![
            "network",
            "images",
            "detector",
            "AUROC",
            "low",
            "high",
            "false alarms at 95 % found",
            "fooling images a network",
            "seeds",
        ],
        rows: detection.cases_by_architecture().into_iter().map(row).collect(),
    }
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
