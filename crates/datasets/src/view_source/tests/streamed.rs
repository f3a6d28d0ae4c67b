//! Streamed views against cached ones.

use super::*;

const SHAPE: Shape = Shape { channels: 1, height: 3, width: 3 };
const VIEWS: ViewConfig = ViewConfig { count: 2, crop_padding: 1, crop: 0, horizontal_flip: true };

/// Two views of each of five images, cached and streamed.
fn both() -> (ViewSource, ViewSource) {
    let images = Images::new(SHAPE, (0..45).map(|byte| byte * 5).collect(), vec![0, 1, 0, 1, 1]);
    let normalization = Normalization { mean: vec![33.3], deviation: vec![12.34] };
    let views = Views::draw(5, SHAPE, &VIEWS, &mut ChaCha8Rng::seed_from_u64(0)).unwrap();
    let device = Device::flex();
    let cached = ViewSource::cached(&images, &views, &normalization, &device).unwrap();
    let settings = StreamSettings { threads: 2, bytes: 30 };
    let streamed =
        ViewSource::streamed(images.into(), Arc::new(views), &normalization, settings, &device);
    (cached, streamed.unwrap())
}

fn bits(batches: &dyn BatchSource, rows: &[u32]) -> Vec<u32> {
    let values = batches.batch(rows).unwrap().into_data().try_to_vec::<f32>().unwrap();
    values.into_iter().map(f32::to_bits).collect()
}

#[test]
fn streamed_and_cached_batches_are_identical() {
    let (cached, streamed) = both();
    assert_eq!((streamed.rows(), streamed.count(), streamed.shape()), (10, 2, SHAPE));
    let order = [3, 9, 0, 1, 1, 7, 2];
    for read_ahead in [false, true] {
        if read_ahead {
            streamed.prefetch(&order).unwrap();
        }
        for rows in order.chunks(3) {
            assert_eq!(bits(&streamed, rows), bits(&cached, rows));
        }
    }
    // A stream that has ended is dropped.
    assert!(streamed.stream.borrow().is_none());
}

#[test]
fn rows_out_of_order_are_read_on_demand() {
    let (cached, streamed) = both();
    streamed.prefetch(&[3, 9, 0]).unwrap();
    for rows in [&[3][..], &[8, 8, 9], &[2], &[0]] {
        assert_eq!(bits(&streamed, rows), bits(&cached, rows));
    }
    assert!(streamed.stream.borrow().is_none());
    streamed.prefetch(&[3, 9, 0]).unwrap();
    streamed.prefetch(&[5, 6]).unwrap();
    assert_eq!(streamed.stream.borrow().as_ref().unwrap().next_row(), Some(5));
}

#[test]
fn with_normalization_matches_cached_views() {
    let (cached, streamed) = both();
    let other = Normalization { mean: vec![1.0], deviation: vec![3.0] };
    let (cached, streamed) =
        (cached.with_normalization(&other).unwrap(), streamed.with_normalization(&other).unwrap());
    assert_eq!(bits(&streamed, &[4, 2]), bits(&cached, &[4, 2]));
    assert!(streamed.with_normalization(&Normalization::identity(3)).is_err());
}

#[test]
#[should_panic(expected = "row 10 is out of range: there are 10 rows")]
fn a_row_out_of_range_panics() {
    let _ = both().1.batch(&[10]);
}
