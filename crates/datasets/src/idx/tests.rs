use std::fs;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;

use super::*;

/// An idx file of u8 with these dimensions.
fn idx(dimensions: &[u32], body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, u8::try_from(dimensions.len()).unwrap()];
    bytes.extend(dimensions.iter().flat_map(|size| size.to_be_bytes()));
    bytes.extend(body);
    bytes
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Reads images and labels from two files with this content, with three classes.
fn part(images: &[u8], labels: &[u8]) -> Result<Images, String> {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("train-images-idx3-ubyte"), images).unwrap();
    fs::write(dir.path().join("train-labels-idx1-ubyte.gz"), labels).unwrap();
    read_part(dir.path(), "train", 3).map_err(|error| error.to_string())
}

fn good() -> (Vec<u8>, Vec<u8>) {
    (idx(&[2, 1, 3], &[1, 2, 3, 4, 5, 6]), idx(&[2], &[2, 0]))
}

#[test]
fn compressed_and_plain_files_are_read() {
    let (images, labels) = good();
    let expected =
        Images::new(Shape { channels: 1, height: 1, width: 3 }, vec![1, 2, 3, 4, 5, 6], vec![2, 0]);
    assert_eq!(part(&images, &labels).unwrap(), expected);
    assert_eq!(part(&packed(&images), &packed(&labels)).unwrap(), expected);
}

#[test]
fn damage_is_an_error_that_names_the_file() {
    let (images, labels) = good();
    let fails = |images: &[u8], labels: &[u8], words: [&str; 2]| {
        let message = part(images, labels).unwrap_err();
        assert!(words.iter().all(|word| message.contains(word)), "{message}");
    };
    let (image_file, label_file) = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte.gz");
    fails(&images[..20], &labels, [image_file, "20 bytes"]);
    fails(&images[..9], &labels, [image_file, "no idx dimensions"]);
    fails(&[], &labels, [image_file, "no idx magic number"]);
    fails(&labels, &labels, [image_file, "starts with [0, 0, 8, 1]"]);
    fails(&images, &idx(&[2], &[2, 3]), [label_file, "label 3 of image 1: 0 to 2"]);
    fails(&images, &idx(&[1], &[2]), [label_file, "1 labels for 2 images"]);
    fails(&images, &packed(&labels)[..15], [label_file, "idx"]);
    fails(&packed(&idx(&[2, 1, 3], &[1])), &labels, [image_file, "ends after 1 of 6"]);
    fails(&packed(&idx(&[1, 1, 1], &[1, 2])), &labels, [image_file, "has more than 1"]);
    fails(&idx(&[0, 1, 1], &[]), &labels, [image_file, "are invalid"]);
}

#[test]
fn a_huge_size_in_the_header_is_not_allocated() {
    let huge = idx(&[1 << 31, 1 << 31, 1], &[0; 8]);
    assert!(parse(&*huge, 3, None).unwrap_err().contains("8 of"));
    let wrapping = idx(&[u32::MAX, u32::MAX, u32::MAX], &[]);
    assert!(parse(&*wrapping, 3, None).unwrap_err().contains("are invalid"));
}

#[test]
fn a_missing_file_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let message = read_part(dir.path(), "t10k", 10).unwrap_err().to_string();
    assert!(message.contains("t10k-images-idx3-ubyte.gz"), "{message}");
}

proptest! {
    #[test]
    fn random_bytes_never_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..64), real: bool) {
        if real && bytes.len() > 4 {
            bytes[..4].copy_from_slice(&[0, 0, 8, 1]);
        }
        let length = bytes.len() as u64;
        let _ = parse(&*bytes, 3, None);
        let _ = parse(&*bytes, 1, Some(length));
        let _ = part(&bytes, &bytes);
    }
}
