use burn::tensor::DType;
use rand::SeedableRng;

use super::*;
use crate::normalize_bytes;

mod streamed;

const SHAPE: Shape = Shape { channels: 2, height: 1, width: 3 };

fn images() -> Images {
    let pixels = vec![0, 10, 20, 100, 100, 200, 30, 40, 50, 100, 0, 255];
    Images::new(SHAPE, pixels, vec![0, 1])
}

fn normalization() -> Normalization {
    Normalization { mean: vec![10.0, 100.0], deviation: vec![10.0, 50.0] }
}

fn values(tensor: Tensor<4>) -> Vec<f32> {
    tensor.into_data().try_to_vec().unwrap()
}

#[test]
fn batches_are_normalized_and_in_the_requested_order() {
    let device = Device::flex();
    let cached =
        ViewSource::unaugmented(&images(), &ViewConfig::IDENTITY, &normalization(), &device)
            .unwrap();
    assert_eq!((cached.rows(), cached.count(), cached.shape()), (2, 1, SHAPE));
    let batch = cached.batch(&[1, 0, 1]).unwrap();
    assert_eq!(batch.dims(), [3, 2, 1, 3]);
    let (first, second) = ([-1.0, 0.0, 1.0, 0.0, 0.0, 2.0], [2.0, 3.0, 4.0, 0.0, -2.0, 3.1]);
    let expected = [second, first, second].concat();
    for (value, expected) in values(batch).into_iter().zip(expected) {
        assert!((value - expected).abs() < 1e-6, "{value} instead of {expected}");
    }
}

#[test]
fn one_view_without_randomness_is_the_image() {
    let device = Device::flex();
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let identity = Normalization::identity(2);
    let cached =
        ViewSource::augmented(&images(), &ViewConfig::IDENTITY, &mut rng, &identity, &device);
    let expected: Vec<f32> = images().pixels().iter().map(|&pixel| f32::from(pixel)).collect();
    assert_eq!(values(cached.unwrap().batch(&[0, 1]).unwrap()), expected);
}

#[test]
fn overlapping_images_give_the_same_batches() {
    let shape = Shape { channels: 1, height: 2, width: 3 };
    let rows: Vec<u8> = (0..15).map(|value| value * 17).collect();
    let overlapping = Images::overlapping(shape, rows, vec![0, 1, 3], vec![0, 1, 2]);
    let pixels = (0..3).flat_map(|image| overlapping.image(image).to_vec()).collect();
    let apart = Images::new(shape, pixels, vec![0, 1, 2]);
    let device = Device::flex();
    let normalization = Normalization { mean: vec![100.0], deviation: vec![30.0] };
    let batch = |images: &Images| {
        let cached =
            ViewSource::unaugmented(images, &ViewConfig::IDENTITY, &normalization, &device)
                .unwrap();
        assert_eq!((cached.rows(), cached.count(), cached.shape()), (3, 1, shape));
        values(cached.batch(&[2, 0, 2, 1]).unwrap())
    };
    assert_eq!(batch(&overlapping), batch(&apart));
    // Five shared rows of three pixels, not three images of six pixels. Cropped views are stored as
    // images.
    let whole = Views::center_crop(3, shape, &ViewConfig::IDENTITY).unwrap();
    let within = ViewConfig { crop: 2, ..ViewConfig::IDENTITY };
    let within = Views::center_crop(3, shape, &within).unwrap();
    let bytes = |images: &Images| {
        (ViewSource::cached_bytes(images, &whole), ViewSource::cached_bytes(images, &within))
    };
    assert_eq!((bytes(&overlapping), bytes(&apart)), ((15, 12), (18, 12)));
    let kept = ViewSource::cached(&overlapping, &whole, &normalization, &device).unwrap();
    let share_rows = matches!(kept.storage, Storage::Cached { starts: Some(_), .. });
    assert!(share_rows, "the rows are kept once");
}

#[test]
fn rows_are_the_views_drawn_from_the_same_stream() {
    let shape = Shape { channels: 1, height: 4, width: 4 };
    let images = Images::new(shape, (0..48).collect(), vec![0, 1, 2]);
    let settings = ViewConfig { count: 3, crop_padding: 2, crop: 0, horizontal_flip: true };
    let identity = Normalization::identity(1);
    let stream = || ChaCha8Rng::seed_from_u64(4);
    let views = Views::draw(3, shape, &settings, &mut stream()).unwrap();
    let device = Device::flex();
    let cached =
        ViewSource::augmented(&images, &settings, &mut stream(), &identity, &device).unwrap();
    assert_eq!(cached.rows(), 9);
    let rows: Vec<u32> = (0..9).collect();
    let expected: Vec<f32> = views.cut_all(&images).iter().map(|&p| f32::from(p)).collect();
    assert_eq!(values(cached.batch(&rows).unwrap()), expected);
}

#[test]
fn packed_words_give_the_same_values_as_u8() {
    let device = Device::flex();
    // With five pixels per row, the last word of a row is only partly used.
    let bytes: Vec<u8> = vec![0, 1, 127, 128, 255, 200, 9, 8, 7, 6, 255, 255, 255, 255, 255];
    let (as_bytes, as_words) =
        (DevicePixels::bytes(bytes.clone(), 3, &device), DevicePixels::words(&bytes, 3, &device));
    let read = |pixels: &DevicePixels| {
        pixels.select(&[2, 0, 1], 5, &device).into_data().try_to_vec::<f32>().unwrap()
    };
    assert_eq!(read(&as_words), read(&as_bytes));
    let whole: Vec<f32> = as_words.all_rows(5, &device).into_data().try_to_vec().unwrap();
    assert_eq!(whole, bytes.iter().map(|&byte| f32::from(byte)).collect::<Vec<_>>());
}

#[test]
fn the_cpu_stores_one_byte_per_pixel() {
    assert!(Device::flex().supports_dtype(DType::U8));
}

#[test]
fn images_from_the_host_are_normalized_identically() {
    let device = Device::flex();
    let normalization = Normalization { mean: vec![33.3, 77.7], deviation: vec![12.34, 56.78] };
    let cached =
        ViewSource::unaugmented(&images(), &ViewConfig::IDENTITY, &normalization, &device).unwrap();
    let direct =
        normalize_bytes(images().pixels().to_vec(), SHAPE, &normalization, &device).unwrap();
    assert_eq!(values(direct), values(cached.batch(&[0, 1]).unwrap()));
}

#[test]
fn a_wrong_number_of_channels_is_an_error() {
    let wrong = Normalization::identity(3);
    let error = ViewSource::unaugmented(&images(), &ViewConfig::IDENTITY, &wrong, &Device::flex());
    assert!(error.err().unwrap().to_string().contains("2 channels"));
}

#[test]
#[should_panic(expected = "row 2 is out of range: there are 2 rows")]
fn a_row_out_of_range_panics() {
    let device = Device::flex();
    let cached =
        ViewSource::unaugmented(&images(), &ViewConfig::IDENTITY, &normalization(), &device)
            .unwrap();
    let _ = cached.batch(&[2]);
}
