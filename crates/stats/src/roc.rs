//! Receiver operating characteristics: how many positives are found at how many false alarms.

/// The scores of positives and of negatives, at least one of each; a higher one speaks for a positive.
#[derive(Debug, Clone)]
pub struct Roc {
    /// Falling.
    positives: Vec<f64>,
    /// Falling.
    negatives: Vec<f64>,
}

impl Roc {
    /// None where there is no score of either kind, or one is no number.
    #[must_use]
    pub fn new(mut positives: Vec<f64>, mut negatives: Vec<f64>) -> Option<Self> {
        let usable =
            |scores: &[f64]| !scores.is_empty() && scores.iter().all(|score| !score.is_nan());
        if !usable(&positives) || !usable(&negatives) {
            return None;
        }
        for scores in [&mut positives, &mut negatives] {
            scores.sort_by(|a, b| b.total_cmp(a));
        }
        Some(Self { positives, negatives })
    }

    /// How many positives there are.
    #[must_use]
    pub fn positives(&self) -> usize {
        self.positives.len()
    }

    /// The probability that a positive has a higher score than a negative, draws counting half: the
    /// area under the curve, in [0, 1].
    #[must_use]
    pub fn area(&self) -> f64 {
        let count = self.negatives.len();
        let beaten = |score: &f64| {
            let above = self.negatives.partition_point(|other| other > score);
            let not_below = self.negatives.partition_point(|other| other >= score);
            f64::midpoint((count - above) as f64, (count - not_below) as f64)
        };
        let won: f64 = self.positives.iter().map(beaten).sum();
        won / (self.positives.len() as f64 * count as f64)
    }

    /// The share of positives found, in [0, 1], by the lowest threshold at which no more than the share
    /// `alarms` of the negatives have a score at or above it.
    #[must_use]
    pub fn found_at(&self, alarms: f64) -> f64 {
        let allowed = (alarms * self.negatives.len() as f64 + 1e-9).floor() as usize;
        // Everything above the first negative that is one too many.
        let Some(bar) = self.negatives.get(allowed) else { return 1.0 };
        let found = self.positives.partition_point(|score| score > bar);
        found as f64 / self.positives.len() as f64
    }

    /// The share of negatives, in [0, 1], with a score at or above the highest threshold that finds at
    /// least the share `found`, in (0, 1], of the positives.
    #[must_use]
    pub fn false_alarms(&self, found: f64) -> f64 {
        let needed = (found * self.positives.len() as f64 - 1e-9).ceil() as usize;
        let bar = self.positives[needed.clamp(1, self.positives.len()) - 1];
        self.negatives.partition_point(|score| *score >= bar) as f64 / self.negatives.len() as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEGATIVES: [f64; 4] = [1.0, 2.0, 3.0, 4.0];

    fn is(got: f64, wanted: f64) {
        assert!((got - wanted).abs() < 1e-12, "{got} is not {wanted}");
    }

    fn curve(positives: &[f64]) -> Roc {
        Roc::new(positives.to_vec(), NEGATIVES.to_vec()).unwrap()
    }

    #[test]
    fn the_area_is_the_share_of_pairs_in_the_right_order_and_draws_count_half() {
        is(curve(&[5.0, 6.0]).area(), 1.0);
        is(curve(&[0.0]).area(), 0.0);
        // 2.5 is above two of four; 3 above two and level with one.
        is(curve(&[2.5, 3.0]).area(), (2.0 + 2.5) / 8.0);
        is(Roc::new(vec![7.0; 3], vec![7.0; 5]).unwrap().area(), 0.5);
    }

    #[test]
    fn what_is_found_grows_with_the_alarms_allowed() {
        let roc = curve(&[0.5, 2.5, 3.5, 5.0]);
        // No alarm: above 4. One of four: above 3. Two: above 2. All: everything.
        for (alarms, found) in [(0.0, 0.25), (0.25, 0.5), (0.5, 0.75), (1.0, 1.0)] {
            is(roc.found_at(alarms), found);
        }
        // A negative at the threshold is an alarm.
        is(curve(&[4.0]).found_at(0.0), 0.0);
    }

    #[test]
    fn alarms_are_counted_where_enough_is_found() {
        let roc = curve(&[0.5, 2.5, 3.5, 5.0]);
        // Three of four are found from 2.5 on, where two of four negatives are.
        is(roc.false_alarms(0.75), 0.5);
        is(roc.false_alarms(0.95), 1.0);
        is(curve(&[9.0]).false_alarms(0.95), 0.0);
    }

    #[test]
    fn there_is_no_curve_of_no_score_or_of_a_score_that_is_no_number() {
        assert!(Roc::new(Vec::new(), vec![1.0]).is_none());
        assert!(Roc::new(vec![1.0], Vec::new()).is_none());
        assert!(Roc::new(vec![f64::NAN], vec![1.0]).is_none());
    }
}
