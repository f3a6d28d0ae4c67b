//! Distillation runs of a few cells, and what their reports say.

use std::path::Path;

use assay_classifier_cells::{ClassifierCell, Loss, Role};
use assay_runs::{Claim, Summary};

use super::{Fabrication, Truth};
use assay_test_support::{in_memory, read};

pub fn claim<'a>(summary: &'a Summary, id: &str) -> &'a Claim {
    summary.claims.iter().find(|claim| claim.id == id).unwrap_or_else(|| panic!("no claim {id}"))
}

pub fn report(fabrication: &Fabrication) -> (tempfile::TempDir, Summary) {
    let folder = in_memory();
    fabrication.write(folder.path());
    let summary = super::write_report(folder.path()).unwrap();
    (folder, summary)
}

pub fn few_cells() -> Fabrication {
    Fabrication {
        students: vec!["mlp-800-800"],
        temperatures: vec![20.0],
        excluded_classes: vec![vec![]],
        fractions: vec![1.0],
        ..Fabrication::default()
    }
}

/// The rows of a table in which every one of `parts` stands, by column.
pub fn rows(folder: &Path, table: &str, parts: &[&str]) -> Vec<Vec<String>> {
    let csv = read(folder, &format!("report/tables/{table}.csv"));
    // A name with commas is quoted; no other entry has any.
    let split = |line: &str| -> Vec<String> {
        let mut quoted = false;
        let mark = |letter: char| {
            quoted ^= letter == '"';
            if letter == ',' && !quoted { '\n' } else { letter }
        };
        let marked: String = line.chars().map(mark).collect();
        marked.split('\n').map(|entry| entry.trim_matches('"').to_owned()).collect()
    };
    let fits = |line: &&str| parts.iter().all(|part| line.contains(part));
    csv.lines().skip(1).filter(fits).map(split).collect()
}

/// Five networks of one size, their student, and others of it, on words.
pub fn speech() -> Fabrication {
    let errors = |cell: &ClassifierCell| match (cell.role, &cell.loss) {
        (Role::Distilled, Loss::SoftTargets { temperature, .. }) => 8.0 + temperature / 2.0,
        _ => 12.0 + if cell.examples.fraction < 1.0 { 10.0 } else { 0.0 },
    };
    Fabrication {
        truth: Truth { test: errors, train: |_| 3.0, noise: 0.05, offset: 0.0 },
        data: "fsdd",
        ensemble: 5,
        teacher: "mlp-800-800",
        temperatures: vec![1.0, 2.0, 10.0],
        fractions: vec![1.0, 0.03],
        aligned: true,
        ..few_cells()
    }
}

/// A generalist and three specialists, and students of the generalist's own network.
pub fn with_specialists() -> Fabrication {
    let errors = |cell: &ClassifierCell| match (cell.role, &cell.ensemble) {
        (Role::Distilled, Some(_)) => 4.5,
        (Role::Distilled, None) => 5.5,
        _ => 6.5,
    };
    let truth = Truth { test: errors, train: |_| 0.0, noise: 0.02, offset: 0.0 };
    Fabrication { truth, specialists: 3, teacher: "mlp-800-800", ..few_cells() }
}
