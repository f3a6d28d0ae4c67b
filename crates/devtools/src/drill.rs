//! Fault drills: runs that are killed, damaged, suspended, moved or short of disk space, then continued and
//! compared with an undisturbed run.

mod damage;
mod disk;
mod kills;
mod sharing;
mod study;

use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;
use assay_engine::output::print_line;
use clap::Args;

use study::Study;

/// The experiments.
const EXPERIMENTS: [&str; 3] = ["transfer-sweep", "distill", "fool"];

/// Kills, damages, suspends and moves runs, continues them, and compares every result with an undisturbed run
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assay-dev drill                       all drills, with few kills
  assay-dev drill --kills 100           the table of docs/reliability.md
  assay-dev drill --only damage

Drills that need a file system of their own are skipped where this user may not mount one.
Exit status: 0 all results are right, 1 some are not.")]
pub struct Drill {
    /// Kills of each kind and experiment
    #[arg(long, value_name = "N", default_value = "5")]
    kills: u32,
    /// Only drills whose name contains this
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
}

/// How a drill went.
#[derive(Debug, Default)]
struct Outcome {
    tried: usize,
    /// What went wrong, one line each.
    wrong: Vec<String>,
    /// Why nothing was tried.
    skipped: Option<String>,
}

impl Outcome {
    /// Counts one try, and what went wrong in it.
    fn add(&mut self, what: &str, result: Result<()>) {
        self.tried += 1;
        if let Err(error) = result {
            self.wrong.push(format!("{what}: {error:#}"));
        }
    }

    fn skipped(reason: impl Into<String>) -> Self {
        Self { skipped: Some(reason.into()), ..Self::default() }
    }
}

/// A drill on one experiment; the number is that of kills.
type DrillFunction = fn(&Study, u32) -> Result<Outcome>;

/// All drills, by name.
const DRILLS: [(&str, DrillFunction); 12] = [
    ("kill: all processes, at a random instant", kills::everything),
    ("kill: the scheduler alone", kills::scheduler),
    ("kill: a worker", kills::worker),
    ("kill: one of two commands that share the run", sharing::one_of_two),
    ("suspend: a command that shares the run, until its cells are taken over", sharing::suspended),
    ("start: five commands at the same instant", sharing::five_at_once),
    ("start: five commands at the same instant with --join", sharing::five_join),
    ("move: the run's folder, while it is worked on", disk::moved),
    ("disk: full, then larger", disk::full),
    ("disk: read-only, then writable", disk::read_only),
    ("damage: every kind of published file", damage::published),
    ("damage: checkpoints and cached logits", damage::unfinished),
];

impl Drill {
    /// Runs the drills and prints a table.
    ///
    /// # Errors
    /// When a drill cannot be prepared.
    pub fn run(self) -> Result<ExitCode> {
        let mut all_right = true;
        print_line("| drill | experiment | tried | right | seconds |\n|---|---|---|---|---|")?;
        for experiment in EXPERIMENTS {
            let study = Study::new(experiment)?;
            for (name, drill) in DRILLS {
                if self.only.as_ref().is_some_and(|only| !name.contains(only.as_str())) {
                    continue;
                }
                let began = Instant::now();
                let outcome = drill(&study, self.kills)?;
                let seconds = began.elapsed().as_secs();
                let right = outcome.tried - outcome.wrong.len();
                let counts = match &outcome.skipped {
                    Some(reason) => format!("skipped: {reason} | –"),
                    None => format!("{} | {right}", outcome.tried),
                };
                print_line(format_args!("| {name} | {experiment} | {counts} | {seconds} |"))?;
                for wrong in &outcome.wrong {
                    eprintln!("WRONG, {experiment}, {name}: {wrong}");
                }
                all_right &= outcome.wrong.is_empty();
            }
        }
        Ok(if all_right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
