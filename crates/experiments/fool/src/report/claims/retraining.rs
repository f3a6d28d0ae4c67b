//! Claims about networks that learnt what fooled the ones before them.

use assay_runs::Plan;

use crate::report::index::Index;
use crate::report::rounds::{
    OverSeeds, Round, accuracy, confidence, last_round, over_seeds, round, step_of_test_images,
};
use assay_report::claims::{Question, Reading, margin};
use assay_report::data;
use assay_stats::Rule;

/// The median confidence, in percent, at which a network counts as fooled as ever.
const STILL_SURE: f64 = 99.0;
/// The paper's median on MNIST after every round, recalled and not verified.
const RECALLED: f64 = 99.99;

/// The claims about retraining, in the order they are reported; none where the plan has no round.
#[must_use]
pub fn read_retraining(index: &Index) -> Vec<Reading> {
    let last = last_round(index);
    if last == 0 {
        return Vec::new();
    }
    vec![still_sure(index, last), no_less_sure(index, last), as_right(index, last)]
}

fn still_sure(index: &Index, last: u32) -> Reading {
    let over = over_seeds(index, None, 0.0, |architecture, seed| {
        Ok(confidence(&round(index, architecture, seed, last)?)? - STILL_SURE)
    });
    let mnist = data::are(index.plan(), "mnist");
    let question = Question {
        text: format!(
            "Retraining does not immunise: after {last} rounds the median confidence in new images is \
             still {STILL_SURE} % (points above it)"
        ),
        paper: mnist.then_some(RECALLED - STILL_SURE),
        ..question("retraining-does-not-immunise", Rule::NotWorse)
    };
    answer(index.plan(), question, over)
}

fn no_less_sure(index: &Index, last: u32) -> Reading {
    let question = Question {
        text: format!(
            "Exploratory: after {last} rounds the median confidence in new images is not lower than \
             before the first"
        ),
        ..question("retraining-does-not-lower-confidence", Rule::NotWorse)
    };
    answer(index.plan(), question, change(index, last, confidence))
}

fn as_right(index: &Index, last: u32) -> Reading {
    let question = Question {
        text: format!(
            "Retraining keeps clean accuracy: after {last} rounds the test accuracy is what it was \
             before the first, a test image that is rejected being an error"
        ),
        ..question("retraining-keeps-clean-accuracy", Rule::Equal)
    };
    let OverSeeds { estimate, left_out } = change(index, last, accuracy);
    let estimate = estimate.map(|estimate| estimate.of_counts(step_of_test_images(index), 2.0));
    answer(index.plan(), question, OverSeeds { estimate, left_out })
}

/// A number of the last round less that of round 0.
fn change(index: &Index, last: u32, value: fn(&Round) -> Result<f64, String>) -> OverSeeds {
    over_seeds(index, None, 0.0, |architecture, seed| {
        let at = |number| value(&round(index, architecture, seed, number)?);
        Ok(at(last)? - at(0)?)
    })
}

fn question(id: &'static str, rule: Rule) -> Question {
    Question {
        id,
        text: String::new(),
        rule,
        margin: 0.0,
        unit: "percentage points",
        paper: None,
        absent: "no complete seed",
    }
}

fn answer(plan: &Plan, question: Question, measured: OverSeeds) -> Reading {
    let question = Question { margin: margin(plan), ..question };
    question.answer(measured.estimate, measured.left_out)
}
