//! The result as plain text.

use std::fmt::Write;

use super::result::{BenchResult, KindRow, Spread};
use super::turns::{Contender, Turn};

const CONTENDERS: [(Contender, &str); 3] =
    [(Contender::Cached, "assay"), (Contender::Uncached, "no cache"), (Contender::Peer, "PyTorch")];

/// The result as plain text, a table of whole sweeps and one of kinds of cell.
#[must_use]
pub fn table(result: &BenchResult) -> String {
    let mut text = String::new();
    let repeats = result.turns_of(Contender::Cached).count();
    let cells = result.turns.first().map_or(0, |turn| turn.cells.len());
    let _ = writeln!(
        text,
        "{} on {}: {cells} cells, {} epochs, {} jobs, {repeats} repeats\n{}\nassay {}, {}",
        result.profile,
        result.device,
        result.settings.schedule.epochs,
        result.jobs,
        result.machine,
        result.version,
        result.date
    );
    if let Some(peer) = result.turns.iter().find_map(|turn| turn.peer.as_ref()) {
        let _ = writeln!(text, "PyTorch {}, {} threads", peer["torch"], peer["threads"]);
    }
    sweeps(&mut text, result);
    ratios(&mut text, result);
    kinds(&mut text, result);
    text
}

fn sweeps(text: &mut String, result: &BenchResult) {
    let _ = writeln!(
        text,
        "\n{:<10}{:>9}{:>9}{:>9}{:>12}{:>12}{:>12}{:>12}{:>9}",
        "sweep",
        "seconds",
        "min",
        "max",
        "scheduler",
        "outside",
        "parent MiB",
        "workers MiB",
        "others"
    );
    for (contender, name) in CONTENDERS {
        let of = |what: &dyn Fn(&Turn) -> f64| Spread::of(result.turns_of(contender).map(what));
        let Some(seconds) = of(&|turn| turn.watched.seconds) else { continue };
        let median = |what: &dyn Fn(&Turn) -> f64| of(what).map_or(0.0, |spread| spread.median);
        let is_ours = contender != Contender::Peer;
        let share = |value: f64| if is_ours { format!("{value:.2} %") } else { "-".to_owned() };
        let others = |turn: &Turn| turn.watched.others_cpu_seconds / turn.watched.seconds;
        let _ = writeln!(
            text,
            "{name:<10}{:>9.1}{:>9.1}{:>9.1}{:>12}{:>12}{:>12.0}{:>12.0}{:>9.2}",
            seconds.median,
            seconds.min,
            seconds.max,
            share(median(&|turn| 100.0 * turn.scheduler_share())),
            share(median(&|turn| 100.0 * turn.outside_cells(result.jobs))),
            median(&|turn| turn.watched.parent.peak_mebibytes),
            median(&|turn| turn.watched.children.iter().map(|child| child.peak_mebibytes).sum()),
            median(&others),
        );
    }
    text.push_str(
        "scheduler: processor time of the parent process over the sweep's seconds, its reading of the\n\
         data included. outside: share of the workers' time that went to no cell (starting, reading\n\
         data, waiting for a base, the last cells). MiB: peak resident memory, workers added up.\n\
         others: cores that other programs kept busy meanwhile.\n",
    );
}

fn ratios(text: &mut String, result: &BenchResult) {
    let mut line = |what: &str, ratio: Option<Spread>| {
        if let Some(Spread { median, min, max }) = ratio {
            let _ = writeln!(text, "{what:<36}{median:>6.2}  ({min:.2} to {max:.2})");
        }
    };
    line("\nno cache / assay", result.uncached_over_cached);
    line("PyTorch / assay", result.peer_over_cached);
    line("PyTorch / no cache", result.peer_over_uncached);
}

fn kinds(text: &mut String, result: &BenchResult) {
    let has_peer = result.kinds.iter().any(|row| row.contender == Contender::Peer);
    let shown = &CONTENDERS[..if has_peer { 3 } else { 2 }];
    let groups = ["images/s", "seconds", "accuracy %"];
    let _ = write!(text, "\n{:<16}", "");
    for group in groups {
        let _ = write!(text, "{group:>width$}", width = 10 * shown.len());
    }
    let _ = write!(text, "\n{:<16}", "kind of cell");
    for (_, name) in groups.iter().flat_map(|_| shown) {
        let _ = write!(text, "{name:>10}");
    }
    text.push('\n');
    let mut last = "";
    for KindRow { kind, .. } in &result.kinds {
        if kind == last {
            continue;
        }
        last = kind;
        let row = |contender: Contender| {
            result.kinds.iter().find(|row| row.kind == *kind && row.contender == contender)
        };
        let rows: Vec<Option<&KindRow>> = shown.iter().map(|(who, _)| row(*who)).collect();
        let _ = write!(text, "{kind:<16}");
        let mut cells = |what: &dyn Fn(&KindRow) -> Option<f64>, digits: usize| {
            for row in &rows {
                let _ = match row.and_then(what) {
                    Some(value) => write!(text, "{value:>10.digits$}"),
                    None => write!(text, "{:>10}", "-"),
                };
            }
        };
        cells(&|row| Some(row.images_per_second), 0);
        cells(&|row| Some(row.seconds), 2);
        cells(&|row| row.accuracy.map(|accuracy| 100.0 * accuracy), 1);
        text.push('\n');
    }
    let _ = writeln!(
        text,
        "seconds: of a cell, from start to finish. images/s: training images of a cell over its\n\
         seconds, times the cells trained at once ({} here, 1 in PyTorch).",
        result.jobs
    );
}
