//! The answer in words: sentences made of claims and their verdicts.

use assay_runs::Verdict;
use serde::Serialize;

use crate::claims::ClaimResult;
use crate::run_results::RunResults;
use crate::words::plural;

/// A sentence or two of the answer, with what they are about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sentence {
    /// What it is about, in a word or two.
    pub topic: &'static str,
    /// The answer.
    pub text: String,
}

/// What to know of a run that is not done; none where it is.
#[must_use]
pub fn unfinished(run: &RunResults) -> Option<String> {
    let planned = run.all().len();
    let done = run.done();
    (done < planned).then(|| {
        let failed = run.count("failed");
        let failed = if failed > 0 { format!(" ({failed} failed)") } else { String::new() };
        format!(
            "{done} of {} have a record{failed}. What follows rests on the clusters that are \
             complete and may change.",
            plural(planned, "cell")
        )
    })
}

/// The result of a claim, where the plan has cells for it.
#[must_use]
pub fn find<'a>(claim_results: &'a [ClaimResult], id: &str) -> Option<&'a ClaimResult> {
    claim_results.iter().find(|claim_result| claim_result.claim.id == id)
}

/// A verdict as the start of a sentence.
#[must_use]
pub fn stands(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Holds => "It holds",
        Verdict::DoesNotHold => "It does not hold",
        Verdict::NotEnoughData => "There is not enough data to say",
        Verdict::NotTestable => "It cannot be tested here",
    }
}

/// The verdicts of the claims on a topic, a sentence each; none where the plan has cells for none of them.
#[must_use]
pub fn on_topic(claim_results: &[ClaimResult], topic: &str) -> Option<String> {
    let on_it = || claim_results.iter().filter(|one| one.topic == topic);
    on_it().next()?;
    if on_it().all(|one| one.claim.measured.is_none()) {
        return Some("No cluster has all the cells that this needs.".to_owned());
    }
    let sentence = |one: &ClaimResult| {
        format!("{} {}: {}.", stands(one.claim.verdict), one.finding, one.measured_in_words())
    };
    Some(on_it().map(sentence).collect::<Vec<_>>().join(" "))
}
