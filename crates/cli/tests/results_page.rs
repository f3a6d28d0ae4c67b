//! `docs/results/README.md` lists what every recorded run says about every claim.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::path::{Path, PathBuf};

use assay_report::claims::ClaimSpec;
use assay_report::words::verdict_in_words;
use assay_runs::{Claim, Summary, Verdict};
use assay_test_support::docs::assert_generated;

const BEGIN: &str = "<!-- claims of all runs: generated, see CONTRIBUTING.md -->\n";
const END: &str = "<!-- end of the claims of all runs -->";

fn results() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/results")
}

/// The names of claims that runs had under an earlier name.
fn new_names(page: &str) -> HashMap<String, String> {
    let names = page.lines().filter_map(|line| {
        let (old, new) = line.strip_prefix("- `")?.strip_suffix('`')?.split_once("` -> `")?;
        Some((old.to_owned(), new.to_owned()))
    });
    names.collect()
}

/// The claims of all runs, by their present names: the name of the run and the claim.
fn claims_of_runs(
    names: &HashMap<String, String>,
) -> BTreeMap<String, Vec<(String, Summary, Claim)>> {
    let mut found: BTreeMap<String, Vec<(String, Summary, Claim)>> = BTreeMap::new();
    let mut runs: Vec<PathBuf> =
        std::fs::read_dir(results()).unwrap().map(|entry| entry.unwrap().path()).collect();
    runs.sort();
    for run in runs {
        let Ok(text) = std::fs::read_to_string(run.join("summary.json")) else { continue };
        let summary: Summary = serde_json::from_str(&text).unwrap();
        let mut name = run.file_name().unwrap().to_string_lossy().into_owned();
        let page = std::fs::read_to_string(run.join("README.md")).unwrap();
        // A page begins with a quotation if the program has changed since in what it measures.
        let is_old = page.lines().take(4).any(|line| line.starts_with("> **"));
        name = if is_old { format!("[{name}]({name}) (†)") } else { format!("[{name}]({name})") };
        for claim in summary.claims.clone() {
            let id = names.get(&claim.id).unwrap_or(&claim.id).clone();
            found.entry(id).or_default().push((name.clone(), summary.clone(), claim));
        }
    }
    found
}

fn number(value: f64) -> String {
    format!("{value:.2}").replace('-', "−")
}

/// The number with its interval, without claiming a place for a number that is not known.
fn measured(claim: &Claim) -> String {
    match (claim.measured, claim.low, claim.high) {
        (Some(value), Some(low), Some(high)) => {
            format!("{} [{}, {}]", number(value), number(low), number(high))
        }
        (Some(value), ..) => number(value),
        _ => "–".to_owned(),
    }
}

fn verdict(claim: &Claim) -> String {
    let words = verdict_in_words(claim.verdict);
    match claim.verdict {
        Verdict::Holds | Verdict::DoesNotHold => format!("**{words}**"),
        Verdict::NotEnoughData | Verdict::NotTestable => words.to_owned(),
    }
}

/// One row for each claim and run.
fn table<M>(
    title: &str,
    specs: &[ClaimSpec<M>],
    found: &mut BTreeMap<String, Vec<(String, Summary, Claim)>>,
) -> String {
    let mut text = format!(
        "\n### {title}\n\n| claim | the paper | data, run | here [95 % interval] | verdict |\n|---|---|---|---|---|\n"
    );
    for spec in specs {
        let reported = spec.reported.as_deref().unwrap_or("–");
        let statement = spec.statement.replace("{rounds}", "N");
        let statement = format!("{statement} (`{}`; {})", spec.id, spec.source);
        let Some(runs) = found.remove(&spec.id) else {
            let _ = writeln!(text, "| {statement} | {reported} | not recorded | – | – |");
            continue;
        };
        for (at, (run, summary, claim)) in runs.iter().enumerate() {
            let (statement, reported) =
                if at == 0 { (statement.as_str(), reported) } else { ("", "") };
            let (dataset, measured, verdict) = (&summary.dataset, measured(claim), verdict(claim));
            let _ = writeln!(
                text,
                "| {statement} | {reported} | {dataset}, {run} | {measured} | {verdict} |"
            );
        }
    }
    text
}

#[test]
fn the_page_of_results_has_the_verdicts_of_all_runs() {
    let page = std::fs::read_to_string(results().join("README.md")).unwrap();
    let mut found = claims_of_runs(&new_names(&page));
    let tables = [
        table("Transfer", &assay_transfer::report::CLAIMS, &mut found),
        table("Distillation", &assay_distill::report::CLAIMS, &mut found),
        table("Fooling", &assay_fool::report::CLAIMS, &mut found),
    ]
    .concat();
    assert_generated("results/README.md", [BEGIN, END], &format!("{tables}\n"));
}
