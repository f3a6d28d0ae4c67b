//! `assay train`: works on one cell of an experiment, in this process.

#[cfg(feature = "tui")]
mod dashboard;
mod plain_progress;

use std::path::Path;
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use assay_engine::experiment::CellRunner;
use assay_engine::flags::{Engine, RunFlags};
use assay_engine::output::print_line;
use assay_engine::scheduler::set_aside_message;
use assay_engine::worker::{CellContext, ProgressSink, open_run, use_current_thread_for_rayon};
use assay_runs::{Cell, CellStatus, Plan, RunDirectory, RunLock};
use clap::Args;

use self::plain_progress::PlainProgress;
use crate::find_cell::find_cell;
use crate::registry::{ExperimentCommand, registry};

/// Works on one cell of an experiment and on the cells that it needs, one after another in this process.
/// The results are the same as those of the whole run, which does not repeat them
#[derive(Args)]
#[command(after_help = "\
Examples:
  assay train --cell base_a.random-0.seed-0 transfer-sweep
  assay train --cell base_a.random-0.seed-0 --tui transfer-sweep --profile mnist
  assay train --cell teacher distill --seeds 1

`assay EXPERIMENT --dry-run` lists all cells. `assay train --cell NAME EXPERIMENT --dry-run` lists the
cells that would be worked on.
Exit status: 0 the cell is done, 1 it failed or was stopped, 2 it could not start.")]
pub struct Train {
    /// The cell: its name, the beginning of its name, or its identity
    #[arg(long, value_name = "NAME")]
    cell: String,
    /// Shows burn-train's dashboard
    #[arg(long)]
    tui: bool,
    #[command(subcommand)]
    experiment: ExperimentCommand,
}

/// Displays the progress, cell by cell.
trait ProgressView: ProgressSink {
    /// A cell begins.
    fn begin(&self, cell: &Cell);
    /// A cell is done; with a description of its result.
    fn done(&self, cell: &Cell, result: &str);
}

impl Train {
    /// Works on the cell until it has a record.
    ///
    /// # Errors
    /// Returns an error if it could not start.
    pub fn run(self) -> Result<ExitCode> {
        // This must happen before rayon's global pool is created.
        use_current_thread_for_rayon()?;
        let planned = self.experiment.plan()?;
        let flags = &planned.flags;
        reject_unsupported_flags(flags)?;
        let device = flags.work.device.spec()?;
        let cell = find_cell(&planned.plan, &self.cell)?;
        if flags.dry_run {
            return list_unfinished(&cell, &planned.out);
        }
        let run = RunDirectory::create_or_open(&planned.out, planned.plan)?;
        let lock = run.lock()?;
        run.remove_leftovers(&lock)?;
        let unfinished = unfinished_cells(&run, &lock, &cell)?;
        if unfinished.is_empty() {
            print_line(format_args!("{}", run.cell_folder(&cell).display()))?;
            return Ok(ExitCode::SUCCESS);
        }
        let stop = stop_signal(flags.work.stop_after)?;
        let view = progress_view(self.tui, unfinished.len(), &stop)?;
        let progress_sink: Rc<dyn ProgressSink> = view.clone();
        let data_dir = flags.work.data_dir.as_deref();
        let (context, runner) =
            open_run(&registry(), run.path(), device, data_dir, stop, progress_sink)?;
        let failure = work_on(&unfinished, &run, &lock, &context, &*runner, &*view);
        // Restores the terminal before anything else is printed.
        drop((view, context));
        if let Some(message) = failure? {
            eprintln!("{message}");
            return Ok(ExitCode::FAILURE);
        }
        print_line(format_args!("{}", run.cell_folder(&cell).display()))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Works on cells in order. Returns a message if one failed or was stopped.
fn work_on(
    cells: &[Cell],
    run: &RunDirectory,
    lock: &RunLock,
    context: &CellContext,
    runner: &dyn CellRunner,
    view: &dyn ProgressView,
) -> Result<Option<String>> {
    for cell in cells {
        view.begin(cell);
        match run.check_cell(lock, cell)? {
            CellStatus::Missing => {}
            CellStatus::SetAside(reason) => view.on_warning(&set_aside_message(run, cell, &reason)),
            // A cell that it needs was made again, with the same result.
            CellStatus::Intact => {
                view.done(cell, "unchanged");
                continue;
            }
        }
        match runner.work(cell, context) {
            Ok(Some(result)) => view.done(cell, &result),
            Ok(None) => return Ok(Some("stopped; the same command goes on from here".to_owned())),
            Err(error) => {
                run.record_failure(cell, &format!("{error:#}"))?;
                return Ok(Some(format!("failed: {}: {error:#}", cell.name())));
            }
        }
    }
    Ok(None)
}

/// Returns a flag that is set on Ctrl-C or after `time`.
fn stop_signal(time: Option<Duration>) -> Result<Arc<AtomicBool>> {
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

fn reject_unsupported_flags(flags: &RunFlags) -> Result<()> {
    let work = &flags.work;
    if work.jobs.is_some() {
        bail!("--jobs: `assay train` works in one process; leave it out");
    }
    if work.join || flags.engine.engine != Engine::Local {
        bail!("--join and --engine: `assay train` has the run alone; see `assay resume --cell`");
    }
    if flags.json {
        bail!(
            "--json: `assay train` prints the folder of the cell; use the experiment's own command for JSON"
        );
    }
    Ok(())
}

/// The cell and all cells that it needs, in order, without those that are done. Damaged ones are set aside; other cells
/// of the run are not checked.
fn unfinished_cells(run: &RunDirectory, lock: &RunLock, cell: &Cell) -> Result<Vec<Cell>> {
    let all = Plan::in_dependency_order([cell.clone()]);
    let checked = run.check_cells(lock, &all)?;
    for (cell, reason) in &checked.set_aside {
        eprintln!("{}", set_aside_message(run, cell, reason));
    }
    Ok(all.iter().filter(|cell| !checked.intact.contains(&cell.id())).cloned().collect())
}

/// Lists the cells that would be worked on, in order.
fn list_unfinished(cell: &Cell, out: &Path) -> Result<ExitCode> {
    let run = out.join("plan.json").exists().then(|| RunDirectory::open(out)).transpose()?;
    let mut missing = Plan::in_dependency_order([cell.clone()]);
    missing.retain(|cell| !run.as_ref().is_some_and(|run| run.is_done(cell)));
    print_line(format_args!("{} cells to work on:", missing.len()))?;
    for cell in &missing {
        print_line(format_args!("  {}", cell.name()))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn progress_view(tui: bool, cells: usize, stop: &Arc<AtomicBool>) -> Result<Rc<dyn ProgressView>> {
    if !tui {
        return Ok(Rc::new(PlainProgress::new(cells)));
    }
    #[cfg(feature = "tui")]
    if std::io::IsTerminal::is_terminal(&std::io::stdout()) {
        return Ok(Rc::new(dashboard::Dashboard::new(cells, stop.clone())));
    }
    let _ = stop;
    bail!(if cfg!(feature = "tui") {
        "--tui: standard output is not a terminal; leave out --tui"
    } else {
        "--tui: this build of assay has no dashboard; build it with `--features tui`, or run \
         `cargo xtask train`"
    })
}
