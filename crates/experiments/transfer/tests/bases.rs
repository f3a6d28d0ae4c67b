//! What a transfer run says where bases, clusters or results are missing.

mod fabricate;

use assay_runs::{Half, Summary, Verdict};
use assay_test_support::{Ending, in_memory, read};
use assay_transfer::{LayerMode, TransferCell, Treatment};
use fabricate::write_report;
use fabricate::{Fabrication, Truth};

fn report(fabrication: &Fabrication) -> (tempfile::TempDir, Summary) {
    let folder = in_memory();
    fabrication.write(folder.path());
    let summary = write_report(folder.path()).unwrap();
    (folder, summary)
}

/// What the page's answer says of a topic.
fn said(fabrication: &Fabrication, topic: &str) -> String {
    let (folder, _) = report(fabrication);
    let page = read(folder.path(), "report/index.html");
    let rest = page.split(&format!("<dt>{topic}</dt><dd>")).nth(1).unwrap();
    rest.split("</dd>").next().unwrap().to_owned()
}

#[test]
fn no_result_no_interval_and_not_shown_are_told_apart() {
    let plain = || Fabrication { semantic: false, ..Fabrication::default() };
    let one = said(&Fabrication { seeds: 1, ..plain() }, "Specific");
    assert!(one.contains("cannot be tested yet") && one.contains("no interval"), "{one}");
    let at_7 = |cell: &TransferCell| match cell.treatment {
        Treatment::Copied { layers: 7, layer_mode: LayerMode::Frozen, .. } => Ending::Missing,
        _ => Ending::Trained,
    };
    let missing = said(&Fabrication { ending: Box::new(at_7), ..plain() }, "Specific");
    assert!(missing.contains("there is no result at n = 7 yet"), "{missing}");
    let truth = Truth { specificity: vec![0.0; 7], ..Truth::default() };
    let open = said(&Fabrication { truth, ..plain() }, "Specific");
    assert!(open.contains("at n = 7 AnB is not shown to be more than 0.5 points below"), "{open}");
    for text in [one, missing, open] {
        assert!(!text.contains("does not lie"), "{text}");
    }
    let shown = said(&plain(), "Specific");
    assert!(shown.contains("at every n from 7 down to"), "{shown}");
}

const BEATS_BASE: &str = "fine-tuned-transfer-beats-base";

/// The clusters of a claim, those it leaves out and its verdict.
fn claim_row(folder: &tempfile::TempDir, id: &str) -> String {
    let claims = read(folder.path(), "report/tables/claims.csv");
    claims.lines().find(|line| line.starts_with(&format!("{id},"))).unwrap().to_owned()
}

#[test]
fn a_claim_relative_to_the_base_leaves_out_clusters_without_a_base_trained_twice_as_long() {
    let stuck = |cell: &TransferCell| match cell.treatment {
        Treatment::BaseLong { target: Half::A } if cell.seed == 3 => Ending::Stuck,
        _ => Ending::Trained,
    };
    let run = Fabrication {
        seeds: 4,
        semantic: false,
        ending: Box::new(stuck),
        ..Fabrication::default()
    };
    let (folder, _) = report(&run);
    let row = claim_row(&folder, BEATS_BASE);
    assert!(row.contains(",3,1,holds"), "{row}");
    let page = read(folder.path(), "report/index.html");
    assert!(page.contains("random-3, seed 3: base_a_long did not learn"), "it is not named");
    // Nothing relative to another network of as much training needs it.
    let row = claim_row(&folder, "specificity-grows");
    assert!(row.contains(",4,0,holds"), "{row}");
}

#[test]
fn convergence_is_read_over_the_clusters_of_the_claim() {
    // The bases trained twice as long of one cluster are thirty points worse, which says little of the others; the claim has
    // not that cluster.
    let lost = |cell: &TransferCell| match cell.treatment {
        Treatment::BaseLong { .. } if cell.seed == 3 => Ending::Poor,
        Treatment::Copied { source: Half::A, layers: 5, target: Half::B, layer_mode }
            if cell.seed == 3 && layer_mode == LayerMode::FineTuned =>
        {
            Ending::Diverged
        }
        _ => Ending::Trained,
    };
    let run =
        Fabrication { seeds: 4, semantic: false, ending: Box::new(lost), ..Fabrication::default() };
    let (_folder, summary) = report(&run);
    let claim = |id: &str| summary.claims.iter().find(|claim| claim.id == id).unwrap();
    assert_eq!((claim(BEATS_BASE).verdict, &claim(BEATS_BASE).note), (Verdict::Holds, &None));
    assert!(claim("co-adaptation-dip").note.is_some(), "{:?}", claim("co-adaptation-dip"));
}
