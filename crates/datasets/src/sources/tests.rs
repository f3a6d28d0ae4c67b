use std::cell::RefCell;
use std::collections::HashMap;
use std::fs;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use md5::Md5;

use self::server::{Behavior, Server};
use super::fetch::fetch_source;
use super::*;

mod server;

fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    (0..length).map(|_| next()).collect()
}

fn archive() -> Vec<u8> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (name, bytes) in [("things/a.bin", noise(50_000)), ("things/b.bin", vec![7])] {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, &bytes[..]).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}

/// A source with one archive at these URLs.
fn source_at(urls: Vec<String>, sha256: Option<String>) -> Source {
    let file = SourceFile {
        path: "things.tar.gz".into(),
        bytes: Some(archive().len() as u64),
        sha256,
        md5: Some(digest::digest_bytes::<Md5>(&archive())),
        urls,
        unpacks_to: Some("things".into()),
        or_folder: None,
    };
    Source {
        name: "things".into(),
        title: String::new(),
        homepage: String::new(),
        licence: String::new(),
        citation: String::new(),
        layout: String::new(),
        by_hand: None,
        files: vec![file],
        unpacked: Vec::new(),
    }
}

fn server(behavior: Behavior) -> Server {
    Server::start(HashMap::from([("/things.tar.gz".to_owned(), archive())]), behavior)
}

fn things(server: &Server) -> Source {
    let digest = digest::digest_bytes::<Sha256>(&archive());
    source_at(vec![format!("{}/things.tar.gz", server.address)], Some(digest))
}

fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn assert_whole(dir: &Path) {
    assert_eq!(names(dir), ["things"], "nothing but the folder is left");
    assert_eq!(names(&dir.join("things")), ["a.bin", "b.bin"]);
    assert_eq!(fs::read(dir.join("things/a.bin")).unwrap(), noise(50_000));
}

fn quiet(_: Progress<'_>) {}

#[test]
fn an_archive_is_downloaded_verified_and_unpacked() {
    let (server, dir) = (server(Behavior::Correct), tempfile::tempdir().unwrap());
    let steps = RefCell::new(Vec::new());
    let progress = |progress: Progress<'_>| {
        let step = match progress {
            Progress::Downloading { done, total, .. } => format!("{}", Some(done) == total),
            Progress::Verifying(_) => "verifying".into(),
            Progress::Unpacking(_) => "unpacking".into(),
            Progress::AlreadyPresent(what) => format!("{what} is there"),
        };
        steps.borrow_mut().push(step);
    };
    fetch_source(&things(&server), dir.path(), None, &progress).unwrap();
    assert_whole(dir.path());
    assert_eq!(server.ranges(), [""]);
    assert_eq!(steps.borrow()[0], "false");
    let last = steps.borrow().len() - 3;
    assert_eq!(steps.borrow()[last..], ["true", "verifying", "unpacking"]);
    fetch_source(&things(&server), dir.path(), None, &progress).unwrap();
    assert_eq!(server.ranges().len(), 1, "what is there is not asked for again");
    assert_eq!(steps.borrow().last().unwrap(), "things is there");
}

#[test]
fn an_interrupted_download_is_resumed() {
    let (server, dir) = (server(Behavior::Interrupts(20_000)), tempfile::tempdir().unwrap());
    fetch_source(&things(&server), dir.path(), None, &quiet).unwrap();
    assert_whole(dir.path());
    assert_eq!(server.ranges()[..3], ["", "bytes=20000-", "bytes=40000-"]);
}

#[test]
fn a_partial_download_is_completed() {
    let dir = tempfile::tempdir().unwrap();
    let part = dir.path().join("things.tar.gz.part");
    let broken = server(Behavior::Interrupts(1000));
    let message = fetch_source(&things(&broken), dir.path(), None, &quiet).unwrap_err();
    assert!(message.to_string().contains("resume the download"), "{message}");
    assert_eq!(fs::read(&part).unwrap(), archive()[..5000], "five attempts of 1000 bytes");
    let good = server(Behavior::Correct);
    fetch_source(&things(&good), dir.path(), None, &quiet).unwrap();
    assert_whole(dir.path());
    assert_eq!(good.ranges(), ["bytes=5000-"]);
}

#[test]
fn a_server_without_ranges_sends_the_whole_file() {
    let (server, dir) = (server(Behavior::IgnoresRanges), tempfile::tempdir().unwrap());
    fs::write(dir.path().join("things.tar.gz.part"), &archive()[..300]).unwrap();
    fetch_source(&things(&server), dir.path(), None, &quiet).unwrap();
    assert_whole(dir.path());
}

#[test]
fn a_file_with_a_wrong_digest_is_removed() {
    let (server, dir) = (server(Behavior::Correct), tempfile::tempdir().unwrap());
    let urls = vec![format!("{}/things.tar.gz", server.address)];
    let source = source_at(urls, Some("00ff".into()));
    let message = fetch_source(&source, dir.path(), None, &quiet).unwrap_err().to_string();
    assert!(message.contains("not the published 00ff"), "{message}");
    assert_eq!(names(dir.path()), Vec::<String>::new());
}

#[test]
fn the_second_url_is_tried_if_the_first_fails() {
    let (server, dir) = (server(Behavior::Correct), tempfile::tempdir().unwrap());
    let urls = ["nothing", "things.tar.gz"].map(|name| format!("{}/{name}", server.address));
    fetch_source(&source_at(urls.to_vec(), None), dir.path(), None, &quiet).unwrap();
    assert_whole(dir.path());
    let lost = source_at(urls[..1].to_vec(), None);
    let other = tempfile::tempdir().unwrap();
    let message = fetch_source(&lost, other.path(), None, &quiet).unwrap_err().to_string();
    assert!(message.contains("/nothing: HTTP 404"), "{message}");
}

#[test]
fn files_are_copied_from_a_folder() {
    let from = tempfile::tempdir().unwrap();
    let source = source_at(Vec::new(), None);
    let fetch = || {
        let dir = tempfile::tempdir().unwrap();
        fetch_source(&source, dir.path(), Some(from.path()), &quiet).map(|()| dir)
    };
    let message = fetch().unwrap_err().to_string();
    assert!(message.contains("has neither things.tar.gz nor"), "{message}");
    fs::write(from.path().join("things.tar.gz"), archive()).unwrap();
    assert_whole(fetch().unwrap().path());
    assert_eq!(names(from.path()), ["things.tar.gz"], "the folder stays as it was");
    unpack::unpack(&from.path().join("things.tar.gz"), from.path(), "things").unwrap();
    fs::remove_file(from.path().join("things.tar.gz")).unwrap();
    assert_whole(fetch().unwrap().path());
}

#[test]
fn only_the_listed_folder_is_unpacked() {
    let from = tempfile::tempdir().unwrap();
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for name in ["things-1.0/inner/a.bin", "things-1.0/README"] {
        let mut header = tar::Header::new_gnu();
        header.set_size(1);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, &[7][..]).unwrap();
    }
    let archive = tar.into_inner().unwrap().finish().unwrap();
    fs::write(from.path().join("things.tar.gz"), archive).unwrap();
    let mut source = source_at(Vec::new(), None);
    source.files[0].unpacks_to = Some("things-1.0/inner".into());
    source.files[0].or_folder = Some("things/inner".into());
    let dir = tempfile::tempdir().unwrap();
    fetch_source(&source, dir.path(), Some(from.path()), &quiet).unwrap();
    assert_eq!(names(&dir.path().join("things-1.0")), ["inner"]);
    assert_eq!(names(&dir.path().join("things-1.0/inner")), ["a.bin"]);
    // Copied from the folder by file name.
    let other = tempfile::tempdir().unwrap();
    let unpacked = dir.path().join("things-1.0");
    fetch_source(&source, other.path(), Some(&unpacked), &quiet).unwrap();
    assert_eq!(names(&other.path().join("things-1.0/inner")), ["a.bin"]);
    let cloned = tempfile::tempdir().unwrap();
    fs::create_dir_all(cloned.path().join("things/inner")).unwrap();
    fetch_source(&source, cloned.path(), Some(from.path()), &quiet).unwrap();
    assert_eq!(names(cloned.path()), ["things"], "nothing else was unpacked");
}

#[test]
fn a_damaged_archive_leaves_no_folder() {
    let (from, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let source = source_at(Vec::new(), None);
    fs::write(from.path().join("things.tar.gz"), &archive()[..30_000]).unwrap();
    let message = fetch_source(&source, dir.path(), Some(from.path()), &quiet).unwrap_err();
    assert!(message.to_string().contains("things.tar.gz"), "{message}");
    assert_eq!(names(dir.path()), Vec::<String>::new());
}

#[test]
fn the_sources_match_the_names_of_open() {
    let names: Vec<&str> = list().iter().map(|source| source.name.as_str()).collect();
    assert!(crate::NAMES.iter().all(|&name| source(name).is_ok()), "{names:?}");
    for source in list() {
        assert!(!source.licence.is_empty() && !source.citation.is_empty(), "{source}");
        for file in &source.files {
            // Only archives that the host generates on request have no digest.
            let made_anew = file.urls.iter().all(|url| url.contains("/archive/"));
            assert!(file.sha256.as_ref().map_or(made_anew, |sha256| sha256.len() == 64));
            assert!(file.md5.as_ref().is_none_or(|md5| md5.len() == 32));
            assert!(!file.urls.is_empty());
        }
    }
    let message = source("minst").unwrap_err().to_string();
    assert!(message.contains("'minst'") && message.contains("fashion-mnist"), "{message}");
}

#[test]
fn sources_without_download_explain_how() {
    let dir = tempfile::tempdir().unwrap();
    let message = fetch("imagenet", dir.path(), None, &quiet).unwrap_err().to_string();
    assert!(message.contains("register at https://image-net.org"), "{message}");
    assert_eq!(fetch("forms", dir.path(), None, &quiet).unwrap(), Vec::<String>::new());
}

#[test]
fn unofficial_files_are_a_warning() {
    let warning = unofficial_bytes("cifar-100-binary/test.bin", b"").unwrap();
    // SHA-256 of no bytes, and of the published file.
    assert!(warning.contains("e3b0c44298fc1c149afbf4c8996fb924"), "{warning}");
    assert!(warning.contains("d8b1e6b7b3bee4020055f0699b111f60"), "{warning}");
    assert_eq!(unofficial_bytes("elsewhere/test.bin", b""), None);
}

#[test]
fn md5_matches_the_rfc() {
    assert_eq!(digest::digest_bytes::<Md5>(b"abc"), "900150983cd24fb0d6963f7d28e17f72");
}
