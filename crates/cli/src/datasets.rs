//! `assay datasets`.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use assay_datasets::sources::{self, FileState, Progress};
use assay_datasets::{NAMES, data_dir};
use assay_engine::output::line;
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};

/// Lists, fetches and checks data sets.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assay datasets list
  assay datasets fetch cifar100
  assay datasets fetch mnist --from ~/Downloads      where there is no network
  assay datasets check cifar100")]
pub struct Datasets {
    #[command(subcommand)]
    task: Task,
    /// Where downloaded data sets are [default: what `ASSAY_DATA` says, else datasets/cache]
    #[arg(long, value_name = "DIR", global = true)]
    data_dir: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Every data set, with its licence and what to cite
    List,
    /// Downloads what is missing of a data set, compares it with its digest and unpacks it
    Fetch {
        /// The data set
        name: String,
        /// Takes the files from this folder and downloads nothing
        #[arg(long, value_name = "DIR")]
        from: Option<PathBuf>,
    },
    /// Reads a data set and compares its files with their digests
    Check {
        /// The data set
        name: String,
    },
}

impl Datasets {
    /// Does what was asked for.
    pub fn run(self) -> Result<ExitCode> {
        let dir = data_dir(self.data_dir.as_deref());
        match self.task {
            Task::List => list()?,
            Task::Fetch { name, from } => fetch(&name, &dir, from.as_deref())?,
            Task::Check { name } => check(&name, &dir)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn list() -> Result<()> {
    line(format_args!(
        "By name: {}; or any folder with a folder of images for each class.\n",
        NAMES.join(", ")
    ))?;
    for source in sources::list() {
        line(format_args!("{source}\n"))?;
    }
    Ok(())
}

fn fetch(name: &str, dir: &Path, from: Option<&Path>) -> Result<()> {
    line(format_args!("{}", sources::source(name)?))?;
    let bar = RefCell::new((String::new(), ProgressBar::hidden()));
    let warnings = sources::fetch(name, dir, from, &|progress| show(&bar, &progress))?;
    bar.borrow().1.finish();
    for warning in warnings {
        eprintln!("warning: {warning}");
    }
    line(format_args!("{name} is in {}", dir.display()))?;
    Ok(())
}

/// One bar a file; plain lines for the rest.
fn show(bar: &RefCell<(String, ProgressBar)>, progress: &Progress<'_>) {
    match progress {
        Progress::Downloading { file, done, total } => {
            let (shown, bar) = &mut *bar.borrow_mut();
            if shown != file {
                let style = "{msg} {bar:32} {bytes}/{total_bytes}, {eta} to go";
                let style = ProgressStyle::with_template(style).expect("constant");
                bar.finish();
                *bar = ProgressBar::new(total.unwrap_or(0)).with_style(style);
                bar.set_message((*file).to_owned());
                (*file).clone_into(shown);
            }
            bar.set_position(*done);
        }
        Progress::Verifying(file) => eprintln!("comparing {file} with its digest"),
        Progress::Unpacking(file) => eprintln!("unpacking {file}"),
        Progress::There(file) => eprintln!("{file} is there already"),
    }
}

fn check(name: &str, dir: &Path) -> Result<()> {
    let checked = sources::check(name, dir)?;
    for (path, state) in &checked.files {
        let state = match state {
            FileState::Official => "the published file",
            FileState::Unofficial => "readable, but not the published file",
            FileState::Unknown => "there is no published digest to compare it with",
            FileState::Missing => "missing",
        };
        line(format_args!("{}: {state}", path.display()))?;
    }
    for warning in &checked.warnings {
        eprintln!("warning: {warning}");
    }
    let (classes, train, test) = (checked.classes, checked.train, checked.test);
    line(format_args!("{name}: {classes} classes, {train} images to train on, {test} to test on"))?;
    Ok(())
}
