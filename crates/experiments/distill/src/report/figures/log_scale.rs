//! Errors on a logarithmic scale, because networks differ by factors.

use std::ops::Range;

use assay_report::chart::Axis;

/// A range of percentages above 0, in powers of ten.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LogScale {
    /// The base 10 logarithms of the ends.
    pub range: Range<f64>,
    /// The logarithm of the least value shown; smaller ones are drawn there.
    least: f64,
}

impl LogScale {
    /// A scale that includes `values` with some margin. `least` is the smallest percentage that can
    /// be told from 0. None without values.
    pub(super) fn new(values: impl IntoIterator<Item = f64>, least: f64) -> Option<Self> {
        let least = least.log10();
        let logs = values.into_iter().filter(|value| value.is_finite());
        let logs: Vec<f64> = logs.map(|value| value.log10().max(least)).collect();
        let low = logs.iter().copied().reduce(f64::min)?;
        let high = logs.iter().copied().reduce(f64::max)?;
        let air = ((high - low) * 0.06).max(0.04);
        Some(Self { range: low - air..high + air, least })
    }

    /// The position of a percentage.
    pub(super) fn position(&self, percent: f64) -> f64 {
        percent.log10().max(self.least).clamp(self.range.start, self.range.end)
    }

    /// An axis with this scale.
    pub(super) fn axis(&self, title: &str) -> Axis {
        let ticks = self.ticks().into_iter().map(|(at, name)| (at, vec![name]));
        Axis::new(title).range(self.range.clone()).ticks(ticks.collect())
    }

    /// 1, 2 and 5 times powers of ten within the range, each with its label. If there are fewer
    /// than three, 1 to 9 times powers of ten.
    pub(super) fn ticks(&self) -> Vec<(f64, String)> {
        let multiples = |factors: &[f64]| -> Vec<(f64, String)> {
            let powers = self.range.start.floor() as i32..=self.range.end.ceil() as i32;
            let values = powers.flat_map(|power| {
                factors.iter().map(move |factor| (factor * 10.0_f64.powi(power), power))
            });
            let ticks = values.map(|(value, power)| {
                let decimals = usize::try_from(-power).unwrap_or(0);
                (value.log10(), format!("{value:.decimals$}"))
            });
            ticks.filter(|tick| self.range.contains(&tick.0)).collect()
        };
        let coarse = multiples(&[1.0, 2.0, 5.0]);
        if coarse.len() >= 3 {
            coarse
        } else {
            multiples(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_percentages_within_the_range() {
        let scale = LogScale::new([0.6, 12.0], 0.005).unwrap();
        let names: Vec<String> = scale.ticks().into_iter().map(|tick| tick.1).collect();
        assert_eq!(names, ["1", "2", "5", "10"]);
        let scale = LogScale::new([0.33, 0.62], 0.005).unwrap();
        let names: Vec<String> = scale.ticks().into_iter().map(|tick| tick.1).collect();
        assert_eq!(names, ["0.4", "0.5", "0.6"]);
    }

    #[test]
    fn no_error_at_all_is_drawn_at_the_least_that_is_shown() {
        let scale = LogScale::new([0.0, 1.0], 0.01).unwrap();
        assert!((scale.position(0.0) + 2.0).abs() < 1e-12);
        assert_eq!(LogScale::new([], 0.01), None);
    }
}
