//! What the estimates leave out, and why.

use std::fmt::Write;

use assay_runs::Outcome;

use crate::claims::ClaimResult;
use crate::run_results::{CellResult, RunResults, State};
use crate::study_report::{CountedFailure, StudyReport};
use crate::words::escape;

fn items<'a>(run: impl Iterator<Item = &'a CellResult>, shown: usize) -> String {
    let mut rest = 0_usize;
    let mut html = String::from("<ul class=note>\n");
    for (at, cell_result) in run.enumerate() {
        if at >= shown {
            rest += 1;
            continue;
        }
        let why = match &cell_result.state {
            State::Failed(reason) | State::Damaged(reason) => format!(": {reason}"),
            State::Done(record, _) => match record.outcome {
                Outcome::Diverged { epoch } => format!(": in epoch {epoch}"),
                _ => String::new(),
            },
            State::Missing => String::new(),
        };
        let _ = writeln!(html, "<li><code>{}</code>{}</li>", cell_result.cell.name(), escape(&why));
    }
    if rest > 0 {
        let _ = writeln!(html, "<li>and {rest} more (see the table of cells)</li>");
    }
    html + "</ul>\n"
}

/// Cells without a result that counts, by what became of them; none where there is no such cell.
fn cells_left_out(run: &RunResults, study_report: &StudyReport) -> Option<String> {
    let headings = [
        ("failed", "Failed: tried or damaged, and without a record that counts"),
        ("stuck", "Stuck: the training loss stayed at that of a network that knows nothing"),
        ("diverged", "Diverged: a loss was no longer finite"),
        ("missing", "Missing: not trained yet"),
    ];
    let counted = |one: &CellResult| {
        let name = one.cell.name();
        study_report.counted_failures.iter().any(|failure| failure.cell == name)
    };
    let mut html = String::new();
    for (outcome, heading) in headings {
        let of = || run.all().iter().filter(|o| o.outcome() == outcome && !counted(o));
        let count = of().count();
        if count > 0 {
            let _ = write!(html, "<h3>{heading} ({count})</h3>\n{}", items(of(), 20));
        }
    }
    (!html.is_empty()).then_some(html)
}

/// Failed networks that the estimates do not leave out.
fn counted_failures(failures: &[CountedFailure]) -> String {
    if failures.is_empty() {
        return String::new();
    }
    let count = failures.len();
    let mut html = format!(
        "<h3>Not left out: networks on frozen layers that learnt nothing or diverged ({count})</h3>\n\
         <ul class=note>\n"
    );
    for failure in failures {
        let text = escape(&failure.text);
        let _ = writeln!(html, "<li><code>{}</code>: {text}</li>", failure.cell);
    }
    html + "</ul>\n"
}

/// What is missing from the estimates, and why.
pub(super) fn troubles(run: &RunResults, study_report: &StudyReport) -> String {
    let mut html = "<h2>What the estimates leave out</h2>\n".to_owned();
    html += &cells_left_out(run, study_report)
        .unwrap_or_else(|| "<p>Nothing: every planned cell counts.</p>\n".to_owned());
    html += &counted_failures(&study_report.counted_failures);
    if let Some(not_analysed) = &study_report.not_analysed {
        let _ = writeln!(html, "<p>{}</p>", escape(not_analysed));
    }
    let left_out: Vec<&ClaimResult> =
        study_report.claim_results.iter().filter(|r| !r.left_out.is_empty()).collect();
    if !left_out.is_empty() {
        html += "<details><summary>Clusters that claims leave out</summary>\n<ul class=note>\n";
        for claim_result in left_out {
            let why = escape(&claim_result.left_out.join("; "));
            let _ = writeln!(html, "<li><code>{}</code>: {why}</li>", claim_result.claim.id);
        }
        html += "</ul></details>\n";
    }
    html
}
