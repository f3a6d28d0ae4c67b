//! A report as text, part by part, for a test to compare with what it was.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use assay_runs::Summary;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use resvg::tiny_skia::Pixmap;

/// The claims, the answer, the tables and each figure of a run's report, with the name of each.
///
/// # Panics
/// When a file of the report cannot be read.
#[must_use]
pub fn parts(run: &Path, summary: &Summary) -> Vec<(String, String)> {
    let report = run.join("report");
    let mut parts = vec![
        ("claims".to_owned(), serde_json::to_string_pretty(&summary.claims).unwrap()),
        ("answer".to_owned(), answer(&report)),
        ("tables".to_owned(), together(&files(&report.join("tables"), "md"))),
    ];
    for figure in files(&report.join("figures"), "svg") {
        let stem = figure.file_stem().unwrap().display().to_string();
        parts.push((format!("figure-{stem}"), drawing(&figure)));
    }
    parts
}

/// The files of a folder that end so, by name; none where it is not there.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|end| end == ending)).collect();
    files.sort();
    files
}

/// All of them one after another, each below its name.
fn together(files: &[PathBuf]) -> String {
    let text = |path: &PathBuf| {
        let name = path.file_name().unwrap().display();
        format!("==> {name}\n{}\n", std::fs::read_to_string(path).unwrap())
    };
    files.iter().map(text).collect()
}

/// A figure with every number and word of it. Of an image within it the BLAKE3 of its size and pixels, which is
/// short and the same however the PNG was compressed.
fn drawing(path: &Path) -> String {
    let svg = std::fs::read_to_string(path).unwrap();
    let mut parts = svg.split("base64,");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let is_base64 = |letter: char| letter.is_ascii_alphanumeric() || "+/=".contains(letter);
        let end = part.find(|letter| !is_base64(letter)).unwrap_or(part.len());
        let (encoded, rest) = part.split_at(end);
        let bytes = STANDARD.decode(encoded).unwrap();
        let hash = match Pixmap::decode_png(&bytes) {
            Ok(image) => {
                let size = [image.width().to_le_bytes(), image.height().to_le_bytes()].concat();
                blake3::hash(&[size.as_slice(), image.data()].concat())
            }
            Err(_) => blake3::hash(encoded.as_bytes()),
        };
        write!(text, "blake3:{}{rest}", hash.to_hex()).unwrap();
    }
    text.replace("><", ">\n<")
}

/// What the page answers: one sentence per line, each after its topic.
fn answer(report: &Path) -> String {
    let page = std::fs::read_to_string(report.join("index.html")).unwrap();
    let answer = page.split("<dl class=answer>").nth(1).and_then(|rest| rest.split("</dl>").next());
    answer.unwrap_or_default().trim().to_owned()
}
