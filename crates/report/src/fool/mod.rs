//! The fooling study (Nguyen et al. 2015): what its records say of the images that networks believe in.

mod answer;
mod carry;
mod claims;
mod figures;
mod index;
mod pictures;
mod tables;
mod wording;

pub use carry::{Carry, Label, Measured, Rate, Term, contrast};
pub use claims::{CLAIMS, Measure, Statement, read_claims};
pub use index::{Condition, Found, GuestShowing, Index, Network, Showing};

use crate::ReportError;
use crate::findings::Findings;
use crate::observations::Observations;
use crate::words::plural;

/// Everything the report of a fooling run shows that is the study's own.
///
/// # Errors
/// When the images that an attack found are damaged, or a figure cannot be drawn.
pub fn findings(observations: &Observations) -> Result<Findings, ReportError> {
    let index = Index::new(observations);
    let readings = read_claims(&index);
    Ok(Findings {
        question: "Which meaningless images do networks believe in?",
        study: "Fooling study after Nguyen et al. 2015",
        extent: format!(
            ", {}, {}",
            plural(index.attacks().len(), "attack"),
            plural(index.networks().len(), "network")
        ),
        answer: answer::answer(&index, &readings),
        note: wording::NOTE,
        figures: figures::figures(&index)?,
        tables: tables::tables(&index, &readings),
        folders: vec![pictures::folder(&index)?],
        not_analysed: wording::not_analysed(&index),
        sections: vec![wording::method(&index), wording::files()],
        command: "fool",
        readings,
    })
}
