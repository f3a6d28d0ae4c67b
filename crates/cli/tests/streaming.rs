//! Streamed data sets give the same bits as data sets in memory, and unreadable images are named.

mod image_folder;

mod common;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

use assay_runs::RunDirectory;
use tempfile::TempDir;

use common::results;

const TOY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/toy.toml");
/// Nothing may be kept in memory.
const STREAMED: [&str; 2] = ["--set", "run.memory_mebibytes=0"];

/// The temporary folders of one test: images, runs and cache.
struct TestFolders(TempDir);

impl TestFolders {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Creates four training and two test images of each of 24 classes.
    fn with_images() -> Self {
        let folders = Self::new();
        image_folder::write(&folders.path("images"), 4, 2);
        folders
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The program, with its cache in these folders.
    fn assay(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
        command.args(arguments).env("ASSAY_CACHE", self.path("cache")).stdout(Stdio::null());
        command
    }

    /// Runs a toy sweep on the images. Returns the exit status and standard error.
    fn sweep(&self, run: &str, more: &[&str]) -> (Option<i32>, String) {
        let (data, out) = (self.path("images"), self.path(run));
        let mut command = self.assay(&["transfer-sweep", "--profile", TOY]);
        command.arg("--data").arg(data).arg("--out").arg(out).args(more);
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!said.contains("panicked"), "{said}");
        (output.status.code(), said)
    }

    fn sweep_results(&self, run: &str, more: &[&str]) -> BTreeMap<String, Vec<u8>> {
        let (code, said) = self.sweep(run, more);
        assert_eq!(code, Some(0), "{said}");
        results(&self.path(run))
    }
}

/// Makes an image unreadable without changing its size or time, as a failing disk does.
fn corrupt(path: &Path) {
    let modified = std::fs::metadata(path).unwrap().modified().unwrap();
    let length = std::fs::read(path).unwrap().len();
    write_with_time(path, &vec![0; length], modified);
}

/// Writes a file and sets its modification time.
fn write_with_time(path: &Path, bytes: &[u8], modified: SystemTime) {
    std::fs::write(path, bytes).unwrap();
    let file = File::options().write(true).open(path).unwrap();
    file.set_modified(modified).unwrap();
}

#[test]
fn a_sweep_gives_the_same_bits_streamed_or_in_memory() {
    let folders = TestFolders::with_images();
    // Bases, frozen and fine-tuned transfers, frozen selffers, random features and scores.
    let kinds = [
        "--set",
        "cells=[\"selffer\", \"transfer\", \"transfer_plus\", \"random_he\", \"scores\"]",
    ];
    let all = ["--set", "run.keep_all_weights=true"];
    let sweep_results =
        |run, more: &[&str]| folders.sweep_results(run, &[&kinds[..], &all, more].concat());
    let memory = sweep_results("memory", &[]);
    assert!(!folders.path("cache/folders").exists(), "nothing had to be found out");
    // Prefetched by three threads, one view at a time, with cached frozen features.
    let ahead = ["--set", "run.loader_threads=3", "--set", "run.prefetch_mebibytes=0"];
    let streamed = sweep_results("streamed", &[&STREAMED[..], &ahead].concat());
    assert!(folders.path("cache/folders").exists(), "the images did not stay on disk");
    assert_eq!(memory.keys().collect::<Vec<_>>(), streamed.keys().collect::<Vec<_>>());
    assert!(memory == streamed, "streaming has changed a result");
    // Without a cache, so that every view is read in every epoch.
    let uncached =
        sweep_results("uncached", &[&STREAMED[..], &["--set", "run.cache_mebibytes=0"]].concat());
    assert!(memory == uncached, "without kept output streaming has changed a result");
}

#[test]
fn views_beyond_the_memory_limit_are_cut_from_images_in_memory() {
    let folders = TestFolders::new();
    let distilled = |run: &str, more: &[&str]| {
        let out = folders.path(run);
        let mut command = folders.assay(&["distill", "--profile", "smoke", "--out"]);
        command.arg(&out);
        for change in [
            "seeds=1",
            "validation_images=48",
            "data.forms_train_images_per_class=8",
            "data.forms_test_images_per_class=2",
            "teacher.schedule.epochs=1",
            "student.schedule.epochs=1",
            "run.keep_all_weights=true",
        ] {
            command.args(["--set", change]);
        }
        assert!(command.args(more).stderr(Stdio::null()).status().unwrap().success());
        results(&out)
    };
    assert!(distilled("memory", &[]) == distilled("streamed", &STREAMED));
}

#[test]
fn an_image_that_becomes_unreadable_fails_the_cells_that_use_it() {
    let folders = TestFolders::with_images();
    let bases = [&STREAMED[..], &["--set", "cells=[]"]].concat();
    let whole = folders.sweep_results("whole", &bases);
    // Whether its class is in half A or B, one of the two bases uses it.
    let image = folders.path("images/train/gear/36.png");
    assert!(image.exists());
    let (bytes, modified) =
        (std::fs::read(&image).unwrap(), std::fs::metadata(&image).unwrap().modified().unwrap());
    corrupt(&image);
    let (code, said) = folders.sweep("run", &bases);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("failed: base_") && said.contains("train/gear/36.png"), "{said}");
    assert!(said.contains("1 cells failed"), "{said}");
    let run = RunDirectory::open(&folders.path("run")).unwrap();
    assert_eq!(run.records().unwrap().len(), 1, "the other base is done");
    // Once repaired, the failed cell continues from the step before.
    write_with_time(&image, &bytes, modified);
    assert!(folders.sweep_results("run", &bases) == whole);
}

#[test]
fn an_unreadable_image_is_named_before_the_run_begins() {
    let folders = TestFolders::with_images();
    let image = folders.path("images/val/gear/12.png");
    let bytes = std::fs::read(&image).unwrap();
    std::fs::write(&image, &bytes[..bytes.len() / 2]).unwrap();
    for more in [&STREAMED[..], &[]] {
        let (code, said) = folders.sweep("run", more);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("val/gear/12.png: cannot be decoded"), "{said}");
    }
    assert!(!folders.path("run").exists());
}

/// Creates ImageNet's own layout at toy size: a thousand training folders of one tiny JPEG each, and a flat `val/` of a
/// hundred images with Kaggle's file of labels.
fn imagenet(folder: &Path) {
    let classes: Vec<String> = (0..1000)
        .map(|class| match class {
            0 => "n01440764".to_owned(),
            999 => "n15075141".to_owned(),
            class => format!("n02{class:06}"),
        })
        .collect();
    let save = |path: &Path, shade: u8| {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let color = |x: u32, y: u32| image::Rgb([shade, (x * 12) as u8, (y * 14) as u8]);
        image::RgbImage::from_fn(20, 18, color).save(path).unwrap();
    };
    for (class, name) in classes.iter().enumerate() {
        save(&folder.join(format!("train/{name}/{name}_1.jpeg")), (class / 4) as u8);
        if class % 10 == 0 {
            // For validation.
            save(&folder.join(format!("train/{name}/{name}_2.jpeg")), (class / 4 + 3) as u8);
        }
    }
    let mut labels = "ImageId,PredictionString\n".to_owned();
    for image in 0..100 {
        save(&folder.join(format!("val/ILSVRC2012_val_{image:08}.jpeg")), (image * 2) as u8);
        writeln!(labels, "ILSVRC2012_val_{image:08},{} 1 2 3 4", classes[image * 10]).unwrap();
    }
    std::fs::write(folder.join("LOC_val_solution.csv"), labels).unwrap();
}

#[test]
fn the_imagenet_profile_works_on_imagenets_own_layout() {
    let folders = TestFolders::new();
    imagenet(&folders.path("imagenet"));
    let images = folders.path("imagenet").display().to_string();
    let given = ["transfer-sweep", "--profile", "imagenet", "--data", &images];
    let small = [
        "data.image_size=18",
        "views.crop=16",
        "views.count=2",
        "network.architecture=alexnet_small",
        "network.width=0.1",
        "schedule.epochs=1",
        "schedule.batch=100",
        "run.memory_mebibytes=0",
        "run.loader_threads=2",
    ];
    let small: Vec<&str> = small.into_iter().flat_map(|change| ["--set", change]).collect();
    // The profile's five splits of a thousand classes, with all kinds of cell.
    let dry = folders.assay(&[&given[..], &small, &["--dry-run"]].concat());
    let output = { dry }.stdout(Stdio::piped()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let bases = said.lines().filter(|line| line.trim_start().starts_with("base_a.")).count();
    assert_eq!(bases, 5, "{said}");
    // Trains the bases of one split.
    let out = folders.path("run").display().to_string();
    let start = ["--out", &out, "--set", "cells=[]", "--set", "splits=[\"imagenet-random-1\"]"];
    let status = folders.assay(&[&given[..], &small, &start].concat()).status().unwrap();
    assert!(status.success());
    assert_eq!(RunDirectory::open(&folders.path("run")).unwrap().records().unwrap().len(), 2);
}
