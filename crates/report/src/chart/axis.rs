//! An axis: its title, range and ticks.

use std::ops::Range;

use derive_setters::Setters;

use crate::figures::panel::{decimals, ticks};
use crate::figures::style::range_of;
use crate::words::number;

/// Names at places along an axis, each of one line or more.
pub type Ticks = Vec<(f64, Vec<String>)>;

/// An axis. Without a [`range`](Axis::range) it holds all that is drawn.
#[derive(Debug, Clone, Default, Setters)]
#[setters(generate = false)]
pub struct Axis {
    pub(super) title: String,
    /// What it spans, in data units.
    #[setters(generate, strip_option)]
    range: Option<Range<f64>>,
    /// A difference of `least` between the data is not to look larger than it is; 1 without this.
    #[setters(generate)]
    least: f64,
    within: (f64, f64),
    /// Names at places of one's own.
    #[setters(generate, strip_option)]
    ticks: Option<Ticks>,
    /// About so many round numbers as ticks; 5 without this.
    #[setters(generate, rename = "about")]
    count: f64,
    /// Numbers above 0 have a plus.
    #[setters(generate, bool, rename = "signed")]
    is_signed: bool,
}

impl Axis {
    /// An axis with a title, which may be empty.
    #[must_use]
    pub fn new(title: &str) -> Self {
        Self {
            title: title.to_owned(),
            least: 1.0,
            within: (f64::NEG_INFINITY, f64::INFINITY),
            count: 5.0,
            ..Self::default()
        }
    }

    /// A logarithmic axis of a range above 0: what is drawn has the decimal logarithm for its place. Ticks are powers
    /// of ten, with 2 and 5 times them where that is less than two decades.
    #[must_use]
    pub fn log10(title: &str, range: Range<f64>) -> Self {
        let name = |tick: f64| (tick.log10(), vec![format!("{tick}")]);
        let ticks = log_ticks(range.start, range.end).into_iter().map(name).collect();
        Self::new(title).range(range.start.log10()..range.end.log10()).ticks(ticks)
    }

    /// Ends it here, whatever is drawn.
    #[must_use]
    pub fn within(self, low: f64, high: f64) -> Self {
        Self { within: (low, high), ..self }
    }

    /// What it spans where these are drawn.
    pub(super) fn span(&self, points: &[f64], intervals: &[(f64, f64)]) -> Range<f64> {
        let range = self.range.clone().or_else(|| range_of(points, intervals, self.least));
        let range = range.unwrap_or(0.0..1.0);
        range.start.max(self.within.0)..range.end.min(self.within.1)
    }

    /// Its ticks over a range.
    pub(super) fn ticks_over(&self, range: &Range<f64>) -> Ticks {
        self.ticks.clone().unwrap_or_else(|| {
            let places = ticks(range, self.count);
            let decimals = decimals(&places);
            let name = |place| (place, vec![number(place, decimals, self.is_signed)]);
            places.into_iter().map(name).collect()
        })
    }
}

fn log_ticks(first: f64, last: f64) -> Vec<f64> {
    let factors: &[f64] = if last < 100.0 * first { &[1.0, 2.0, 5.0] } else { &[1.0] };
    let decades = (-9..=9).map(|decade| 10.0_f64.powi(decade));
    let ticks = decades.flat_map(|decade| factors.iter().map(move |factor| factor * decade));
    ticks.filter(|tick| (first..=last).contains(tick)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithmic_ticks_are_powers_of_ten_with_steps_between_where_they_are_few() {
        assert_eq!(log_ticks(1.0, 1010.0), [1.0, 10.0, 100.0, 1000.0]);
        assert_eq!(log_ticks(1.0, 12.0), [1.0, 2.0, 5.0, 10.0]);
        assert_eq!(log_ticks(200.0, 4000.0), [200.0, 500.0, 1000.0, 2000.0]);
        assert_eq!(log_ticks(200.0, 40_000.0), [1000.0, 10_000.0]);
    }
}
