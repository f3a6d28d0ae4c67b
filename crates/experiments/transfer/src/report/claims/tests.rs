use super::metric::from_paper;
use super::*;

fn of_paper(id: &str) -> Option<f64> {
    let claim = CLAIMS.iter().find(|claim| claim.id == id).unwrap();
    from_paper(paper(), &claim.metric)
}

#[test]
fn in_the_papers_network_the_early_cuts_are_1_and_2_and_the_middle_ones_3_to_5() {
    let among = |cuts: Cuts, last| {
        let weights = cuts.weights(&(1..=last).collect::<Vec<_>>(), last).unwrap();
        weights.into_iter().map(|weight| weight.1).collect::<Vec<_>>()
    };
    assert_eq!(among(Cuts::Early, 7), [1, 2]);
    assert_eq!(among(Cuts::Middle, 7), [3, 4, 5]);
    assert_eq!(among(Cuts::Deep, 7), [4, 5, 6, 7]);
    assert_eq!(among(Cuts::Last, 7), [7]);
    // LeNet has four: round(8/7) = 1, and 12/7 <= n <= 20/7.
    assert_eq!(among(Cuts::Early, 4), [1]);
    assert_eq!(among(Cuts::Middle, 4), [2]);
}

#[test]
fn the_papers_numbers_are_those_of_the_documented_table() {
    let documented = [
        ("early-layers-are-general", Some(0.09)),
        ("co-adaptation-dip", Some(-1.68)),
        ("recovery-at-the-last-layer", Some(1.68)),
        ("last-layer-is-specific", Some(-8.24)),
        ("fine-tuned-selffer-equals-base", Some(0.94)),
        ("fine-tuned-transfer-beats-base", Some(0.97)),
        ("fine-tuned-transfer-beats-fine-tuned-selffer", Some(0.03)),
        ("fine-tuned-transfer-beats-equal-compute", None),
        ("transferred-features-beat-random", None),
        ("transferred-features-beat-random-paper-initialization", None),
        ("dissimilar-split-is-more-specific", None),
        ("little-data-favors-freezing", None),
        ("much-data-favors-fine-tuning", None),
    ];
    for (id, wanted) in documented {
        match (of_paper(id), wanted) {
            (Some(got), Some(wanted)) => assert!((got - wanted).abs() < 0.0051, "{id}: {got}"),
            (got, wanted) => assert_eq!(got, wanted, "{id}"),
        }
    }
}

#[test]
fn the_papers_specificity_falls_along_its_line_by_the_slope_of_its_table() {
    // The sum of (n - 4) s(n) over s = .15, -.01, -.14, -.62, -1.68, -3.90, -8.24 is -.45 + .02 +
    // .14 + 0 - 1.68 - 7.80 - 24.72 = -34.49. Divided by 28, times 6: -7.39.
    let got = of_paper("specificity-grows").unwrap();
    assert!((got + 7.39).abs() < 0.02, "{got}");
}

#[test]
fn the_papers_dissimilar_split_loses_more_by_the_numbers_of_its_table() {
    // Means relative to the bases at n = 4 to 7: (-7.3 - 13.0 - 16.6 - 25.0) / 4 = -15.5 on
    // dissimilar halves, (-2.53 - 4.71 - 4.45 - 8.26) / 4 = -4.99 on random splits.
    let got = of_paper("dissimilar-split-loses-more").unwrap();
    assert!((got + 10.5).abs() < 0.05, "{got}");
}

#[test]
fn cut_points_in_a_row_are_named_by_their_ends() {
    assert_eq!(cuts_in_words(&[1, 2]), " (n = 1, 2)");
    assert_eq!(cuts_in_words(&[3, 4, 5]), " (n = 3 to 5)");
    assert_eq!(cuts_in_words(&[1, 3, 7]), " (n = 1, 3, 7)");
}
