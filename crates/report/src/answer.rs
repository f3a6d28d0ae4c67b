//! The answer in words: sentences made of claims and their verdicts.

use assay_runs::Verdict;

use crate::claims::Reading;
use crate::observations::Observations;
use crate::words::plural;

/// A sentence or two of the answer, with what they are about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    /// What it is about, in a word or two.
    pub topic: &'static str,
    /// The answer.
    pub text: String,
}

/// What to know of a run that is not done; none where it is.
#[must_use]
pub fn unfinished(observations: &Observations) -> Option<String> {
    let planned = observations.all().len();
    let done = observations.done();
    (done < planned).then(|| {
        let failed = observations.count("failed");
        let failed = if failed > 0 { format!(" ({failed} failed)") } else { String::new() };
        format!(
            "{done} of {} have a record{failed}. What follows rests on the clusters that are \
             complete and may change.",
            plural(planned, "cell")
        )
    })
}

/// The reading of a claim, where the plan has cells for it.
#[must_use]
pub fn find<'a>(readings: &'a [Reading], id: &str) -> Option<&'a Reading> {
    readings.iter().find(|reading| reading.claim.id == id)
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

/// The verdicts of several claims, (identity, that ...), in a sentence each; none where the plan has
/// cells for none of them.
#[must_use]
pub fn several(readings: &[Reading], phrases: &[(&'static str, &'static str)]) -> Option<String> {
    let known: Vec<&Reading> = phrases.iter().filter_map(|(id, _)| find(readings, id)).collect();
    if !known.is_empty() && known.iter().all(|reading| reading.claim.measured.is_none()) {
        return Some("No cluster has all the cells that this is read from.".to_owned());
    }
    let said = phrases.iter().filter_map(|(id, phrase)| {
        let reading = find(readings, id)?;
        Some(format!(
            "{} {phrase}: {}.",
            stands(reading.claim.verdict),
            reading.measured_in_words()
        ))
    });
    let said: Vec<String> = said.collect();
    (!said.is_empty()).then(|| said.join(" "))
}
