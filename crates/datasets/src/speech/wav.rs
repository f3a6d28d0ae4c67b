//! WAV files to samples at the rate that the filterbank takes.

use std::path::Path;

use hound::{Error, SampleFormat, WavReader};

use super::filterbank::{RATE, WINDOW};
use super::resample::resampled;
use crate::DataError;

/// The samples of a WAV file of integer PCM, any number of bits up to 32, in [-1, 1): channels mixed by
/// their mean, at 8 kHz; from a higher rate by [`resampled`]. Where a sample has fewer valid bits than its
/// container they are at its top, see [`unpacked`].
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
    let width = container(bytes).ok_or_else(|| wrong("no WAV file of PCM: no format".into()))?;
    if !(1..=4).contains(&width) || usize::from(spec.bits_per_sample) > 8 * width {
        let bits = spec.bits_per_sample;
        return Err(wrong(format!("{bits} bits in {width} bytes a sample; at most 4 are read")));
    }
    let data = reader.into_inner();
    if data.len() < all * width {
        let whole = data.len() / width;
        return Err(wrong(format!("ends after {whole} of {all} samples")));
    }
    let interleaved = unpacked(&data[..all * width], width, u32::from(spec.bits_per_sample));
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

/// Bytes of a sample, as the format of the file says: its block of a sample for each channel, divided.
fn container(bytes: &[u8]) -> Option<usize> {
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

/// Samples in containers of `width` bytes, of which `valid` bits count, in [-1, 1). A container of one byte
/// counts from -128.
///
/// The valid bits are the upper ones and those below are zero (`WAVE_FORMAT_EXTENSIBLE`). Where some below are
/// not, and the bits above the lower ones only repeat a sign or are zero, in all samples, the file was
/// written the other way round, and is read so.
fn unpacked(data: &[u8], width: usize, valid: u32) -> Vec<f64> {
    let unused = if width == 1 { 0 } else { 8 * width as u32 - valid };
    // The container at the top of 32 bits.
    let container = |sample: &[u8]| {
        let mut bytes = [0; 4];
        bytes[4 - width..].copy_from_slice(sample);
        let sample = i32::from_le_bytes(bytes);
        if width == 1 { sample ^ i32::MIN } else { sample }
    };
    let containers: Vec<i32> = data.chunks_exact(width).map(container).collect();
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

fn no_wav(error: &Error) -> String {
    match error {
        Error::Unsupported => "its samples are compressed, or of a kind other than PCM".to_owned(),
        other => format!("no WAV file of PCM: {other}"),
    }
}
