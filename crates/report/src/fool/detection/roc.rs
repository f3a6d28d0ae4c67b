//! Receiver operating characteristics: how many are found at how many false alarms.

/// The probability that a fooling image has a higher score than a real one, draws counting half: the area
/// under the ROC, in [0, 1]. Not a number where there is none of either.
#[must_use]
pub fn auroc(fooling: &[f64], real: &[f64]) -> f64 {
    let mut sorted = real.to_vec();
    sorted.sort_by(f64::total_cmp);
    let above = |score: &f64| {
        let below = sorted.partition_point(|other| other < score);
        let up_to = sorted.partition_point(|other| other <= score);
        f64::midpoint(below as f64, up_to as f64)
    };
    let won: f64 = fooling.iter().map(above).sum();
    won / (fooling.len() as f64 * real.len() as f64)
}

/// The share of fooling images found, in [0, 1], by the lowest threshold at which no more than the share
/// `alarms` of the real ones have a score at or above it.
#[must_use]
pub fn found_at(fooling: &[f64], real: &[f64], alarms: f64) -> f64 {
    let mut sorted = real.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let allowed = (alarms * real.len() as f64 + 1e-9).floor() as usize;
    // Everything above the first real score that is one too many.
    let threshold = sorted.get(allowed);
    let found = fooling.iter().filter(|&score| threshold.is_none_or(|bar| score > bar));
    found.count() as f64 / fooling.len() as f64
}

/// The share of real images, in [0, 1], with a score at or above the highest threshold that finds at least
/// the share `found` of the fooling ones.
#[must_use]
pub fn false_alarms(fooling: &[f64], real: &[f64], found: f64) -> f64 {
    let mut sorted = fooling.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let needed = ((found * fooling.len() as f64 - 1e-9).ceil() as usize).max(1);
    let Some(threshold) = sorted.get(needed - 1) else { return f64::NAN };
    real.iter().filter(|&score| score >= threshold).count() as f64 / real.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const REAL: [f64; 4] = [1.0, 2.0, 3.0, 4.0];

    fn is(got: f64, wanted: f64) {
        assert!((got - wanted).abs() < 1e-12, "{got} is not {wanted}");
    }

    #[test]
    fn the_area_is_the_share_of_pairs_in_the_right_order_and_draws_count_half() {
        is(auroc(&[5.0, 6.0], &REAL), 1.0);
        is(auroc(&[0.0], &REAL), 0.0);
        // 2.5 is above two of four; 3 above two and level with one.
        is(auroc(&[2.5, 3.0], &REAL), (2.0 + 2.5) / 8.0);
        is(auroc(&[7.0; 3], &[7.0; 5]), 0.5);
    }

    #[test]
    fn what_is_found_grows_with_the_alarms_allowed() {
        let fooling = [0.5, 2.5, 3.5, 5.0];
        // No alarm: above 4. One of four: above 3. Two: above 2. All: everything.
        for (alarms, found) in [(0.0, 0.25), (0.25, 0.5), (0.5, 0.75), (1.0, 1.0)] {
            is(found_at(&fooling, &REAL, alarms), found);
        }
        // A real image at the threshold is an alarm.
        is(found_at(&[4.0], &REAL, 0.0), 0.0);
    }

    #[test]
    fn alarms_are_counted_where_enough_is_found() {
        // Three of four are found from 2.5 on, where two of four real ones are.
        is(false_alarms(&[0.5, 2.5, 3.5, 5.0], &REAL, 0.75), 0.5);
        is(false_alarms(&[0.5, 2.5, 3.5, 5.0], &REAL, 0.95), 1.0);
        is(false_alarms(&[9.0], &REAL, 0.95), 0.0);
    }
}
