//! The page: one file that needs no other.

use std::fmt::Write;

use assay_runs::{Outcome, Provenance, Summary, Verdict};

use crate::answer::{answer, measured};
use crate::claims::{Reading, margin};
use crate::figures::Figure;
use crate::font::font_face_css;
use crate::observations::{Observation, Observations, State, distinct};
use crate::tables::{Table, escape};
use crate::words::{duration, plural, signed};

/// The whole page.
#[must_use]
pub fn page(
    observations: &Observations,
    readings: &[Reading],
    summary: &Summary,
    figures: &[Figure],
    tables: &[Table],
) -> String {
    let title = format!("{} — {} on {}", summary.study, summary.profile, summary.dataset);
    let body = [
        heading(observations, summary),
        answer_html(observations, readings),
        claims_html(observations, readings),
        figures_html(figures),
        tables_html(tables),
        troubles(observations, readings),
        method(observations),
        provenance(observations, summary),
    ];
    format!(
        "<!DOCTYPE html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n\
         <meta name=viewport content=\"width=device-width,initial-scale=1\">\n\
         <title>{}</title>\n<style>{}\n{}</style>\n</head>\n<body>\n{}</body>\n</html>\n",
        escape(&title),
        font_face_css(),
        include_str!("page.css"),
        body.concat()
    )
}

fn heading(observations: &Observations, summary: &Summary) -> String {
    let layers = observations.depth();
    format!(
        "<h1>How general are the features of each layer?</h1>\n\
         <p class=sub>Transfer study after Yosinski et al. 2014: profile {}, data {}, {} of {} \
         cells, {}.</p>\n",
        escape(&summary.profile),
        escape(&summary.dataset),
        summary.cells_done,
        summary.cells_planned,
        plural(layers, "layer"),
    )
}

fn answer_html(observations: &Observations, readings: &[Reading]) -> String {
    let sentences = answer(observations, readings);
    if sentences.is_empty() {
        return "<p>No cell has a record yet: there is no answer.</p>\n".to_owned();
    }
    let rows: Vec<String> = sentences
        .iter()
        .map(|said| format!("<dt>{}</dt><dd>{}</dd>\n", said.topic, escape(&said.text)))
        .collect();
    format!(
        "<dl class=answer>\n{}</dl>\n<p class=note>Numbers are percentage points of test \
         accuracy with 95 % intervals. A half of the classes is A, the other B; BnB keeps the first \
         n layers of B's own base frozen, AnB those of A's base; + is fine-tuned. Every treatment is \
         trained in both directions and paired with the base of its target.</p>\n",
        rows.concat()
    )
}

fn claims_html(observations: &Observations, readings: &[Reading]) -> String {
    if readings.is_empty() {
        return "<h2>Claims</h2>\n<p>The plan has no cells that a claim could be read from.</p>\n"
            .to_owned();
    }
    let rows: String = readings.iter().map(claim).collect();
    format!(
        "<h2>Claims of the paper</h2>\n<p class=note>Decided by rules fixed before the run, with a \
         margin of {} points: <i>holds</i> and <i>does not hold</i> need the whole interval on one \
         side of the margin.</p>\n<div class=wide><table class=claims><thead><tr><th>Claim</th>\
         <th>Paper</th><th>Measured [95 % interval]</th><th>Clusters</th><th>Verdict\
         </th></tr></thead>\n<tbody>{rows}</tbody></table></div>\n",
        margin(observations)
    )
}

fn claim(reading: &Reading) -> String {
    let claim = &reading.claim;
    let class = match claim.verdict {
        Verdict::Holds => "holds",
        Verdict::DoesNotHold => "fails",
        Verdict::NotEnoughData => "open",
    };
    let left_out = match reading.left_out.len() {
        0 => String::new(),
        count => format!(" <small>({count} left out)</small>"),
    };
    format!(
        "<tr><td>{}<br><small>{}</small></td><td class=n>{}</td><td class=m>{}</td>\
         <td>{}{left_out}</td><td class=\"verdict {class}\">{}</td></tr>\n",
        escape(&claim.text),
        escape(&claim.id),
        claim.paper.map_or("–".to_owned(), signed),
        measured(reading),
        reading.clusters,
        verdict_in_words(claim.verdict),
    )
}

/// As `summary.json` spells it.
pub(crate) fn verdict_in_words(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Holds => "holds",
        Verdict::DoesNotHold => "does not hold",
        Verdict::NotEnoughData => "not enough data",
    }
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
fn troubles(observations: &Observations, readings: &[Reading]) -> String {
    let headings = [
        ("failed", "Failed: tried, and without a record"),
        ("stuck", "Stuck: the training loss stayed at that of a network that knows nothing"),
        ("diverged", "Diverged: the training loss was no longer finite"),
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
    if observations.unpaired() > 0 {
        let _ = writeln!(
            html,
            "<p>Not analysed, because an earlier cell has the same treatment, split, seed and images a \
             class: {}.</p>",
            plural(observations.unpaired(), "cell")
        );
    }
    let left_out: Vec<&Reading> = readings.iter().filter(|r| !r.left_out.is_empty()).collect();
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

fn method(observations: &Observations) -> String {
    format!(
        "<h2>How the intervals are made</h2>\n<p>Accuracy is that of the last step on the test \
         images of the target's classes, never the best of a run. The unit that is resampled is the \
         cluster: one split of the classes with one seed. Both targets and every n of a cluster \
         share its two base networks, so they count as one observation: for each contrast a cluster \
         gives one number, the mean over its targets (and over n where the contrast says so). \
         Estimates are means over clusters; intervals are two-sided 95 % delete-one-cluster \
         jackknife intervals with Student's t on clusters − 1 degrees of freedom, which for a mean \
         is the t interval. Two independent sets of clusters (random against semantic splits) are \
         compared by Welch's interval. A percentile bootstrap is not used: with 2 to 8 clusters its \
         intervals are too narrow. From fewer than two clusters there is no interval.</p>\n<p>A \
         cluster enters a contrast only when every cell it needs was trained; stuck and diverged \
         trainings are failures of the optimiser, say nothing of features, and are listed apart. \
         The intervals by n are not adjusted for the number of n; the tables add Holm's adjusted p \
         values. Claims about equality are tests of equivalence with the margin of {} points. The \
         paper's numbers are the authors' published logs (mean of the ten best validation \
         accuracies of each network), paired by target and split in the same way.</p>\n",
        margin(observations)
    )
}

/// Where, on what and for how long.
fn facts(observations: &Observations, summary: &Summary) -> [(&'static str, String); 7] {
    let done = || observations.all().iter().filter_map(Observation::provenance);
    let each = |of: fn(&Provenance) -> &str| {
        distinct(done().map(of)).into_iter().map(escape).collect::<Vec<_>>().join("<br>")
    };
    let fingerprint = |o: &Observation| format!("{} {}", o.cell.data.name, o.cell.data.fingerprint);
    let data = distinct(observations.all().iter().map(fingerprint)).join(", ");
    let added_up: f64 = done().map(|provenance| provenance.seconds.total).sum();
    let (work, added_up) = (duration(summary.wall_seconds), duration(added_up));
    let resumed = done().filter(|provenance| provenance.resumed > 0).count();
    [
        ("Machine", each(|provenance| &provenance.machine)),
        ("Device", escape(&summary.device)),
        ("Version", each(|provenance| &provenance.version)),
        ("Data", escape(&data)),
        ("Layers", escape(&observations.plan().layers.join(", "))),
        ("Time", format!("{work} of work, {added_up} added up over cells")),
        ("Resumed", format!("{} from a checkpoint", plural(resumed, "cell"))),
    ]
}

fn provenance(observations: &Observations, summary: &Summary) -> String {
    let plan = observations.plan();
    let settings = serde_json::to_string_pretty(&plan.settings).unwrap_or_default();
    let facts = facts(observations, summary);
    let known = facts.iter().filter(|fact| !fact.1.is_empty());
    let known: Vec<String> =
        known.map(|(name, value)| format!("<dt>{name}</dt><dd>{value}</dd>\n")).collect();
    format!(
        "<h2>Where and how it was run</h2>\n<dl class=facts>\n{}</dl>\n<h3>To repeat it</h3>\n\
         <p>Every setting is in <code>profile.toml</code> beside this page:</p>\n\
         <pre><code>cargo xtask transfer-sweep --profile RUN/report/profile.toml --out NEW_RUN</code></pre>\n\
         <p>To rebuild this report from the records: <code>assay-report RUN</code>.</p>\n\
         <details><summary>Settings (profile {})</summary>\n<pre><code>{}</code></pre></details>\n",
        known.concat(),
        escape(&plan.profile),
        escape(&settings)
    )
}
