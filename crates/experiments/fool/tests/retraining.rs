//! Reports of fabricated fooling runs with retraining, detectors and networks of other runs, whose truth is
//! known.

mod fabricate;

use std::path::Path;

use assay_classifier_cells::{AttackCell, CellKind, Encoding, Method};
use assay_report::Report;
use assay_runs::{Cell, Claim, Summary, Verdict};
use assay_test_support::{Ending, in_memory, read};
use fabricate::Fabrication;
use fabricate::retraining::external_model;
use fabricate::write_report;

/// Student's t of 2 degrees of freedom at 97.5 %.
const T: f64 = 4.302_65;

fn report(fabrication: &Fabrication) -> (tempfile::TempDir, Summary) {
    let folder = in_memory();
    fabrication.write(folder.path());
    let summary = write_report(folder.path()).unwrap();
    (folder, summary)
}

/// Confidence is 100 % in round 0, and 99.5, 99.5 and 99.6 % by seed in round 2.
fn median(cell: &AttackCell) -> f32 {
    match (cell.network.round(), cell.seed) {
        (0, _) => 1.0,
        (1, _) => 0.97,
        (_, 2) => 0.996,
        _ => 0.995,
    }
}

fn retrained() -> Fabrication {
    Fabrication {
        architectures: vec!["lenet"],
        searches: vec![
            (Method::Evolution, Encoding::Direct, 60),
            (Method::Evolution, Encoding::Cppn, 60),
        ],
        rounds: 2,
        median: Box::new(median),
        clean: Box::new(|cell| if cell.round() == 0 { [980, 0] } else { [978, 4] }),
        ..Fabrication::default()
    }
}

fn claim<'a>(summary: &'a Summary, id: &str) -> &'a Claim {
    let known = summary.claims.iter().find(|claim| claim.id == id);
    known.unwrap_or_else(|| panic!("no claim {id}"))
}

fn is(summary: &Summary, id: &str, value: f64, half: f64, verdict: Verdict) {
    is_within(summary, id, (value, value - half, value + half), verdict);
}

fn is_within(summary: &Summary, id: &str, (value, low, high): (f64, f64, f64), verdict: Verdict) {
    let claim = claim(summary, id);
    let close = |got: Option<f64>, wanted: f64| {
        let got = got.unwrap();
        assert!((got - wanted).abs() < 2e-3, "{id}: {got} instead of {wanted}");
    };
    close(claim.measured, value);
    close(claim.low, low);
    close(claim.high, high);
    assert_eq!(claim.verdict, verdict, "{id}");
}

#[test]
fn claims_about_retraining_are_the_numbers_that_were_put_in() {
    let (_folder, summary) = report(&retrained());
    // 0.5, 0.5 and 0.6 points above 99 %: the standard error of their mean is 1/30.
    let half = T / 30.0;
    let mean = 0.5 + 0.1 / 3.0;
    is(&summary, "retraining-stays-fooled", mean, half, Verdict::Holds);
    // 97 % in round 1, and 2 rounds: the slope is their difference.
    let trend = "confidence-falls-with-retraining";
    is(&summary, trend, mean + 2.0, half, Verdict::DoesNotHold);
    // 978 and 980 of 1000 test images, each seed: rounded to 0.1, a standard error of 0.1 / sqrt(18).
    let rounding = T * 0.1 / 18.0_f64.sqrt();
    is(&summary, "retraining-keeps-clean-accuracy", -0.2, rounding, Verdict::Holds);
    assert!((claim(&summary, "retraining-stays-fooled").paper.unwrap() - 0.99).abs() < 1e-9);
    let forms = Fabrication { data: "forms", ..retrained() };
    assert_eq!(claim(&report(&forms).1, "retraining-stays-fooled").paper, None);
}

#[test]
fn rounds_stand_in_a_table_and_leave_the_other_claims_alone() {
    let (folder, summary) = report(&retrained());
    let table = read(folder.path(), "report/tables/retraining.csv");
    let rows: Vec<Vec<&str>> = table.lines().skip(1).map(|row| row.split(',').collect()).collect();
    assert_eq!(rows.len(), 3);
    let column = |at: usize| rows.iter().map(|row| row[at].to_owned()).collect::<Vec<_>>();
    assert_eq!(column(1), ["0", "1", "2"]);
    assert_eq!(column(2), ["0", "60", "120"]);
    // Test accuracy, and that among the classes.
    assert_eq!(
        (column(10), column(13)),
        (
            vec!["98".to_owned(), "97.8".to_owned(), "97.8".to_owned()],
            vec!["98".to_owned(), "98.2".to_owned(), "98.2".to_owned()],
        )
    );
    let plain = report(&Fabrication { rounds: 0, ..retrained() }).1;
    for (before, after) in plain.claims.iter().zip(&summary.claims).take(5) {
        assert_eq!(before, after);
    }
    let page = read(folder.path(), "report/index.html");
    for figure in ["retraining", "elites_by_round", "roc", "lineages"] {
        assert!(page.contains(&format!("<figure id={figure}>")), "no {figure}");
    }
}

#[test]
fn accuracies_are_as_uncertain_as_rounding_in_the_table_and_in_the_answer() {
    let (folder, _) = report(&retrained());
    let table = read(folder.path(), "report/tables/retraining.csv");
    let row: Vec<f64> = table
        .lines()
        .nth(1)
        .unwrap()
        .split(',')
        .skip(10)
        .take(3)
        .map(|end| end.parse().unwrap())
        .collect();
    // 980 of 1000 test images in each of three seeds: 0.1 / sqrt(36).
    let half = T * 0.1 / 6.0;
    for (got, wanted) in row.iter().zip([98.0, 98.0 - half, 98.0 + half]) {
        assert!((got - wanted).abs() < 1e-4, "{row:?}");
    }
    let page = read(folder.path(), "report/index.html");
    assert!(page.contains("lenet 98.00 [97.93, 98.07] (3 networks)"), "the answer has another");
}

#[test]
fn a_stuck_network_of_the_last_round_takes_its_seed_out_and_is_named() {
    let stuck = |cell: &Cell| match CellKind::from(cell) {
        CellKind::Classifier(cell) if cell.seed == 2 && cell.round() == 2 => Ending::Stuck,
        _ => Ending::Trained,
    };
    let (folder, summary) = report(&Fabrication { ending: Box::new(stuck), ..retrained() });
    // Of the two others both have 99.5 %: an interval without width decides nothing.
    is(&summary, "retraining-stays-fooled", 0.5, 0.0, Verdict::NotEnoughData);
    // It has not taken part in anything else.
    let (_folder, trained) = report(&retrained());
    let id = "direct-images-reach-99.99";
    assert_eq!(claim(&summary, id), claim(&trained, id));
    let page = read(folder.path(), "report/index.html");
    assert!(page.contains("seed 2: network lenet, seed 2, round 2 did not learn"));
}

#[test]
fn areas_are_those_of_the_scores_that_were_put_in() {
    use Verdict::{Holds, NotEnoughData};
    // Test images have a logit of 1, 2, 3 and 4. Networks have lower confidence in direct elites than in any; in
    // CPPN ones lower confidence than in 3, 2 and 1 of the four, by seed.
    let logit = |cell: &AttackCell| match (cell.attack.encoding, cell.network.round()) {
        (Encoding::Direct, _) => 0.5,
        (Encoding::Cppn, 0) => [1.5, 2.5, 3.5][cell.seed as usize],
        (Encoding::Cppn, _) => 9.0,
    };
    let (folder, summary) = report(&Fabrication { logit: Box::new(logit), ..retrained() });
    // Rounded to whole elites of two, or of six in the last round: a standard error of 50 / 6, or a third of
    // that. No area is above 100 %.
    let rounding = T * 50.0 / 6.0;
    for detector in ["max-softmax", "energy"] {
        let id = format!("{detector}-detects-direct-images");
        is_within(&summary, &id, (50.0, 50.0 - rounding, 50.0), Holds);
        // 75, 50 and 25 %: a standard error of 25 / sqrt 3, which reaches below 0 and above 100 %.
        let id = format!("{detector}-detects-cppn-images");
        is_within(&summary, &id, (0.0, -50.0, 50.0), NotEnoughData);
    }
    // The reject class has a logit of -5 for test images: against ln(e + 9) = 2.46 to ln(e^4 + 9) = 4.15
    // of the classes that makes -7.46, -7.80, -8.37 and -9.15. It has 1 for elites: against 9.00 for the
    // new ones -8.00, more than two of four; for those of round 0 more than any.
    is(&summary, "reject-class-detects-new-images", 0.0, rounding / 3.0, NotEnoughData);
    is_within(&summary, "reject-class-detects-unseen-images", (50.0, 50.0 - rounding, 50.0), Holds);
    let table = read(folder.path(), "report/tables/detectors.csv");
    let row =
        table.lines().find(|row| row.starts_with("lenet,\"Direct, found on it\",max softmax"));
    let row: Vec<&str> = row.unwrap().split(',').skip(4).collect();
    assert!((row[1].parse::<f64>().unwrap() - (100.0 - rounding)).abs() < 1e-2, "{row:?}");
    assert_eq!((row[0], &row[2..]), ("100", &["100", "0", "2", "3"][..]));
}

#[test]
fn damaged_or_missing_logits_are_named_and_leave_out_their_seed() {
    let folder = in_memory();
    let run = retrained().write(folder.path());
    let attack = run.plan().cells.iter().find(|cell| cell.is::<AttackCell>()).unwrap();
    let damages: [fn(&Path); 2] = [
        |logits| std::fs::remove_file(logits).unwrap(),
        |logits| std::fs::write(logits, b"damaged").unwrap(),
    ];
    for damage in damages {
        damage(&run.logits(attack));
        let Report { summary, damaged } =
            assay_report::write_report(folder.path(), &[assay_fool::REPORT]).unwrap();
        // Its seed is left out of what is read from its logits.
        let detected = claim(&summary, "energy-detects-direct-images");
        assert!((detected.measured.unwrap() - 50.0).abs() < 1e-9 && detected.low.is_some());
        assert!(read(folder.path(), "report/index.html").contains("seed 0: no logits of lenet"));
        let [message] = &damaged[..] else { panic!("{damaged:?}") };
        assert!(message.starts_with(&attack.name()) && message.contains("logits.safetensors"));
    }
}

#[test]
fn networks_of_other_runs_are_further_columns_by_name() {
    let external_models = vec![
        external_model("student mlp-30", 0, &["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]),
        external_model("student mlp-30", 1, &["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]),
        external_model("a1b lenet", 0, &["4", "5", "6", "7", "a thing"]),
    ];
    let (folder, _) = report(&Fabrication { external_models, rounds: 0, ..retrained() });
    let table = read(folder.path(), "report/tables/cross_evaluation.csv");
    let row = |start: &str| {
        let found = table.lines().find(|line| line.contains(start));
        found.unwrap_or_else(|| panic!("no {start} in {table}")).to_owned()
    };
    // One, one and two of ten, two networks each; of the four classes that are shared a quarter, a quarter
    // and half.
    let student =
        row("student mlp-30 on mnist of another run, 10 of its 10 classes here\",own class,");
    assert!(student.starts_with("Direct,the paper's settings,lenet,"), "{student}");
    let value = |row: &str, at: usize| row.rsplit(',').nth(at).unwrap().parse::<f64>().unwrap();
    assert!((value(&student, 4) - 40.0 / 3.0).abs() < 1e-9, "{student}");
    // The t interval reaches T times 10 / 3 above; Wilson's of the 30 elites, each evaluated twice, to 29.681 %.
    assert!((value(&student, 2) - 29.681).abs() < 1e-3, "{student}");
    assert!(student.ends_with(",6,3"), "{student}");
    let half = row("a1b lenet on mnist of another run, 4 of its 5 classes here\",own class,");
    assert!((value(&half, 4) - 100.0 / 3.0).abs() < 1e-9, "{half}");
    let figure = read(folder.path(), "report/figures/cross_evaluation.svg");
    for words in ["student", "mlp-30", "mnist 10/10", "a1b lenet", "mnist 4/5"] {
        assert!(figure.contains(words), "no {words}");
    }
}
