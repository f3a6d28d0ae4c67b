//! Where and how a run was made, and how to repeat it.

use assay_runs::{Provenance, Summary};

use crate::run_results::{CellResult, RunResults, distinct};
use crate::study_report::StudyReport;
use crate::words::{duration, escape, plural};

/// Where, on what and for how long.
fn facts(run: &RunResults, summary: &Summary) -> [(&'static str, String); 9] {
    let done = || run.all().iter().filter_map(CellResult::provenance);
    let each = |of: fn(&Provenance) -> &str| {
        distinct(done().map(of)).into_iter().map(escape).collect::<Vec<_>>().join("<br>")
    };
    let opened_as = run.plan().opened_as();
    let fingerprint = |o: &CellResult| {
        let data = o.cell.data();
        format!("{} {}", opened_as.as_ref().unwrap_or(&data.name), data.fingerprint)
    };
    let data = distinct(run.all().iter().map(fingerprint)).join(", ");
    let added_up: f64 = done().map(|provenance| provenance.seconds.total).sum();
    let (work, added_up) = (duration(summary.wall_seconds), duration(added_up));
    let resumed = done().filter(|provenance| provenance.resumed > 0).count();
    [
        ("Machine", each(|provenance| &provenance.machine)),
        ("Device", escape(&summary.device)),
        ("Precision", each(|provenance| &provenance.precision)),
        ("Version", each(|provenance| &provenance.version)),
        ("Data", escape(&data)),
        ("Normalisation", run.plan().imported_weights_note().unwrap_or_default().to_owned()),
        ("Layers", escape(&run.plan().layers.join(", "))),
        ("Time", format!("{work} of work, {added_up} added up over cells")),
        ("Resumed", format!("{} from a checkpoint", plural(resumed, "cell"))),
    ]
}

/// The section.
pub(super) fn provenance(
    run: &RunResults,
    study_report: &StudyReport,
    summary: &Summary,
) -> String {
    let plan = run.plan();
    let settings = serde_json::to_string_pretty(&plan.settings).unwrap_or_default();
    let facts = facts(run, summary);
    let known = facts.iter().filter(|fact| !fact.1.is_empty());
    let known: Vec<String> =
        known.map(|(name, value)| format!("<dt>{name}</dt><dd>{value}</dd>\n")).collect();
    format!(
        "<h2>Where and how it was run</h2>\n<dl class=facts>\n{}</dl>\n<h3>To repeat it</h3>\n\
         <p>Every setting is in <code>profile.toml</code> beside this page:</p>\n\
         <pre><code>cargo xtask {} --profile RUN/report/profile.toml --out NEW_RUN</code></pre>\n\
         <p>To rebuild this report from the records: <code>cargo xtask report RUN</code>.</p>\n\
         <details><summary>Settings (profile {})</summary>\n<pre><code>{}</code></pre></details>\n",
        known.concat(),
        study_report.command,
        escape(&plan.profile),
        escape(&settings)
    )
}
