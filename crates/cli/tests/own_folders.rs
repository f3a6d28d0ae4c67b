//! Folders of images given to a run are identified by their images, not by their path.

mod common;

use std::path::Path;
use std::process::Command;

use assay_runs::RunDirectory;
use image::{Rgb, RgbImage};

use common::results;

const TOY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/toy.toml");

/// Creates four classes of ten images that differ in color, with a little variation.
fn draw_pets(folder: &Path) {
    for (class, name) in ["cat", "dog", "hen", "owl"].into_iter().enumerate() {
        std::fs::create_dir_all(folder.join(name)).unwrap();
        for number in 0..10 {
            let shade =
                |x: u32, y: u32| Rgb([60 * class as u8, (16 * x) as u8, (y + number) as u8]);
            let image = RgbImage::from_fn(16, 16, shade);
            image.save(folder.join(name).join(format!("{number}.png"))).unwrap();
        }
    }
}

/// Runs a sweep in the folder `within`. Returns the exit status and standard error.
fn sweep(within: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
    command.current_dir(within).args(["transfer-sweep", "--profile", TOY, "--out", "run"]);
    let output = command.args(["--set", "cells=[]"]).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!said.contains("panicked"), "{said}");
    (output.status.code(), said)
}

fn continues(within: &Path, arguments: &[&str]) {
    let (code, said) = sweep(within, arguments);
    assert_eq!(code, Some(0), "{arguments:?}: {said}");
}

#[test]
fn a_run_continues_with_any_spelling_of_its_folder_and_after_a_move() {
    let around = tempfile::tempdir().unwrap();
    let (here, run) = (around.path(), around.path().join("run"));
    let pets = here.join("pets");
    draw_pets(&pets);
    continues(here, &["--data", "pets"]);
    let first = results(&run);
    for spelled in ["pets/", "./pets", pets.to_str().unwrap()] {
        continues(here, &["--data", spelled]);
        assert_eq!(results(&run), first, "{spelled}");
    }
    let moved = here.join("my animals");
    std::fs::rename(&pets, &moved).unwrap();
    continues(here, &["--data", "my animals", "--seeds", "2"]);
    let grown = RunDirectory::open(&run).unwrap();
    assert_eq!((grown.plan().cells.len(), results(&run).len()), (4, 2 * first.len()));
    assert!(first.iter().all(|(name, bytes)| results(&run)[name] == *bytes));
    // The plan keeps the path for people to read.
    assert_eq!(grown.plan().opened_as().unwrap(), "my animals");

    let other = ["--data", "my animals", "--seeds", "2", "--set", "schedule.epochs=3"];
    let (code, said) = sweep(here, &other);
    assert!(code == Some(2) && said.contains("schedule.epochs is 2 there, 3 here"), "{said}");
    RgbImage::new(16, 16).save(moved.join("cat/3.png")).unwrap();
    let (code, said) = sweep(here, &["--data", "my animals", "--seeds", "2"]);
    assert!(code == Some(2) && said.contains("other settings"), "{said}");
    assert!(said.contains("other data: my animals of fingerprint"), "{said}");
}

#[test]
fn a_pair_continues_with_another_spelling_of_its_second_folder() {
    let around = tempfile::tempdir().unwrap();
    let here = around.path();
    draw_pets(&here.join("pets"));
    continues(here, &["--base-data", "forms", "--target-data", "pets"]);
    let first = results(&here.join("run"));
    continues(here, &["--base-data", "forms", "--target-data", "./pets/"]);
    assert_eq!(results(&here.join("run")), first);
}

/// Creates MNIST files of 16 x 16 pixels, with two images of each digit except `absent`.
fn draw_mnist(folder: &Path, absent: u8) {
    std::fs::create_dir_all(folder.join("mnist")).unwrap();
    let labels: Vec<u8> = (0..10).filter(|&digit| digit != absent).flat_map(|d| [d; 2]).collect();
    let pixels: Vec<u8> = labels.iter().flat_map(|&digit| [25 * digit; 256]).collect();
    let count = [0, 0, 0, labels.len() as u8];
    for part in ["train", "t10k"] {
        let images = [&[0, 0, 8, 3][..], &count, &[0, 0, 0, 16, 0, 0, 0, 16], &pixels].concat();
        let labels = [&[0, 0, 8, 1][..], &count, &labels].concat();
        std::fs::write(folder.join(format!("mnist/{part}-images-idx3-ubyte")), images).unwrap();
        std::fs::write(folder.join(format!("mnist/{part}-labels-idx1-ubyte")), labels).unwrap();
    }
}

#[test]
fn classes_without_images_are_named() {
    let around = tempfile::tempdir().unwrap();
    draw_mnist(around.path(), 7);
    let planned = |study: &str, more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
        command.args([study, "--profile", "smoke", "--data", "mnist", "--dry-run", "--data-dir"]);
        let output = command.arg(around.path()).args(more).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let warning = "1 of 10 classes have no image to train on: 7";
        assert!(said.contains(warning), "{study}: {said}");
        (output.status.code(), said)
    };
    for study in ["transfer-sweep", "fool"] {
        let (code, said) = planned(study, &[]);
        assert_eq!(code, Some(2), "{study}: {said}");
        assert!(said.contains("1 of its 10 classes have no training images"), "{said}");
        assert!(said.contains("this experiment needs all of them: 7"), "{said}");
    }
    let (code, said) = planned("distill", &["--set", "validation_images=4"]);
    assert_eq!(code, Some(0), "a student may do without: {said}");
}

#[test]
fn three_classes_cannot_be_halved() {
    let around = tempfile::tempdir().unwrap();
    let here = around.path();
    draw_pets(&here.join("pets"));
    std::fs::remove_dir_all(here.join("pets/owl")).unwrap();
    let (code, said) = sweep(here, &["--data", "pets"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("has 3 classes") && said.contains("each half needs at least 2"),
        "{said}"
    );
}
