//! A comparison as a table for people.

use std::fmt::Write;

use super::{Comparison, Operation, Parity, Stage, Verdict};

/// Every part and stage with its largest difference; below, what it comes to.
#[must_use]
pub fn table(parity: &Parity) -> String {
    let Parity { device, precision, card, .. } = parity;
    let card = card.as_ref().map(|card| format!(" ({card})")).unwrap_or_default();
    let mut text = format!("{device}{card} in {precision}, beside cpu in f32\n\n");
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

/// Comparisons of one part and stage, in the order these first come.
fn groups(parity: &Parity) -> Vec<Vec<&Comparison>> {
    let mut groups: Vec<Vec<&Comparison>> = Vec::new();
    let of =
        |operation: &Operation| -> (String, Stage) { (operation.part.clone(), operation.stage) };
    for comparison in &parity.comparisons {
        let key = of(&comparison.operation);
        match groups.iter_mut().find(|group| of(&group[0].operation) == key) {
            Some(group) => group.push(comparison),
            None => groups.push(vec![comparison]),
        }
    }
    groups
}

fn row(group: &[&Comparison], parity: &Parity) -> [String; 7] {
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

fn conclusion(parity: &Parity) -> String {
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
            "the first is {}: off by {} of the largest, allowed is {}",
            first.operation,
            first.difference.map_or_else(|| "no finite share".to_owned(), scientific),
            scientific(first.allowed)
        ),
    };
    text
}
