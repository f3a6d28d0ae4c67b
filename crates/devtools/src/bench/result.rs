//! What the turns come to.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::case::{Case, Contender, Entry, Piece, Turn};
use assay_engine::worker::machine;

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

/// Seconds of one contender over those of another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ratio {
    /// Whose over whose, and of what.
    pub name: String,
    /// Repeat by repeat.
    pub spread: Spread,
}

impl Ratio {
    /// `measure` of the first contender's turn over that of the second's in the same repeat; none where no
    /// repeat has both.
    #[must_use]
    pub fn of(
        name: impl Into<String>,
        turns: &[Turn],
        [above, below]: [Contender; 2],
        measure: impl Fn(&Turn) -> Option<f64>,
    ) -> Option<Self> {
        let of = |contender| turns.iter().filter(move |turn| turn.contender == contender);
        let same = |turn: &Turn| {
            let other = of(below).find(|other| other.repeat == turn.repeat)?;
            Some(measure(turn)? / measure(other)?)
        };
        let spread = Spread::of(of(above).filter_map(same))?;
        Some(Self { name: name.into(), spread })
    }
}

/// One kind of piece under one contender, over all repeats.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KindRow {
    /// `base`, `selffer 3`, ...
    pub kind: String,
    /// Who did it.
    pub contender: Contender,
    /// Pieces, over all repeats.
    pub pieces: usize,
    /// Seconds a piece, from its start to its end, mean over pieces and repeats.
    pub seconds: f64,
    /// What is counted in a piece, mean over pieces and repeats.
    pub count: f64,
    /// What is counted, a second of those that it took, times the pieces worked on at once.
    pub per_second: f64,
    /// Mean over the pieces that have a score, in [0, 1]; none where none has.
    pub score: Option<f64>,
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
    /// The case.
    pub case: String,
    /// What was done, in a line.
    pub title: String,
    /// Everything the work depends on.
    pub settings: Value,
    /// The device.
    pub device: String,
    /// Who took turns.
    pub entries: Vec<Entry>,
    /// By kind of piece and contender.
    pub kinds: Vec<KindRow>,
    /// What the case is about.
    pub ratios: Vec<Ratio>,
    /// What there is to say beside.
    pub remarks: Vec<String>,
    /// Every turn in the order it was taken.
    pub turns: Vec<Turn>,
}

impl BenchResult {
    /// Of the turns taken.
    ///
    /// # Errors
    /// When the case's settings cannot be written as JSON.
    pub fn new(case: &dyn Case, device: &str, turns: Vec<Turn>) -> Result<Self> {
        let entries = case.entries();
        let mut result = Self {
            version: assay_version::version(),
            machine: machine(),
            date: today(),
            case: case.name().to_owned(),
            title: case.title(),
            settings: case.settings()?,
            device: device.to_owned(),
            kinds: kinds(&turns, &entries),
            entries,
            ratios: case.ratios(&turns),
            remarks: Vec::new(),
            turns,
        };
        result.remarks = case.remarks(&result);
        Ok(result)
    }

    /// The turns of one contender.
    pub fn turns_of(&self, contender: Contender) -> impl Iterator<Item = &Turn> {
        self.turns.iter().filter(move |turn| turn.contender == contender)
    }

    /// What a kind of piece came to under a contender, if that did any.
    #[must_use]
    pub fn row(&self, kind: &str, contender: Contender) -> Option<&KindRow> {
        self.kinds.iter().find(|row| row.kind == kind && row.contender == contender)
    }
}

fn kinds(turns: &[Turn], entries: &[Entry]) -> Vec<KindRow> {
    let mut names: Vec<&str> = Vec::new();
    for piece in turns.iter().flat_map(|turn| &turn.pieces) {
        if !names.contains(&&*piece.kind) {
            names.push(&piece.kind);
        }
    }
    let row = |kind: &str, entry: &Entry| {
        let pieces: Vec<&Piece> = turns
            .iter()
            .filter(|turn| turn.contender == entry.contender)
            .flat_map(|turn| turn.pieces.iter().filter(|piece| piece.kind == kind))
            .collect();
        let sum = |of: fn(&Piece) -> f64| pieces.iter().map(|piece| of(piece)).sum::<f64>();
        let (number, count) = (pieces.len() as f64, sum(|piece| piece.count));
        let busy = sum(Piece::busy_seconds);
        let scores: Vec<f64> = pieces.iter().filter_map(|piece| piece.score).collect();
        (!pieces.is_empty()).then(|| KindRow {
            kind: kind.to_owned(),
            contender: entry.contender,
            pieces: pieces.len(),
            seconds: sum(|piece| piece.seconds) / number,
            count: count / number,
            per_second: entry.at_once as f64 * count / busy,
            score: (!scores.is_empty()).then(|| scores.iter().sum::<f64>() / scores.len() as f64),
        })
    };
    names.iter().flat_map(|kind| entries.iter().filter_map(|who| row(kind, who))).collect()
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

    fn turn(repeat: usize, contender: Contender, pieces: &[(f64, Option<f64>)]) -> Turn {
        let watched = Watched {
            seconds: pieces.iter().map(|(seconds, _)| seconds).sum(),
            parent: Usage::default(),
            children: Vec::new(),
            others_cpu_seconds: 0.0,
        };
        let piece = |&(seconds, busy): &(f64, Option<f64>)| Piece {
            id: "a".to_owned(),
            kind: "base".to_owned(),
            seconds,
            busy,
            count: 12.0,
            score: None,
        };
        let pieces = pieces.iter().map(piece).collect();
        Turn { repeat, contender, watched, about: None, pieces }
    }

    #[test]
    fn ratios_are_taken_within_a_repeat_whatever_the_order_of_its_turns() {
        let turns = [
            turn(0, Contender::Ours, &[(2.0, None)]),
            turn(0, Contender::Peer, &[(6.0, None)]),
            turn(1, Contender::Peer, &[(20.0, None)]),
            turn(1, Contender::Ours, &[(4.0, None)]),
        ];
        let of = |contenders, measure: fn(&Turn) -> Option<f64>| {
            Ratio::of("peer / ours", &turns, contenders, measure).map(|ratio| ratio.spread)
        };
        let contenders = [Contender::Peer, Contender::Ours];
        let spread = of(contenders, |turn| Some(turn.watched.seconds)).unwrap();
        assert_eq!((spread.min, spread.median, spread.max), (3.0, 4.0, 5.0));
        assert_eq!(of(contenders, |turn| turn.seconds_of(|kind| kind == "base")), Some(spread));
        assert_eq!(of(contenders, |turn| turn.seconds_of(|kind| kind == "other")), None);
        assert_eq!(of([Contender::PeerCached, Contender::Ours], |_| Some(1.0)), None);
    }

    #[test]
    fn what_is_counted_is_divided_by_the_seconds_it_took_and_not_by_all() {
        let turns = [turn(0, Contender::Ours, &[(3.0, Some(2.0)), (5.0, None)])];
        let rows = kinds(&turns, &[Entry::new(Contender::Ours, "ours", 2)]);
        // 24 images in 2 + 5 seconds, two cells at once; 8 seconds of two cells.
        assert!((rows[0].per_second - 2.0 * 24.0 / 7.0).abs() < 1e-12);
        assert!((rows[0].seconds - 4.0).abs() < 1e-12);
        assert_eq!(rows.len(), 1);
        assert_eq!(turns[0].busy_of(|_| true), Some(7.0));
    }
}
