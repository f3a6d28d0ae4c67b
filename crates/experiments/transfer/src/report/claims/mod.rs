//! The claims of Yosinski et al. 2014, each with the contrast it is read from and the rule that
//! decides it. `docs/studies/transfer.md` has the same table in words, and says what was
//! changed after runs had been seen.

mod cuts;
mod measure;
mod table;

pub use self::cuts::Cuts;
pub use self::measure::Measure;
pub(crate) use self::measure::{DISSIMILAR, mean_contrast};
pub use self::table::{CLAIMS, Statement};
use assay_runs::Verdict;

use super::contrast::{Contrast, Scope};
use super::convergence::{Convergence, State};
use super::index::Index;
use super::paper::paper;
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
        text: format!("{}{}", statement.text, cuts_in_words(&measured.cuts)),
        rule: statement.rule,
        margin: margin(index.plan()),
        unit: "percentage points",
        paper: data::is_imagenet(index.plan())
            .then(|| measure::from_paper(paper(), statement.measure))
            .flatten(),
        absent: "no complete cluster",
    };
    let mut reading = question.answer(measured.estimate, measured.left_out);
    if statement.measure.needs_convergence() {
        qualify(index, statement, &measured.contrasts, &mut reading);
    }
    Some(reading)
}

/// Takes back what unconverged bases do not allow to be said.
fn qualify(
    index: &Index,
    statement: &Statement,
    contrasts: &[(Scope, Contrast)],
    reading: &mut Reading,
) {
    let Some(convergence) = Convergence::of_all(contrasts, margin(index.plan())) else { return };
    let claim = &mut reading.claim;
    claim.note = convergence.note();
    let verdict = match convergence.state {
        State::Converged | State::Unchecked => claim.verdict,
        State::NotConverged if claim.measured.is_some() => Verdict::NotTestable,
        State::NotConverged => Verdict::NotEnoughData,
        State::Unknown => {
            let beside = statement.measure.less_the_long_base();
            let beside = beside.and_then(|beside| measure::measure(index, beside));
            let interval = beside.and_then(|beside| beside.estimate?.interval);
            let same = statement.rule.decide(interval, margin(index.plan())) == claim.verdict;
            if same { claim.verdict } else { Verdict::NotEnoughData }
        }
    };
    claim.verdict = verdict;
}

/// ` (n = 1, 2)`, or ` (n = 1 to 7)` for more than two in a row.
fn cuts_in_words(cuts: &[u8]) -> String {
    let in_a_row = cuts.windows(2).all(|pair| pair[0] + 1 == pair[1]);
    match cuts {
        [] => String::new(),
        [first, .., last] if in_a_row && cuts.len() > 2 => format!(" (n = {first} to {last})"),
        _ => {
            let cuts: Vec<String> = cuts.iter().map(u8::to_string).collect();
            format!(" (n = {})", cuts.join(", "))
        }
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
