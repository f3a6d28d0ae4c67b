//! The page: one file that needs no other. The frame of every study, filled with its report.

mod provenance;
mod troubles;

use std::fmt::Write;

use assay_runs::{Summary, Verdict};

use crate::answer::{Sentence, unfinished};
use crate::claims::{ClaimResult, margin};
use crate::figures::Figure;
use crate::font::font_face_css;
use crate::markdown::Section;
use crate::run_results::RunResults;
use crate::study_report::StudyReport;
use crate::tables::Table;
use crate::words::{escape, signed, verdict_in_words};

/// The whole page.
#[must_use]
pub fn page(run: &RunResults, study_report: &StudyReport, summary: &Summary) -> String {
    let title = format!("{} — {} on {}", summary.study, summary.profile, summary.dataset);
    let body = [
        heading(study_report, summary),
        answer_html(run, study_report),
        claims_html(run, &study_report.claim_results),
        figures_html(&study_report.figures),
        tables_html(&study_report.tables),
        troubles::troubles(run, study_report),
        sections_html(&study_report.sections),
        provenance::provenance(run, study_report, summary),
    ];
    format!(
        "<!DOCTYPE html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n\
         <meta name=viewport content=\"width=device-width,initial-scale=1\">\n\
         <title>{}</title>\n<style>{}\n{}</style>\n</head>\n<body>\n{}</body>\n</html>\n",
        escape(&title),
        font_face_css(),
        include_str!("../page.css"),
        body.concat()
    )
}

fn heading(study_report: &StudyReport, summary: &Summary) -> String {
    format!(
        "<h1>{}</h1>\n\
         <p class=sub>{}: profile {}, data {}, {} of {} cells{}.</p>\n",
        escape(study_report.question),
        escape(study_report.study),
        escape(&summary.profile),
        escape(&summary.dataset),
        summary.cells_done,
        summary.cells_planned,
        escape(&study_report.extent),
    )
}

fn answer_html(run: &RunResults, study_report: &StudyReport) -> String {
    let unfinished = unfinished(run).map(|text| Sentence { topic: "Unfinished", text });
    let rows: Vec<String> = unfinished
        .iter()
        .chain(&study_report.answer)
        .map(|said| format!("<dt>{}</dt><dd>{}</dd>\n", said.topic, escape(&said.text)))
        .collect();
    if rows.is_empty() {
        return "<p>No cell has a record yet: there is no answer.</p>\n".to_owned();
    }
    format!(
        "<dl class=answer>\n{}</dl>\n<p class=note>{}</p>\n",
        rows.concat(),
        escape(study_report.note)
    )
}

fn claims_html(run: &RunResults, claim_results: &[ClaimResult]) -> String {
    if claim_results.is_empty() {
        return "<h2>Claims</h2>\n<p>The plan has no cells that a claim could be read from.</p>\n"
            .to_owned();
    }
    let rows: String = claim_results.iter().map(claim).collect();
    format!(
        "<h2>Claims of the paper</h2>\n<p class=note>Decided by the rules of this version \
         of assay, with a margin of {} points (docs/studies says which rules were changed after runs had been \
         seen): <i>holds</i> and <i>does not hold</i> need the whole interval on one side of the margin.</p>\n<div class=wide><table class=claims><thead><tr><th>Claim</th>\
         <th>Paper</th><th>Measured [95 % interval]</th><th>Clusters</th><th>Verdict\
         </th></tr></thead>\n<tbody>{rows}</tbody></table></div>\n",
        margin(run.plan())
    )
}

fn claim(claim_result: &ClaimResult) -> String {
    let claim = &claim_result.claim;
    let class = match claim.verdict {
        Verdict::Holds => "holds",
        Verdict::DoesNotHold => "fails",
        Verdict::NotEnoughData | Verdict::NotTestable => "open",
    };
    let left_out = match claim_result.left_out.len() {
        0 => String::new(),
        count => format!(" <small>({count} left out)</small>"),
    };
    let note = claim.note.as_ref();
    let note = note.map_or(String::new(), |note| format!("<br><small>{}</small>", escape(note)));
    format!(
        "<tr><td>{}<br><small>{}</small>{note}</td><td class=n>{}</td><td class=m>{}</td>\
         <td>{}{left_out}</td><td class=\"verdict {class}\">{}</td></tr>\n",
        escape(&claim.text),
        escape(&claim.id),
        claim.paper.map_or("–".to_owned(), signed),
        claim_result.measured_in_words(),
        claim_result.clusters,
        verdict_in_words(claim.verdict),
    )
}

fn figures_html(figures: &[Figure]) -> String {
    let mut html = "<h2>Figures</h2>\n".to_owned();
    if figures.is_empty() {
        html += "<p>There are no records to draw yet.</p>\n";
    }
    for figure in figures {
        let title = escape(&figure.title);
        let svg = figure.svg.replacen("<svg ", &format!("<svg aria-label=\"{title}\" "), 1);
        let caption = escape(&figure.caption);
        let _ = writeln!(
            html,
            "<figure id={}>{svg}<figcaption><b>{title}.</b> {caption}</figcaption></figure>",
            figure.name
        );
    }
    html
}

fn tables_html(tables: &[Table]) -> String {
    let mut html =
        "<h2>Tables</h2>\n<p class=note>The same rows are in <code>tables/</code> as CSV \
                    with full precision and as Markdown.</p>\n"
            .to_owned();
    // The claims have a table of their own above.
    for table in tables.iter().filter(|table| table.name != "claims") {
        let _ = writeln!(
            html,
            "<details><summary>{}</summary>\n{}</details>",
            escape(&table.title),
            table.html()
        );
    }
    html
}

fn sections_html(sections: &[Section]) -> String {
    let section =
        |section: &Section| format!("<h2>{}</h2>\n{}", escape(&section.heading), section.html);
    sections.iter().map(section).collect()
}
