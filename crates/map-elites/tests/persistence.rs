//! Saving and resuming a search, and saved searches that are damaged or do not fit.

use assay_map_elites::{
    Color, Cppn, Direct, Emitter, ImageSpec, LineageRetention, MapElites, MapElitesError,
    Population, Preset, ReplacementRule, Settings, seeded_streams,
};

fn settings() -> Settings<Direct> {
    Settings {
        owner: "network 1".to_string(),
        classes: 3,
        others: 0,
        encoding: Preset::Paper.direct(ImageSpec { height: 1, width: 2, color: Color::Gray }),
        population: Population { initial: 4, children: 4, emitter: Emitter::Evolution },
        rule: ReplacementRule::EveryCell,
        keep: LineageRetention::Genomes,
    }
}

fn saved() -> Vec<u8> {
    let mut search = MapElites::new(settings()).unwrap();
    for generation in 0..3_u8 {
        let batch = search.ask(&seeded_streams(1));
        let confidence = |i: u8| f32::from((i * 7 + generation * 3) % 11) / 11.0;
        let confidences: Vec<f32> = (0..12).map(confidence).collect();
        search.tell(batch, &confidences).unwrap();
    }
    search.save()
}

/// `saved()` with `from` replaced by `to` after the header, and a matching digest.
fn tampered(from: &str, to: &str) -> Vec<u8> {
    let text = String::from_utf8(saved()).unwrap();
    let (header, body) = text.split_once('\n').unwrap();
    assert!(body.contains(from), "{body}");
    let digest = |body: &str| blake3::hash(body.as_bytes()).to_hex().to_string();
    let changed = body.replace(from, to);
    let header = header.replace(&digest(body), &digest(&changed));
    format!("{header}\n{changed}").into_bytes()
}

fn error(bytes: &[u8]) -> MapElitesError {
    MapElites::resume(bytes, &settings()).unwrap_err()
}

#[test]
fn a_saved_search_resumes() {
    let bytes = saved();
    let search = MapElites::resume(&bytes, &settings()).unwrap();
    assert_eq!(search.generation(), 3);
    assert_eq!(search.archive().evaluations(), 12);
    assert_eq!(search.save(), bytes);
    assert_eq!(MapElites::<Direct>::load(&bytes).unwrap(), search);
}

/// Two of three outputs have a cell. All genomes are predicted as the third one.
#[test]
fn a_search_without_elites_draws_random_genomes_and_resumes() {
    let settings =
        Settings { classes: 2, others: 1, rule: ReplacementRule::PredictedCell, ..settings() };
    let mut search = MapElites::new(settings.clone()).unwrap();
    let mut all = Vec::new();
    for _ in 0..3 {
        let batch = search.ask(&seeded_streams(1));
        all.extend(batch.genomes().to_vec());
        search.tell(batch, &[0.2, 0.3, 0.5].repeat(4)).unwrap();
        assert_eq!(search.archive().elites().count(), 0);
        search = MapElites::resume(&search.save(), &settings).unwrap();
    }
    let all_differ = (1..all.len()).all(|i| all[..i].iter().all(|other| *other != all[i]));
    assert!(all_differ && all.len() == 12);
    // The first genome that is predicted as a class gets its cell, and has children.
    let batch = search.ask(&seeded_streams(1));
    search.tell(batch, &[0.2, 0.6, 0.2].repeat(4)).unwrap();
    assert_eq!(search.archive().elites().map(|(cell, _)| cell).collect::<Vec<_>>(), [1]);
    let batch = search.ask(&seeded_streams(1));
    search.tell(batch, &[0.1, 0.8, 0.1].repeat(4)).unwrap();
    assert_eq!(search.archive().lineage(1).len(), 2);
}

#[test]
fn any_changed_byte_and_any_truncation_is_detected() {
    let bytes = saved();
    for index in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[index] ^= 1;
        assert!(MapElites::resume(&changed, &settings()).is_err(), "byte {index}");
        assert!(MapElites::resume(&bytes[..index], &settings()).is_err(), "cut at {index}");
    }
}

#[test]
fn other_bytes_are_not_a_saved_search() {
    for bytes in
        [&b""[..], b"hello", b"{}\n", b"{\"format\":\"zip\",\"version\":1,\"digest\":\"\"}\n"]
    {
        let error = error(bytes);
        assert!(matches!(error, MapElitesError::NotASavedSearch(_)), "{error}");
    }
}

#[test]
fn another_format_version_is_named() {
    let text = String::from_utf8(saved()).unwrap().replacen("\"version\":1", "\"version\":9", 1);
    assert_eq!(
        error(text.as_bytes()).to_string(),
        "the search was saved in format 9; this program reads format 1"
    );
}

#[test]
fn a_truncated_search_is_reported() {
    let bytes = saved();
    assert_eq!(
        error(&bytes[..bytes.len() - 10]).to_string(),
        "the saved search is corrupted: its digest does not match; it was changed or cut short"
    );
}

#[test]
fn a_search_of_another_network_is_refused() {
    let other = Settings { owner: "network 2".to_string(), ..settings() };
    let error = MapElites::resume(&saved(), &other).unwrap_err().to_string();
    assert_eq!(
        error,
        r#"the saved search has other settings: owner is "network 1", not "network 2""#
    );
}

#[test]
fn a_setting_that_differs_is_named() {
    let other = Settings { classes: 4, ..settings() };
    let error = MapElites::resume(&saved(), &other).unwrap_err().to_string();
    assert_eq!(error, "the saved search has other settings: classes is 3, not 4");
    let picture = ImageSpec { height: 2, width: 2, color: Color::Gray };
    let other = Settings { encoding: Preset::Paper.direct(picture), ..settings() };
    let error = MapElites::resume(&saved(), &other).unwrap_err().to_string();
    assert!(error.starts_with("the saved search has other settings: encoding is {"), "{error}");
}

#[test]
fn a_search_with_extra_outputs_resumes_only_with_the_same_number() {
    let with_extra = Settings { others: 1, ..settings() };
    let mut search = MapElites::new(with_extra.clone()).unwrap();
    let batch = search.ask(&seeded_streams(1));
    // All four are predicted as the extra output.
    search.tell(batch, &[0.1, 0.2, 0.0, 0.7].repeat(4)).unwrap();
    let bytes = search.save();
    assert_eq!(MapElites::resume(&bytes, &with_extra).unwrap(), search);
    let error = MapElites::resume(&bytes, &settings()).unwrap_err().to_string();
    assert_eq!(error, "the saved search has other settings: others is 1, not null");
    let text = String::from_utf8(saved()).unwrap();
    assert!(!text.contains("others"), "a search without extra outputs has no such key");
}

#[test]
fn a_search_of_another_encoding_is_refused() {
    let error = MapElites::<Cppn>::load(&saved()).unwrap_err();
    assert!(matches!(error, MapElitesError::SettingsMismatch { what: "settings", .. }), "{error}");
}

#[test]
fn an_inconsistent_state_is_corrupted() {
    for (from, to, reason) in [
        ("\"classes\":3", "\"classes\":2", "it has 3 cells, but its settings have 2 classes"),
        (
            "\"generation\":3,\"evaluations",
            "\"generation\":0,\"evaluations",
            "do not fit its generation",
        ),
        ("\"evaluations\":12", "\"evaluations\":1", "out of range"),
        ("\"genome\":\"", "\"genome\":\"AAAAAAAAAAAAAAAA", "a genome has 5 genes, not 2"),
        ("\"genome\":\"", "\"genome\":\"!", "Invalid symbol"),
        ("\"width\":2", "\"width\":3", "genes, not 3"),
    ] {
        let error = MapElites::<Direct>::load(&tampered(from, to)).unwrap_err().to_string();
        assert!(error.starts_with("the saved search is corrupted: "), "{error}");
        assert!(error.contains(reason), "{error}");
    }
}
