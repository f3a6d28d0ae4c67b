use std::time::{Duration, Instant};

use burn::tensor::Device;
use image::{Rgb, RgbImage};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use tempfile::TempDir;

use super::*;
use crate::{Batches, Folder, ViewBank, ViewSettings};

/// Two classes of ten images to train on, each image different.
fn folder() -> (TempDir, Arc<FolderPart>) {
    let dir = tempfile::tempdir().unwrap();
    for index in 0..20_u8 {
        let class = ["a", "b"][usize::from(index % 2)];
        for part in ["train", "val"] {
            std::fs::create_dir_all(dir.path().join(part).join(class)).unwrap();
        }
        let image = RgbImage::from_fn(4, 4, |x, y| {
            Rgb([index * 10, u8::try_from(16 * y + x).unwrap(), 255 - index])
        });
        image.save(dir.path().join(format!("train/{class}/{index}.png"))).unwrap();
        image.save(dir.path().join(format!("val/{class}/{index}.png"))).unwrap();
    }
    let part = Folder::scan(dir.path(), None, 0).unwrap().train;
    (dir, part)
}

const VIEWS: ViewSettings = ViewSettings { count: 2, crop_padding: 1, crop: None, mirror: true };

fn views(part: &FolderPart) -> Arc<Views> {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    Arc::new(Views::draw(part.len(), part.shape(), &VIEWS, &mut rng).unwrap())
}

fn settings(threads: usize, prefetch: usize) -> StreamSettings {
    StreamSettings { batch: 3, threads, prefetch }
}

/// Every row once, in some order.
fn order() -> Vec<u32> {
    (0..40).map(|row| row * 7 % 40).collect()
}

#[test]
fn streamed_batches_equal_those_of_a_bank_to_the_last_bit() {
    let (_dir, part) = folder();
    let images = part.load().unwrap();
    let normalisation = Normalisation::of_all(&images).unwrap();
    let device = Device::flex();
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let bank = ViewBank::new(&images, &VIEWS, &mut rng, &normalisation, &device).unwrap();
    let stream = Stream::start(&part, &views(&part), order(), &settings(2, 1)).unwrap();
    assert_eq!(stream.batches(), 14);
    let mut seen = Vec::new();
    for batch in stream {
        let batch = batch.unwrap();
        let rows = batch.rows.clone();
        for (&row, &label) in rows.iter().zip(&batch.labels) {
            assert_eq!(label, images.labels()[bank.image_of(row) as usize]);
        }
        let streamed = batch.to_device(&normalisation, &device).unwrap().into_data();
        assert_eq!(streamed, bank.batch(&rows).into_data());
        seen.extend(rows);
    }
    assert_eq!(seen, order());
}

#[test]
fn batches_do_not_depend_on_the_number_of_threads() {
    let (_dir, part) = folder();
    let batches = |threads| {
        let stream = Stream::start(&part, &views(&part), order(), &settings(threads, 0)).unwrap();
        stream.map(Result::unwrap).collect::<Vec<_>>()
    };
    let one = batches(1);
    assert_eq!(one.last().unwrap().rows.len(), 1, "13 batches of 3, and 1 row");
    assert_eq!(one, batches(3));
    assert_eq!(one, batches(30));
}

#[test]
fn nobody_reads_further_ahead_than_stated() {
    let (_dir, part) = folder();
    let mut stream = Stream::start(&part, &views(&part), order(), &settings(2, 1)).unwrap();
    let settled = |stream: &Stream, wanted: usize| {
        let start = Instant::now();
        while stream.decoded() < wanted && start.elapsed() < Duration::from_secs(10) {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(50));
        assert_eq!(stream.decoded(), wanted);
    };
    settled(&stream, 4);
    stream.next().unwrap().unwrap();
    settled(&stream, 5);
}

#[test]
fn a_stream_dropped_half_way_ends_its_threads() {
    let (_dir, part) = folder();
    let mut stream = Stream::start(&part, &views(&part), order(), &settings(2, 0)).unwrap();
    stream.next().unwrap().unwrap();
    drop(stream);
    assert_eq!(Arc::strong_count(&part), 1);
}

#[test]
fn a_damaged_image_ends_the_stream_with_an_error_naming_it() {
    let (dir, part) = folder();
    std::fs::write(dir.path().join("train/a/0.png"), b"nothing").unwrap();
    let views = Arc::new(Views::central(20, part.shape(), &ViewSettings::PLAIN).unwrap());
    let order = vec![5, 6, 7, 0, 1, 2, 3, 4, 5];
    let stream = Stream::start(&part, &views, order, &settings(2, 1)).unwrap();
    let batches: Vec<_> = stream.collect();
    assert_eq!(batches.len(), 2);
    assert!(batches[0].is_ok());
    let message = batches[1].as_ref().unwrap_err().to_string();
    assert!(message.contains("train/a/0.png"), "{message}");
}

#[test]
fn what_cannot_be_streamed_is_refused() {
    let (_dir, part) = folder();
    let fails = |order: Vec<u32>, settings: StreamSettings, word: &str| {
        let message = Stream::start(&part, &views(&part), order, &settings).unwrap_err();
        assert!(message.to_string().contains(word), "{message}");
    };
    fails(vec![40], settings(1, 0), "row 40 of 40 rows");
    fails(vec![0], settings(0, 0), "threads = 0");
    fails(vec![0], StreamSettings { batch: 0, threads: 1, prefetch: 0 }, "batch = 0");
    let others = Arc::new(Views::central(19, part.shape(), &ViewSettings::PLAIN).unwrap());
    let message = Stream::start(&part, &others, vec![0], &settings(1, 0)).unwrap_err();
    assert!(message.to_string().contains("19 views"), "{message}");
    let empty = Stream::start(&part, &views(&part), Vec::new(), &settings(1, 0)).unwrap();
    assert_eq!(empty.count(), 0);
}
