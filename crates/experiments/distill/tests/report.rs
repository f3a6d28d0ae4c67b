//! Reports of fabricated distillation runs, whose truth is known.

mod fabricate;

use assay_classifier_cells::{ClassifierCell, Loss, Role};
use assay_runs::{DistillationLoss, Verdict};
use assay_test_support::{Ending, read};
use fabricate::reports::{claim, few_cells, report, rows, with_specialists};
use fabricate::write_report;
use fabricate::{Fabrication, Truth};

#[test]
fn claims_come_out_as_the_run_was_constructed() {
    let (_folder, summary) = report(&Fabrication::default());
    let holds = [
        "teacher-beats-baseline",
        "distilled-beats-baseline",
        "distillation-recovers-over-half-of-the-gap",
        "high-temperatures-are-alike",
        "narrow-students-need-moderate-temperatures",
        "excluded-class-is-known",
        "little-data-favors-soft-targets",
        "soft-targets-overfit-less",
    ];
    assert_eq!(summary.claims.iter().map(|claim| &claim.id).collect::<Vec<_>>(), holds);
    for claim in &summary.claims {
        assert_eq!(claim.verdict, Verdict::Holds, "{claim:?}");
    }
    // Constructed: 5 - 2, 5 - 2.5, 2.5 of 3; 20 - 8.5, and (20 - 0) - (8.5 - 1.5).
    for (id, wanted, within) in [
        ("teacher-beats-baseline", 3.0, 0.15),
        ("distilled-beats-baseline", 2.5, 0.15),
        ("distillation-recovers-over-half-of-the-gap", 83.3, 3.0),
        ("little-data-favors-soft-targets", 11.5, 0.15),
        ("soft-targets-overfit-less", 13.0, 0.15),
    ] {
        let measured = claim(&summary, id).measured.unwrap();
        assert!((measured - wanted).abs() < within, "{id}: {measured}, not {wanted}");
    }
}

#[test]
fn claims_fail_in_a_run_that_was_constructed_against_them() {
    let errors = |cell: &ClassifierCell| match (cell.role, &cell.loss) {
        (Role::Teacher, _) => 3.0,
        // Worse than the baseline, and the worse the higher the temperature.
        (_, Loss::SoftTargets { temperature, .. }) => 5.0 + temperature / 5.0,
        (_, Loss::HardLabels | Loss::Compared { .. }) => 4.0,
    };
    let truth = Truth { test: errors, train: |_| 0.0, noise: 0.02, offset: 0.0 };
    let (_folder, summary) = report(&Fabrication { truth, ..Fabrication::default() });
    let fails = [
        "distilled-beats-baseline",
        "distillation-recovers-over-half-of-the-gap",
        "high-temperatures-are-alike",
        "narrow-students-need-moderate-temperatures",
        "little-data-favors-soft-targets",
        "soft-targets-overfit-less",
    ];
    for id in fails {
        let claim = claim(&summary, id);
        assert_eq!(claim.verdict, Verdict::DoesNotHold, "{claim:?}");
    }
}

#[test]
fn moderate_temperatures_are_compared_with_higher_ones_and_with_1_or_not_at_all() {
    for temperatures in [vec![2.5, 4.0, 10.0, 20.0], vec![1.0, 2.5, 4.0]] {
        let (_folder, summary) = report(&Fabrication { temperatures, ..Fabrication::default() });
        let id = "narrow-students-need-moderate-temperatures";
        assert!(summary.claims.iter().all(|claim| claim.id != id), "{:?}", summary.claims);
    }
}

#[test]
fn a_gap_that_may_be_none_is_not_divided() {
    let truth = Truth { test: |_| 4.0, train: |_| 0.0, noise: 0.1, offset: 0.0 };
    let (folder, summary) = report(&Fabrication { truth, ..few_cells() });
    let recovered = claim(&summary, "distillation-recovers-over-half-of-the-gap");
    assert_eq!((recovered.measured, recovered.verdict), (None, Verdict::NotEnoughData));
    assert!(read(folder.path(), "report/index.html").contains("no gap to divide"));
}

#[test]
fn a_gap_to_a_teacher_that_is_worse_is_not_testable() {
    let errors = |cell: &ClassifierCell| if cell.role == Role::Teacher { 8.0 } else { 4.0 };
    let truth = Truth { test: errors, train: |_| 0.0, noise: 0.1, offset: 0.0 };
    let (_folder, summary) = report(&Fabrication { truth, ..few_cells() });
    let recovered = claim(&summary, "distillation-recovers-over-half-of-the-gap");
    assert_eq!((recovered.measured, recovered.verdict), (None, Verdict::NotTestable));
    let note = recovered.note.as_ref().unwrap();
    assert!(note.contains("the teacher makes more errors than the baseline"), "{note}");
}

#[test]
fn a_share_of_test_images_counts_each_of_them_once_whatever_the_seeds() {
    // Networks of four seeds get nearly all of the 100 images right of the class that they never saw.
    let truth = Truth { test: |_| 0.0, train: |_| 0.0, noise: 0.0, offset: 4.0 };
    let excluded_classes = vec![vec![], vec![3]];
    let (folder, summary) =
        report(&Fabrication { truth, excluded_classes, seeds: 4, ..few_cells() });
    let known = claim(&summary, "excluded-class-is-known");
    let images: f64 = rows(folder.path(), "corrections", &["without 3"])[0][6].parse().unwrap();
    let (share, z_2) = (known.measured.unwrap() / 100.0, 3.841_46);
    let half = (z_2 * (share * (1.0 - share) / images + z_2 / (4.0 * images * images))).sqrt();
    let low = 100.0 * (share + z_2 / (2.0 * images) - half) / (1.0 + z_2 / images);
    assert!(images < 150.0 && share > 0.99, "{known:?}");
    assert!((known.low.unwrap() - low).abs() < 0.01, "{known:?}, not from {low}");
}

#[test]
fn errors_of_a_class_are_rounded_to_images_of_that_class() {
    // Uncorrected, no network gets an image of the class right that it never saw.
    let truth = Truth { test: |_| 0.0, train: |_| 0.0, noise: 0.0, offset: 30.0 };
    let excluded_classes = vec![vec![], vec![3]];
    let (folder, _) = report(&Fabrication { truth, excluded_classes, ..few_cells() });
    let images: f64 = rows(folder.path(), "corrections", &["without 3"])[0][6].parse().unwrap();
    let found = rows(folder.path(), "paper", &["without 3: on the excluded class"]);
    let number = |at: usize| found[0][at].parse::<f64>().unwrap();
    let half = 4.302_65 * (100.0 / images) / 6.0;
    assert!((number(2) - 100.0).abs() < 1e-9, "{found:?}");
    assert!((number(3) - (100.0 - half)).abs() < 1e-3, "{found:?}, not from {}", 100.0 - half);
}

#[test]
fn overfitting_is_rounded_to_training_images_too() {
    // Three seeds without errors: rounded to 1 of 1000 test images and to 1 of 1000 training images.
    let truth = Truth { test: |_| 0.0, train: |_| 0.0, noise: 0.0, offset: 0.0 };
    let (_folder, summary) = report(&Fabrication { truth, ..Fabrication::default() });
    let overfits = claim(&summary, "soft-targets-overfit-less");
    let half = overfits.high.unwrap() - overfits.measured.unwrap();
    let variance = 2.0 * (0.1_f64.powi(2) + 0.1_f64.powi(2)) / 36.0;
    assert!((half - 4.302_65 * variance.sqrt()).abs() < 1e-4, "{overfits:?}");
}

#[test]
fn corrections_find_the_offset_that_was_taken_away() {
    let excluded_classes = vec![vec![3], vec![0, 1, 2, 3, 4, 5, 6, 9]];
    let (folder, summary) =
        report(&Fabrication { excluded_classes, fractions: vec![1.0], ..few_cells() });
    let known = claim(&summary, "excluded-class-is-known");
    assert!(known.verdict == Verdict::Holds && known.measured.unwrap() > 95.0, "{known:?}");
    assert_eq!(claim(&summary, "few-classes-teach-the-rest").verdict, Verdict::Holds);
    for set in ["without 3", "only 7, 8"] {
        let found = rows(folder.path(), "corrections", &[set]);
        assert_eq!(found.len(), 4 * 3, "{set}: four ways, three seeds");
        for row in found.iter().filter(|row| row[2] == "no labels") {
            let offset: f64 = row[3].parse().unwrap();
            assert!((offset - 4.0).abs() < 1.0, "{row:?}");
        }
        // Chosen on the test images, no offset makes fewer errors.
        let errors = |way: &str| -> Vec<usize> {
            let of_way = found.iter().filter(|row| row[2] == way);
            of_way.map(|row| row[4].parse().unwrap()).collect()
        };
        let oracle = errors("test labels (oracle)");
        for way in ["uncorrected", "no labels", "validation labels"] {
            let errors = errors(way);
            assert!(oracle.iter().zip(&errors).all(|(oracle, other)| oracle <= other), "{way}");
        }
    }
}

#[test]
fn an_ensemble_is_the_mean_of_its_members_probabilities() {
    let errors = |cell: &ClassifierCell| if cell.role == Role::Distilled { 4.0 } else { 6.0 };
    let truth = Truth { test: errors, train: |_| 0.0, noise: 0.05, offset: 0.0 };
    let fabrication = Fabrication { truth, ensemble: 5, teacher: "mlp-800-800", ..few_cells() };
    let (folder, summary) = report(&fabrication);
    for id in ["ensemble-beats-its-members", "one-network-keeps-the-ensembles-gain"] {
        assert_eq!(claim(&summary, id).verdict, Verdict::Holds, "{:?}", claim(&summary, id));
    }
    let conditions = read(folder.path(), "report/tables/conditions.md");
    assert!(conditions.contains("| ensemble of 5 teachers | 3 |"), "{conditions}");
    assert!(conditions.contains("| teacher mlp-800-800 | 15 |"), "{conditions}");
    // Teachers 5 s to 5 s + 4 are of seed s: three means, whose error is that of three.
    let cells = rows(folder.path(), "cells", &["teacher mlp-800-800"]);
    let number = |entry: &String| entry.parse::<f64>().unwrap();
    let means = [0.0, 1.0, 2.0].map(|seed| {
        let of_seed =
            cells.iter().filter(|row| (number(&row[1]) / 5.0).floor().total_cmp(&seed).is_eq());
        let errors: Vec<f64> = of_seed.map(|row| number(&row[5])).collect();
        assert_eq!(errors.len(), 5);
        errors.iter().sum::<f64>() / 5.0
    });
    let mean = means.iter().sum::<f64>() / 3.0;
    let squares: f64 = means.iter().map(|one| (one - mean).powi(2)).sum();
    // No smaller than that of rounding to whole ones of 1000 test images.
    let half = 4.302_65 * (squares / 6.0).sqrt().max(0.1 / 6.0);
    let row = &rows(folder.path(), "conditions", &["teacher mlp-800-800"])[0];
    let found: Vec<f64> = row[3..6].iter().map(|entry| entry.parse().unwrap()).collect();
    for (found, expected) in found.iter().zip([mean, mean - half, mean + half]) {
        assert!((found - expected).abs() < 0.0051, "{found} is not {expected}");
    }
}

#[test]
fn what_specialists_add_is_told_from_what_their_generalist_teaches() {
    let (folder, summary) = report(&with_specialists());
    for (id, wanted, paper) in [
        // The paper's 1.1 points are of JFT.
        ("specialists-beat-their-generalist", 1.1, None),
        ("specialists-can-be-distilled-back", 2.0, None),
        ("specialists-teach-more-than-their-generalist", 1.0, None),
        // Read at students of the generalist by itself, as without specialists.
        ("distilled-beats-baseline", 1.0, Some(0.72)),
    ] {
        let claim = claim(&summary, id);
        assert_eq!(claim.verdict, Verdict::Holds, "{claim:?}");
        assert!((claim.measured.unwrap() - wanted).abs() < 0.15, "{claim:?}");
        let of_paper = |paper: f64| claim.paper.is_some_and(|found| (found - paper).abs() < 1e-9);
        assert_eq!(claim.paper.is_some(), paper.is_some_and(of_paper), "{claim:?}");
    }
    let text = &claim(&summary, "distilled-beats-baseline").text;
    assert!(text.contains("(distilled mlp-800-800, T = 20)"), "{text}");
    // The generalist is of the student's own network: there is no larger one whose gain could come over.
    assert!(summary.claims.iter().all(|claim| claim.id != "teacher-beats-baseline"));
    let text = &claim(&summary, "specialists-can-be-distilled-back").text;
    assert!(text.contains("(distilled mlp-800-800, T = 20, of 3 specialists)"), "{text}");
    let conditions = read(folder.path(), "report/tables/conditions.md");
    assert!(conditions.contains("| generalist and 3 specialists | 3 |"), "{conditions}");
    let page = read(folder.path(), "report/index.html");
    assert!(page.contains("The paper&#x27;s, with 61") || page.contains("The paper's, with 61"));
}

#[test]
fn specialists_have_tables_of_their_class_subsets_and_of_what_they_add_by_coverage() {
    let (folder, _) = report(&with_specialists());
    // Images are of ten classes in turn; classes 0 to 4 are in 1, 2, 3, 2 and 1 of the class subsets.
    let coverage = rows(folder.path(), "specialists_per_class", &[]);
    let images: Vec<[&str; 3]> =
        coverage.iter().map(|row| [0, 1, 2].map(|column| row[column].as_str())).collect();
    let expected = [["0", "3", "500"], ["1", "3", "200"], ["2", "3", "200"], ["3", "3", "100"]];
    assert_eq!(images, expected);
    // Weighed by their images, the gains are that of all images.
    let weighed: f64 = coverage
        .iter()
        .map(|row| row[2].parse::<f64>().unwrap() * row[5].parse::<f64>().unwrap() / 1000.0)
        .sum();
    let gains = rows(folder.path(), "specialists", &["mean"]);
    let mean: f64 = gains[0][4].parse().unwrap();
    assert!((weighed - mean).abs() < 1e-9 && (mean - 1.1).abs() < 0.15, "{weighed}, {mean}");
    let paper = &rows(folder.path(), "specialists", &["JFT"])[0];
    assert_eq!([&paper[1], &paper[2], &paper[3]], ["61", "25", "26.1"]);
    let subsets = rows(folder.path(), "class_subsets", &[]);
    assert_eq!((subsets.len(), subsets[4][3].as_str()), (9, "1, 2, 3"));
}

/// Specialists whose generalist gains as much from further training as from them add nothing.
#[test]
fn specialists_are_compared_with_further_training_of_their_generalist() {
    let with_control = |errors: fn(&ClassifierCell) -> f64| {
        let specialists = with_specialists();
        let truth = Truth { test: errors, ..specialists.truth };
        let (folder, summary) =
            report(&Fabrication { truth, specialists_gain: 2.0, ..specialists });
        let row = rows(folder.path(), "specialists", &["mean"]).swap_remove(0);
        let columns = [2, 3, 10, 11, 12].map(|column| row[column].parse::<f64>().unwrap());
        (columns, claim(&summary, "specialists-beat-further-training").clone())
    };
    // Both networks are wrong on images of their own, so their mean is right more often than either.
    let ([generalist, together, alone, both, gain], claim) =
        with_control(|cell| if cell.role == Role::Continued { 4.5 } else { 6.5 });
    assert!((generalist - 93.5).abs() < 0.2 && (alone - 95.5).abs() < 0.2);
    assert!(both > alone && (together - both - gain).abs() < 1e-9, "{both}, {gain}");
    assert!((claim.measured.unwrap() - gain).abs() < 0.006, "{claim:?}");
    assert_ne!(claim.verdict, Verdict::Holds, "{claim:?}");
    let (_, claim) = with_control(|cell| if cell.role == Role::Continued { 60.0 } else { 6.5 });
    assert_eq!(claim.verdict, Verdict::Holds, "{claim:?}");
}

#[test]
fn specialists_without_a_control_have_no_claim_about_it() {
    let (folder, summary) =
        report(&Fabrication { specialists_control: false, ..with_specialists() });
    assert!(summary.claims.iter().all(|claim| claim.id != "specialists-beat-further-training"));
    let row = &rows(folder.path(), "specialists", &["mean"])[0];
    assert_eq!(row[10..13], ["", "", ""]);
}

#[test]
fn a_generalist_that_diverged_takes_its_specialist_ensemble_out_of_the_claims() {
    let ending = |cell: &ClassifierCell| match (cell.role, cell.seed) {
        (Role::Teacher, 1) => Ending::Diverged,
        _ => Ending::Trained,
    };
    let (folder, summary) = report(&Fabrication { ending: Box::new(ending), ..with_specialists() });
    assert!(claim(&summary, "specialists-beat-their-generalist").low.is_some());
    let page = read(folder.path(), "report/index.html");
    let why = "<code>specialists-beat-their-generalist</code>: seed 1: generalist diverged</li>";
    assert!(page.contains(why), "{why}");
    assert_eq!(rows(folder.path(), "class_subsets", &["missing"]).len(), 3);
}

#[test]
fn a_teacher_from_a_file_is_measured_and_the_page_says_what_its_seeds_stand_for() {
    let (folder, summary) = report(&Fabrication { from_file: true, ..few_cells() });
    assert_eq!(claim(&summary, "teacher-beats-baseline").verdict, Verdict::Holds);
    let found = rows(folder.path(), "cells", &["teacher mlp-1200-1200 from a file"]);
    assert_eq!((found.len(), found[0][2].as_str()), (1, "measured"));
    let page = read(folder.path(), "report/index.html");
    assert!(page.contains("Teachers from files"));
    let note = "normalized by the mean and standard deviation of the training images here";
    assert!(page.contains(note));
    let (folder, _) = report(&few_cells());
    assert!(!read(folder.path(), "report/index.html").contains(note));
}

#[test]
fn a_diverged_teacher_takes_its_seed_out_and_is_named() {
    let ending = |cell: &ClassifierCell| match (cell.role, cell.seed) {
        (Role::Teacher, 1) => Ending::Diverged,
        _ => Ending::Trained,
    };
    let (folder, summary) = report(&Fabrication { ending: Box::new(ending), ..few_cells() });
    assert!(claim(&summary, "teacher-beats-baseline").measured.is_some());
    assert!(claim(&summary, "distilled-beats-baseline").low.is_some());
    let page = read(folder.path(), "report/index.html");
    assert!(page.contains("Diverged: a loss was no longer finite (1)"));
    let gap = "<code>teacher-beats-baseline</code>: seed 1: teacher ";
    assert!(page.contains(gap) && page.contains(" diverged</li>"), "{gap}");
    let pairs = rows(folder.path(), "students", &["T = 20"]);
    assert_eq!(pairs[0][1], "3", "students are compared in every seed");
}

#[test]
fn an_unfinished_run_has_a_report_that_says_what_is_missing() {
    let begun = |cell: &ClassifierCell| match (cell.seed, cell.role) {
        (0, Role::Teacher | Role::Student) => Ending::Trained,
        (0, _) => Ending::Failed,
        _ => Ending::Missing,
    };
    let (folder, summary) = report(&Fabrication { ending: Box::new(begun), ..few_cells() });
    assert_eq!((summary.cells_planned, summary.cells_done, summary.cells_failed), (9, 2, 1));
    let teacher = claim(&summary, "teacher-beats-baseline");
    assert_eq!((teacher.low, teacher.verdict), (None, Verdict::NotEnoughData));
    assert!((teacher.measured.unwrap() - 3.0).abs() < 0.3);
    let page = read(folder.path(), "report/index.html");
    assert!(page.contains("2 of 9 cells have a record (1 failed)"));
    let errors: f64 = rows(folder.path(), "conditions", &["baseline"])[0][3].parse().unwrap();
    assert!(page.contains(&format!(
        "Test error of mlp-800-800: {errors:.2} % as the baseline; its teacher"
    )));
}

#[test]
fn a_run_without_any_record_has_a_report() {
    let ending = Box::new(|_: &ClassifierCell| Ending::Missing);
    let (folder, summary) = report(&Fabrication { ending, ..Fabrication::default() });
    assert_eq!(summary.cells_done, 0);
    assert!(summary.claims.iter().all(|claim| claim.measured.is_none()));
    assert!(read(folder.path(), "report/index.html").contains("no records to draw"));
}

#[test]
fn claims_are_read_at_the_widest_student_and_the_temperature_nearest_to_20() {
    let of = |temperatures: Vec<f64>| {
        let students = vec!["mlp-800-800", "mlp-1000-30", "mlp-900-900"];
        let (_folder, summary) = report(&Fabrication { students, temperatures, ..few_cells() });
        claim(&summary, "distilled-beats-baseline").text.clone()
    };
    let text = of(vec![1.0, 4.0, 9.0]);
    assert!(text.contains("(distilled mlp-900-900, T = 9)"), "{text}");
    // Half of 20 and twice 20 are as near: the higher.
    let text = of(vec![10.0, 40.0]);
    assert!(text.contains("(distilled mlp-900-900, T = 40)"), "{text}");
}

#[test]
fn the_papers_numbers_stand_next_to_networks_like_its_own_on_its_data_only() {
    let (folder, _) = report(&few_cells());
    let found = rows(folder.path(), "paper", &[]);
    let of_paper: Vec<(&str, &str)> =
        found.iter().map(|row| (row[0].as_str(), row[1].as_str())).collect();
    let wanted = [
        ("teacher mlp-1200-1200", "0.67"),
        ("baseline mlp-800-800", "1.46"),
        ("distilled mlp-800-800, T = 20", "0.74"),
    ];
    assert_eq!(of_paper, wanted);
    let (folder, _) = report(&Fabrication { data: "forms", ..few_cells() });
    assert!(!folder.path().join("report/tables/paper.csv").exists());
    assert!(!folder.path().join("report/figures/paper.svg").exists());
}

#[test]
fn claims_have_the_papers_numbers_on_its_data_only() {
    let papers = |fabrication: Fabrication| {
        let (_folder, summary) = report(&fabrication);
        let with = summary.claims.into_iter().filter(|claim| claim.paper.is_some());
        with.map(|claim| claim.id).collect::<Vec<_>>()
    };
    let on_mnist = [
        "teacher-beats-baseline",
        "distilled-beats-baseline",
        "distillation-recovers-over-half-of-the-gap",
        "excluded-class-is-known",
    ];
    // Few images and ensembles the paper has of speech alone.
    assert_eq!(papers(Fabrication { ensemble: 5, ..Fabrication::default() }), on_mnist);
    for data in ["cifar100", "forms", "fashion-mnist"] {
        assert_eq!(papers(Fabrication { data, ..Fabrication::default() }), [""; 0], "{data}");
    }
}

#[test]
fn nothing_is_called_recovered_of_classes_never_seen_or_where_nothing_is_gained() {
    let recovered = |folder: &std::path::Path, part: &str| {
        let found = rows(folder, "students", &[part]);
        assert!(!found.is_empty(), "no {part}");
        // Recovered with its interval, and why it is not.
        found.into_iter().map(|row| row[7..11].to_vec()).collect::<Vec<_>>()
    };
    let (folder, _) =
        report(&Fabrication { excluded_classes: vec![vec![], vec![3]], ..few_cells() });
    for row in recovered(folder.path(), "without 3") {
        assert!(row[..3].iter().all(String::is_empty), "{row:?}");
        assert!(row[3].contains("classes were excluded"), "{row:?}");
    }
    // Seen all: 2 of 2.5 or so, and no reason.
    let whole = rows(folder.path(), "students", &["T = 20"]);
    let whole = whole.iter().find(|row| !row[0].contains("without")).unwrap();
    assert!(whole[7].parse::<f64>().is_ok_and(|share| (0.0..=100.0).contains(&share)), "{whole:?}");
    assert!(whole[10].is_empty(), "{whole:?}");
    // A student that loses ten points of a gap of one.
    let errors = |cell: &ClassifierCell| match cell.role {
        Role::Distilled => 15.0,
        Role::Student => 5.0,
        _ => 4.0,
    };
    let truth = Truth { test: errors, train: |_| 0.0, noise: 0.05, offset: 0.0 };
    let (folder, _) = report(&Fabrication { truth, ..few_cells() });
    for row in recovered(folder.path(), "distilled") {
        assert!(row[0].is_empty() && row[3].contains("nothing is gained"), "{row:?}");
    }
    // No gap.
    let truth = Truth { test: |_| 4.0, train: |_| 0.0, noise: 0.1, offset: 0.0 };
    let (folder, summary) = report(&Fabrication { truth, ..few_cells() });
    for row in recovered(folder.path(), "distilled") {
        assert!(row[0].is_empty() && row[3].contains("no gap to divide"), "{row:?}");
    }
    let claim = claim(&summary, "distillation-recovers-over-half-of-the-gap");
    let json = serde_json::to_value(claim).unwrap();
    assert!(json["note"].as_str().is_some_and(|note| note.contains("no gap")), "{json}");
}

#[test]
fn no_share_of_the_test_images_is_below_0_or_above_100() {
    // Two seeds apart, near 0 and near 100 %: t intervals would reach far beyond.
    for errors in [|_: &ClassifierCell| 1.0, |_: &ClassifierCell| 98.5] {
        let truth = Truth { test: errors, train: |_| 0.0, noise: 0.9, offset: 0.0 };
        let (folder, _) = report(&Fabrication { truth, seeds: 2, ..few_cells() });
        let mut widest: f64 = 0.0;
        for row in rows(folder.path(), "conditions", &[]) {
            let [low, high] = [4, 5].map(|at: usize| row[at].parse::<f64>().unwrap());
            assert!((0.0..=100.0).contains(&low) && (0.0..=100.0).contains(&high), "{row:?}");
            widest = widest.max(high - low);
        }
        assert!(widest > 2.0, "no interval would reach beyond");
    }
}

#[test]
fn the_page_comes_out_the_same_again() {
    let (folder, _) = report(&few_cells());
    let files = ["report/index.html", "report/figures/soft_targets.svg", "summary.json"];
    let first = files.map(|file| read(folder.path(), file));
    write_report(folder.path()).unwrap();
    assert_eq!(files.map(|file| read(folder.path(), file)), first);
    assert!(!first[0].contains("<script") && !first[0].contains("href=\"http"));
}

#[test]
fn students_by_other_losses_are_in_the_figures_with_their_errors() {
    let mean_squares = Loss::Compared {
        soft: DistillationLoss::LogitMse {},
        standardized: false,
        soft_weight: 0.9,
        hard_weight: 0.1,
    };
    let truth = Truth { noise: 0.4, ..Fabrication::default().truth };
    let other_losses = vec![mean_squares];
    let (folder, _) = report(&Fabrication { truth, other_losses, ..few_cells() });
    let figure = |name: &str| read(folder.path(), &format!("report/figures/{name}.svg"));
    assert!(figure("conditions").contains("distilled mlp-800-800, logit-mse"));
    assert!(figure("learning_curves").contains("by logit-mse"));
    let found = rows(folder.path(), "conditions", &["logit-mse"]);
    assert_eq!(found.len(), 1);
    assert!((found[0][3].parse::<f64>().unwrap() - 5.0).abs() < 1.0, "{found:?}");
    // One family of two: the smaller p is doubled, the larger is no smaller than that.
    let p = |row: &Vec<String>| [row[5].parse::<f64>().unwrap(), row[6].parse::<f64>().unwrap()];
    let [soft, other] = [0, 1].map(|row| p(&rows(folder.path(), "students", &["distilled"])[row]));
    let [least, most] = if soft[0] < other[0] { [soft, other] } else { [other, soft] };
    assert!(least[0] > 0.001, "{least:?} could be doubled unseen");
    assert!((least[1] - 2.0 * least[0]).abs() < 2e-4, "{least:?}");
    assert!((most[1] - most[0].max(2.0 * least[0])).abs() < 2e-4, "{most:?} and {least:?}");
}
