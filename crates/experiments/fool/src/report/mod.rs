//! The fooling study (Nguyen et al. 2015): what its records say of the images that networks believe in.

mod answer;
mod carry;
mod claims;
mod compare;
mod detection;
mod figures;
mod guests;
mod index;
mod pictures;
mod rounds;
mod strips;
mod tables;
mod wording;

pub use carry::{Carry, Label, Measured, Rate, Term, contrast};
pub use claims::{
    CLAIMS, CONTESTS, Contest, Measure, Statement, read_claims, read_contests, read_detection,
    read_retraining,
};
pub use compare::{Comparison, Quantity, comparisons};
pub use detection::{Case, Detection, Detector, Kind};
pub use guests::{GuestKind, guest_kinds, guest_rate};
pub use index::{Condition, Found, GuestShowing, Index, Network, Showing};
pub use rounds::{OverSeeds, Round};

use assay_report::ReportError;
use assay_report::findings::Findings;
use assay_report::observations::Observations;
use assay_report::words::plural;

/// Everything the report of a fooling run shows that is the study's own.
///
/// # Errors
/// When the images that an attack found are damaged, or a figure cannot be drawn.
pub fn findings(observations: &Observations) -> Result<Findings, ReportError> {
    let index = Index::new(observations);
    let detection = Detection::read(&index)?;
    let comparisons = comparisons(&index);
    let mut readings = read_claims(&index);
    readings.extend(read_contests(&comparisons));
    readings.extend(read_retraining(&index));
    readings.extend(read_detection(&index, &detection));
    Ok(Findings {
        question: "Which meaningless images do networks believe in?",
        study: "Fooling study after Nguyen et al. 2015",
        extent: format!(
            ", {}, {}",
            plural(index.attacks().len() + index.repeats().len(), "attack"),
            plural(index.networks().len() + index.retrained().len(), "network")
        ),
        answer: answer::answer(&index, &readings, &comparisons),
        note: wording::NOTE,
        figures: figures::figures(&index, &detection)?,
        tables: tables::tables(&index, &readings, &comparisons, &detection),
        folders: vec![pictures::folder(&index)?],
        not_analysed: wording::not_analysed(&index),
        counted_failures: Vec::new(),
        sections: wording::sections(&index),
        command: "fool",
        readings,
    })
}
