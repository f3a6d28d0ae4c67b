//! Cells whose dependencies have another result now.

use super::*;

/// A finished run of a base and a network copied from it.
fn finished_copy() -> (tempfile::TempDir, RunDirectory) {
    let folder = tempfile::tempdir().unwrap();
    let base = test_cell("base", 0, &[]);
    let copied = test_cell("copied", 0, std::slice::from_ref(&base));
    let cells = [base, copied, test_cell("other", 0, &[])].map(Cell::from).to_vec();
    let run = RunDirectory::create_or_open(folder.path(), Plan { cells, ..plan(0) }).unwrap();
    for cell in &run.plan().cells {
        publish(&run, cell, &trained(cell));
    }
    (folder, run)
}

/// Publishes a cell again with other weights.
fn made_otherwise(run: &RunDirectory, cell: &Cell) {
    std::fs::remove_dir_all(run.cell_folder(cell)).unwrap();
    let attempt = run.stage(cell).unwrap();
    std::fs::write(attempt.path().join(file::WEIGHTS), "other weights").unwrap();
    let record = Record { weights: digest(b"other weights"), ..trained(cell) };
    attempt.publish(&record, &provenance()).unwrap();
}

#[test]
fn outdated_cells_are_set_aside() {
    let (_folder, run) = finished_copy();
    let [base, copied, other] = &run.plan().cells[..] else { panic!("three cells") };
    assert_eq!(run.record(copied).unwrap().unwrap().made_from, run.made_from(copied).unwrap());
    let check = || run.check_cells(&run.lock().unwrap(), &run.plan().cells).unwrap();
    assert_eq!((check().intact.len(), check().set_aside.len()), (3, 0));
    // While the base is missing, the copy is neither outdated nor done.
    std::fs::remove_dir_all(run.cell_folder(base)).unwrap();
    assert!(check().set_aside.is_empty() && check().intact.iter().eq([&other.id()]));
    publish(&run, base, &trained(base));
    assert_eq!((check().intact.len(), check().set_aside.len()), (3, 0));
    made_otherwise(&run, base);
    assert!(!run.is_done(copied));
    let checked = check();
    let [(cell, reason)] = &checked.set_aside[..] else { panic!("{checked:?}") };
    assert_eq!(*cell, copied);
    assert!(reason.contains(&format!("another result of {}", base.name())), "{reason}");
    assert!(checked.intact.len() == 2 && !run.cell_folder(copied).exists());
    assert_eq!(run.failure_reason(copied).unwrap().as_ref(), Some(reason));
}

#[test]
fn the_result_digest_ignores_kept_weights() {
    let (_folder, run) = finished();
    let record = run.record(&run.plan().cells[0]).unwrap().unwrap();
    let without = Record { files: std::collections::BTreeMap::new(), ..record.clone() };
    assert_eq!(record.result_digest(), without.result_digest());
    let other = Record { weights: "other".to_owned(), ..record.clone() };
    assert_ne!(record.result_digest(), other.result_digest());
    let base = run.plan().cells[1].id();
    let made_from = std::collections::BTreeMap::from([(base, "other".to_owned())]);
    assert_ne!(record.result_digest(), Record { made_from, ..record.clone() }.result_digest());
}
