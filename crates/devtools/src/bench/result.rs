//! The result of a benchmark.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::run::{Competitor, CompetitorInfo, Run, Sample};

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
    /// Summarizes values; `None` if there are none.
    pub fn from_values(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let (&min, &max) = (values.first()?, values.last()?);
        let middle = values.len() / 2;
        let lower = if values.len().is_multiple_of(2) { middle - 1 } else { middle };
        Some(Self { median: f64::midpoint(values[lower], values[middle]), min, max })
    }
}

/// The time of one competitor divided by that of another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ratio {
    /// What is divided by what.
    pub name: String,
    /// Over the repeats.
    pub spread: Spread,
}

impl Ratio {
    /// Divides `measure` of the first competitor's run by that of the second's, per repeat; `None` if no repeat
    /// has both.
    pub fn over_repeats(
        name: impl Into<String>,
        runs: &[Run],
        [numerator, denominator]: [Competitor; 2],
        measure: impl Fn(&Run) -> Option<f64>,
    ) -> Option<Self> {
        let runs_of = |competitor| runs.iter().filter(move |run| run.competitor == competitor);
        let ratio = |run: &Run| {
            let other = runs_of(denominator).find(|other| other.repeat == run.repeat)?;
            Some(measure(run)? / measure(other)?)
        };
        let spread = Spread::from_values(runs_of(numerator).filter_map(ratio))?;
        Some(Self { name: name.into(), spread })
    }
}

/// One kind of sample by one competitor, over all repeats.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KindRow {
    /// The kind, such as `base` or `selffer 3`.
    pub kind: String,
    /// The competitor.
    pub competitor: Competitor,
    /// The number of samples, over all repeats.
    pub samples: usize,
    /// Mean seconds per sample, from start to end.
    pub seconds: f64,
    /// Mean number of items per sample.
    pub count: f64,
    /// Items per second, times the number of samples in parallel.
    pub per_second: f64,
    /// Mean score of the samples that have one, in [0, 1]; `None` if none has.
    pub score: Option<f64>,
}

/// A complete result, as it is saved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BenchResult {
    /// The version of assay.
    pub version: String,
    /// The machine.
    pub machine: String,
    /// The day on which it ended (UTC), as year-month-day.
    pub date: String,
    /// The name of the case.
    pub case: String,
    /// One line that describes the work.
    pub title: String,
    /// Everything that the work depends on.
    pub settings: Value,
    /// The device.
    pub device: String,
    /// The competitors.
    pub competitors: Vec<CompetitorInfo>,
    /// One row per kind of sample and competitor.
    pub kinds: Vec<KindRow>,
    /// The ratios that the case reports.
    pub ratios: Vec<Ratio>,
    /// The remarks of the case.
    pub remarks: Vec<String>,
    /// All runs, in order.
    pub runs: Vec<Run>,
}

impl BenchResult {
    /// The runs of one competitor.
    pub fn runs_of(&self, competitor: Competitor) -> impl Iterator<Item = &Run> {
        self.runs.iter().filter(move |run| run.competitor == competitor)
    }

    /// The row of a kind and a competitor, if there is one.
    #[must_use]
    pub fn row(&self, kind: &str, competitor: Competitor) -> Option<&KindRow> {
        self.kinds.iter().find(|row| row.kind == kind && row.competitor == competitor)
    }
}

/// Summarizes the samples of each kind by each competitor.
pub(super) fn kinds(runs: &[Run], competitors: &[CompetitorInfo]) -> Vec<KindRow> {
    let mut names: Vec<&str> = Vec::new();
    for sample in runs.iter().flat_map(|run| &run.samples) {
        if !names.contains(&&*sample.kind) {
            names.push(&sample.kind);
        }
    }
    let row = |kind: &str, entry: &CompetitorInfo| {
        let samples: Vec<&Sample> = runs
            .iter()
            .filter(|run| run.competitor == entry.competitor)
            .flat_map(|run| run.samples.iter().filter(|sample| sample.kind == kind))
            .collect();
        let sum =
            |value: fn(&Sample) -> f64| samples.iter().map(|sample| value(sample)).sum::<f64>();
        let (number, count) = (samples.len() as f64, sum(|sample| sample.count));
        let busy = sum(Sample::busy_seconds);
        let scores: Vec<f64> = samples.iter().filter_map(|sample| sample.score).collect();
        (!samples.is_empty()).then(|| KindRow {
            kind: kind.to_owned(),
            competitor: entry.competitor,
            samples: samples.len(),
            seconds: sum(|sample| sample.seconds) / number,
            count: count / number,
            per_second: entry.at_once as f64 * count / busy,
            score: (!scores.is_empty()).then(|| scores.iter().sum::<f64>() / scores.len() as f64),
        })
    };
    names.iter().flat_map(|kind| competitors.iter().filter_map(|who| row(kind, who))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::process::{ProcessUsage, Usage};

    #[test]
    fn the_median_of_four_values_is_the_mean_of_the_middle_two() {
        let spread = Spread::from_values([8.0, 1.0, 2.0, 4.0]).unwrap();
        assert_eq!((spread.median, spread.min, spread.max), (3.0, 1.0, 8.0));
        assert_eq!(Spread::from_values([]), None);
    }

    fn run(repeat: usize, competitor: Competitor, samples: &[(f64, Option<f64>)]) -> Run {
        let usage = ProcessUsage {
            seconds: samples.iter().map(|(seconds, _)| seconds).sum(),
            parent: Usage::default(),
            children: Vec::new(),
            others_cpu_seconds: 0.0,
        };
        let sample = |&(seconds, busy): &(f64, Option<f64>)| Sample {
            id: "a".to_owned(),
            kind: "base".to_owned(),
            seconds,
            busy,
            count: 12.0,
            score: None,
        };
        let samples = samples.iter().map(sample).collect();
        Run { repeat, competitor, usage, about: None, samples }
    }

    #[test]
    fn ratios_are_computed_within_a_repeat() {
        let runs = [
            run(0, Competitor::Ours, &[(2.0, None)]),
            run(0, Competitor::Peer, &[(6.0, None)]),
            run(1, Competitor::Peer, &[(20.0, None)]),
            run(1, Competitor::Ours, &[(4.0, None)]),
        ];
        let spread_of = |competitors, measure: fn(&Run) -> Option<f64>| {
            Ratio::over_repeats("peer / ours", &runs, competitors, measure)
                .map(|ratio| ratio.spread)
        };
        let competitors = [Competitor::Peer, Competitor::Ours];
        let spread = spread_of(competitors, |run| Some(run.usage.seconds)).unwrap();
        assert_eq!((spread.min, spread.median, spread.max), (3.0, 4.0, 5.0));
        let base = spread_of(competitors, |run| run.seconds_of(|kind| kind == "base"));
        assert_eq!(base, Some(spread));
        assert_eq!(spread_of(competitors, |run| run.seconds_of(|kind| kind == "other")), None);
        assert_eq!(spread_of([Competitor::PeerCached, Competitor::Ours], |_| Some(1.0)), None);
    }

    #[test]
    fn items_per_second_use_the_busy_seconds() {
        let runs = [run(0, Competitor::Ours, &[(3.0, Some(2.0)), (5.0, None)])];
        let rows = kinds(&runs, &[CompetitorInfo::new(Competitor::Ours, "ours", 2)]);
        // 24 images in 2 + 5 seconds, two cells in parallel. Two cells take 8 seconds.
        assert!((rows[0].per_second - 2.0 * 24.0 / 7.0).abs() < 1e-12);
        assert!((rows[0].seconds - 4.0).abs() < 1e-12);
        assert_eq!(rows.len(), 1);
        assert_eq!(runs[0].busy_of(|_| true), Some(7.0));
    }
}
