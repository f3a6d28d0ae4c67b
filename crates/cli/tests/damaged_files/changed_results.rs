//! Changes the results of cells that others depend on, with valid digests.

use std::collections::BTreeSet;
use std::path::Path;

use assay_classifier_cells::{CellKind, ClassifierCell};
use assay_runs::{Cell, RunDirectory, file};

use crate::checkpoints::interrupt;
use crate::damage::{Damage, reseal};
use crate::toy::{Study, forget};
use crate::{Tally, has_same_provenance};

/// Gives a finished network other weights with valid digests, as a GPU or another build would compute them.
pub fn with_other_weights(run: &RunDirectory, cell: &Cell, change: impl Fn(&Path)) {
    let weights = run.weights(cell);
    let digest_of = || assay_runs::digest(&std::fs::read(&weights).unwrap());
    let before = digest_of();
    change(&weights);
    let path = run.cell_folder(cell).join(file::RECORD);
    let record = std::fs::read_to_string(&path).unwrap().replace(&before, &digest_of());
    std::fs::write(&path, reseal(&record)).unwrap();
}

/// Changes a network slightly. All cells that depend on it must be named and made again, and no others. Then damages the
/// network so that it is made again as before, and all cells that depend on it once more.
pub fn changes_to_a_network(study: &Study, matches: impl Fn(&Cell) -> bool, tally: &mut Tally) {
    let whole = RunDirectory::open(&study.whole()).unwrap();
    let run = study.copy_run(whole.path(), "damaged");
    let cells = &run.plan().cells;
    let network = cells.iter().find(|cell| matches(cell)).unwrap();
    let mut rests = BTreeSet::from([network.name()]);
    for cell in cells {
        if cell.dependencies().iter().any(|needed| rests.contains(&needed.name())) {
            rests.insert(cell.name());
        }
    }
    rests.remove(&network.name());
    assert!(!rests.is_empty());
    let are_named = |said: &str| {
        let lines = said.lines().filter(|line| line.contains("made from another result of"));
        let named: BTreeSet<_> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, _)| name.to_owned())
            .collect();
        assert_eq!(named, rests, "{said}");
    };
    with_other_weights(&run, network, |weights| assert!(Damage::LastBit.apply(weights, None)));
    let (code, said) = study.resume(run.path());
    assert_eq!(code, Some(0), "{said}");
    are_named(&said);
    for cell in cells {
        assert!(run.is_done(cell), "{}", cell.name());
        let made_again = !has_same_provenance(&whole, &run, cell);
        assert_eq!(made_again, rests.contains(&cell.name()), "{}", cell.name());
    }
    let (code, said) = study.resume(run.path());
    assert!(code == Some(0) && !said.contains("another result"), "{said}");
    std::fs::remove_file(run.weights(network)).unwrap();
    let said = study.repaired(&run);
    assert!(said.contains(&format!("{}: damaged", network.name())), "{said}");
    are_named(&said);
    tally.count(format!("another result of a network: {} that rest on it made again", rests.len()));
}

/// A checkpoint is discarded if the results that it was made from have changed.
pub fn checkpoint_with_stale_inputs(
    study: &Study,
    matches: impl Fn(&Cell) -> bool,
    tally: &mut Tally,
) {
    let (run, checkpoint) = interrupt(study, &matches);
    let cell = run.plan().cells.iter().find(|cell| matches(cell)).unwrap();
    let needed = &cell.dependencies()[0];
    with_other_weights(&run, needed, |weights| assert!(Damage::LastBit.apply(weights, None)));
    let (code, said) = study.resume(run.path());
    assert_eq!(code, Some(0), "{said}");
    let line = said.lines().find(|line| line.contains(&checkpoint.display().to_string()));
    let line = line.unwrap_or_else(|| panic!("{said}"));
    assert!(line.contains("another result") && line.contains("the cell starts over"), "{line}");
    assert_eq!(run.provenance(cell).unwrap().unwrap().resumed, 0);
    assert_eq!(run.record(cell).unwrap().unwrap().made_from, run.made_from(cell).unwrap());
    tally.count("a checkpoint of another result: named, and begun anew");
}

/// Gives a network NaN weights with valid digests. The cells that use it must fail and leave no unreadable record.
pub fn network_with_nan_outputs(study: &Study) {
    let run = study.copy_run(&study.whole(), "damaged");
    let cells = &run.plan().cells;
    let network =
        cells.iter().find(|cell| cell.downcast_ref::<ClassifierCell>().is_some()).unwrap();
    with_other_weights(&run, network, |weights| assert!(Damage::NotANumber.apply(weights, None)));
    let uses_network = |cell: &&Cell| match CellKind::from(*cell) {
        CellKind::CrossEvaluation(cell) => Cell::from(cell.network.clone()) == *network,
        CellKind::Attack(cell) => Cell::from(cell.network.clone()) == *network && cell.repeat == 0,
        _ => false,
    };
    cells.iter().filter(uses_network).for_each(|cell| forget(&run, cell));
    let (code, said) = study.resume(run.path());
    assert_eq!(code, Some(1), "{said}");
    for cell in cells.iter().filter(uses_network) {
        let line = said.lines().find(|line| line.starts_with(&format!("failed: {}", cell.name())));
        assert!(line.is_some_and(|line| line.contains("NaN")), "{}: {said}", cell.name());
    }
    let report = assay_cli::report(run.path()).unwrap();
    assert!(report.damaged.is_empty() && report.summary.cells_failed > 0);
}
