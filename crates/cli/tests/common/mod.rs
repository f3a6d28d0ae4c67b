//! What several tests of the program share.

// Plans name the kinds of cells of all experiments.
use assay_cli as _;
use std::collections::BTreeMap;
use std::path::Path;

use assay_runs::RunDirectory;

/// All files of all cells of a run, except the provenance, which may differ between equal cells.
pub fn results(run: &Path) -> BTreeMap<String, Vec<u8>> {
    let run = RunDirectory::open(run).unwrap();
    let mut files = BTreeMap::new();
    for cell in &run.plan().cells {
        for file in std::fs::read_dir(run.cell_folder(cell)).unwrap() {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if name != "provenance.json" {
                files.insert(format!("{}/{name}", cell.name()), std::fs::read(path).unwrap());
            }
        }
    }
    files
}
