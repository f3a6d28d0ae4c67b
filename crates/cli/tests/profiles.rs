//! The profiles that come with the program, and those that are published with results.

use std::path::Path;

use assay_distill_execute::DistillProfile;
use assay_engine::profile::Profile;
use assay_fool_execute::FoolProfile;
use assay_transfer_execute::TransferProfile;

#[test]
fn every_published_profile_can_be_read() {
    let results = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/results");
    let mut count = 0;
    for folder in std::fs::read_dir(results).unwrap() {
        let folder = folder.unwrap();
        let (name, file) = (folder.file_name(), folder.path().join("profile.toml"));
        if !file.exists() {
            continue;
        }
        let file = file.to_str().unwrap();
        match name.to_str().unwrap().split('-').next().unwrap() {
            "transfer" => drop(TransferProfile::read(file, &[]).unwrap()),
            "distill" => drop(DistillProfile::read(file, &[]).unwrap()),
            "fool" => drop(FoolProfile::read(file, &[]).unwrap()),
            study => panic!("{file}: there is no study {study:?}"),
        }
        count += 1;
    }
    assert!(count >= 4, "only {count} profiles were there");
}

/// What every built-in profile resolves to: a change of one must not change another unnoticed.
fn resolved<P: Profile>(experiment: &str) {
    for (name, _) in P::BUILT_IN {
        let profile = P::read(name, &[]).unwrap();
        let text = toml::to_string(&profile).unwrap();
        insta::assert_snapshot!(format!("resolved_{experiment}_{name}"), text);
    }
}

#[test]
fn built_in_profiles_resolve_to_what_they_did() {
    resolved::<TransferProfile>("transfer");
    resolved::<DistillProfile>("distill");
    resolved::<FoolProfile>("fool");
}
