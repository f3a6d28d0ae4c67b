//! Runs that between them have every table, claim and figure: what the example shows and the snapshots hold.

use std::path::Path;

use assay_classifier_cells::{AttackCell, Encoding, Method, Preset};

use super::Fabrication;
use super::retraining::external_model;

/// Writes a run into a folder.
type Write = fn(&Path);

/// Names of the runs, and what writes each.
pub const RUNS: [(&str, Write); 1] = [("fool", |path| drop(fooling().write(path)))];

/// By seed, encoding and round a little different, so that intervals have some width.
fn confidence(cell: &AttackCell) -> f32 {
    let [seed, round] = [cell.seed, cell.network.round()]
        .map(|number| f32::from(u8::try_from(number).unwrap_or_default()));
    let encoding = if cell.attack.encoding == Encoding::Cppn { 0.004 } else { 0.0 };
    let evolved = match cell.attack.method {
        Method::Evolution => 0.9 + (0.01 + encoding + 0.002 * round) * seed,
        _ => 0.4,
    };
    if cell.attack.preset == Preset::Paper { evolved } else { 0.8 * evolved }
}

/// Images fool other seeds more often than other architectures, not every time alike.
fn fooling() -> Fabrication {
    Fabrication {
        architectures: vec!["lenet", "mlp-300-300"],
        presets: vec![Preset::Paper, Preset::PublishedCode],
        median: Box::new(confidence),
        transferred: Box::new(|shown, network| {
            let same = shown.network.network.architecture == network.network.architecture;
            let by_seed = u16::try_from((shown.seed + network.seed) % 3).unwrap_or_default();
            if same { 6 + by_seed } else { 2 + by_seed }
        }),
        at_9999: Box::new(|cell| if cell.attack.method == Method::Evolution { 10 } else { 3 }),
        rounds: 3,
        external_models: vec![external_model("student mlp-30", 0, &["0", "1", "2", "3", "4"])],
        ..Fabrication::default()
    }
}
