//! What the estimates leave out, and why.

use std::fmt::Write;

use assay_runs::Outcome;

use crate::claims::Reading;
use crate::findings::Findings;
use crate::observations::{Observation, Observations, State};
use crate::words::escape;

fn items<'a>(observations: impl Iterator<Item = &'a Observation>, shown: usize) -> String {
    let mut rest = 0_usize;
    let mut html = String::from("<ul class=note>\n");
    for (at, observation) in observations.enumerate() {
        if at >= shown {
            rest += 1;
            continue;
        }
        let why = match &observation.state {
            State::Failed(reason) => format!(": {reason}"),
            State::Done(record, _) => match record.outcome {
                Outcome::Diverged { epoch } => format!(": in epoch {epoch}"),
                _ => String::new(),
            },
            State::Missing => String::new(),
        };
        let _ = writeln!(html, "<li><code>{}</code>{}</li>", observation.cell.name(), escape(&why));
    }
    if rest > 0 {
        let _ = writeln!(html, "<li>and {rest} more (see the table of cells)</li>");
    }
    html + "</ul>\n"
}

/// What is missing from the estimates, and why.
pub(super) fn troubles(observations: &Observations, findings: &Findings) -> String {
    let headings = [
        ("failed", "Failed: tried, and without a record"),
        ("stuck", "Stuck: the training loss stayed at that of a network that knows nothing"),
        ("diverged", "Diverged: a loss was no longer finite"),
        ("missing", "Missing: not trained yet"),
    ];
    let mut html = "<h2>What the estimates leave out</h2>\n".to_owned();
    let mut any = false;
    for (outcome, heading) in headings {
        let count = observations.count(outcome);
        if count > 0 {
            any = true;
            let of = observations.all().iter().filter(|o| o.outcome() == outcome);
            let _ = write!(html, "<h3>{heading} ({count})</h3>\n{}", items(of, 20));
        }
    }
    if !any {
        html += "<p>Nothing: every planned cell was trained.</p>\n";
    }
    if let Some(not_analysed) = &findings.not_analysed {
        let _ = writeln!(html, "<p>{}</p>", escape(not_analysed));
    }
    let left_out: Vec<&Reading> =
        findings.readings.iter().filter(|r| !r.left_out.is_empty()).collect();
    if !left_out.is_empty() {
        html += "<details><summary>Clusters that claims leave out</summary>\n<ul class=note>\n";
        for reading in left_out {
            let why = escape(&reading.left_out.join("; "));
            let _ = writeln!(html, "<li><code>{}</code>: {why}</li>", reading.claim.id);
        }
        html += "</ul></details>\n";
    }
    html
}
