//! What every benchmark has in common: contenders take turns, each turn is a process of its own, and
//! what it did falls into timed pieces.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::process::{Watched, run};
use super::result::{BenchResult, KindRow, Ratio};

/// Who takes turns. A case has some of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Contender {
    /// Ours as it is.
    Ours,
    /// Ours, keeping nothing that it could compute again.
    Uncached,
    /// The same work done the ordinary way in Python.
    Peer,
    /// As the peer, keeping what ours keeps.
    PeerCached,
}

/// A contender of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Which.
    pub contender: Contender,
    /// What the table calls it.
    pub name: String,
    /// How many pieces it works on at a time.
    pub at_once: usize,
}

impl Entry {
    /// A contender by the name that the table gives it.
    #[must_use]
    pub fn new(contender: Contender, name: &str, at_once: usize) -> Self {
        Self { contender, name: name.to_owned(), at_once }
    }
}

/// A timed part of a turn, such as a cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Piece {
    /// What it is, the same for every contender.
    pub id: String,
    /// The row of the table it belongs to.
    pub kind: String,
    /// From its start to its end.
    pub seconds: f64,
    /// The seconds of these that what is counted took; none where that is all of them.
    #[serde(default)]
    pub busy: Option<f64>,
    /// What is counted: training images, evaluations.
    pub count: f64,
    /// How well it came out, in [0, 1]: the share of test images classified correctly. None where it says
    /// nothing, or diverged.
    #[serde(default)]
    pub score: Option<f64>,
}

/// What a turn came to, by its own words.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Said {
    /// What the program says of itself, where it does.
    pub about: Option<Value>,
    /// What it did.
    pub pieces: Vec<Piece>,
}

impl Said {
    /// Whether exactly these pieces were done, in whatever order.
    ///
    /// # Errors
    /// When one is missing, or another was done.
    pub fn is_of(&self, ids: impl Iterator<Item = String>) -> Result<()> {
        let meant: BTreeSet<String> = ids.collect();
        let done: BTreeSet<String> = self.pieces.iter().map(|piece| piece.id.clone()).collect();
        let missing: Vec<&String> = meant.difference(&done).collect();
        ensure!(missing.is_empty(), "not done: {missing:?}");
        let others: Vec<&String> = done.difference(&meant).collect();
        ensure!(others.is_empty(), "done, and not meant to be: {others:?}");
        Ok(())
    }
}

/// One contender's turn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// The repeat, from 0.
    pub repeat: usize,
    /// Whose turn it was.
    pub contender: Contender,
    /// The process from outside.
    pub watched: Watched,
    /// What the program says of itself, where it does.
    pub about: Option<Value>,
    /// What it did.
    pub pieces: Vec<Piece>,
}

/// A number of a kind and a contender, if it has one.
type Number = dyn Fn(&BenchResult, &KindRow) -> Option<f64>;

/// A column of the table of kinds.
pub struct Column {
    /// Its heading.
    pub title: &'static str,
    /// Digits after the point.
    pub digits: usize,
    /// What stands in it.
    pub of: Box<Number>,
}

impl Column {
    /// A column of this heading, digits and numbers.
    pub fn new(
        title: &'static str,
        digits: usize,
        of: impl Fn(&BenchResult, &KindRow) -> Option<f64> + 'static,
    ) -> Self {
        Self { title, digits, of: Box::new(of) }
    }
}

/// Something to be timed. It is made ready when it is built, which no turn pays for.
pub trait Case {
    /// `transfer`, `distill`, `fool`.
    fn name(&self) -> &'static str;

    /// One line: what is done, on what, how many times.
    fn title(&self) -> String;

    /// Everything the work depends on.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    fn settings(&self) -> Result<Value>;

    /// Who takes turns, in the table's order.
    fn entries(&self) -> Vec<Entry>;

    /// What a turn runs; `folder` is its own, and empty.
    ///
    /// # Errors
    /// When it cannot be made ready.
    fn command(&self, contender: Contender, folder: &Path) -> Result<Command>;

    /// What a turn came to: it ended well and left its standard output in `folder/stdout`.
    ///
    /// # Errors
    /// When it did not do what it was to do.
    fn said(&self, contender: Contender, folder: &Path) -> Result<Said>;

    /// What the case is about: seconds of one contender over those of another, repeat by repeat.
    fn ratios(&self, turns: &[Turn]) -> Vec<Ratio>;

    /// What the table shows of a kind.
    fn columns(&self) -> Vec<Column>;

    /// What there is to say of the result beside its numbers.
    fn remarks(&self, result: &BenchResult) -> Vec<String>;

    /// What the columns mean, in lines for people.
    fn legend(&self) -> String;
}

/// Gives every contender `repeats` turns; who begins changes from repeat to repeat. `say` hears of each
/// turn before it begins.
///
/// # Errors
/// When a turn cannot begin or does not end well.
pub fn bench(
    case: &dyn Case,
    device: &str,
    repeats: usize,
    say: &dyn Fn(&str),
) -> Result<BenchResult> {
    let mut order = case.entries();
    let mut turns = Vec::new();
    for repeat in 0..repeats {
        for entry in &order {
            say(&format!("repeat {} of {repeats}: {}", repeat + 1, entry.name));
            let turn = take(case, repeat, entry.contender)?;
            say(&format!("  {:.1} s", turn.watched.seconds));
            turns.push(turn);
        }
        order.rotate_left(1);
    }
    BenchResult::new(case, device, turns)
}

fn take(case: &dyn Case, repeat: usize, contender: Contender) -> Result<Turn> {
    // Every turn has a folder of its own, and leaves nothing behind.
    let folder = tempfile::tempdir().context("a temporary folder")?;
    let watched = run(&mut case.command(contender, folder.path())?, folder.path())?;
    let Said { about, pieces } = case.said(contender, folder.path())?;
    Ok(Turn { repeat, contender, watched, about, pieces })
}

impl Turn {
    /// Processor time of the parent process over the whole seconds, in [0, 1] while it keeps no
    /// more than one core busy.
    #[must_use]
    pub fn parent_share(&self) -> f64 {
        self.watched.parent.cpu_seconds / self.watched.seconds
    }

    /// Share of the time of `at_once` workers that went to no piece.
    #[must_use]
    pub fn outside_pieces(&self, at_once: usize) -> f64 {
        let within: f64 = self.pieces.iter().map(|piece| piece.seconds).sum();
        1.0 - within / (at_once as f64 * self.watched.seconds)
    }

    /// The seconds of the pieces of some kinds, added up; none where there is no such piece.
    #[must_use]
    pub fn seconds_of(&self, is_meant: impl Fn(&str) -> bool) -> Option<f64> {
        self.sum(is_meant, |piece| piece.seconds)
    }

    /// The seconds of these that what is counted took; none where there is no such piece.
    #[must_use]
    pub fn busy_of(&self, is_meant: impl Fn(&str) -> bool) -> Option<f64> {
        self.sum(is_meant, Piece::busy_seconds)
    }

    fn sum(&self, is_meant: impl Fn(&str) -> bool, of: fn(&Piece) -> f64) -> Option<f64> {
        let mut pieces = self.pieces.iter().filter(|piece| is_meant(&piece.kind)).peekable();
        pieces.peek()?;
        Some(pieces.map(of).sum())
    }
}

impl Piece {
    /// The seconds that what is counted took.
    #[must_use]
    pub fn busy_seconds(&self) -> f64 {
        self.busy.unwrap_or(self.seconds)
    }
}
