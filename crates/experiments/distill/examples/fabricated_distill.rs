//! Writes fabricated runs with a known truth, and their reports, to look at: no training.
//!
//! `cargo run -p assay-distill --example fabricated_distill -- DIR`

#[path = "../tests/fabricate/mod.rs"]
mod fabricate;

use std::path::PathBuf;

fn main() -> anyhow::Result<()> {
    let folder = std::env::args().nth(1).map_or_else(|| PathBuf::from("fabricated"), PathBuf::from);
    for (name, write) in fabricate::runs::RUNS {
        let path = folder.join(name);
        write(&path);
        let summary = fabricate::write_report(&path)?;
        println!("{}: {} cells", path.join("report/index.html").display(), summary.cells_done);
    }
    Ok(())
}
