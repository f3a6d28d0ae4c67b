//! A Snakefile.

use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result};
use assay_engine::shell;

use super::Job;

/// A rule for each job. A job is done when a marker file of its own exists: Snakemake creates the folders of outputs
/// before a job runs, and the folder of a cell must not exist before its results.
pub(super) fn snakefile(jobs: &[Job], run: &str) -> String {
    let marker = |job: &Job| literal(&format!("{run}/snakemake/{}.done", job.id));
    let all: Vec<String> = jobs.iter().map(marker).collect();
    let mut rules = vec![format!("rule all:\n    input:\n        {}", all.join(",\n        "))];
    for job in jobs {
        let inputs: Vec<String> = job.needs.iter().map(|&needed| marker(&jobs[needed])).collect();
        let inputs = match inputs.len() {
            0 => String::new(),
            _ => format!("    input:\n        {}\n", inputs.join(",\n        ")),
        };
        rules.push(format!(
            "# {}\nrule cell_{}:\n{inputs}    output:\n        touch({})\n    shell:\n        {}",
            job.name,
            job.id,
            marker(job),
            literal(&shell::command(job.words.iter().map(String::as_str)))
        ));
    }
    rules.join("\n\n")
}

/// Removes the markers of cells that are not done: they may have been done once, and found damaged later.
pub(super) fn remove_markers(jobs: &[Job], run: &Path) -> Result<()> {
    for job in jobs {
        let path = run.join("snakemake").join(format!("{}.done", job.id));
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error).with_context(|| path.display().to_string());
            }
            _ => {}
        }
    }
    Ok(())
}

/// A string of Python, in which Snakemake replaces nothing.
fn literal(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{}\"", escaped.replace('{', "{{").replace('}', "}}"))
}
