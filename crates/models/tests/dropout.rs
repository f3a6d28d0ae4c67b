//! Dropout masks, byte by byte.

use assay_models::DropoutMasks;
use burn::tensor::{Device, Tensor};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const INPUTS: usize = 4096;

/// Applies dropout to ones.
fn of_ones(masks: &mut DropoutMasks, share: f64) -> Vec<f32> {
    let ones = Tensor::<1>::ones([INPUTS], &Device::flex());
    masks.apply(ones, share).into_data().try_into_vec::<f32>().unwrap()
}

#[test]
fn the_probability_is_rounded_to_a_256th() {
    let mut bytes = vec![0; INPUTS];
    ChaCha8Rng::seed_from_u64(9).fill_bytes(&mut bytes);
    // 0.2 is 51.2/256, 1/512 is half of 1/256; 0.999 would round to 256/256, which would drop
    // everything.
    let shares = [(0.0, 0), (0.0019, 0), (0.00196, 1), (0.2, 51), (0.5, 128), (0.999, 255)];
    for (share, of_256) in shares {
        let found = of_ones(&mut DropoutMasks::new(ChaCha8Rng::seed_from_u64(9)), share);
        let kept = 256.0 / (256.0 - f32::from(of_256));
        let expected: Vec<f32> =
            bytes.iter().map(|&byte| if u16::from(byte) < of_256 { 0.0 } else { kept }).collect();
        assert_eq!(found, expected, "a share of {share}");
    }
}

#[test]
fn dropout_preserves_the_mean() {
    for share in [0.1, 0.5, 0.9] {
        let mut masks = DropoutMasks::new(ChaCha8Rng::seed_from_u64(10));
        let sum: f64 = (0..50).flat_map(|_| of_ones(&mut masks, share)).map(f64::from).sum::<f64>();
        let draws = 50.0 * INPUTS as f64;
        // A value is 0 or 1 / (1 - share): its variance is share / (1 - share).
        let error = (share / (1.0 - share) / draws).sqrt();
        assert!((sum / draws - 1.0).abs() < 4.0 * error, "{share}: {}", sum / draws);
    }
}

#[test]
fn layers_share_one_random_stream() {
    let mut masks = DropoutMasks::new(ChaCha8Rng::seed_from_u64(11));
    assert_ne!(of_ones(&mut masks, 0.5), of_ones(&mut masks, 0.5));
}
