//! Distillation runs whose files are not what they should be.

mod fabricate;

use assay_classifier_cells::SAMPLE_IMAGES_FILE;
use assay_runs::{RunDirectory, file};
use assay_test_support::{in_memory, republish};
use fabricate::Fabrication;
use fabricate::reports::{few_cells, speech};
use fabricate::write_report;

/// The error of a report of a run whose last cell has other logits than it had.
fn error_with(logits: &[u8]) -> String {
    let folder = in_memory();
    let run: RunDirectory = few_cells().write(folder.path());
    let last = run.plan().cells.last().unwrap();
    republish(&run, last, file::LOGITS, logits);
    let error = write_report(folder.path()).unwrap_err().to_string();
    assert!(error.contains("logits.safetensors"), "{error}");
    error
}

#[test]
fn words_that_are_not_those_of_the_labels_are_an_error_that_names_the_file() {
    let folder = in_memory();
    let run = speech().write(folder.path());
    let cell = run.plan().cells.last().unwrap();
    let last = run.logits(cell);
    // The first word of the digit 7, with its one frame, becomes one of the digit 8.
    let mut other = std::fs::read(&last).unwrap();
    let at = other
        .windows(16)
        .position(|pair| pair == [[7_u8, 0, 0, 0, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0, 0, 0]].concat());
    other[at.unwrap()] = 8;
    republish(&run, cell, file::LOGITS, &other);
    let error = write_report(folder.path()).unwrap_err().to_string();
    assert!(error.starts_with(&last.display().to_string()), "{error}");
    assert!(error.contains("words: the frames of a word are not all of its digit 8"), "{error}");
}

#[test]
fn images_to_show_that_are_none_are_an_error_that_names_the_file() {
    let folder = in_memory();
    let run = few_cells().write(folder.path());
    let cell = &run.plan().cells[0];
    let gallery = run.cell_folder(cell).join(SAMPLE_IMAGES_FILE);
    republish(&run, cell, SAMPLE_IMAGES_FILE, b"not a file of tensors");
    let error = write_report(folder.path()).unwrap_err().to_string();
    assert!(error.starts_with(&gallery.display().to_string()), "{error}");
}

#[test]
fn logits_that_are_none_or_of_other_images_are_an_error_that_names_the_file() {
    let error = error_with(b"not a file of tensors");
    assert!(error.contains("distilled.mlp-800-800"), "{error}");
    let folder = in_memory();
    let other = Fabrication { test_images: 30, ..few_cells() }.write(folder.path());
    let logits = std::fs::read(other.logits(other.plan().cells.last().unwrap())).unwrap();
    let error = error_with(&logits);
    assert!(error.ends_with("labels of other images than those of the cells before"), "{error}");
}
