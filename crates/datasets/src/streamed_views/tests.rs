use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::{Images, ViewBank, ViewSettings};

const SHAPE: Shape = Shape { channels: 1, height: 3, width: 3 };
const VIEWS: ViewSettings = ViewSettings { count: 2, crop_padding: 1, crop: None, mirror: true };

/// Five images in two views each, as a bank and streamed.
fn both() -> (ViewBank, StreamedViews) {
    let images = Images::new(SHAPE, (0..45).map(|byte| byte * 5).collect(), vec![0, 1, 0, 1, 1]);
    let normalization = Normalization { mean: vec![33.3], deviation: vec![12.34] };
    let views = Views::draw(5, SHAPE, &VIEWS, &mut ChaCha8Rng::seed_from_u64(0)).unwrap();
    let device = Device::flex();
    let bank = ViewBank::from_views(&images, &views, &normalization, &device).unwrap();
    let settings = StreamSettings { threads: 2, bytes: 30 };
    let streamed =
        StreamedViews::new(images.into(), Arc::new(views), &normalization, settings, &device);
    (bank, streamed.unwrap())
}

fn bits(batches: &dyn Batches, rows: &[u32]) -> Vec<u32> {
    let values = batches.batch(rows).unwrap().into_data().try_to_vec::<f32>().unwrap();
    values.into_iter().map(f32::to_bits).collect()
}

#[test]
fn batches_are_those_of_a_bank_to_the_last_bit_read_ahead_or_not() {
    let (bank, streamed) = both();
    assert_eq!((streamed.rows(), streamed.count(), streamed.shape()), (10, 2, SHAPE));
    let order = [3, 9, 0, 1, 1, 7, 2];
    for read_ahead in [false, true] {
        if read_ahead {
            streamed.read_ahead(&order).unwrap();
        }
        for rows in order.chunks(3) {
            assert_eq!(bits(&streamed, rows), bits(&bank, rows));
        }
    }
    // A stream that is used up holds nothing any more.
    assert!(streamed.ahead.borrow().is_none());
}

#[test]
fn rows_out_of_turn_are_the_same_and_leave_the_others_their_turn() {
    let (bank, streamed) = both();
    streamed.read_ahead(&[3, 9, 0]).unwrap();
    for rows in [&[3][..], &[8, 8, 9], &[2], &[0]] {
        assert_eq!(bits(&streamed, rows), bits(&bank, rows));
    }
    assert!(streamed.ahead.borrow().is_none());
    streamed.read_ahead(&[3, 9, 0]).unwrap();
    streamed.read_ahead(&[5, 6]).unwrap();
    assert_eq!(streamed.ahead.borrow().as_ref().unwrap().next_row(), Some(5));
}

#[test]
fn another_normalization_is_that_of_the_bank() {
    let (bank, streamed) = both();
    let other = Normalization { mean: vec![1.0], deviation: vec![3.0] };
    let (bank, streamed) =
        (bank.normalized_by(&other).unwrap(), streamed.normalized_by(&other).unwrap());
    assert_eq!(bits(&streamed, &[4, 2]), bits(&bank, &[4, 2]));
    assert!(streamed.normalized_by(&Normalization::identity(3)).is_err());
}

#[test]
#[should_panic(expected = "row 10 of a bank of 10 rows")]
fn a_row_beyond_the_views_panics_naming_both() {
    let _ = both().1.batch(&[10]);
}
