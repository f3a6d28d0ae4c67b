//! WAV files to samples at the rate that the filterbank takes.

use std::path::Path;

use hound::{Error, SampleFormat, WavReader};

use super::filterbank::{RATE, WINDOW};
use super::resample::resampled;
use crate::DataError;

/// The samples of a WAV file of integer PCM, any number of bits up to 32, in [-1, 1): channels mixed by
/// their mean, at 8 kHz; from a higher rate by [`resampled`].
///
/// # Errors
/// [`DataError::Malformed`] at `path` when `bytes` are no WAV file or no integer PCM, end before their header
/// says, have a lower rate, or are shorter than one window of the filterbank.
pub fn samples(path: &Path, bytes: &[u8]) -> Result<Vec<f64>, DataError> {
    let wrong = |reason: String| DataError::malformed(path, reason);
    let reader = WavReader::new(bytes).map_err(|error| wrong(no_wav(&error)))?;
    let spec = reader.spec();
    if spec.sample_format != SampleFormat::Int {
        return Err(wrong("its samples are floating-point numbers, not integer PCM".into()));
    }
    if spec.sample_rate < RATE {
        let rate = spec.sample_rate;
        return Err(wrong(format!("{rate} samples a second; {RATE} or more are needed")));
    }
    let (all, channels) = (reader.len() as usize, usize::from(spec.channels));
    let full_scale = 2.0_f64.powi(i32::from(spec.bits_per_sample) - 1);
    let mut interleaved = Vec::new();
    for sample in reader.into_samples::<i32>() {
        let sample = sample.map_err(|error| {
            wrong(format!("ends after {} of {all} samples: {error}", interleaved.len()))
        })?;
        interleaved.push(f64::from(sample) / full_scale);
    }
    let mixed = interleaved.chunks_exact(channels).map(|c| c.iter().sum::<f64>() / channels as f64);
    let samples = resampled(mixed.collect(), spec.sample_rate, RATE);
    if samples.len() < WINDOW {
        return Err(wrong(format!(
            "{} samples at {RATE} a second: less than one window of {WINDOW}",
            samples.len()
        )));
    }
    Ok(samples)
}

fn no_wav(error: &Error) -> String {
    match error {
        Error::Unsupported => "its samples are compressed, or of a kind other than PCM".to_owned(),
        other => format!("no WAV file of PCM: {other}"),
    }
}
