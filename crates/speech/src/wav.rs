//! Reading WAV files.

use std::path::Path;

use hound::{Error, SampleFormat, WavReader};

use crate::SpeechError;
use crate::filterbank::{SAMPLE_RATE, WINDOW};
use crate::resample::resample;

/// Reads the samples of a WAV file of integer PCM with up to 32 bits, in [-1, 1). Channels are
/// averaged, and higher sample rates are converted to 8 kHz by [`resample`]. If samples have fewer
/// valid bits than their container, see [`decode_samples`].
///
/// # Errors
/// [`SpeechError::Malformed`] at `path` when `bytes` are not a WAV file of integer PCM, are
/// truncated, have a lower sample rate, or are shorter than a frame.
pub fn samples(path: &Path, bytes: &[u8]) -> Result<Vec<f64>, SpeechError> {
    let malformed = |reason: String| SpeechError::malformed(path, reason);
    let reader = WavReader::new(bytes).map_err(|error| malformed(describe_wav_error(&error)))?;
    let spec = reader.spec();
    if spec.sample_format != SampleFormat::Int {
        return Err(malformed("its samples are floating-point numbers, not integer PCM".into()));
    }
    if spec.sample_rate < SAMPLE_RATE {
        let rate = spec.sample_rate;
        let reason = format!("{rate} samples a second; {SAMPLE_RATE} or more are needed");
        return Err(malformed(reason));
    }
    let (all, channels) = (reader.len() as usize, usize::from(spec.channels));
    let width = container_bytes(bytes)
        .ok_or_else(|| malformed("not a PCM WAV file: no format chunk".into()))?;
    if !(1..=4).contains(&width) || usize::from(spec.bits_per_sample) > 8 * width {
        let bits = spec.bits_per_sample;
        let reason = format!("{bits} bits in {width} bytes a sample; at most 4 are read");
        return Err(malformed(reason));
    }
    let data = reader.into_inner();
    if data.len() < all * width {
        let complete = data.len() / width;
        return Err(malformed(format!("ends after {complete} of {all} samples")));
    }
    let interleaved = decode_samples(&data[..all * width], width, u32::from(spec.bits_per_sample));
    let mixed = interleaved.chunks_exact(channels).map(|c| c.iter().sum::<f64>() / channels as f64);
    let samples = resample(mixed.collect(), spec.sample_rate, SAMPLE_RATE);
    if samples.len() < WINDOW {
        return Err(malformed(format!(
            "{} samples at {SAMPLE_RATE} a second: less than one window of {WINDOW}",
            samples.len()
        )));
    }
    Ok(samples)
}

/// Bytes per sample in the file: the block size divided by the number of channels.
fn container_bytes(bytes: &[u8]) -> Option<usize> {
    let mut chunks = bytes.get(12..)?;
    loop {
        let length = u32::from_le_bytes(*chunks.get(4..)?.first_chunk()?) as usize;
        let body = &chunks[8..];
        if chunks.starts_with(b"fmt ") {
            let number = |at: usize| Some(u16::from_le_bytes(*body.get(at..)?.first_chunk()?));
            return number(12)?.checked_div(number(2)?).map(usize::from);
        }
        chunks = body.get(length..)?;
    }
}

/// Decodes samples in containers of `width` bytes with `valid` valid bits, to [-1, 1). One-byte
/// samples are unsigned.
///
/// The valid bits should be the most significant ones, with zeros below (`WAVE_FORMAT_EXTENSIBLE`).
/// Some files put them into the least significant bits. This is assumed if any of the lower bits is
/// set, and in all samples the higher bits are only a sign extension or zero.
fn decode_samples(data: &[u8], width: usize, valid: u32) -> Vec<f64> {
    let unused = if width == 1 { 0 } else { 8 * width as u32 - valid };
    // The container, shifted to the top of 32 bits.
    let container_bytes = |sample: &[u8]| {
        let mut bytes = [0; 4];
        bytes[4 - width..].copy_from_slice(sample);
        let sample = i32::from_le_bytes(bytes);
        if width == 1 { sample ^ i32::MIN } else { sample }
    };
    let containers: Vec<i32> = data.chunks_exact(width).map(container_bytes).collect();
    let outside = 32 - 8 * width as u32;
    let at_bottom = |sample: &i32| {
        let sample = sample >> outside;
        sample >> valid == 0 || sample >> (valid - 1) == -1
    };
    let has_lower = |sample: &i32| sample & (!(-1 << unused) << outside) != 0;
    let shift = match unused {
        1.. if containers.iter().any(has_lower) && containers.iter().all(at_bottom) => unused,
        _ => 0,
    };
    containers.into_iter().map(|sample| f64::from(sample << shift) / 2.0_f64.powi(31)).collect()
}

fn describe_wav_error(error: &Error) -> String {
    match error {
        Error::Unsupported => "its samples are compressed, or of a kind other than PCM".to_owned(),
        other => format!("not a PCM WAV file: {other}"),
    }
}
