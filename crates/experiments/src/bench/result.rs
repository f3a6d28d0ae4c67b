//! What the turns come to.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::turns::{CellTime, Contender, Settings, Turn};
use crate::transfer::TransferProfile;
use crate::worker::machine;

/// Median and range over repeats.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// The middle value, or the mean of the two in the middle.
    pub median: f64,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
}

impl Spread {
    /// Of at least one value; none of none.
    #[must_use]
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let (&min, &max) = (values.first()?, values.last()?);
        let middle = values.len() / 2;
        let lower = if values.len().is_multiple_of(2) { middle - 1 } else { middle };
        Some(Self { median: f64::midpoint(values[lower], values[middle]), min, max })
    }
}

/// One kind of cell under one contender, over all repeats.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KindRow {
    /// `base`, `selffer 3`, ...
    pub kind: String,
    /// Who trained it.
    pub contender: Contender,
    /// Seconds a cell, from its start to its end, mean over cells and repeats.
    pub seconds: f64,
    /// Training images a second of those seconds, times the cells trained at once.
    pub images_per_second: f64,
    /// Mean over the cells that did not diverge, in [0, 1]; none where all did.
    pub accuracy: Option<f64>,
}

/// Everything a benchmark found, as it is written to a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BenchResult {
    /// Version of assay.
    pub version: String,
    /// The machine.
    pub machine: String,
    /// When it ended, by UTC: year, month, day.
    pub date: String,
    /// The profile's name.
    pub profile: String,
    /// The profile, overrides applied.
    pub settings: TransferProfile,
    /// The device.
    pub device: String,
    /// Our worker processes; the peer's threads.
    pub jobs: usize,
    /// By kind of cell and contender.
    pub kinds: Vec<KindRow>,
    /// Seconds without kept output over seconds with it, repeat by repeat.
    pub uncached_over_cached: Option<Spread>,
    /// The peer's seconds over ours, repeat by repeat.
    pub peer_over_cached: Option<Spread>,
    /// The peer's seconds over ours without kept output, repeat by repeat.
    pub peer_over_uncached: Option<Spread>,
    /// Every turn in the order it was taken.
    pub turns: Vec<Turn>,
}

impl BenchResult {
    /// Of the turns taken.
    #[must_use]
    pub fn new(settings: &Settings, turns: Vec<Turn>) -> Self {
        let jobs = settings.jobs;
        Self {
            version: crate::version(),
            machine: machine(),
            date: today(),
            profile: settings.name.clone(),
            settings: settings.profile.clone(),
            device: settings.device.to_string(),
            jobs,
            kinds: kinds(&turns, jobs),
            uncached_over_cached: ratio(&turns, Contender::Uncached, Contender::Cached),
            peer_over_cached: ratio(&turns, Contender::Peer, Contender::Cached),
            peer_over_uncached: ratio(&turns, Contender::Peer, Contender::Uncached),
            turns,
        }
    }

    /// The turns of one contender.
    pub fn turns_of(&self, contender: Contender) -> impl Iterator<Item = &Turn> {
        self.turns.iter().filter(move |turn| turn.contender == contender)
    }
}

/// Seconds of one contender over those of another in the same repeat.
fn ratio(turns: &[Turn], above: Contender, below: Contender) -> Option<Spread> {
    let of = |contender| turns.iter().filter(move |turn| turn.contender == contender);
    let same = |above: &Turn| {
        let below = of(below).find(|turn| turn.repeat == above.repeat)?;
        Some(above.watched.seconds / below.watched.seconds)
    };
    Spread::of(of(above).filter_map(same))
}

fn kinds(turns: &[Turn], jobs: usize) -> Vec<KindRow> {
    let mut names: Vec<&str> = Vec::new();
    for cell in turns.iter().flat_map(|turn| &turn.cells) {
        if !names.contains(&&*cell.kind) {
            names.push(&cell.kind);
        }
    }
    let contenders = [Contender::Cached, Contender::Uncached, Contender::Peer];
    let row = |kind: &str, contender: Contender| {
        let cells: Vec<&CellTime> = turns
            .iter()
            .filter(|turn| turn.contender == contender)
            .flat_map(|turn| turn.cells.iter().filter(|cell| cell.kind == kind))
            .collect();
        let seconds: f64 = cells.iter().map(|cell| cell.seconds).sum();
        let images: f64 = cells.iter().map(|cell| cell.images).sum();
        let accuracies: Vec<f64> = cells.iter().filter_map(|cell| cell.accuracy).collect();
        let at_once = if contender == Contender::Peer { 1 } else { jobs };
        (!cells.is_empty()).then(|| KindRow {
            kind: kind.to_owned(),
            contender,
            seconds: seconds / cells.len() as f64,
            images_per_second: at_once as f64 * images / seconds,
            accuracy: (!accuracies.is_empty())
                .then(|| accuracies.iter().sum::<f64>() / accuracies.len() as f64),
        })
    };
    names.iter().flat_map(|kind| contenders.iter().filter_map(|&who| row(kind, who))).collect()
}

fn today() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    date(since.map_or(0, |since| since.as_secs() / 86_400))
}

/// Year, month and day of a number of days since the beginning of 1970.
fn date(mut days: u64) -> String {
    let is_leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let mut year = 1970;
    while days >= 365 + u64::from(is_leap(year)) {
        days -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    let february = 28 + u64::from(is_leap(year));
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    format!("{year}-{month:02}-{:02}", days + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{Usage, Watched};

    #[test]
    fn the_median_of_four_lies_between_the_two_in_the_middle() {
        let spread = Spread::of([8.0, 1.0, 2.0, 4.0]).unwrap();
        assert_eq!((spread.median, spread.min, spread.max), (3.0, 1.0, 8.0));
        assert_eq!(Spread::of([]), None);
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(date(0), "1970-01-01");
        assert_eq!(date(365 + 365 + 31 + 28), "1972-02-29");
        assert_eq!(date(11_016), "2000-02-29");
        assert_eq!(date(19_722), "2023-12-31");
        assert_eq!(date(19_723), "2024-01-01");
    }

    fn turn(repeat: usize, contender: Contender, seconds: f64) -> Turn {
        let watched = Watched {
            seconds,
            parent: Usage::default(),
            children: Vec::new(),
            others_cpu_seconds: 0.0,
        };
        Turn { repeat, contender, watched, cells: Vec::new(), peer: None }
    }

    #[test]
    fn ratios_are_taken_within_a_repeat_whatever_the_order_of_its_turns() {
        let turns = [
            turn(0, Contender::Cached, 2.0),
            turn(0, Contender::Peer, 6.0),
            turn(1, Contender::Peer, 20.0),
            turn(1, Contender::Cached, 4.0),
        ];
        let ratio = ratio(&turns, Contender::Peer, Contender::Cached).unwrap();
        assert_eq!((ratio.min, ratio.max), (3.0, 5.0));
    }
}
