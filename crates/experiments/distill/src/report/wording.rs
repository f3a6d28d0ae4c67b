//! The texts of the distillation report that do not depend on the results.

use assay_classifier_cells::{ClassifierCell, SpecialistEnsembleCell};
use assay_runs::Cell;

use super::index::Index;
use super::select;
use assay_report::claims::margin;
use assay_report::markdown::{self, Section};
use assay_report::words::plural;

/// How to read the answer.
pub(super) const NOTE: &str = "Numbers are errors on the test images in percent, or differences of them \
    in percentage points, with 95 % intervals, unless the sentence names another unit. The \
    baseline is trained on hard labels alone; the distilled student, the same network, is trained on its \
    teacher's probabilities at temperature T. The teacher of seed s teaches the students of seed s, and a \
    seed counts once.";

/// The cells that the statistics leave out.
pub(super) fn not_analysed(index: &Index) -> Option<String> {
    (index.unpaired > 0).then(|| {
        format!(
            "Not analysed, because an earlier cell has the same role, network, temperature, excluded \
             classes, share of the images, number of teachers or specialists, and seed: {}.",
            plural(index.unpaired, "cell")
        )
    })
}

/// The method sections that the plan needs.
pub(super) fn sections(index: &Index) -> Vec<Section> {
    let plan = index.plan;
    let speech = select::is_speech(index);
    let from_file = |cell: &Cell| {
        cell.downcast_ref::<ClassifierCell>().is_some_and(|cell| cell.weights.is_some())
    };
    let (others, test) = if speech { ON_WORDS } else { ON_IMAGES };
    let values = [
        ("others", others.to_owned()),
        ("test", test.to_owned()),
        ("margin", margin(plan).to_string()),
    ];
    let mut sections = markdown::sections(include_str!("../../method.md"), &values);
    sections.retain(|section| match section.heading.as_str() {
        "Frames and words" => speech,
        "Teachers from files" => plan.cells.iter().any(from_file),
        "How a specialist ensemble predicts" => {
            plan.cells.iter().any(Cell::is::<SpecialistEnsembleCell>)
        }
        _ => true,
    });
    sections
}

/// How far other test data would move results, and the test items that `McNemar`'s test compares.
const ON_IMAGES: (&str, &str) = (
    "; Wilson's intervals, in the table of cells, tell how far other test images would. A standard error is \
     at least that of rounding to whole test images, or seeds that agree by chance would seem to have none.",
    "test images",
);
const ON_WORDS: (&str, &str) = (
    ". Nothing here tells how far other recordings would: frames of one recording overlap, and are no \
     independent images. Words are few, and counted whole: a standard error on them is at least that of \
     rounding to whole words, or seeds that differ by the same number of words would seem to have none.",
    "test words",
);
