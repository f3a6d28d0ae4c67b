//! What was made from another result than is there now.

use super::*;

/// A finished run of a base and what is copied from it.
fn finished_copy() -> (tempfile::TempDir, RunDirectory) {
    let folder = tempfile::tempdir().unwrap();
    let cells = ["base_a", "a1a", "base_b"].map(|treatment| cell(treatment, 0)).to_vec();
    let run = RunDirectory::create_or_open(folder.path(), Plan { cells, ..plan(0) }).unwrap();
    for cell in &run.plan().cells {
        publish(&run, cell, &trained(cell));
    }
    (folder, run)
}

/// Publishes a cell once more, with other weights.
fn made_otherwise(run: &RunDirectory, cell: &Cell) {
    std::fs::remove_dir_all(run.cell_folder(cell)).unwrap();
    let attempt = run.attempt(cell).unwrap();
    std::fs::write(attempt.path().join(file::WEIGHTS), "other weights").unwrap();
    let record = Record { weights: digest(b"other weights"), ..trained(cell) };
    attempt.publish(&record, &provenance()).unwrap();
}

#[test]
fn what_was_made_from_another_result_is_set_aside_and_what_was_made_from_an_equal_one_is_not() {
    let (_folder, run) = finished_copy();
    let [base, copied, other] = &run.plan().cells[..] else { panic!("three cells") };
    assert_eq!(run.record(copied).unwrap().unwrap().made_from, run.made_from(copied).unwrap());
    let check = || run.check(&run.lock().unwrap(), &run.plan().cells).unwrap();
    assert_eq!((check().whole.len(), check().set_aside.len()), (3, 0));
    // While the base is not there nothing is known against the copy, and it is not done yet.
    std::fs::remove_dir_all(run.cell_folder(base)).unwrap();
    assert!(check().set_aside.is_empty() && check().whole.iter().eq([&other.id()]));
    publish(&run, base, &trained(base));
    assert_eq!((check().whole.len(), check().set_aside.len()), (3, 0));
    made_otherwise(&run, base);
    assert!(!run.is_done(copied));
    let checked = check();
    let [(cell, reason)] = &checked.set_aside[..] else { panic!("{checked:?}") };
    assert_eq!(*cell, copied);
    assert!(reason.contains(&format!("another result of {}", base.name())), "{reason}");
    assert!(checked.whole.len() == 2 && !run.cell_folder(copied).exists());
    assert_eq!(run.failure_reason(copied).unwrap().as_ref(), Some(reason));
}

#[test]
fn whether_weights_were_kept_and_what_is_known_of_a_curve_are_no_part_of_a_result() {
    let (_folder, run) = finished();
    let record = run.record(&run.plan().cells[0]).unwrap().unwrap();
    let without = Record { files: std::collections::BTreeMap::new(), ..record.clone() };
    assert_eq!(record.result(), without.result());
    let other = Record { weights: "other".to_owned(), ..record.clone() };
    assert_ne!(record.result(), other.result());
    let base = run.plan().cells[1].id();
    let made_from = std::collections::BTreeMap::from([(base, "other".to_owned())]);
    assert_ne!(record.result(), Record { made_from, ..record.clone() }.result());
}
