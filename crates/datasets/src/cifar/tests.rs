use std::fs;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;

use super::*;
use crate::Family;

const FINE: Cifar = CIFAR100;
const COARSE: Cifar = CIFAR100_COARSE;

/// A record whose pixels all have one value.
fn record(labels: &[u8], value: u8) -> Vec<u8> {
    [labels, &[value; PIXELS]].concat()
}

fn hundred() -> (Vec<u8>, Vec<u8>) {
    ([record(&[19, 99], 1), record(&[3, 0], 2)].concat(), record(&[0, 50], 3))
}

fn read(cifar: &Cifar, train: &[u8], test: &[u8]) -> Result<UnfingerprintedData, String> {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("train.bin"), train).unwrap();
    fs::write(dir.path().join("test.bin"), test).unwrap();
    cifar.read(dir.path()).map_err(|error| error.to_string())
}

fn archive(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, format!("folder/{name}"), &bytes[..]).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}

#[test]
fn labels_and_pixels_are_separated_in_order() {
    let (train, test) = hundred();
    let found = read(&FINE, &train, &test).unwrap();
    assert_eq!(found.train.labels(), &[99, 0]);
    assert_eq!(found.train.image(0), [1; PIXELS]);
    assert_eq!(found.train.image(1), [2; PIXELS]);
    assert_eq!(found.test.labels(), &[50]);
    assert_eq!(read(&COARSE, &train, &test).unwrap().train.labels(), &[19, 3]);
}

#[test]
fn archive_and_folder_give_the_same_data() {
    let (train, test) = hundred();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cifar-100-binary.tar.gz");
    let files = [("test.bin", test.clone()), ("readme", vec![1]), ("train.bin", train.clone())];
    fs::write(&path, archive(&files)).unwrap();
    assert_eq!(FINE.find(dir.path()), Some(path.clone()));
    let (packed, unpacked) = (FINE.read(&path).unwrap(), read(&FINE, &train, &test).unwrap());
    assert_eq!((packed.train, packed.test), (unpacked.train, unpacked.test));
    assert_eq!(packed.classes, unpacked.classes);
}

#[test]
fn the_five_cifar10_batches_are_concatenated() {
    let dir = tempfile::tempdir().unwrap();
    let mut files: Vec<(&str, Vec<u8>)> = Vec::new();
    for (name, value) in CIFAR10.train_files.iter().zip(1..) {
        files.push((name, record(&[value], value)));
    }
    files.push(("test_batch.bin", record(&[9], 9)));
    files.reverse();
    for (name, bytes) in &files {
        fs::write(dir.path().join(name), bytes).unwrap();
    }
    let path = dir.path().join("cifar-10-binary.tar.gz");
    fs::write(&path, archive(&files)).unwrap();
    for found in [CIFAR10.read(dir.path()).unwrap(), CIFAR10.read(&path).unwrap()] {
        assert_eq!(found.train.labels(), &[1, 2, 3, 4, 5]);
        assert_eq!(found.train.image(4), [5; PIXELS]);
        assert_eq!(found.test.labels(), &[9]);
        assert_eq!(found.classes[9].name, "truck");
    }
}

#[test]
fn every_class_has_the_family_of_its_superclass() {
    let (train, test) = hundred();
    let fine = read(&FINE, &train, &test).unwrap().classes;
    let coarse = read(&COARSE, &train, &test).unwrap().classes;
    let count = |classes: &[Class], family| {
        classes.iter().filter(|class| class.family == Some(family)).count()
    };
    assert_eq!((count(&fine, Family::Natural), count(&fine, Family::ManMade)), (70, 30));
    assert_eq!((count(&coarse, Family::Natural), count(&coarse, Family::ManMade)), (14, 6));
    let class = |name| fine.iter().find(|class| class.name == name).unwrap().family;
    assert_eq!((class("sea"), class("tank")), (Some(Family::Natural), Some(Family::ManMade)));
}

#[test]
fn damage_is_an_error_that_names_the_file() {
    let (train, test) = hundred();
    let fails = |train: &[u8], test: &[u8], words: [&str; 2]| {
        let message = read(&FINE, train, test).unwrap_err();
        assert!(words.iter().all(|word| message.contains(word)), "{message}");
    };
    fails(&train[..5000], &test, ["train.bin", "5000 bytes are not whole records of 3074"]);
    fails(&[], &test, ["train.bin", "0 bytes"]);
    fails(&train, &record(&[0, 100], 0), ["test.bin", "label 100 of image 0: 0 to 99"]);
}

#[test]
fn a_damaged_archive_is_an_error_that_names_it() {
    let (train, test) = hundred();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cifar-100-binary.tar.gz");
    let whole = archive(&[("train.bin", train.clone()), ("test.bin", test)]);
    let fails = |bytes: &[u8], word: &str| {
        fs::write(&path, bytes).unwrap();
        let message = FINE.read(&path).unwrap_err().to_string();
        assert!(message.contains("cifar-100-binary.tar.gz") && message.contains(word), "{message}");
    };
    fails(&whole[..whole.len() / 2], "");
    fails(b"not an archive at all", "");
    fails(&archive(&[("train.bin", train)]), "holds no test.bin");
}

#[test]
fn a_wrong_number_of_class_names_is_an_error() {
    let (train, test) = hundred();
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("train.bin"), train).unwrap();
    fs::write(dir.path().join("test.bin"), test).unwrap();
    fs::write(dir.path().join("fine_label_names.txt"), "cat\ndog\n").unwrap();
    let message = FINE.read(dir.path()).unwrap_err().to_string();
    assert!(message.contains("fine_label_names.txt: 2 names for 100 classes"), "{message}");
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64), records in 0_usize..3) {
        let mut train = record(&[0, 0], 0).repeat(records);
        train.splice(..0, bytes.clone());
        let _ = read(&FINE, &train, &bytes);
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cifar-100-binary.tar.gz");
        fs::write(&path, &bytes).unwrap();
        prop_assert!(FINE.read(&path).is_err());
    }
}
