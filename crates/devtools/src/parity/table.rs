//! Formats a comparison as a table.

use std::fmt::Write;

use super::comparison::{Comparison, Verdict};
use super::recorder::Operation;
use super::suite::ParityResult;

/// Formats every part and stage with its largest difference, and a conclusion.
pub fn table(parity: &ParityResult) -> String {
    let ParityResult { device, precision, gpu_name, .. } = parity;
    let gpu_name = gpu_name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
    let mut text = format!("{device}{gpu_name} in {precision}, compared with cpu in f32\n\n");
    let head = ["part", "stage", "operations", "largest", "allowed", "as", "at"];
    let mut rows = vec![head.map(str::to_owned)];
    rows.extend(groups(parity).iter().map(|group| row(group, parity)));
    let widths: Vec<usize> = (0..head.len())
        .map(|column| rows.iter().map(|row| row[column].len()).max().unwrap_or(0))
        .collect();
    for row in &rows {
        for (cell, width) in row.iter().zip(&widths) {
            let _ = write!(text, "{cell:width$}  ");
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text.push('\n');
    text.push_str(&conclusion(parity));
    text
}

/// Groups comparisons by part and stage, in order.
fn groups(parity: &ParityResult) -> Vec<Vec<&Comparison>> {
    let mut groups: Vec<Vec<&Comparison>> = Vec::new();
    let key_of = |operation: &Operation| (operation.part.clone(), operation.stage);
    for comparison in &parity.comparisons {
        let key = key_of(&comparison.operation);
        match groups.iter_mut().find(|group| key_of(&group[0].operation) == key) {
            Some(group) => group.push(comparison),
            None => groups.push(vec![comparison]),
        }
    }
    groups
}

fn row(group: &[&Comparison], parity: &ParityResult) -> [String; 7] {
    let first_bad = group.iter().find(|comparison| !comparison.verdict.agrees());
    let largest = group.iter().max_by(|a, b| size(a).total_cmp(&size(b))).unwrap_or(&group[0]);
    let worst = first_bad.unwrap_or(largest);
    let verdict = match worst.verdict {
        Verdict::AsF32 => "f32".to_owned(),
        Verdict::AsOwnPrecision => parity.precision.to_string(),
        Verdict::Differs => "DIFFERS".to_owned(),
        Verdict::Failed(_) => "FAILED".to_owned(),
    };
    let Operation { part, after_steps, stage, what } = &worst.operation;
    [
        part.clone(),
        stage.to_string(),
        group.len().to_string(),
        worst.difference.map_or_else(|| "-".to_owned(), scientific),
        scientific(worst.allowed),
        verdict,
        format!("{what}, after {after_steps} steps"),
    ]
}

fn size(comparison: &Comparison) -> f64 {
    comparison.difference.unwrap_or(f64::INFINITY)
}

fn scientific(number: f64) -> String {
    if number == 0.0 { "0".to_owned() } else { format!("{number:.1e}") }
}

fn conclusion(parity: &ParityResult) -> String {
    let all = parity.comparisons.len();
    let as_f32 = parity.count(&Verdict::AsF32);
    let own = parity.count(&Verdict::AsOwnPrecision);
    let seconds = parity.seconds.round();
    let mut text = format!("{all} operations in {seconds} s: {as_f32} as in f32");
    if own > 0 {
        let _ = write!(text, ", {own} as in {}", parity.precision);
    }
    let Some(first) = parity.first_difference() else {
        text.push_str("; nothing differs\n");
        return text;
    };
    let _ = writeln!(text, ", {} DIFFER", all - as_f32 - own);
    let _ = match &first.verdict {
        Verdict::Failed(reason) => writeln!(text, "the first is {}: {reason}", first.operation),
        _ => writeln!(
            text,
            "the first is {}: it differs by {} of the largest value, {} is allowed",
            first.operation,
            first.difference.map_or_else(|| "a value that is not finite".to_owned(), scientific),
            scientific(first.allowed)
        ),
    };
    text
}
