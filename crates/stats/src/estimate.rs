//! Estimates with intervals, from a handful of independent clusters.
//!
//! The unit that is resampled is the *cluster*: networks that share one, such as all that take
//! layers from the same two bases, are no independent repeats of one another; each cluster
//! therefore gives one number for each contrast.
//!
//! Intervals are delete-one-cluster jackknife intervals with Student's t. A run has 2 to 8
//! clusters. There a percentile bootstrap is anti-conservative: it can only return what lies
//! between the smallest and the largest cluster, its spread is too small by sqrt((k - 1) / k), and
//! it uses no t quantile; at four clusters its nominal 95 % interval covers the truth about 80 % of
//! the time. The jackknife of a mean is exactly the t interval, which is right for normal clusters
//! at every k from 2, and the same recipe serves statistics that are no means, such as shares.

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

/// The share of such intervals that hold the true value.
pub const CONFIDENCE: f64 = 0.95;

/// An interval, both ends included, in the unit of its estimate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Interval {
    /// Whether it is more than one number: what is left of rounding in the last bits is no width.
    #[must_use]
    pub fn has_width(self) -> bool {
        self.high - self.low > 1e-9 * self.low.abs().max(self.high.abs()).max(1.0)
    }
}

/// The part of a mean's variance that comes from items, such as test images, that all clusters share.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ItemVariance {
    /// The variance, in the square of the values' unit.
    pub variance: f64,
    /// Its degrees of freedom.
    pub degrees: f64,
}

/// A number estimated from clusters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The number, in the unit of the clusters' values.
    pub value: f64,
    /// Its 95 % two-sided interval; none from fewer than two clusters.
    pub interval: Option<Interval>,
    /// Standard error and degrees of freedom of the clusters' values.
    spread: Option<(f64, f64)>,
    /// The part of the variance that comes from items that all clusters share.
    items: Option<ItemVariance>,
    /// Whether more clusters make the standard error smaller, but for the part of the items.
    falls_with_clusters: bool,
    /// How many clusters it was estimated from.
    pub clusters: usize,
}

impl Estimate {
    fn new(value: f64, spread: Option<(f64, f64)>, clusters: usize) -> Self {
        let spread = spread.filter(|(error, degrees)| error.is_finite() && *degrees > 0.0);
        let estimate = Self {
            value,
            interval: None,
            spread,
            items: None,
            falls_with_clusters: true,
            clusters,
        };
        estimate.with_interval()
    }

    /// The same with the interval that follows from the spread of the clusters and the items.
    fn with_interval(self) -> Self {
        let interval = self.whole_spread().and_then(|(error, degrees)| {
            let half = quantile(degrees)? * error;
            Some(Interval { low: self.value - half, high: self.value + half })
        });
        Self { interval, ..self }
    }

    /// Standard error and degrees of freedom that the interval is made of. With items, their variance is added, with
    /// Satterthwaite's degrees of freedom. But more degrees of freedom must not make the interval narrower than that
    /// of the clusters alone.
    fn whole_spread(&self) -> Option<(f64, f64)> {
        let (error, degrees) = self.spread?;
        let Some(items) = self.items else { return Some((error, degrees)) };
        let (own, variance) = (error.powi(2), error.powi(2) + items.variance);
        let both = own.powi(2) / degrees + items.variance.powi(2) / items.degrees;
        let with_items = (variance.sqrt(), variance.powi(2) / both);
        let half = |(error, degrees): (f64, f64)| Some(quantile(degrees)? * error);
        let is_wider = half(with_items) > half((error, degrees));
        Some(if is_wider { with_items } else { (error, degrees) })
    }

    fn map_ends(self, change: impl Fn(f64) -> f64) -> Option<Interval> {
        self.interval.map(|ends| Interval { low: change(ends.low), high: change(ends.high) })
    }

    /// The same less a constant.
    #[must_use]
    pub fn less(self, constant: f64) -> Self {
        let interval = self.map_ends(|end| end - constant);
        Self { value: self.value - constant, interval, ..self }
    }

    /// The same in a unit of which there are `factor`, above 0, to the one it is in.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        let spread = self.spread.map(|(error, degrees)| (factor * error, degrees));
        let interval = self.map_ends(|end| factor * end);
        let scale = |items: ItemVariance| ItemVariance {
            variance: factor * factor * items.variance,
            ..items
        };
        let (value, items) = (factor * self.value, self.items.map(scale));
        Self { value, interval, spread, items, ..self }
    }

    /// The same with a standard error of at least `least`, where it has one: clusters that agree by chance, as
    /// counts of few things do, are no sign that there is no error.
    #[must_use]
    pub fn with_error_at_least(self, least: f64) -> Self {
        let spread = self.spread.map(|(error, degrees)| (error.max(least), degrees));
        Self { spread, ..self }.with_interval()
    }

    /// The same of a mean of counts, which are whole: rounding alone gives each a variance of step² / 12,
    /// `step` being what one item more counts for, and a cluster's value `times` as much where it is made of
    /// several counts (two for a difference). The standard error is at least that of the mean over the
    /// clusters, and no less where all clusters agree.
    #[must_use]
    pub fn of_counts(self, step: f64, times: f64) -> Self {
        self.with_error_at_least(error_of_rounding(step, times, self.clusters))
    }

    /// The same of a share, in percent, of `items` that differ: its interval reaches at least as far as
    /// Wilson's of that share of them. Near 0 and 100 %, where clusters easily agree, the t interval alone
    /// would be too narrow. An item that is counted in several clusters, as a test image is by the networks
    /// of every seed, is one item. The interval ends at 0 and 100.
    #[must_use]
    pub fn of_share(self, items: f64) -> Self {
        let wilson = wilson_of_share(self.value / 100.0, items);
        let reach = (self.value - 100.0 * wilson.low).max(100.0 * wilson.high - self.value);
        let degrees = self.spread.map_or(0.0, |(_, degrees)| degrees);
        let least = quantile(degrees).map_or(0.0, |quantile| reach / quantile);
        // The items stay as few, however many clusters count them.
        Self { falls_with_clusters: false, ..self.with_error_at_least(least) }.in_percent()
    }

    /// The same with an interval that ends at 0 and 100: no share of a count lies beyond.
    #[must_use]
    pub fn in_percent(self) -> Self {
        self.within(0.0, 100.0)
    }

    /// The same with an interval that ends where the number can be: from `low` to `high`.
    #[must_use]
    pub fn within(self, low: f64, high: f64) -> Self {
        Self { interval: self.map_ends(|end| end.clamp(low, high)), ..self }
    }

    /// This less another of independent clusters, with Welch's interval (unequal variances,
    /// Satterthwaite's degrees of freedom); none where one of the two has none.
    #[must_use]
    pub fn less_independent(self, other: Self) -> Self {
        let clusters = self.clusters + other.clusters;
        let spreads = self.whole_spread().zip(other.whole_spread());
        let spread = spreads.map(|((error_a, df_a), (error_b, df_b))| {
            let (va, vb) = (error_a.powi(2), error_b.powi(2));
            let variance = va + vb;
            let degrees = if variance == 0.0 {
                df_a + df_b
            } else {
                variance.powi(2) / (va.powi(2) / df_a + vb.powi(2) / df_b)
            };
            (variance.sqrt(), degrees)
        });
        Self::new(self.value - other.value, spread, clusters)
    }

    /// The same with the variance that comes from items that all clusters share; unchanged without one. The interval
    /// is never narrower than before.
    #[must_use]
    pub fn with_item_variance(self, items: Option<ItemVariance>) -> Self {
        let items = items.filter(|items| items.variance > 0.0);
        if items.is_some() { Self { items, ..self }.with_interval() } else { self }
    }

    /// What it would be from another number of clusters, if their mean and spread stayed what they are: the
    /// variance falls with the number of clusters, but for the part of the items that they share. None without an
    /// interval, or if the standard error is not of this kind.
    #[must_use]
    pub fn with_clusters(self, clusters: usize) -> Option<Self> {
        let (error, _) = self.spread.filter(|_| self.falls_with_clusters)?;
        let (now, then) = (self.clusters as f64, clusters as f64);
        let spread = Some((error * (now / then).sqrt(), then - 1.0));
        Some(Self { spread, clusters, ..self }.with_interval())
    }

    /// Two-sided p value of the hypothesis that the number is 0, by Student's t; none where there
    /// is no interval.
    #[must_use]
    pub fn p_value(&self) -> Option<f64> {
        self.p_value_of(0.0)
    }

    /// Two-sided p value of the hypothesis that the number is `hypothesis`.
    #[must_use]
    pub fn p_value_of(&self, hypothesis: f64) -> Option<f64> {
        let (error, degrees) = self.whole_spread()?;
        let distance = self.value - hypothesis;
        if error == 0.0 {
            return Some(if distance == 0.0 { 1.0 } else { 0.0 });
        }
        let upper_tail = student(degrees)?.sf((distance / error).abs());
        Some((2.0 * upper_tail).min(1.0))
    }
}

/// The standard error of a mean over clusters of values that are rounded to steps of some size, each with
/// `times` the variance of one rounding, step² / 12.
#[must_use]
pub fn error_of_rounding(step: f64, times: f64, clusters: usize) -> f64 {
    step * (times / (12.0 * clusters as f64)).sqrt()
}

/// How many standard errors an interval reaches on either side.
fn quantile(degrees: f64) -> Option<f64> {
    Some(student(degrees)?.inverse_cdf(f64::midpoint(1.0, CONFIDENCE)))
}

/// More degrees of freedom change no digit that is shown, and for many more the inverse does not end.
const MOST_DEGREES: f64 = 1e4;

fn student(degrees: f64) -> Option<StudentsT> {
    StudentsT::new(0.0, 1.0, degrees.min(MOST_DEGREES)).ok()
}

/// The mean; not a number where `values` is empty.
#[must_use]
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// `statistic` of all clusters, with its delete-one-cluster jackknife interval (Efron and Stein
/// 1981): with theta(-i) the statistic without cluster i of k, and m their mean, the standard error
/// is sqrt((k - 1) / k sum (theta(-i) - m)^2), on k - 1 degrees of freedom. The statistic's value
/// on all clusters is the estimate; the jackknife's bias correction is not applied.
///
/// None where there is no cluster, or the statistic of all clusters is not finite.
pub fn jackknife<T: Clone>(clusters: &[T], statistic: impl Fn(&[T]) -> f64) -> Option<Estimate> {
    let count = clusters.len();
    let value = (count > 0).then(|| statistic(clusters)).filter(|value| value.is_finite())?;
    if count == 1 {
        return Some(Estimate::new(value, None, 1));
    }
    let without = |left_out: usize| {
        let mut rest = clusters.to_vec();
        rest.remove(left_out);
        statistic(&rest)
    };
    let without: Vec<f64> = (0..count).map(without).collect();
    let center = mean(&without);
    let squares: f64 = without.iter().map(|theta| (theta - center).powi(2)).sum();
    let k = count as f64;
    let error = ((k - 1.0) / k * squares).sqrt();
    Some(Estimate::new(value, Some((error, k - 1.0)), count))
}

/// The mean of the clusters' values with its t interval; none where there is no value.
#[must_use]
pub fn estimate_mean(values: &[f64]) -> Option<Estimate> {
    jackknife(values, mean)
}

/// The standard deviation of a sample (n - 1 in the denominator); none of fewer than two values.
#[must_use]
pub fn deviation(values: &[f64]) -> Option<f64> {
    let center = mean(values);
    let squares: f64 = values.iter().map(|value| (value - center).powi(2)).sum();
    (values.len() > 1).then(|| (squares / (values.len() - 1) as f64).sqrt())
}

/// Wilson's 95 % interval (1927) of a share of which `part` of `whole` were seen, in [0, 1]; all of it
/// where nothing was seen.
#[must_use]
pub fn wilson(part: usize, whole: usize) -> Interval {
    wilson_of_share(part as f64 / whole as f64, whole as f64)
}

/// The same of a share that was seen of so many, which need be no whole number: it may be a mean.
#[must_use]
pub fn wilson_of_share(share: f64, whole: f64) -> Interval {
    if whole <= 0.0 {
        return Interval { low: 0.0, high: 1.0 };
    }
    let z = Normal::standard().inverse_cdf(f64::midpoint(1.0, CONFIDENCE));
    let center = share + z * z / (2.0 * whole);
    let half = z * (share * (1.0 - share) / whole + z * z / (4.0 * whole * whole)).sqrt();
    let scale = 1.0 + z * z / whole;
    Interval { low: ((center - half) / scale).max(0.0), high: ((center + half) / scale).min(1.0) }
}

/// Holm's step-down adjustment of the p values of one family: in ascending order, the i-th of m
/// (from 0) times m - i, never below the one before it and never above 1. Given and returned in the
/// family's own order.
#[must_use]
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut adjusted = vec![0.0; p_values.len()];
    let mut largest: f64 = 0.0;
    for (rank, &index) in order.iter().enumerate() {
        let factor = (p_values.len() - rank) as f64;
        largest = largest.max((p_values[index] * factor).min(1.0));
        adjusted[index] = largest;
    }
    adjusted
}

/// The slope of the least squares line through `points` of (x, y); none where they have fewer than
/// two different x.
#[must_use]
pub fn slope(points: &[(f64, f64)]) -> Option<f64> {
    let (xs, ys): (Vec<f64>, Vec<f64>) = points.iter().copied().unzip();
    let (center_x, center_y) = (mean(&xs), mean(&ys));
    let squares: f64 = xs.iter().map(|x| (x - center_x).powi(2)).sum();
    let products: f64 = points.iter().map(|(x, y)| (x - center_x) * (y - center_y)).sum();
    (squares > 0.0).then(|| products / squares)
}

#[cfg(test)]
#[path = "estimate_tests.rs"]
mod tests;
