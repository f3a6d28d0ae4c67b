//! `assay train`: one cell of a study, in this process.

#[cfg(feature = "tui")]
mod dashboard;
mod in_lines;

use std::path::Path;
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use assay_engine::flags::RunFlags;
use assay_engine::output::line;
use assay_engine::scheduler::set_aside;
use assay_engine::worker::{ProgressSink, on_this_thread, prepare};
use assay_runs::{Cell, Found, Plan, RunDirectory, RunLock};
use clap::Args;

use self::in_lines::InLines;
use crate::registry::{ExperimentCommand, registry};

/// Names shown where a name fits several cells, or none.
const NAMES_SHOWN: usize = 12;

/// Works on one cell of a study and on those it needs, in this process, one after another. What it
/// leaves in the run's directory is what the whole run would have left there, and is not done again.
#[derive(Args)]
#[command(after_help = "\
Examples:
  assay train --cell base_a.random-0.seed-0 transfer-sweep
  assay train --cell base_a.random-0.seed-0 --tui transfer-sweep --profile mnist
  assay train --cell teacher distill --seeds 1

`assay STUDY --dry-run` lists all cells; `assay train --cell NAME STUDY --dry-run` lists what would be
worked on for this one.
Exit status: 0 the cell is done, 1 it failed or was stopped, 2 it could not begin.")]
pub struct Train {
    /// The cell: its name, the beginning of it, or its identity
    #[arg(long, value_name = "NAME")]
    cell: String,
    /// Shows burn-train's dashboard
    #[arg(long)]
    tui: bool,
    #[command(subcommand)]
    experiment: ExperimentCommand,
}

/// Somebody who shows how the work goes, cell by cell.
trait Show: ProgressSink {
    /// A cell begins.
    fn begin(&self, cell: &Cell);
    /// A cell is done: what it came to.
    fn done(&self, cell: &Cell, result: &str);
}

impl Train {
    /// Brings the cell to its record.
    ///
    /// # Errors
    /// When it could not begin.
    pub fn run(self) -> Result<ExitCode> {
        // Before anything else may start a pool of its own.
        on_this_thread()?;
        let planned = self.experiment.plan()?;
        let flags = &planned.flags;
        refuse_what_one_process_has_not(flags)?;
        let cell = named(&planned.plan, &self.cell)?;
        if flags.dry_run {
            return list(&cell, &planned.out);
        }
        let run = RunDirectory::create_or_open(&planned.out, planned.plan)?;
        let lock = run.lock()?;
        run.remove_leftovers(&lock)?;
        let open = unfinished(&run, &lock, &cell)?;
        if open.is_empty() {
            line(format_args!("{}", run.cell_folder(&cell).display()))?;
            return Ok(ExitCode::SUCCESS);
        }
        let stop = stopped_by_ctrl_c_or_after(flags.stop_after)?;
        let show = shown(self.tui, &open, &stop)?;
        let progress_sink: Rc<dyn ProgressSink> = show.clone();
        let data_dir = flags.data_dir.as_deref();
        let (context, runner) =
            prepare(&registry(), run.path(), planned.place, data_dir, stop, progress_sink)?;
        for cell in &open {
            show.begin(cell);
            match run.look_at(&lock, cell)? {
                Found::Nothing => {}
                Found::SetAside(reason) => show.warn(&set_aside(&run, cell, &reason)),
                // It waited for a cell that it needs, which came to the same again.
                Found::Whole => {
                    show.done(cell, "as it was");
                    continue;
                }
            }
            match runner.work(cell, &context) {
                Ok(Some(result)) => show.done(cell, &result),
                Ok(None) => {
                    drop((show, context));
                    eprintln!("stopped; the same command goes on from here");
                    return Ok(ExitCode::FAILURE);
                }
                Err(error) => {
                    run.note_failure(cell, &format!("{error:#}"))?;
                    drop((show, context));
                    eprintln!("failed: {}: {error:#}", cell.name());
                    return Ok(ExitCode::FAILURE);
                }
            }
        }
        drop((show, context));
        line(format_args!("{}", run.cell_folder(&cell).display()))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// What is set once the user wants to stop, or the time is over.
fn stopped_by_ctrl_c_or_after(time: Option<Duration>) -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let stopping = stop.clone();
    ctrlc::set_handler(move || stopping.store(true, Ordering::Relaxed))
        .context("catching Ctrl-C")?;
    if let Some(time) = time {
        let stopping = stop.clone();
        std::thread::spawn(move || {
            std::thread::sleep(time);
            stopping.store(true, Ordering::Relaxed);
        });
    }
    Ok(stop)
}

fn refuse_what_one_process_has_not(flags: &RunFlags) -> Result<()> {
    if flags.jobs.is_some() {
        bail!(
            "--jobs: one cell and those it needs are worked on in this process, one by one; leave it out"
        );
    }
    if flags.json {
        bail!(
            "--json: what this prints is the folder of one cell; for JSON give the study's own command"
        );
    }
    Ok(())
}

/// The cell and all it needs, each after those that it needs itself, as far as they are not done. Damaged ones are set
/// aside and named; the other cells of the run are not looked at.
fn unfinished(run: &RunDirectory, lock: &RunLock, cell: &Cell) -> Result<Vec<Cell>> {
    let all = Plan::ordered([cell.clone()]);
    let checked = run.check(lock, &all)?;
    for (cell, reason) in &checked.set_aside {
        eprintln!("{}", set_aside(run, cell, reason));
    }
    Ok(all.iter().filter(|cell| !checked.whole.contains(&cell.id())).cloned().collect())
}

/// Shows what would be worked on, in its order.
fn list(cell: &Cell, out: &Path) -> Result<ExitCode> {
    let run = out.join("plan.json").exists().then(|| RunDirectory::open(out)).transpose()?;
    let is_done = |cell: &Cell| run.as_ref().is_some_and(|run| run.is_done(cell));
    let mut missing = Plan::ordered([cell.clone()]);
    missing.retain(|cell| !is_done(cell));
    line(format_args!("{} cells to work on:", missing.len()))?;
    for cell in &missing {
        line(format_args!("  {}", cell.name()))?;
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(feature = "tui")]
fn shown(tui: bool, cells: &[Cell], stop: &Arc<AtomicBool>) -> Result<Rc<dyn Show>> {
    if !tui {
        return Ok(Rc::new(InLines::new(cells.len())));
    }
    if !std::io::IsTerminal::is_terminal(&std::io::stdout()) {
        bail!("--tui: standard output is no terminal; leave --tui out for plain lines");
    }
    Ok(Rc::new(dashboard::Dashboard::new(cells.len(), stop.clone())))
}

#[cfg(not(feature = "tui"))]
fn shown(tui: bool, cells: &[Cell], _stop: &Arc<AtomicBool>) -> Result<Rc<dyn Show>> {
    if tui {
        bail!(
            "--tui: this build of assay has no dashboard; build it with `--features tui`, or use \
             `cargo xtask train`, which does"
        );
    }
    Ok(Rc::new(InLines::new(cells.len())))
}

/// The one cell that has this identity, or whose name is this or begins with it.
fn named(plan: &Plan, name: &str) -> Result<Cell> {
    let is = |cell: &&Cell| cell.name() == name || cell.id().to_string() == name;
    if let Some(cell) = plan.cells.iter().find(is) {
        return Ok(cell.clone());
    }
    let with_more = format!("{name}.");
    let fitting: Vec<&Cell> =
        plan.cells.iter().filter(|cell| cell.name().starts_with(&with_more)).collect();
    let shown = |cells: &[&Cell]| {
        let mut names: Vec<String> =
            cells.iter().take(NAMES_SHOWN).map(|cell| format!("\n  {}", cell.name())).collect();
        if cells.len() > NAMES_SHOWN {
            names.push(format!("\n  and {} more", cells.len() - NAMES_SHOWN));
        }
        names.concat()
    };
    match fitting[..] {
        [cell] => Ok(cell.clone()),
        [] => {
            let all: Vec<&Cell> = plan.cells.iter().collect();
            bail!("--cell {name}: the plan has no such cell; it has{}", shown(&all))
        }
        _ => bail!("--cell {name}: several cells have such a name; say more:{}", shown(&fitting)),
    }
}
