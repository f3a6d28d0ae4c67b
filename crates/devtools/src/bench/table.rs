//! Formats the result of a benchmark as text.

use std::fmt::Write;

use super::case::Case;
use super::entry::Column;
use super::result::{BenchResult, Ratio, Spread};
use super::run::{Competitor, Run};

/// Formats the result: processes, ratios, and a table of kinds.
pub fn table(case: &Case, result: &BenchResult) -> String {
    let mut text = String::new();
    let repeats = result.runs_of(Competitor::Ours).count();
    let _ = writeln!(
        text,
        "bench {}: {}, {repeats} repeats on {}\n{}\nassay {}, {}",
        result.case, result.title, result.device, result.machine, result.version, result.date
    );
    for entry in &result.competitors {
        let mut about = result.runs_of(entry.competitor).filter_map(|run| run.about.as_ref());
        if let Some(about) = about.next() {
            let _ = writeln!(text, "{}: {}", entry.name, format_about(about));
        }
    }
    processes(&mut text, result);
    ratios(&mut text, &result.ratios);
    kinds(&mut text, result, &case.columns);
    text.push_str(&case.legend);
    for remark in &result.remarks {
        let _ = write!(text, "\n{remark}");
    }
    text
}

/// Formats what a program reports about itself, such as `torch 2.4, threads 2`.
fn format_about(about: &serde_json::Value) -> String {
    let Some(fields) = about.as_object() else { return about.to_string() };
    let field = |(key, value): (&String, &serde_json::Value)| match value.as_str() {
        Some(text) => format!("{key} {text}"),
        None => format!("{key} {value}"),
    };
    fields.iter().map(field).collect::<Vec<String>>().join(", ")
}

const PROCESS_COLUMNS: &str = "     seconds         min         max      parent     outside  \
                               parent MiB workers MiB      others";
const PROCESS_LEGEND: &str = "\
parent: CPU time of the parent process over the seconds, including reading the data. outside: share of
the workers' time that belongs to no cell (starting, reading data, waiting). MiB: peak resident memory,
summed over workers. others: cores that other programs kept busy meanwhile.
";

fn processes(text: &mut String, result: &BenchResult) {
    let wide = width(result);
    let _ = writeln!(text, "\n{:<wide$}{PROCESS_COLUMNS}", "process");
    for entry in &result.competitors {
        let spread = |value: &dyn Fn(&Run) -> f64| {
            Spread::from_values(result.runs_of(entry.competitor).map(value))
        };
        let Some(seconds) = spread(&|run| run.usage.seconds) else { continue };
        let median =
            |value: &dyn Fn(&Run) -> f64| spread(value).map_or(0.0, |spread| spread.median);
        let has_workers = median(&|run| run.usage.children.len() as f64) > 0.0;
        let share = |value: f64| {
            if has_workers { format!("{:.2} %", 100.0 * value) } else { "-".to_owned() }
        };
        let workers = |run: &Run| {
            // Starting at 0 keeps an empty sum from being -0.
            run.usage.children.iter().fold(0.0, |sum, child| sum + child.peak_mebibytes)
        };
        let _ = writeln!(
            text,
            "{:<wide$}{:>12.1}{:>12.1}{:>12.1}{:>12}{:>12}{:>12.0}{:>12.0}{:>12.2}",
            entry.name,
            seconds.median,
            seconds.min,
            seconds.max,
            share(median(&Run::parent_share)),
            share(median(&|run| run.outside_samples(entry.at_once))),
            median(&|run| run.usage.parent.peak_mebibytes),
            median(&workers),
            median(&|run| run.usage.others_cpu_seconds / run.usage.seconds),
        );
    }
    text.push_str(PROCESS_LEGEND);
}

/// The width of the first column.
fn width(result: &BenchResult) -> usize {
    let kinds = result.kinds.iter().map(|row| row.kind.as_str());
    let names = result.competitors.iter().map(|entry| entry.name.as_str()).chain(kinds);
    names.map(|name| name.chars().count()).max().unwrap_or(0).max(14) + 2
}

fn ratios(text: &mut String, ratios: &[Ratio]) {
    let wide = ratios.iter().map(|ratio| ratio.name.chars().count()).max().unwrap_or(0);
    text.push('\n');
    for Ratio { name, spread: Spread { median, min, max } } in ratios {
        let _ = writeln!(text, "{name:<wide$}{median:>8.2}  ({min:.2} to {max:.2})");
    }
}

fn kinds(text: &mut String, result: &BenchResult, columns: &[Column]) {
    let names = result.competitors.iter().map(|entry| entry.name.chars().count());
    let (wide, narrow) = (width(result), names.max().unwrap_or(0));
    let _ = write!(text, "\n{:<wide$}{:<narrow$}", "kind", "");
    for column in columns {
        let _ = write!(text, "{:>15}", column.title);
    }
    text.push('\n');
    let mut last = "";
    for row in &result.kinds {
        let name = result.competitors.iter().find(|entry| entry.competitor == row.competitor);
        let name = name.map_or("", |entry| entry.name.as_str());
        let kind = if row.kind == last { "" } else { row.kind.as_str() };
        let _ = write!(text, "{kind:<wide$}{name:<narrow$}");
        for column in columns {
            let _ = match (column.value)(result, row) {
                Some(value) => write!(text, "{value:>15.0$}", column.digits),
                None => write!(text, "{:>15}", "-"),
            };
        }
        text.push('\n');
        last = &row.kind;
    }
}
