//! The page: one file that needs no other. `page.html` is its template; here are the values for it.

use assay_runs::{Outcome, Provenance, Summary, Verdict};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment};
use serde_json::{Value, json, to_string_pretty};

use crate::answer::{Sentence, unfinished};
use crate::claims::{ClaimResult, margin};
use crate::experiment_report::ReportContent;
use crate::figures::Figure;
use crate::font::font_face_css;
use crate::run_results::{CellResult, RunResults, State, distinct};
use crate::tables::{Entry, Table};
use crate::words::{duration, escape, plural, signed, verdict_in_words};

/// The whole page.
///
/// # Panics
/// Never: the tests of the experiments render every part of the template.
pub(crate) fn page(run: &RunResults, content: &ReportContent, summary: &Summary) -> String {
    let unfinished = unfinished(run).map(|text| Sentence { topic: "Unfinished", text });
    let answer: Vec<&Sentence> = unfinished.iter().chain(&content.answer).collect();
    // The claims have a table of their own above.
    let tables = content.tables.iter().filter(|table| table.name != "claims");
    let values = json!({
        "font": font_face_css(),
        "css": include_str!("page.css"),
        "summary": summary,
        "question": content.question,
        "experiment": content.experiment,
        "extent": content.extent,
        "answer": answer,
        "note": content.note,
        "claims": content.claim_results.iter().map(claim).collect::<Vec<_>>(),
        "margin": margin(run.plan()).to_string(),
        "figures": content.figures.iter().map(figure).collect::<Vec<_>>(),
        "tables": tables.map(table).collect::<Vec<_>>(),
        "left_out": cells_left_out(run, content),
        "included_failures": content.included_failures,
        "not_analysed": content.not_analysed,
        "sections": content.sections,
        "facts": facts(run, summary),
        "command": content.command,
        "settings": to_string_pretty(&run.plan().settings).unwrap_or_default(),
    });
    render(&values).expect("page.html has the values that it names")
}

/// The template with these values: all text that is not marked as safe is escaped.
fn render(values: &Value) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    let mut syntax = SyntaxConfig::builder();
    syntax.trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true);
    environment.set_syntax(syntax.build()?);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_formatter(|out, _, value| {
        let text = value.to_string();
        Ok(out.write_str(&if value.is_safe() { text } else { escape(&text) })?)
    });
    environment.render_str(include_str!("page.html"), Serde(values))
}

fn claim(claim_result: &ClaimResult) -> Value {
    let claim = &claim_result.claim;
    let class = match claim.verdict {
        Verdict::Holds => "holds",
        Verdict::DoesNotHold => "fails",
        Verdict::NotEnoughData | Verdict::NotTestable => "open",
    };
    json!({
        "id": claim.id,
        "text": claim.text,
        "source": claim_result.source,
        "note": claim.note,
        "paper": claim.paper.map_or("–".to_owned(), signed),
        "measured": claim_result.measured_in_words(),
        "clusters": claim_result.clusters,
        "left_out": claim_result.left_out,
        "verdict": verdict_in_words(claim.verdict),
        "class": class,
    })
}

fn figure(figure: &Figure) -> Value {
    let label = format!("<svg aria-label=\"{}\" ", escape(&figure.title));
    json!({
        "name": figure.name,
        "title": figure.title,
        "caption": figure.caption,
        "svg": figure.svg.replacen("<svg ", &label, 1),
    })
}

/// Each entry with whether it is a number.
fn table(table: &Table) -> Value {
    let entry = |entry: &Entry| (entry.shown(), matches!(entry, Entry::Number { .. }));
    let rows = table.rows.iter().map(|row| row.iter().map(entry).collect::<Vec<_>>());
    json!({ "title": table.title, "columns": table.columns, "rows": rows.collect::<Vec<_>>() })
}

/// Cells without a result that counts, by what became of them: each its name and why.
fn cells_left_out(run: &RunResults, content: &ReportContent) -> Vec<Value> {
    let headings = [
        ("failed", "Failed: tried or damaged, and without a record that counts"),
        ("did not learn", "Did not learn: no better than chance after training"),
        ("diverged", "Diverged: a loss was no longer finite"),
        ("missing", "Missing: not trained yet"),
    ];
    let is_included = |one: &CellResult| {
        let name = one.cell.name();
        content.included_failures.iter().any(|failure| failure.cell == name)
    };
    let group = |(outcome, heading)| {
        let cells = run.all().iter().filter(|one| one.outcome() == outcome && !is_included(one));
        let cells: Vec<_> = cells.map(|one| (one.cell.name(), reason(one))).collect();
        (!cells.is_empty()).then(|| json!({ "heading": heading, "cells": cells }))
    };
    headings.into_iter().filter_map(group).collect()
}

/// Why a cell has no result, after a colon; empty where its outcome says it all.
fn reason(cell_result: &CellResult) -> String {
    match &cell_result.state {
        State::Failed(reason) | State::Damaged(reason) => format!(": {reason}"),
        State::Done(record, _) => match record.outcome {
            Outcome::Diverged { epoch } => format!(": in epoch {epoch}"),
            _ => String::new(),
        },
        State::Missing => String::new(),
    }
}

/// Where, on what and for how long, each fact with its lines.
fn facts(run: &RunResults, summary: &Summary) -> Vec<(&'static str, Vec<String>)> {
    let done = || run.all().iter().filter_map(CellResult::provenance);
    let each = |read: fn(&Provenance) -> &String| distinct(done().map(read).cloned());
    let opened_as = run.plan().opened_as();
    let fingerprint = |one: &CellResult| {
        let data = one.cell.data();
        format!("{} {}", opened_as.as_ref().unwrap_or(&data.name), data.fingerprint)
    };
    let data = distinct(run.all().iter().map(fingerprint)).join(", ");
    let added_up: f64 = done().map(|provenance| provenance.seconds.total).sum();
    let (work, added_up) = (duration(summary.wall_seconds), duration(added_up));
    let resumed = done().filter(|provenance| provenance.resumed > 0).count();
    let weights = run.plan().imported_weights_note().unwrap_or_default();
    vec![
        ("Machine", each(|provenance| &provenance.machine)),
        ("Device", vec![summary.device.clone()]),
        ("Precision", each(|provenance| &provenance.precision)),
        ("Version", each(|provenance| &provenance.version)),
        ("Data", vec![data]),
        ("Normalization", vec![weights.to_owned()]),
        ("Layers", vec![run.plan().layers.join(", ")]),
        ("Time", vec![format!("{work} of work, {added_up} added up over cells")]),
        ("Resumed", vec![format!("{} from a checkpoint", plural(resumed, "cell"))]),
    ]
}
