//! Real-world files: trailing data after images, and incomplete data sets.

mod drawn;

use std::fs;
use std::path::Path;

use assay_datasets::{DataSet, OpenOptions, open};
use image::{Rgb, RgbImage};

use drawn::{fails, says, tree, warned};

/// A JPEG of noise.
fn jpeg() -> Vec<u8> {
    let noise = RgbImage::from_fn(40, 40, |x, y| Rgb([(x * 37 + y * 91) as u8, (x * y) as u8, 0]));
    let mut bytes = std::io::Cursor::new(Vec::new());
    noise.write_to(&mut bytes, image::ImageFormat::Jpeg).unwrap();
    bytes.into_inner()
}

#[test]
fn data_after_an_image_is_ignored() {
    let dir = tree(&[("apple", 4), ("boat", 4)]);
    let (file, whole) = (dir.path().join("boat/9.jpg"), jpeg());
    fs::write(&file, &whole).unwrap();
    let plain = warned(dir.path()).fingerprint;
    // A video, half of another image, and bytes that look like the start of an image.
    for after in [&b"\0\0\0\x18ftypmp42"[..], &whole[..whole.len() / 2], &[7, 0xff, 0xda, 0, 8, 3]]
    {
        fs::write(&file, [&whole, after].concat()).unwrap();
        assert_eq!(warned(dir.path()).fingerprint, plain);
    }
    // The trailing data has an end marker, but the image has not.
    fs::write(&file, [&whole[..whole.len() - 40], &[0; 9]].concat()).unwrap();
    fails(dir.path(), &["9.jpg", "ends in the middle of the image"]);
}

/// Writes a tiny MNIST: one pixel per image, with these labels.
fn mnist(dir: &Path, [train, test]: [&[u8]; 2], name: impl Fn(&str, &str) -> String) {
    fs::create_dir_all(dir.join("mnist")).unwrap();
    for (part, labels) in [("train", train), ("t10k", test)] {
        let count = [0, 0, 0, u8::try_from(labels.len()).unwrap()];
        let images = [&[0, 0, 8, 3][..], &count, &[0, 0, 0, 1, 0, 0, 0, 1], labels].concat();
        let labels = [&[0, 0, 8, 1][..], &count, labels].concat();
        for (what, bytes) in [("images-idx3-ubyte", images), ("labels-idx1-ubyte", labels)] {
            fs::write(dir.join("mnist").join(name(part, what)), bytes).unwrap();
        }
    }
}

fn open_mnist(dir: &Path) -> DataSet {
    let options = OpenOptions { data_dir: Some(dir.to_owned()), ..OpenOptions::default() };
    open("mnist", &options).unwrap()
}

#[test]
fn classes_without_images_are_warned_about() {
    let dir = tempfile::tempdir().unwrap();
    let name = |part: &str, what: &str| format!("{part}-{what}");
    mnist(dir.path(), [&[0, 1, 2, 3, 4, 6, 8, 9], &[0, 1, 2, 3, 4, 5, 6, 7, 9]], name);
    let data = open_mnist(dir.path());
    says(&data, &["2 of 10 classes have no image to train on: 5, 7"]);
    says(&data, &["1 of 10 classes have no image to test on: 8"]);
    let all: [u8; 10] = std::array::from_fn(|digit| digit as u8);
    mnist(dir.path(), [&all, &all], name);
    let data = open_mnist(dir.path());
    assert!(!data.warnings.iter().any(|warning| warning.contains("have no image")));
}

#[test]
fn mnist_file_names_with_a_dot_are_accepted() {
    let dir = tempfile::tempdir().unwrap();
    let all: [u8; 10] = std::array::from_fn(|digit| digit as u8);
    mnist(dir.path(), [&all, &all], |part, what| {
        format!("{part}-{}", what.replace("-idx", ".idx"))
    });
    let data = open_mnist(dir.path());
    assert_eq!(data.train.labels().len(), 10);
    says(&data, &["train-images-idx3-ubyte", "not the published file"]);
}
