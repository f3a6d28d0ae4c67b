//! Log mel energies: 40 bands every 10 ms.

use std::f64::consts::PI;
use std::sync::Arc;

use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlannerScalar};

/// Sample rate in Hz.
pub const SAMPLE_RATE: u32 = 8000;
/// Length of a frame in samples: 25 ms.
pub const WINDOW: usize = 200;
/// Distance of frames in samples: 10 ms.
const HOP: usize = 80;
/// Number of mel bands.
pub const BANDS: usize = 40;
/// Length of the Fourier transform. Frames are padded with zeros.
const POINTS: usize = 256;
/// Floor of the energies: 1 % of the energy that quantization noise of 16 bits puts into a band (a
/// variance of 2^-30 / 12, times the window's sum of squares of 75, times about 2 bins per filter).
const SILENCE: f64 = 1e-10;

/// Computes frames of log mel energies from samples, in f64 and reproducibly on every machine.
///
/// A frame is 200 samples under a periodic Hann window, `w[n] = (1 - cos(2 pi n / 200)) / 2`. Its
/// power spectrum is `P[k] = |sum x[n] w[n] exp(-2 pi i k n / 256)|^2`. The energy of band b is
/// `sum_k F[b][k] P[k]`, with triangular filters of height 1 that are evenly spaced on the mel
/// scale from 0 to 4000 Hz, `mel(f) = 2595 log10(1 + f / 700)` (Davis and Mermelstein 1980; formula
/// by O'Shaughnessy, as in HTK).
///
/// A frame contains the natural logarithm of each energy, with a floor of 1e-10. There is no
/// pre-emphasis and no dither. Frames are not padded beyond the ends of the recording.
pub struct Filterbank {
    fft: Arc<dyn Fft<f64>>,
    window: Vec<f64>,
    filters: Vec<TriangularFilter>,
}

/// A triangular filter over some bins of the spectrum.
struct TriangularFilter {
    first: usize,
    weights: Vec<f64>,
}

impl Filterbank {
    pub fn new() -> Self {
        let hann = |n: usize| 0.5 - 0.5 * (2.0 * PI * n as f64 / WINDOW as f64).cos();
        Self {
            // The scalar FFT: the order of its sums does not depend on the CPU.
            fft: FftPlannerScalar::new().plan_fft_forward(POINTS),
            window: (0..WINDOW).map(hann).collect(),
            filters: (0..BANDS).map(TriangularFilter::for_band).collect(),
        }
    }

    /// The frames of a recording, [`BANDS`] log energies (natural logarithm) each; empty if the
    /// recording is shorter than a frame. `samples` are at [`SAMPLE_RATE`], with full scale 1.
    pub fn frames(&self, samples: &[f64]) -> Vec<[f64; BANDS]> {
        samples.windows(WINDOW).step_by(HOP).map(|window| self.frame(window)).collect()
    }

    fn frame(&self, samples: &[f64]) -> [f64; BANDS] {
        let mut points = [Complex::new(0.0, 0.0); POINTS];
        for ((point, sample), weight) in points.iter_mut().zip(samples).zip(&self.window) {
            point.re = sample * weight;
        }
        self.fft.process(&mut points);
        let power = points.map(|point| point.norm_sqr());
        std::array::from_fn(|band| self.filters[band].energy(&power).max(SILENCE).ln())
    }
}

impl TriangularFilter {
    fn for_band(band: usize) -> Self {
        let corner = |number: usize| {
            hertz(mel(f64::from(SAMPLE_RATE) / 2.0) * number as f64 / (BANDS + 1) as f64)
        };
        let (low, center, high) = (corner(band), corner(band + 1), corner(band + 2));
        let weight = |bin: usize| {
            let frequency = bin as f64 * f64::from(SAMPLE_RATE) / POINTS as f64;
            ((frequency - low) / (center - low)).min((high - frequency) / (high - center)).max(0.0)
        };
        let weights: Vec<f64> = (0..=POINTS / 2).map(weight).collect();
        let first = weights.iter().position(|weight| *weight > 0.0).unwrap_or(0);
        let weights = weights[first..].iter().copied().take_while(|weight| *weight > 0.0).collect();
        Self { first, weights }
    }

    fn energy(&self, power: &[f64]) -> f64 {
        self.weights.iter().zip(&power[self.first..]).map(|(weight, power)| weight * power).sum()
    }
}

fn mel(hertz: f64) -> f64 {
    2595.0 * (1.0 + hertz / 700.0).log10()
}

fn hertz(mel: f64) -> f64 {
    700.0 * (10.0_f64.powf(mel / 2595.0) - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(frequency: f64, amplitude: f64, samples: usize) -> Vec<f64> {
        let at =
            |n: usize| amplitude * (2.0 * PI * frequency * n as f64 / f64::from(SAMPLE_RATE)).cos();
        (0..samples).map(at).collect()
    }

    fn loudest(frame: &[f64; BANDS]) -> usize {
        (0..BANDS).max_by(|&a, &b| frame[a].total_cmp(&frame[b])).unwrap()
    }

    #[test]
    fn the_mel_scale_is_invertible() {
        // The formula gives 2595 log10(1 + 1000 / 700) = 999.99.
        assert!((mel(1000.0) - 1000.0).abs() < 0.02);
        assert!((hertz(mel(3210.0)) - 3210.0).abs() < 1e-9);
    }

    #[test]
    fn a_sine_has_its_peak_in_the_right_band() {
        // mel(1000) = 999.99 of 2146.07 over 41 steps of 52.34: the corner 19.10, so nearest to center 19,
        // which is band 18 counted from 0. mel(3000) = 1876.4 is corner 35.85: band 35 of center 36.
        let filterbank = Filterbank::new();
        for (frequency, band) in [(1000.0, 18), (3000.0, 35)] {
            for frame in filterbank.frames(&tone(frequency, 0.5, 1000)) {
                assert_eq!(loudest(&frame), band, "{frequency} Hz");
            }
        }
    }

    #[test]
    fn energies_match_the_formula() {
        // A tone on bin 32, exactly 1000 Hz: the Hann window's transform at that bin is its sum, 100, so
        // P = (A / 2 * 100)^2. The other bins come from the transform itself, by its definition.
        let filterbank = Filterbank::new();
        let frame = filterbank.frames(&tone(1000.0, 0.5, WINDOW))[0];
        let window = |n: usize| 0.5 - 0.5 * (2.0 * PI * n as f64 / 200.0).cos();
        let power = |bin: f64| {
            let term = |n: usize| {
                let x = 0.5 * (2.0 * PI * n as f64 / 8.0).cos() * window(n);
                let angle = -2.0 * PI * bin * n as f64 / 256.0;
                (x * angle.cos(), x * angle.sin())
            };
            let (re, im) = (0..200).map(term).fold((0.0, 0.0), |a, b| (a.0 + b.0, a.1 + b.1));
            re * re + im * im
        };
        assert!((power(32.0) - 625.0).abs() < 1e-6, "{}", power(32.0));
        // Band 18 has corners 18, 19 and 20 of 41 on the mel scale: 915.0, 991.8 and 1072.2 Hz.
        let corner = |n: f64| 700.0 * (10.0_f64.powf(2_146.064_527_5 * n / 41.0 / 2595.0) - 1.0);
        let (low, center, high) = (corner(18.0), corner(19.0), corner(20.0));
        let weight = |bin: f64| {
            let frequency = 31.25 * bin;
            ((frequency - low) / (center - low)).min((high - frequency) / (high - center)).max(0.0)
        };
        let energy: f64 = (0..=128).map(|bin| weight(f64::from(bin)) * power(f64::from(bin))).sum();
        assert!((frame[18] - energy.ln()).abs() < 1e-4, "{} and {}", frame[18], energy.ln());
    }

    #[test]
    fn doubling_the_amplitude_adds_ln_4() {
        let filterbank = Filterbank::new();
        let (soft, loud) =
            (filterbank.frames(&tone(700.0, 0.1, 200)), filterbank.frames(&tone(700.0, 0.2, 200)));
        let loudest = loudest(&soft[0]);
        assert!((loud[0][loudest] - soft[0][loudest] - 4.0_f64.ln()).abs() < 1e-9);
        assert_eq!(filterbank.frames(&[0.0; 200]), [[1e-10_f64.ln(); BANDS]]);
    }

    #[test]
    fn frames_do_not_extend_beyond_the_recording() {
        let count = |samples: usize| Filterbank::new().frames(&vec![0.0; samples]).len();
        assert_eq!([count(199), count(200), count(279), count(280), count(1000)], [0, 1, 1, 2, 11]);
    }

    #[test]
    fn adjacent_filters_sum_to_one() {
        let filters: Vec<TriangularFilter> = (0..BANDS).map(TriangularFilter::for_band).collect();
        assert!(filters.iter().all(|filter| filter.weights.len() >= 2));
        // Between two centers, the two filters sum to 1.
        let mut sums = [0.0; POINTS / 2 + 1];
        for filter in &filters {
            for (bin, weight) in filter.weights.iter().enumerate() {
                sums[filter.first + bin] += weight;
            }
        }
        let (first, last) = (hertz(mel(4000.0) / 41.0), hertz(mel(4000.0) * 40.0 / 41.0));
        for (bin, sum) in sums.iter().enumerate() {
            let frequency = bin as f64 * 31.25;
            if (first..=last).contains(&frequency) {
                assert!((sum - 1.0).abs() < 1e-9, "bin {bin}: {sum}");
            }
        }
    }

    #[test]
    fn the_same_samples_give_the_same_bits() {
        let samples = tone(1234.5, 0.3, 4000);
        let bits = || -> Vec<u64> {
            Filterbank::new().frames(&samples).concat().iter().map(|x| x.to_bits()).collect()
        };
        assert_eq!(bits(), bits());
    }
}
