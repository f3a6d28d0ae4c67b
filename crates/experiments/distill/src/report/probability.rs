//! Softmax and its relatives.

/// ln softmax(logits / T).
pub fn log_softmax(logits: &[f32], temperature: f64) -> Vec<f64> {
    let divided = logits.iter().map(|&logit| f64::from(logit) / temperature);
    let sum = log_sum_exp(divided.clone());
    divided.map(|logit| logit - sum).collect()
}

/// ln of the sum of exponentials, without overflow.
pub fn log_sum_exp(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let largest = values.clone().fold(f64::NEG_INFINITY, f64::max);
    largest + values.map(|value| (value - largest).exp()).sum::<f64>().ln()
}

/// The position of the largest value, the first of several.
pub fn most_likely(values: &[f64]) -> usize {
    let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    values.iter().position(|&value| value >= largest).unwrap_or(0)
}

/// Whether `label` is more likely than every other class: a draw is an error, as in a record.
pub fn is_right(values: &[f64], label: usize) -> bool {
    let beats = |(class, value): (usize, &f64)| class == label || *value < values[label];
    values.iter().enumerate().all(beats)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(left: f64, right: f64) {
        assert!((left - right).abs() < 1e-6, "{left} is not {right}");
    }

    #[test]
    fn softmax_at_a_temperature_is_that_of_the_divided_logits() {
        // ln 9 / 2 = ln 3: probabilities 3/4 and 1/4.
        let logs = log_softmax(&[9.0_f32.ln(), 0.0], 2.0);
        close(logs[0].exp(), 0.75);
        close(logs[1].exp(), 0.25);
        // Logits with exponentials that overflow.
        close(log_softmax(&[2000.0, 2000.0], 1.0)[1], -(2.0_f64.ln()));
    }

    #[test]
    fn a_draw_is_an_error_and_its_first_class_the_most_likely() {
        let values = [0.4, 0.4, 0.2];
        assert_eq!(most_likely(&values), 0);
        assert!(!is_right(&values, 0) && !is_right(&values, 1));
        assert!(is_right(&[0.3, 0.7], 1));
    }
}
