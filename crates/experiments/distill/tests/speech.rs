//! Reports of fabricated distillation runs on words.

mod fabricate;

use assay_classifier_cells::{ClassifierCell, Role};
use assay_runs::Verdict;
use assay_test_support::read;
use fabricate::reports::{claim, few_cells, report, rows, speech};
use fabricate::{Fabrication, Truth};

#[test]
fn a_run_of_speech_is_read_frame_by_frame_and_word_by_word_at_the_papers_temperature() {
    let (folder, summary) = report(&speech());
    let of_words = [
        "teacher-beats-baseline-on-words",
        "distilled-beats-baseline-on-words",
        "distillation-recovers-over-half-of-the-gap-on-words",
    ];
    let gain = claim(&summary, "distilled-beats-baseline");
    assert!(gain.text.contains("T = 2, of 5 teachers"), "{}", gain.text);
    // The paper's numbers of speech are of data that no run has: they stand in tables that say so.
    assert!(summary.claims.iter().all(|claim| claim.paper.is_none()), "{:?}", summary.claims);
    for id in of_words {
        let claim = claim(&summary, id);
        assert_eq!(claim.verdict, Verdict::Holds, "{claim:?}");
    }
    // Every word has one frame: words got wrong are frames got wrong, 12 of the baseline and 9 distilled.
    let frames = gain.measured.unwrap();
    let words = claim(&summary, "distilled-beats-baseline-on-words");
    assert!((frames - 3.0).abs() < 0.15 && words.measured.unwrap().total_cmp(&frames).is_eq());
    let systems = rows(folder.path(), "speech", &[]);
    let of_paper: Vec<&str> = systems.iter().map(|row| row[1].as_str()).collect();
    assert_eq!(of_paper, ["58.9", "61.1", "60.8"]);
    assert!((systems[0][2].parse::<f64>().unwrap() - 88.0).abs() < 0.15, "{systems:?}");
    assert_eq!((&*systems[0][5], &*systems[2][5]), ("10.9", "10.7"));
    // All hard, few hard, few soft.
    let few = rows(folder.path(), "regularizer", &[]);
    let of_paper: Vec<&str> = few.iter().map(|row| row[2].as_str()).collect();
    assert_eq!(of_paper, ["58.9", "44.5", "57"]);
    assert_eq!(rows(folder.path(), "words", &["aligner"]).len(), 1);
    // Three seeds on two shares of the images, at three temperatures; teachers have none of their own.
    let pairs = |part: &str| rows(folder.path(), "word_pairs", &[part]).len();
    assert_eq!((pairs("distilled"), pairs("5 teachers, against baseline")), (18, 6));
    let page = read(folder.path(), "report/index.html");
    assert!(
        page.contains("Frames and words")
            && page.contains("Word error rate on the test recordings")
    );
    // Frames overlap: nothing takes them for independent.
    assert!(!page.contains("Wilson") && !folder.path().join("report/tables/pairs.csv").exists());
    let cells = rows(folder.path(), "cells", &["distilled"]);
    assert!(cells.iter().all(|row| row[6].is_empty() && row[7].is_empty()), "{:?}", cells[0]);
}

#[test]
fn one_word_that_every_seed_gets_right_besides_decides_nothing() {
    let errors = |cell: &ClassifierCell| if cell.role == Role::Distilled { 11.0 } else { 12.0 };
    let truth = Truth { test: errors, train: |_| 3.0, noise: 0.0, offset: 0.0 };
    let (_folder, summary) = report(&Fabrication { truth, test_images: 100, ..speech() });
    let words = claim(&summary, "distilled-beats-baseline-on-words");
    assert!((words.measured.unwrap() - 1.0).abs() < 1e-9, "{words:?}");
    // A standard error of a word over sqrt(6 * 3), times t(0.975, 2) = 4.30265, is more than a word.
    // Which words are tested makes the interval wider still.
    assert!(words.low.unwrap() < 1.0 - 4.302_65 / 18_f64.sqrt(), "{words:?}");
    assert_eq!(words.verdict, Verdict::NotEnoughData);
}

#[test]
fn a_run_of_images_says_nothing_of_words() {
    let (folder, summary) = report(&few_cells());
    assert!(summary.claims.iter().all(|claim| !claim.id.contains("words")));
    for table in ["speech", "words", "regularizer", "seeds", "word_pairs"] {
        assert!(!folder.path().join(format!("report/tables/{table}.csv")).exists(), "{table}");
    }
    let page = read(folder.path(), "report/index.html");
    assert!(!page.contains("Frames and words") && page.contains("Wilson"));
    assert_eq!(rows(folder.path(), "pairs", &["distilled"]).len(), 3);
    assert!(rows(folder.path(), "cells", &["distilled"]).iter().all(|row| !row[6].is_empty()));
}

#[test]
fn seeds_with_data_of_their_own_are_compared_within_themselves() {
    let (folder, summary) = report(&Fabrication { folds: true, ..speech() });
    let gain = claim(&summary, "distilled-beats-baseline").measured.unwrap();
    assert!((gain - 3.0).abs() < 0.15, "{gain}");
    let seeds = rows(folder.path(), "seeds", &[]);
    assert_eq!(seeds.iter().map(|row| row[0].as_str()).collect::<Vec<_>>(), ["0", "1", "2"]);
    let images: Vec<String> = rows(folder.path(), "cells", &["distilled", "T = 2,"])
        .iter()
        .filter(|row| !row[0].contains('%'))
        .map(|row| row[4].clone())
        .collect();
    assert_eq!(images, ["1000", "1010", "1020"]);
}
