//! The claims of the fooling study, each with the number it is read from and the rule that decides it.
//! `docs/studies/fooling.md` has the same table in words, and says when each was fixed: most before any run
//! but smoke tests, whose networks learn nothing; those that came later after a run on MNIST had been seen.

mod compare;
mod detection;
mod measure;
mod retraining;
mod table;

pub use self::compare::{CONTESTS, Contest, read_contests};
pub use self::detection::read_detection;
pub use self::measure::Measure;
pub(super) use self::measure::{at_end, of_classes, reached_share, seeds_with};
pub use self::retraining::read_retraining;
pub use self::table::{CLAIMS, Statement};
use super::index::Index;
use assay_report::claims::{Question, Reading, margin};

/// Every claim that the plan has cells for, in the table's order.
#[must_use]
pub fn read_claims(index: &Index) -> Vec<Reading> {
    CLAIMS.iter().filter_map(|statement| read_claim(index, statement)).collect()
}

fn read_claim(index: &Index, statement: &Statement) -> Option<Reading> {
    let measured = measure::measure(index, statement.measure)?;
    let question = Question {
        id: statement.id,
        text: statement.text.to_owned(),
        rule: statement.measure.rule(),
        margin: statement.measure.margin(margin(index.plan())),
        unit: statement.measure.unit(),
        paper: measure::recalled(index, statement.measure),
        absent: "no complete seed",
    };
    Some(question.answer(measured.estimate, measured.left_out))
}
