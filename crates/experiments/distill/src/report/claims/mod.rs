//! The claims of Hinton et al. 2015, each with what it is read from and the rule that decides it.
//! `docs/studies/distillation.md` has the same table in words, and says what was changed after
//! runs had been seen.

mod measure;
mod table;
mod temperatures;

pub use self::measure::Measure;
pub use self::table::{CLAIMS, Margin, Statement};
use assay_runs::Verdict;

use super::contrast;
use super::index::Index;
use super::paper;
use assay_report::claims::{Question, Reading, margin};
use assay_report::data;

/// Every claim that the plan has cells for, in the table's order.
#[must_use]
pub fn read_claims(index: &Index) -> Vec<Reading> {
    CLAIMS.iter().filter_map(|statement| read_claim(index, statement)).collect()
}

fn read_claim(index: &Index, statement: &Statement) -> Option<Reading> {
    let measured = measure::measure(index, statement.measure)?;
    let question = Question {
        id: statement.id,
        text: format!("{} ({})", statement.text, measured.of),
        rule: statement.rule,
        margin: match statement.margin {
            Margin::Settings => margin(index.plan()),
            Margin::Fixed(margin) => margin,
        },
        unit: statement.unit,
        paper: statement.paper.filter(|_| data::are(index.plan(), paper::DATA)),
        absent: measured.absent,
    };
    let mut reading = question.answer_all(&measured.members, measured.left_out);
    let no_share = reading.claim.measured.is_none() && measured.absent != measure::NO_SEED;
    reading.claim.note = no_share.then(|| measured.absent.to_owned());
    if measured.absent == contrast::WORSE_TEACHER {
        reading.claim.verdict = Verdict::NotTestable;
        reading.claim.note = Some(format!("not testable: {}", measured.absent));
    }
    Some(reading)
}
