//! `assay datasets`.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use assay_datasets::sources::{self, FileState, Progress};
use assay_datasets::{NAMES, data_dir};
use assay_engine::output::print_line;
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};

/// Lists, downloads and checks data sets
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assay datasets list
  assay datasets fetch cifar100
  assay datasets fetch mnist --from ~/Downloads      without a network connection
  assay datasets check cifar100")]
pub struct Datasets {
    #[command(subcommand)]
    task: Task,
    /// Where downloaded data sets are [default: `$ASSAY_DATA`, or datasets/cache]
    #[arg(long, value_name = "DIR", global = true)]
    data_dir: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Lists all data sets, with their licenses and what to cite
    List,
    /// Downloads the missing files of a data set, verifies and unpacks them
    Fetch {
        /// The data set
        name: String,
        /// Takes the files from this folder instead of downloading them
        #[arg(long, value_name = "DIR")]
        from: Option<PathBuf>,
    },
    /// Reads a data set and verifies its files
    Check {
        /// The data set
        name: String,
    },
}

impl Datasets {
    /// Runs the subcommand.
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
    print_line(format_args!(
        "By name: {}; or any folder with a folder of images for each class.\n",
        NAMES.join(", ")
    ))?;
    for source in sources::list() {
        print_line(format_args!("{source}\n"))?;
    }
    Ok(())
}

fn fetch(name: &str, dir: &Path, from: Option<&Path>) -> Result<()> {
    print_line(format_args!("{}", sources::source(name)?))?;
    let bar = RefCell::new(ProgressBar::hidden());
    let warnings = sources::fetch(name, dir, from, &|progress| show(&bar, &progress))?;
    bar.borrow().finish();
    for warning in warnings {
        eprintln!("warning: {warning}");
    }
    print_line(format_args!("{name} is in {}", dir.display()))?;
    Ok(())
}

/// Shows one bar per file, and plain lines for everything else.
fn show(bar: &RefCell<ProgressBar>, progress: &Progress<'_>) {
    match progress {
        Progress::Downloading { file, done, total } => {
            let mut bar = bar.borrow_mut();
            if bar.message() != *file {
                let style = "{msg} {bar:32} {bytes}/{total_bytes}, {eta} to go";
                let style = ProgressStyle::with_template(style).expect("constant");
                bar.finish();
                *bar = ProgressBar::new(total.unwrap_or(0)).with_style(style);
                bar.set_message((*file).to_owned());
            }
            bar.set_position(*done);
        }
        Progress::Verifying(file) => eprintln!("verifying {file}"),
        Progress::Unpacking(file) => eprintln!("unpacking {file}"),
        Progress::AlreadyPresent(file) => eprintln!("{file} is already there"),
    }
}

fn check(name: &str, dir: &Path) -> Result<()> {
    let checked = sources::check(name, dir)?;
    for (path, state) in &checked.files {
        let state = match state {
            FileState::Official => "the published file",
            FileState::Unofficial => "readable, but not the published file",
            FileState::Unknown => "no digest is published for it",
            FileState::Missing => "missing",
        };
        print_line(format_args!("{}: {state}", path.display()))?;
    }
    for warning in &checked.warnings {
        eprintln!("warning: {warning}");
    }
    let (classes, train, test) = (checked.classes, checked.train, checked.test);
    print_line(format_args!(
        "{name}: {classes} classes, {train} training images, {test} test images"
    ))?;
    Ok(())
}
