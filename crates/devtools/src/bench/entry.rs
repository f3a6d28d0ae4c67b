//! The competitors of a case, what they write, and the columns of its table.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;

use assay_runs::{Cell, Provenance};
use serde_json::Value;

use super::result::{BenchResult, KindRow};
use super::run::{CompetitorInfo, Sample};

type Number = dyn Fn(&BenchResult, &KindRow) -> Option<f64>;

/// A competitor of a case, and how it runs.
pub struct Entry {
    /// How it is listed.
    pub info: CompetitorInfo,
    /// The identities of its samples, in any order.
    pub sample_ids: BTreeSet<String>,
    /// The program.
    pub program: PathBuf,
    /// Its arguments, without those that differ between runs.
    pub arguments: Vec<OsString>,
    /// Where its samples are.
    pub output: Output,
}

/// Where a program writes its samples.
pub enum Output {
    /// It prints them, as peers do.
    Printed,
    /// It writes a run of an experiment into the folder that `--out` names.
    Run(ExperimentOutput),
}

/// The output of a run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Measurement {
    /// What the program reports about itself, if anything.
    pub about: Option<Value>,
    /// What it did.
    pub samples: Vec<Sample>,
}

/// A column of the table.
pub struct Column {
    /// The heading.
    pub title: &'static str,
    /// Digits after the decimal point.
    pub digits: usize,
    /// Computes the value of a row, if it has one.
    pub value: Box<Number>,
}

impl Column {
    /// Creates a column.
    pub fn new(
        title: &'static str,
        digits: usize,
        value: impl Fn(&BenchResult, &KindRow) -> Option<f64> + 'static,
    ) -> Self {
        Self { title, digits, value: Box::new(value) }
    }
}

/// What a run of an experiment writes.
#[derive(Clone)]
pub struct ExperimentOutput {
    /// A run whose cells are finished already, if there is one.
    pub prepared: Option<PathBuf>,
    /// The kind of a cell that is timed; `None` for others.
    pub kind: fn(&Cell) -> Option<String>,
    /// The seconds in which a cell processed training images; `None` for all its seconds.
    pub busy: fn(&Provenance) -> Option<f64>,
}
