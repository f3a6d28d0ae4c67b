//! The result as plain text.

use std::fmt::Write;

use super::case::{Case, Column, Contender, Turn};
use super::result::{BenchResult, Ratio, Spread};

/// The result as plain text: the processes, the ratios, and a table of kinds of pieces.
#[must_use]
pub fn table(case: &dyn Case, result: &BenchResult) -> String {
    let mut text = String::new();
    let repeats = result.turns_of(Contender::Ours).count();
    let _ = writeln!(
        text,
        "bench {}: {}, {repeats} repeats on {}\n{}\nassay {}, {}",
        result.case, result.title, result.device, result.machine, result.version, result.date
    );
    for entry in &result.entries {
        let mut about = result.turns_of(entry.contender).filter_map(|turn| turn.about.as_ref());
        if let Some(about) = about.next() {
            let _ = writeln!(text, "{}: {}", entry.name, describe(about));
        }
    }
    processes(&mut text, result);
    ratios(&mut text, &result.ratios);
    kinds(&mut text, result, &case.columns());
    text.push_str(&case.legend());
    for remark in &result.remarks {
        let _ = write!(text, "\n{remark}");
    }
    text
}

/// `torch 2.4, threads 2`.
fn describe(about: &serde_json::Value) -> String {
    let Some(fields) = about.as_object() else { return about.to_string() };
    let text = |value: &serde_json::Value| {
        value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
    };
    let fields: Vec<String> =
        fields.iter().map(|(key, value)| format!("{key} {}", text(value))).collect();
    fields.join(", ")
}

/// The columns of the table of processes, after the name.
const PROCESS: [&str; 8] =
    ["seconds", "min", "max", "parent", "outside", "parent MiB", "workers MiB", "others"];

fn processes(text: &mut String, result: &BenchResult) {
    let wide = width(result);
    let _ = write!(text, "\n{:<wide$}", "process");
    for title in PROCESS {
        let _ = write!(text, "{title:>12}");
    }
    text.push('\n');
    for entry in &result.entries {
        let of =
            |what: &dyn Fn(&Turn) -> f64| Spread::of(result.turns_of(entry.contender).map(what));
        let Some(seconds) = of(&|turn| turn.watched.seconds) else { continue };
        let median = |what: &dyn Fn(&Turn) -> f64| of(what).map_or(0.0, |spread| spread.median);
        let has_workers = median(&|turn| turn.watched.children.len() as f64) > 0.0;
        let share = |value: f64| {
            if has_workers { format!("{:.2} %", 100.0 * value) } else { "-".to_owned() }
        };
        let workers = |turn: &Turn| {
            // Adding to 0 keeps a sum of nothing from being -0.
            turn.watched.children.iter().fold(0.0, |sum, child| sum + child.peak_mebibytes)
        };
        let _ = writeln!(
            text,
            "{:<wide$}{:>12.1}{:>12.1}{:>12.1}{:>12}{:>12}{:>12.0}{:>12.0}{:>12.2}",
            entry.name,
            seconds.median,
            seconds.min,
            seconds.max,
            share(median(&Turn::parent_share)),
            share(median(&|turn| turn.outside_pieces(entry.at_once))),
            median(&|turn| turn.watched.parent.peak_mebibytes),
            median(&workers),
            median(&|turn| turn.watched.others_cpu_seconds / turn.watched.seconds),
        );
    }
    text.push_str(
        "parent: processor time of the parent process over the seconds, its reading of the data\n\
         included. outside: share of the workers' time that went to no cell (starting, reading data,\n\
         waiting for a cell, the last cells). MiB: peak resident memory, workers added up. others: cores\n\
         that other programs kept busy meanwhile.\n",
    );
}

/// Of the column of kinds.
fn width(result: &BenchResult) -> usize {
    let kinds = result.kinds.iter().map(|row| row.kind.as_str());
    let names = result.entries.iter().map(|entry| entry.name.as_str()).chain(kinds);
    names.map(|name| name.chars().count()).max().unwrap_or(0).max(14) + 2
}

fn ratios(text: &mut String, ratios: &[Ratio]) {
    let wide = ratios.iter().map(|ratio| ratio.name.chars().count()).max().unwrap_or(0);
    text.push('\n');
    for Ratio { name, spread: Spread { median, min, max } } in ratios {
        let _ = writeln!(text, "{name:<wide$}{median:>8.2}  ({min:.2} to {max:.2})");
    }
}

/// A line for each kind and contender.
fn kinds(text: &mut String, result: &BenchResult, columns: &[Column]) {
    let names = result.entries.iter().map(|entry| entry.name.chars().count());
    let (wide, narrow) = (width(result), names.max().unwrap_or(0));
    let _ = write!(text, "\n{:<wide$}{:<narrow$}", "kind", "");
    for column in columns {
        let _ = write!(text, "{:>15}", column.title);
    }
    text.push('\n');
    let mut last = "";
    for row in &result.kinds {
        let name = result.entries.iter().find(|entry| entry.contender == row.contender);
        let name = name.map_or("", |entry| entry.name.as_str());
        let kind = if row.kind == last { "" } else { row.kind.as_str() };
        let _ = write!(text, "{kind:<wide$}{name:<narrow$}");
        for column in columns {
            let _ = match (column.of)(result, row) {
                Some(value) => write!(text, "{value:>15.0$}", column.digits),
                None => write!(text, "{:>15}", "-"),
            };
        }
        text.push('\n');
        last = &row.kind;
    }
}
