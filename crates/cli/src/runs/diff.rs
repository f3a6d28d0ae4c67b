//! `assay runs diff`.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use assay_engine::output::print_line;
use assay_runs::{Cell, Record, RunDirectory};
use assay_stats::{Estimate, estimate_mean, mean};
use clap::Args;
use serde::Serialize;

/// The largest number of cells that are listed without --json.
const MAX_LISTED_CELLS: usize = 20;

/// Compares the finished cells of two runs that have the same name. Those with the same settings should have the same
/// files. The mean difference in test accuracy has a 95 % t interval, over groups of one seed (and one split)
#[derive(Debug, Args)]
#[command(after_help = "\
Exit status: 0 no pair with the same settings differs (or there is none), 1 some do, 2 a run could not be read.")]
pub struct Diff {
    /// The directory of a run
    first: PathBuf,
    /// The directory of another run
    second: PathBuf,
    /// Prints everything as JSON
    #[arg(long)]
    json: bool,
}

/// A pair of cells of one name.
#[derive(Debug, Clone, Serialize)]
struct Pair {
    /// Name of the cell, without its identity.
    cell: String,
    #[serde(skip)]
    cluster: String,
    /// Whether they have the same settings, and so the same identity.
    same_settings: bool,
    /// Whether all files of both are equal.
    equal: bool,
    /// Test accuracy in percent.
    accuracy: [Option<f64>; 2],
}

/// What differs.
#[derive(Debug, Serialize)]
struct Found {
    pairs: Vec<Pair>,
    /// Cells without a partner: the other run has no cell of this name, or several.
    only_in: [usize; 2],
    /// Mean of the second accuracy minus the first over clusters, in percentage points.
    difference: Option<Difference>,
}

#[derive(Debug, Serialize)]
struct Difference {
    mean: f64,
    interval: Option<[f64; 2]>,
    clusters: usize,
}

impl Diff {
    pub(super) fn run(self) -> Result<ExitCode> {
        let runs = [RunDirectory::open(&self.first)?, RunDirectory::open(&self.second)?];
        let found = compare(&runs)?;
        if self.json {
            print_line(serde_json::to_string_pretty(&found)?)?;
        } else {
            describe(&found)?;
        }
        let differs = found.pairs.iter().any(|pair| pair.same_settings && !pair.equal);
        Ok(if differs { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

/// The finished cells of a run by their name without the identity. A name that several cells have is left out.
fn by_label(run: &RunDirectory) -> Result<BTreeMap<String, (Cell, Record)>> {
    let mut found = BTreeMap::new();
    let mut counts: HashMap<String, usize> = HashMap::new();
    for cell in &run.plan().cells {
        let Some(record) = run.record(cell)? else { continue };
        *counts.entry(cell.label()).or_default() += 1;
        found.insert(cell.label(), (cell.clone(), record));
    }
    found.retain(|label, _| counts[label] == 1);
    Ok(found)
}

fn compare(runs: &[RunDirectory; 2]) -> Result<Found> {
    let [first, second] = [by_label(&runs[0])?, by_label(&runs[1])?];
    let accuracy = |record: &Record| record.test.map(|test| 100.0 * test.accuracy());
    let pairs: Vec<Pair> = first
        .iter()
        .filter_map(|(label, (cell, record))| {
            let (other, other_record) = second.get(label)?;
            Some(Pair {
                cell: label.clone(),
                cluster: cell.cluster(),
                same_settings: cell.id() == other.id(),
                equal: record.result_digest() == other_record.result_digest()
                    && record.test == other_record.test,
                accuracy: [accuracy(record), accuracy(other_record)],
            })
        })
        .collect();
    let finished = |run: &RunDirectory| {
        run.plan().cells.iter().filter(|cell| run.cell_folder(cell).exists()).count()
    };
    let only_in = [&runs[0], &runs[1]].map(|run| finished(run) - pairs.len());
    let difference = difference(&pairs);
    Ok(Found { pairs, only_in, difference })
}

/// The mean difference in accuracy, with an interval over clusters.
fn difference(pairs: &[Pair]) -> Option<Difference> {
    let mut clusters: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for pair in pairs {
        if let [Some(first), Some(second)] = pair.accuracy {
            clusters.entry(&pair.cluster).or_default().push(second - first);
        }
    }
    let means: Vec<f64> = clusters.values().map(|values| mean(values)).collect();
    let Estimate { value, interval, clusters, .. } = estimate_mean(&means)?;
    let interval = interval.map(|interval| [interval.low, interval.high]);
    Some(Difference { mean: value, interval, clusters })
}

fn describe(found: &Found) -> Result<()> {
    let count = |is: fn(&Pair) -> bool| found.pairs.iter().filter(|pair| is(pair)).count();
    let equal = count(|pair| pair.equal);
    let changed = count(|pair| pair.same_settings && !pair.equal);
    let others = count(|pair| !pair.same_settings && !pair.equal);
    print_line(format_args!(
        "{equal} cells with equal results; {changed} with the same settings and other results; {others} of one name \
         with other settings; without a partner: {} in the first run, {} in the second",
        found.only_in[0], found.only_in[1]
    ))?;
    let mut differing: Vec<&Pair> = found.pairs.iter().filter(|pair| !pair.equal).collect();
    let change = |pair: &Pair| match pair.accuracy {
        [Some(first), Some(second)] => (second - first).abs(),
        _ => f64::INFINITY,
    };
    differing.sort_by(|a, b| change(b).total_cmp(&change(a)));
    for pair in differing.iter().take(MAX_LISTED_CELLS) {
        let [first, second] =
            pair.accuracy.map(|one| one.map_or("none".to_owned(), |one| format!("{one:.2} %")));
        print_line(format_args!("  {}: {first}, {second}", pair.cell))?;
    }
    if differing.len() > MAX_LISTED_CELLS {
        print_line(format_args!("  and {} more", differing.len() - MAX_LISTED_CELLS))?;
    }
    if let Some(Difference { mean, interval, clusters }) = &found.difference {
        let interval = match interval {
            Some([low, high]) => format!(" [{low:+.2}, {high:+.2}]"),
            None => String::new(),
        };
        print_line(format_args!(
            "test accuracy, second - first: {mean:+.2}{interval} percentage points, over {clusters} groups of one seed"
        ))?;
    }
    Ok(())
}
