//! A job file of `HyperQueue`.

use std::path::Path;

use super::Job;

/// A task for each job.
pub(super) fn job_file(jobs: &[Job], run: &str) -> String {
    let name = Path::new(run).file_name().unwrap_or_default().to_string_lossy();
    let mut parts = vec![format!("name = {}", literal(&format!("assay {name}")))];
    for (id, job) in jobs.iter().enumerate() {
        let words: Vec<String> = job.words.iter().map(|word| literal(word)).collect();
        parts.push(format!(
            "# {}\n[[task]]\nid = {id}\ncommand = [{}]\ndeps = {:?}\ncrash_limit = 5",
            job.name,
            words.join(", "),
            job.needs
        ));
    }
    parts.join("\n\n")
}

/// A string of TOML.
fn literal(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
