//! The page: one file that needs no other. The frame of every study, filled with its findings.

mod provenance;
mod troubles;

use std::fmt::Write;

use assay_runs::{Summary, Verdict};

use crate::answer::{Sentence, unfinished};
use crate::claims::{Reading, margin};
use crate::figures::Figure;
use crate::findings::{Findings, Section};
use crate::font::font_face_css;
use crate::observations::Observations;
use crate::tables::Table;
use crate::words::{escape, signed, verdict_in_words};

/// The whole page.
#[must_use]
pub fn page(observations: &Observations, findings: &Findings, summary: &Summary) -> String {
    let title = format!("{} — {} on {}", summary.study, summary.profile, summary.dataset);
    let body = [
        heading(findings, summary),
        answer_html(observations, findings),
        claims_html(observations, &findings.readings),
        figures_html(&findings.figures),
        tables_html(&findings.tables),
        troubles::troubles(observations, findings),
        sections_html(&findings.sections),
        provenance::provenance(observations, findings, summary),
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

fn heading(findings: &Findings, summary: &Summary) -> String {
    format!(
        "<h1>{}</h1>\n\
         <p class=sub>{}: profile {}, data {}, {} of {} cells{}.</p>\n",
        escape(findings.question),
        escape(findings.study),
        escape(&summary.profile),
        escape(&summary.dataset),
        summary.cells_done,
        summary.cells_planned,
        escape(&findings.extent),
    )
}

fn answer_html(observations: &Observations, findings: &Findings) -> String {
    let unfinished = unfinished(observations).map(|text| Sentence { topic: "Unfinished", text });
    let rows: Vec<String> = unfinished
        .iter()
        .chain(&findings.answer)
        .map(|said| format!("<dt>{}</dt><dd>{}</dd>\n", said.topic, escape(&said.text)))
        .collect();
    if rows.is_empty() {
        return "<p>No cell has a record yet: there is no answer.</p>\n".to_owned();
    }
    format!(
        "<dl class=answer>\n{}</dl>\n<p class=note>{}</p>\n",
        rows.concat(),
        escape(findings.note)
    )
}

fn claims_html(observations: &Observations, readings: &[Reading]) -> String {
    if readings.is_empty() {
        return "<h2>Claims</h2>\n<p>The plan has no cells that a claim could be read from.</p>\n"
            .to_owned();
    }
    let rows: String = readings.iter().map(claim).collect();
    format!(
        "<h2>Claims of the paper</h2>\n<p class=note>Decided by the rules of this version \
         of assay, with a margin of {} points (docs/studies says which rules were changed after runs had been \
         seen): <i>holds</i> and <i>does not hold</i> need the whole interval on one side of the margin.</p>\n<div class=wide><table class=claims><thead><tr><th>Claim</th>\
         <th>Paper</th><th>Measured [95 % interval]</th><th>Clusters</th><th>Verdict\
         </th></tr></thead>\n<tbody>{rows}</tbody></table></div>\n",
        margin(observations.plan())
    )
}

fn claim(reading: &Reading) -> String {
    let claim = &reading.claim;
    let class = match claim.verdict {
        Verdict::Holds => "holds",
        Verdict::DoesNotHold => "fails",
        Verdict::NotEnoughData | Verdict::NotTestable => "open",
    };
    let left_out = match reading.left_out.len() {
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
        reading.measured_in_words(),
        reading.clusters,
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
    let section = |section: &Section| {
        let paragraphs: Vec<String> =
            section.paragraphs.iter().map(|text| format!("<p>{}</p>\n", escape(text))).collect();
        format!("<h2>{}</h2>\n{}", escape(section.heading), paragraphs.concat())
    };
    sections.iter().map(section).collect()
}
