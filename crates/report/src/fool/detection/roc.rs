//! Receiver operating characteristics: how many are found at how many false alarms.

/// The scores of fooling and of real images, at least one of each; a higher one speaks for fooling.
#[derive(Debug, Clone)]
pub struct Roc {
    /// Falling.
    fooling: Vec<f64>,
    /// Falling.
    real: Vec<f64>,
}

impl Roc {
    /// None where there is no image of either kind, or a score is no number.
    #[must_use]
    pub fn new(mut fooling: Vec<f64>, mut real: Vec<f64>) -> Option<Self> {
        let usable =
            |scores: &[f64]| !scores.is_empty() && scores.iter().all(|score| !score.is_nan());
        if !usable(&fooling) || !usable(&real) {
            return None;
        }
        for scores in [&mut fooling, &mut real] {
            scores.sort_by(|a, b| b.total_cmp(a));
        }
        Some(Self { fooling, real })
    }

    /// How many fooling images there are.
    #[must_use]
    pub fn fooling(&self) -> usize {
        self.fooling.len()
    }

    /// The probability that a fooling image has a higher score than a real one, draws counting half: the
    /// area under the curve, in [0, 1].
    #[must_use]
    pub fn area(&self) -> f64 {
        let images = self.real.len();
        let beaten = |score: &f64| {
            let above = self.real.partition_point(|other| other > score);
            let not_below = self.real.partition_point(|other| other >= score);
            f64::midpoint((images - above) as f64, (images - not_below) as f64)
        };
        let won: f64 = self.fooling.iter().map(beaten).sum();
        won / (self.fooling.len() as f64 * images as f64)
    }

    /// The share of fooling images found, in [0, 1], by the lowest threshold at which no more than the share
    /// `alarms` of the real ones have a score at or above it.
    #[must_use]
    pub fn found_at(&self, alarms: f64) -> f64 {
        let allowed = (alarms * self.real.len() as f64 + 1e-9).floor() as usize;
        // Everything above the first real score that is one too many.
        let Some(bar) = self.real.get(allowed) else { return 1.0 };
        let found = self.fooling.partition_point(|score| score > bar);
        found as f64 / self.fooling.len() as f64
    }

    /// The share of real images, in [0, 1], with a score at or above the highest threshold that finds at
    /// least the share `found`, in (0, 1], of the fooling ones.
    #[must_use]
    pub fn false_alarms(&self, found: f64) -> f64 {
        let needed = (found * self.fooling.len() as f64 - 1e-9).ceil() as usize;
        let bar = self.fooling[needed.clamp(1, self.fooling.len()) - 1];
        self.real.partition_point(|score| *score >= bar) as f64 / self.real.len() as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REAL: [f64; 4] = [1.0, 2.0, 3.0, 4.0];

    fn is(got: f64, wanted: f64) {
        assert!((got - wanted).abs() < 1e-12, "{got} is not {wanted}");
    }

    fn of(fooling: &[f64]) -> Roc {
        Roc::new(fooling.to_vec(), REAL.to_vec()).unwrap()
    }

    #[test]
    fn the_area_is_the_share_of_pairs_in_the_right_order_and_draws_count_half() {
        is(of(&[5.0, 6.0]).area(), 1.0);
        is(of(&[0.0]).area(), 0.0);
        // 2.5 is above two of four; 3 above two and level with one.
        is(of(&[2.5, 3.0]).area(), (2.0 + 2.5) / 8.0);
        is(Roc::new(vec![7.0; 3], vec![7.0; 5]).unwrap().area(), 0.5);
    }

    #[test]
    fn what_is_found_grows_with_the_alarms_allowed() {
        let roc = of(&[0.5, 2.5, 3.5, 5.0]);
        // No alarm: above 4. One of four: above 3. Two: above 2. All: everything.
        for (alarms, found) in [(0.0, 0.25), (0.25, 0.5), (0.5, 0.75), (1.0, 1.0)] {
            is(roc.found_at(alarms), found);
        }
        // A real image at the threshold is an alarm.
        is(of(&[4.0]).found_at(0.0), 0.0);
    }

    #[test]
    fn alarms_are_counted_where_enough_is_found() {
        let roc = of(&[0.5, 2.5, 3.5, 5.0]);
        // Three of four are found from 2.5 on, where two of four real ones are.
        is(roc.false_alarms(0.75), 0.5);
        is(roc.false_alarms(0.95), 1.0);
        is(of(&[9.0]).false_alarms(0.95), 0.0);
    }

    #[test]
    fn there_is_no_curve_of_no_image_or_of_a_score_that_is_no_number() {
        assert!(Roc::new(Vec::new(), vec![1.0]).is_none());
        assert!(Roc::new(vec![1.0], Vec::new()).is_none());
        assert!(Roc::new(vec![f64::NAN], vec![1.0]).is_none());
    }
}
