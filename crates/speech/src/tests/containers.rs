//! WAV files whose samples are narrower than their containers.

use super::*;

/// A mono WAV file at 8 kHz with `valid` valid bits in containers of `width` bytes.
fn wav_file(valid: u16, width: u16, samples: &[i32]) -> Vec<u8> {
    let bytes = u32::from(width) * samples.len() as u32;
    let mut file = Vec::new();
    file.extend(b"RIFF");
    file.extend((60 + bytes).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(40_u32.to_le_bytes());
    for number in [0xfffe, 1] {
        file.extend(u16::to_le_bytes(number));
    }
    file.extend(8000_u32.to_le_bytes());
    file.extend((8000 * u32::from(width)).to_le_bytes());
    for number in [width, 8 * width, 22, valid, 0, 0] {
        file.extend(number.to_le_bytes());
    }
    // The GUID of PCM.
    file.extend([1, 0, 0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71]);
    file.extend(b"data");
    file.extend(bytes.to_le_bytes());
    for sample in samples {
        file.extend(&sample.to_le_bytes()[..usize::from(width)]);
    }
    file
}

/// A recording in [-1, 1): two tones, the louder one close to full scale.
fn recorded() -> Vec<f64> {
    let tone = |n: u32, frequency: f64| (2.0 * PI * frequency * f64::from(n) / 8000.0).sin();
    (0..2000).map(|n| 0.8 * tone(n, 440.0) + 0.1 * tone(n, 1210.0)).collect()
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

#[test]
fn samples_in_wider_containers_are_decoded() {
    let recorded = recorded();
    for (valid, width) in [(16, 2), (24, 3), (32, 4), (24, 4), (12, 2), (20, 3), (16, 4), (31, 4)] {
        let quantized: Vec<i32> = recorded
            .iter()
            .map(|x| (x * 2.0_f64.powi(i32::from(valid) - 1)).round() as i32)
            .collect();
        let unused = 8 * width - valid;
        let at_top: Vec<i32> = quantized.iter().map(|sample| sample << unused).collect();
        let unsigned: Vec<i32> = quantized
            .iter()
            .map(|sample| (sample.cast_unsigned() & (u32::MAX >> (32 - valid))).cast_signed())
            .collect();
        for stored in [at_top, quantized, unsigned] {
            let read = wav::samples(Path::new("x.wav"), &wav_file(valid, width, &stored)).unwrap();
            let far = recorded.iter().zip(&read).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(far <= 2.0_f64.powi(-i32::from(valid)), "{valid} in {width}: off by {far}");
            assert!(correlation(&recorded, &read) > 0.999_999, "{valid} in {width}");
        }
    }
}

#[test]
fn one_byte_samples_are_unsigned() {
    let recorded = recorded();
    let stored: Vec<i32> = recorded.iter().map(|x| (x * 128.0).round() as i32 + 128).collect();
    let read = wav::samples(Path::new("x.wav"), &wav_file(8, 1, &stored)).unwrap();
    assert!(recorded.iter().zip(&read).all(|(a, b)| (a - b).abs() <= 1.0 / 256.0));
}
