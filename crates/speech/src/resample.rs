//! Resampling to a lower sample rate.

use std::f64::consts::PI;

/// Zero crossings of the sinc on each side.
const CROSSINGS: f64 = 16.0;

/// Resamples by windowed-sinc interpolation (Crochiere and Rabiner, Multirate Digital Signal
/// Processing, 1983).
///
/// With r = to / from, sample m is `sum x[n] h(m / r - n)`, where `h(t) = r sinc(r t) cos^2(pi r t
/// / 32)` for `|r t| < 16`: a sinc with its cutoff at half the new rate, under a Hann window of 16
/// zero crossings per side. Samples outside of the recording are 0. There is no delay. The
/// transition band is about `to / 16` wide. The length is that of the recording, rounded down to
/// whole samples.
///
/// # Panics
/// When `to` is 0 or above `from`.
pub fn resample(samples: Vec<f64>, from: u32, to: u32) -> Vec<f64> {
    assert!(0 < to && to <= from, "from {from} to {to} samples a second");
    if from == to {
        return samples;
    }
    let ratio = f64::from(to) / f64::from(from);
    let reach = CROSSINGS / ratio;
    let count = (samples.len() as u64 * u64::from(to) / u64::from(from)) as usize;
    let at = |m: usize| {
        let center = m as f64 / ratio;
        let first = (center - reach).ceil().max(0.0) as usize;
        let last = ((center + reach).floor() as usize).min(samples.len() - 1);
        let near = samples[first..=last].iter().zip(first..);
        near.map(|(x, n)| x * kernel(center - n as f64, ratio)).sum()
    };
    (0..count).map(at).collect()
}

fn kernel(t: f64, ratio: f64) -> f64 {
    let x = t * ratio;
    let sinc = if x.abs() < 1e-12 { 1.0 } else { (PI * x).sin() / (PI * x) };
    ratio * sinc * (PI * x / (2.0 * CROSSINGS)).cos().powi(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sine of half a second.
    fn tone(frequency: f64, rate: u32) -> Vec<f64> {
        let at = |n: u32| (2.0 * PI * frequency * f64::from(n) / f64::from(rate)).sin();
        (0..rate / 2).map(at).collect()
    }

    #[test]
    fn tones_below_the_cutoff_are_kept() {
        let low = resample(tone(440.0, 44_100), 44_100, 8000);
        assert_eq!(low.len(), 4000);
        for (got, wanted) in low.iter().zip(tone(440.0, 8000)).skip(20).take(3960) {
            assert!((got - wanted).abs() < 2e-3, "{got}, not {wanted}");
        }
    }

    #[test]
    fn tones_above_the_cutoff_are_removed() {
        let low = resample(tone(6000.0, 44_100), 44_100, 8000);
        let loudest = low[20..3980].iter().fold(0.0, |most: f64, x| most.max(x.abs()));
        assert!(loudest < 2e-3, "{loudest}");
    }

    #[test]
    fn resampling_to_the_same_rate_is_the_identity() {
        assert_eq!(resample(vec![0.5, -0.25], 8000, 8000), [0.5, -0.25]);
        assert_eq!(resample(vec![0.0; 12], 16_000, 8000), [0.0; 6]);
        assert_eq!(resample(Vec::new(), 16_000, 8000), [0.0; 0]);
    }
}
