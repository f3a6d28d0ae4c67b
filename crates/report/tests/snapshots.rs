//! Every sentence of the answer, table, claim and figure of the fabricated runs, to the letter. A change of the code that is to change no
//! report leaves them as they are; one that is to change them records them anew (`INSTA_UPDATE=always cargo
//! test -p assay-report --test snapshots`), and its commit says why.

mod fabricate;

use std::fmt::Write;
use std::path::{Path, PathBuf};

use fabricate::runs::RUNS;

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

/// A figure with every number and word of it; of an image or a font within it the BLAKE3, which is short.
fn drawing(path: &Path) -> String {
    let svg = std::fs::read_to_string(path).unwrap();
    let mut parts = svg.split("base64,");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let is_base64 = |letter: char| letter.is_ascii_alphanumeric() || "+/=".contains(letter);
        let end = part.find(|letter| !is_base64(letter)).unwrap_or(part.len());
        let (bytes, rest) = part.split_at(end);
        write!(text, "blake3:{}{rest}", blake3::hash(bytes.as_bytes()).to_hex()).unwrap();
    }
    text.replace("><", ">\n<")
}

/// What the page answers, a line a sentence, each after its topic.
fn answer(report: &Path) -> String {
    let page = std::fs::read_to_string(report.join("index.html")).unwrap();
    let answer = page.split("<dl class=answer>").nth(1).and_then(|rest| rest.split("</dl>").next());
    answer.unwrap_or_default().trim().to_owned()
}

#[test]
fn reports_of_fabricated_runs_are_as_they_were() {
    for (name, write) in RUNS {
        let folder = fabricate::in_memory();
        write(folder.path());
        let summary = assay_report::write_report(folder.path()).unwrap();
        let report = folder.path().join("report");
        let claims = serde_json::to_string_pretty(&summary.claims).unwrap();
        insta::assert_snapshot!(format!("{name}-claims"), claims);
        insta::assert_snapshot!(format!("{name}-answer"), answer(&report));
        let tables = together(&files(&report.join("tables"), "md"));
        insta::assert_snapshot!(format!("{name}-tables"), tables);
        for figure in files(&report.join("figures"), "svg") {
            let stem = figure.file_stem().unwrap().display().to_string();
            insta::assert_snapshot!(format!("{name}-figure-{stem}"), drawing(&figure));
        }
    }
}
