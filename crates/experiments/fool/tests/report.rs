//! Reports of fabricated fooling runs, whose truth is known.

mod fabricate;

use assay_classifier_cells::{
    AttackCell, CellKind, ClassifierCell, ELITES_FILE, Encoding, Method, Preset, Regularization,
};
use assay_report::Report;
use assay_runs::{Cell, Claim, Summary, Verdict};
use assay_test_support::{Ending, in_memory, read};
use fabricate::Fabrication;
use fabricate::write_report;
use resvg::tiny_skia::Pixmap;

fn report(fabrication: &Fabrication) -> (tempfile::TempDir, Summary) {
    let folder = in_memory();
    fabrication.write(folder.path());
    let summary = write_report(folder.path()).unwrap();
    (folder, summary)
}

fn ids(summary: &Summary) -> Vec<&str> {
    summary.claims.iter().map(|claim| claim.id.as_str()).collect()
}

/// Between networks of one architecture 4, 5 and 6 direct images of ten transfer, by the pair of
/// seeds, and 8 CPPN images; between architectures 2 and 1.
fn transferred(shown: &AttackCell, network: &ClassifierCell) -> u16 {
    let same = shown.network.network.architecture == network.network.architecture;
    match (shown.attack.encoding, same) {
        (Encoding::Direct, true) => 3 + u16::try_from(shown.seed + network.seed).unwrap(),
        (Encoding::Cppn, true) => 8,
        (Encoding::Direct, false) => 2,
        (Encoding::Cppn, false) => 1,
    }
}

/// Random search has one point less confidence per seed; evolution always has the same.
fn median(cell: &AttackCell) -> f32 {
    match cell.attack.method {
        Method::Evolution => 1.0,
        Method::RandomSearch => 0.5 - 0.01 * f32::from(u8::try_from(cell.seed).unwrap()),
        Method::GradientAscent => 0.8,
    }
}

/// Ten classes of ten, but nine for direct images of seed 2.
fn at_9999(cell: &AttackCell) -> u16 {
    if cell.attack.encoding == Encoding::Direct && cell.seed == 2 { 9 } else { 10 }
}

fn known() -> Fabrication {
    Fabrication {
        transferred: Box::new(transferred),
        at_9999: Box::new(at_9999),
        median: Box::new(median),
        ..Fabrication::default()
    }
}

#[test]
fn claims_are_the_numbers_that_were_put_in() {
    use Verdict::{Holds, NotEnoughData, NotTestable};
    let (_folder, summary) = report(&known());
    // Student's t of 2 degrees of freedom is 4.3027 at 97.5 %. Shares of 100, 100 and 90 have a standard
    // error of 10/3. Transfer rates without one seed each are 60, 50 and 40: the jackknife's standard
    // error is sqrt(2/3 (100 + 0 + 100)) = 11.547.
    let (share, rate) = (4.302_65 * 10.0 / 3.0, 4.302_65 * 11.547_01);
    // Where all seeds agree: all of 60 classes reached, by Wilson's interval from 60 / (60 + 3.84146) on; 80 %
    // of 60 elites transferred, each evaluated twice, from 68.218 % on; and rounding to whole elites of ten, 10 / sqrt(12) an
    // evaluation: of two kinds of pairs with 6 evaluations each within, and with 9 between architectures,
    // sqrt(100 / 12 (1/6 + 1/6 + 1/9 + 1/9)) / 2 = 1.07583.
    let (reached, transferred) = (100.0 - 93.9828, 80.0 - 68.218);
    // 50, 51 and 52 points.
    let searched = 4.302_65 / 3.0_f64.sqrt();
    let wanted = [
        ("direct-images-reach-99.99", 100.0 - 10.0 / 3.0, share, NotEnoughData),
        ("cppn-images-reach-99.99", 100.0, reached, Holds),
        ("evolution-beats-random-search-direct", 51.0, searched, Holds),
        ("evolution-beats-random-search-cppn", 51.0, searched, Holds),
        ("direct-images-transfer", 50.0 - 10.0, rate, NotEnoughData),
        ("cppn-images-transfer", 80.0 - 10.0, transferred, Holds),
        ("direct-images-transfer-less-to-other-architectures", 20.0 - 50.0, rate, NotEnoughData),
        (
            "cppn-images-transfer-less-to-other-architectures",
            10.0 - 80.0,
            4.302_65 * 1.075_83,
            Holds,
        ),
        ("direct-images-transfer-less-than-cppn-images", 50.0 - 80.0, rate, NotEnoughData),
        // Those of direct images are so high that nothing could exceed them by the margin.
        ("cppn-confidence-exceeds-direct", 0.0, 0.0, NotTestable),
    ];
    assert_eq!(ids(&summary)[..wanted.len()], wanted.map(|row| row.0));
    for (claim, (id, value, half, verdict)) in summary.claims.iter().zip(wanted) {
        let close = |got: Option<f64>, wanted: f64| {
            let got = got.unwrap();
            assert!((got - wanted).abs() < 1e-3, "{id}: {got} instead of {wanted}");
        };
        close(claim.measured, value);
        close(claim.low, value - half);
        // No share lies above 100 %.
        close(claim.high, if id.contains("reach") { 100.0 } else { value + half });
        assert_eq!(claim.verdict, verdict, "{id}");
    }
}

#[test]
fn the_papers_number_stands_beside_mnist_alone() {
    let paper = |data| {
        let (_folder, summary) = report(&Fabrication { data, ..Fabrication::default() });
        summary.claims.iter().take(10).map(|claim| claim.paper).collect::<Vec<_>>()
    };
    let of_two = |at: usize| (0..10).map(move |claim| (claim < at).then_some(100.0));
    assert_eq!(paper("mnist"), of_two(2).collect::<Vec<_>>());
    assert_eq!(paper("forms"), [None; 10]);
    // 88.11 % of CPPN images, 21.59 % of direct ones.
    let of_imagenet = paper("imagenet");
    assert_eq!(of_imagenet[..9], [None; 9]);
    assert!((of_imagenet[9].unwrap() - 66.52).abs() < 1e-9);
}

#[test]
fn claims_whose_cells_are_not_planned_are_left_out() {
    let one = Fabrication {
        architectures: vec!["lenet"],
        searches: vec![(Method::Evolution, Encoding::Cppn, 60)],
        ..Fabrication::default()
    };
    let detectors = ["max-softmax-detects-cppn-images", "energy-detects-cppn-images"];
    let reach = "cppn-images-reach-99.99";
    assert_eq!(ids(&report(&one).1), [&[reach, "cppn-images-transfer"], &detectors[..]].concat());
    let other_budget = Fabrication {
        searches: vec![
            (Method::Evolution, Encoding::Cppn, 60),
            (Method::RandomSearch, Encoding::Cppn, 50),
        ],
        seeds: 1,
        ..Fabrication::default()
    };
    // Of one seed there is no other network of the same architecture.
    assert_eq!(ids(&report(&other_budget).1), [&[reach], &detectors[..]].concat());
}

/// Six networks on which gradient ascent has a little higher confidence than evolution, after half the
/// evaluations; with decay it has the same as without.
fn climbed() -> Fabrication {
    Fabrication {
        architectures: vec!["lenet"],
        seeds: 6,
        searches: vec![
            (Method::Evolution, Encoding::Direct, 60),
            (Method::RandomSearch, Encoding::Direct, 60),
        ],
        ascents: vec![
            (Encoding::Direct, Regularization::Unregularized),
            (Encoding::Direct, Regularization::Decay),
        ],
        median: Box::new(|cell| match cell.attack.method {
            Method::Evolution => 0.9 + 0.01 * cell.seed as f32,
            Method::RandomSearch => 0.4,
            Method::GradientAscent => 0.99,
        }),
        to_99: Box::new(|cell| match cell.attack.method {
            Method::GradientAscent => 50,
            _ => 100,
        }),
        ..Fabrication::default()
    }
}

#[test]
fn gradient_ascent_is_held_against_the_other_methods_by_ranks() {
    use Verdict::{Holds, NotEnoughData};
    let (folder, summary) = report(&climbed());
    let wanted = [
        ("gradient-ascent-reaches-99.99", Some(100.0), Holds),
        ("gradient-ascent-beats-random-search-direct", Some(100.0), Holds),
        ("gradient-ascent-beats-evolution-direct", Some(100.0), Holds),
        ("gradient-ascent-is-faster-than-evolution-direct", Some(-100.0), Holds),
        ("decay-lowers-confidence", Some(0.0), NotEnoughData),
    ];
    let first = ids(&summary).iter().position(|id| *id == wanted[0].0).unwrap();
    for (claim, (id, measured, verdict)) in summary.claims[first..].iter().zip(wanted) {
        assert_eq!((claim.id.as_str(), claim.verdict), (id, verdict));
        assert_eq!(claim.measured.map(f64::round), measured, "{id}");
    }
    // Of six against six that lie apart p is 2 / C(12, 6); Holm's factor is 4 of 4 comparisons by
    // confidence. Their median is that of 0.90 to 0.95.
    let table = read(folder.path(), "report/tables/comparisons.csv");
    let row = |start: &str| table.lines().find(|line| line.starts_with(start)).unwrap().to_owned();
    let of_evolution = row("median confidence %,Direct,gradient ascent,evolution,");
    let numbers: Vec<f64> =
        of_evolution.split(',').skip(4).map(|number| number.parse().unwrap()).collect();
    let p_value = 2.0 / 924.0;
    let wanted = [99.0, 92.5, 36.0, 36.0, 100.0, p_value, 4.0 * p_value, 6.0];
    for (got, wanted) in numbers.iter().zip(wanted) {
        assert!((got - wanted).abs() < 1e-4, "{of_evolution}");
    }
    // Class 4 and class 5 have 99 % after 54.5 and 104.5 evaluations in the mean.
    let start = "evaluations to 99 %,Direct,gradient ascent,evolution,54.5,104.5,0,36,-100,";
    assert!(row(start).ends_with(",6"));
    let page = read(folder.path(), "report/index.html");
    assert!(page.contains("so in 36 of 36 pairs of runs, p = 0.0087 after"));
    for figure in ["confidence_by_evaluations", "elites_ascent_direct"] {
        assert!(page.contains(&format!("<figure id={figure}>")), "no {figure}");
    }
}

#[test]
fn a_planned_comparison_without_data_counts_in_the_family_as_one_that_shows_nothing() {
    let no_decay = |cell: &Cell| match CellKind::from(cell) {
        CellKind::Attack(cell) if cell.attack.regularization == Regularization::Decay => {
            Ending::Missing
        }
        _ => Ending::Trained,
    };
    let (folder, _) = report(&Fabrication { ending: Box::new(no_decay), ..climbed() });
    let table = read(folder.path(), "report/tables/comparisons.csv");
    let adjusted: Vec<&str> = table
        .lines()
        .filter(|line| line.starts_with("median confidence %,"))
        .map(|line| line.rsplit(',').nth(1).unwrap())
        .collect();
    // Three of p = 2/924, with Holm's factor for four; the fourth has no test.
    assert_eq!((adjusted.len(), adjusted[3]), (4, ""));
    for p_value in &adjusted[..3] {
        assert!((p_value.parse::<f64>().unwrap() - 8.0 / 924.0).abs() < 1e-4, "{table}");
    }
}

#[test]
fn three_seeds_are_too_few_for_a_verdict_by_ranks_and_other_budgets_are_not_compared() {
    let (folder, summary) = report(&Fabrication { seeds: 3, ..climbed() });
    let verdict = |id: &str| summary.claims.iter().find(|claim| claim.id == id).unwrap().verdict;
    let id = "gradient-ascent-beats-random-search-direct";
    assert_eq!(verdict(id), Verdict::NotEnoughData);
    assert!(read(folder.path(), "report/tables/comparisons.csv").contains(",0.1,"));
    let searches = vec![(Method::RandomSearch, Encoding::Direct, 50)];
    let (_folder, summary) = report(&Fabrication { searches, ..climbed() });
    assert_eq!(ids(&summary), ["gradient-ascent-reaches-99.99", "decay-lowers-confidence"]);
}

#[test]
fn claims_are_about_the_papers_settings_where_both_are_planned() {
    let papers = |cell: &AttackCell| if cell.attack.preset == Preset::Paper { 4 } else { 10 };
    let both = Fabrication {
        presets: vec![Preset::PublishedCode, Preset::Paper],
        at_9999: Box::new(papers),
        ..Fabrication::default()
    };
    let (folder, summary) = report(&both);
    assert!((summary.claims[0].measured.unwrap() - 40.0).abs() < 1e-9);
    let table = read(folder.path(), "report/tables/attacks.csv");
    assert!(table.contains("evolution,Direct,the authors' code's settings,lenet,60,1200,"));
}

#[test]
fn a_stuck_network_takes_its_seed_out_of_every_number_and_is_named() {
    let stuck = |cell: &Cell| match CellKind::from(cell) {
        CellKind::Classifier(cell) if cell.seed == 1 && cell.network.architecture == "lenet" => {
            Ending::Stuck
        }
        _ => Ending::Trained,
    };
    let (folder, summary) = report(&Fabrication { ending: Box::new(stuck), ..known() });
    // Seeds 0 and 2 are left: 100 and 90 %, and the pair that has 5 of 10.
    assert!((summary.claims[0].measured.unwrap() - 95.0).abs() < 1e-9);
    assert!((summary.claims[4].measured.unwrap() - 40.0).abs() < 1e-9);
    assert_eq!((summary.claims[4].low, summary.claims[4].verdict), (None, Verdict::NotEnoughData));
    let page = read(folder.path(), "report/index.html");
    assert!(page.contains("seed 1: network lenet, seed 1 did not learn"));
    assert!(page.contains("Not counted"));
}

#[test]
fn shares_by_confidence_are_in_the_table() {
    let (folder, _) = report(&known());
    let table = read(folder.path(), "report/tables/cross_evaluation.csv");
    let row = |start: &str| {
        let found = table.lines().find(|line| line.starts_with(start));
        found.unwrap_or_else(|| panic!("no {start} in {table}")).to_owned()
    };
    // Two of ten are classified as their own class at 99.5 %, the others as another at 60 %; 3 times 3 pairs
    // of networks.
    let start = "Direct,the paper's settings,lenet,mlp-30,";
    let own = row(&format!("{start}own"));
    let numbers: Vec<f64> = own.split(',').skip(5).map(|entry| entry.parse().unwrap()).collect();
    // Wilson's interval of 20 % of 30 elites, each evaluated on three networks, ends at 37.306 %, and is as wide
    // below as above.
    for (got, wanted) in numbers.iter().zip([20.0, 2.694, 37.306, 9.0, 3.0]) {
        assert!((got - wanted).abs() < 0.01, "{own}");
    }
    let by_criterion =
        |what: &str| row(&format!("{start}\"{what}\"")).split(',').nth(6).unwrap().to_owned();
    assert_eq!(by_criterion("own class, at least 99 %"), "20");
    assert_eq!(by_criterion("own class, at least 99.99 %"), "0");
    assert_eq!(by_criterion("any class, at least 50 %"), "100");
    assert_eq!(by_criterion("any class, at least 99 %"), "20");
}

#[test]
fn lineages_name_the_classes_of_the_ancestors() {
    let (folder, _) = report(&known());
    let table = read(folder.path(), "report/tables/lineages.csv");
    let of_lenet: Vec<&str> =
        table.lines().filter(|line| line.contains("CPPN") && line.contains("lenet")).collect();
    // Classes 0 to 8 come from 0, 0 and the class after theirs: two changes; three of them are shown.
    let start = "evolution,CPPN,the paper's settings,lenet,0";
    let wanted = ["0,3,2,0 ×2 → 1 → 0", "1,3,2,0 ×2 → 2 → 1", "2,3,2,0 ×2 → 3 → 2"];
    assert_eq!(of_lenet, wanted.map(|row| format!("{start},{row}")));
}

#[test]
fn every_elite_is_a_file_of_its_own_pixels() {
    let folder = in_memory();
    let run = Fabrication { seeds: 1, ..Fabrication::default() }.write(folder.path());
    // What an earlier report lists is removed, and what somebody else put beside it stays.
    let [stale, notes] =
        ["stale/7.png", "notes/7.png"].map(|name| folder.path().join("report/elites").join(name));
    for file in [&stale, &notes] {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, "an image").unwrap();
    }
    std::fs::write(folder.path().join("report/files.txt"), "elites/stale/7.png\n").unwrap();
    write_report(folder.path()).unwrap();
    assert!(!stale.parent().unwrap().exists() && notes.exists());
    let attacks: Vec<&Cell> =
        run.plan().cells.iter().filter(|cell| cell.is::<AttackCell>()).collect();
    assert_eq!(attacks.len(), 8);
    for attack in attacks {
        let file = folder.path().join("report/elites").join(attack.name()).join("7.png");
        let pixmap = Pixmap::decode_png(&std::fs::read(file).unwrap()).unwrap();
        let red = |x, y| pixmap.pixel(x, y).unwrap().red();
        assert_eq!((pixmap.width(), pixmap.height()), (4, 4));
        assert_eq!([red(0, 0), red(1, 0), red(3, 3)], [255, 70, 70]);
    }
    let rows = read(folder.path(), "report/tables/elites.csv").lines().count();
    assert_eq!(rows, 1 + 8 * 10);
}

#[test]
fn a_cell_whose_images_are_damaged_is_named_and_the_others_are_reported() {
    let folder = in_memory();
    let run = Fabrication { seeds: 1, ..Fabrication::default() }.write(folder.path());
    let attack = run.plan().cells.iter().find(|cell| cell.is::<AttackCell>()).unwrap();
    let undamaged = assay_report::write_report(folder.path(), &[assay_fool::REPORT]).unwrap();
    assert!(undamaged.damaged.is_empty());
    std::fs::write(run.cell_folder(attack).join(ELITES_FILE), b"damaged").unwrap();
    let Report { summary, damaged } =
        assay_report::write_report(folder.path(), &[assay_fool::REPORT]).unwrap();
    assert_eq!(summary.cells_done, undamaged.summary.cells_done - 1);
    assert_eq!((summary.cells_failed, damaged.len()), (1, 1));
    let message = &damaged[0];
    assert!(
        message.starts_with(&attack.name()) && message.contains("elites.safetensors"),
        "{message}"
    );
    assert!(read(folder.path(), "report/index.html").contains("elites.safetensors: damaged"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_the_system_cannot_read_is_no_damage() {
    let folder = in_memory();
    let run = Fabrication { seeds: 1, ..Fabrication::default() }.write(folder.path());
    let attack = run.plan().cells.iter().find(|cell| cell.is::<AttackCell>()).unwrap();
    // Reading its first bytes is an input/output error, as on a broken disk.
    std::fs::remove_file(run.cell_folder(attack).join(ELITES_FILE)).unwrap();
    std::os::unix::fs::symlink("/proc/self/mem", run.cell_folder(attack).join(ELITES_FILE))
        .unwrap();
    let error = write_report(folder.path()).unwrap_err();
    let message = format!("{:#}", anyhow::Error::from(error));
    assert!(message.contains("elites.safetensors") && message.contains("os error 5"), "{message}");
    assert!(!message.contains("damaged") && !message.contains("anew"), "{message}");
}

#[test]
fn a_network_that_failed_takes_no_other_seed_out_of_transfer_rates() {
    let lost = |cell: &ClassifierCell| cell.seed == 3 && cell.network.architecture == "lenet";
    let failed = move |cell: &Cell| match CellKind::from(cell) {
        CellKind::Classifier(cell) if lost(cell) => Ending::Failed,
        CellKind::Attack(cell) if lost(&cell.network) => Ending::Missing,
        CellKind::CrossEvaluation(cell) if lost(&cell.attack.network) || lost(&cell.network) => {
            Ending::Missing
        }
        _ => Ending::Trained,
    };
    let four = Fabrication { seeds: 4, ending: Box::new(failed), ..known() };
    let ((folder, summary), (_folder, three)) = (report(&four), report(&known()));
    // What is said is what three seeds alone say.
    let transferred: Vec<_> =
        summary.claims.iter().filter(|claim| claim.id.contains("transfer")).collect();
    assert_eq!(transferred.len(), 5);
    // A note may name the number of seeds, which is another one.
    let without_note = |claim: &Claim| Claim { note: None, ..claim.clone() };
    let three: Vec<Claim> = three.claims.iter().map(without_note).collect();
    for claim in transferred {
        assert!(claim.measured.is_some() && three.contains(&without_note(claim)), "{claim:?}");
    }
    let page = read(folder.path(), "report/index.html");
    assert!(page.contains("seed 3: network lenet, seed 3 failed"));
}

#[test]
fn evaluations_are_counted_among_the_seeds_that_the_number_is_of() {
    let lost =
        |cell: &ClassifierCell, seed| cell.seed == seed && cell.network.architecture == "lenet";
    let one = move |cell: &Cell| match CellKind::from(cell) {
        CellKind::CrossEvaluation(cell)
            if cell.attack.attack.encoding == Encoding::Direct
                && lost(&cell.attack.network, 0)
                && lost(&cell.network, 1) =>
        {
            Ending::Missing
        }
        _ => Ending::Trained,
    };
    let (folder, _) = report(&Fabrication { ending: Box::new(one), ..known() });
    let table = read(folder.path(), "report/tables/cross_evaluation.csv");
    let start = "Direct,the paper's settings,lenet,\"lenet, other seeds\",own class,60,";
    let row = table.lines().find(|line| line.starts_with(start));
    // Seeds 1 and 2, each evaluated on the other.
    assert!(row.is_some_and(|row| row.ends_with(",2,2")), "{table}");
    let page = read(folder.path(), "report/index.html");
    assert!(page.contains("interval over 2 to 3 seeds below it"));
}

#[test]
fn an_unfinished_run_has_a_report_that_says_what_is_missing() {
    let begun = |cell: &Cell| match CellKind::from(cell) {
        CellKind::CrossEvaluation(_) => Ending::Missing,
        CellKind::Attack(cell) if cell.seed == 2 => Ending::Failed,
        _ => Ending::Trained,
    };
    let (folder, summary) = report(&Fabrication { ending: Box::new(begun), ..known() });
    // 6 networks, 24 attacks of which 8 failed; 12 evolutions evaluated on 5 other networks each.
    assert_eq!((summary.cells_planned, summary.cells_done, summary.cells_failed), (90, 22, 8));
    assert!((summary.claims[0].measured.unwrap() - 100.0).abs() < 1e-9);
    assert_eq!((summary.claims[4].measured, summary.claims[4].low), (None, None));
    let page = read(folder.path(), "report/index.html");
    assert!(page.contains("22 of 90 cells have a record (8 failed)"));
    assert!(!folder.path().join("report/figures/cross_evaluation.svg").exists());
}

#[test]
fn a_run_without_any_record_has_a_report() {
    let nothing = Fabrication { ending: Box::new(|_| Ending::Missing), ..Fabrication::default() };
    let (folder, summary) = report(&nothing);
    assert!(summary.claims.iter().all(|claim| claim.measured.is_none()));
    assert!(read(folder.path(), "report/index.html").contains("no records to draw"));
}

#[test]
fn the_page_needs_no_other_file_and_comes_out_the_same_again() {
    let (folder, _) = report(&Fabrication { seeds: 2, ..known() });
    let page = read(folder.path(), "report/index.html");
    for outside in ["<script", "<link", "@import", "src=\"http", "url(http", "href=\"http"] {
        assert!(!page.contains(outside), "the page has {outside}");
    }
    for figure in ["elites_direct", "elites_cppn", "confidence_by_generation", "cross_evaluation"] {
        assert!(page.contains(&format!("<figure id={figure}>")), "no {figure}");
    }
    write_report(folder.path()).unwrap();
    assert_eq!(read(folder.path(), "report/index.html"), page);
}
