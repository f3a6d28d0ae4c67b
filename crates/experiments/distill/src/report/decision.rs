//! The class that is decided on: the most likely one.

/// The place of the largest value, the first of several.
#[must_use]
pub fn most_likely(values: &[f64]) -> usize {
    let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    values.iter().position(|&value| value >= largest).unwrap_or(0)
}

/// Whether `label` is more likely than every other class: a draw is an error, as in a record.
#[must_use]
pub fn is_right(values: &[f64], label: usize) -> bool {
    let beats = |(class, value): (usize, &f64)| class == label || *value < values[label];
    values.iter().enumerate().all(beats)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_is_an_error_and_its_first_class_the_most_likely() {
        let values = [0.4, 0.4, 0.2];
        assert_eq!(most_likely(&values), 0);
        assert!(!is_right(&values, 0) && !is_right(&values, 1));
        assert!(is_right(&[0.3, 0.7], 1));
    }
}
