use std::fs;
use std::time::Instant;

use super::*;
use crate::{ImageSet, sources};

fn options(data_dir: &Path) -> OpenOptions {
    OpenOptions { data_dir: Some(data_dir.to_owned()), ..OpenOptions::default() }
}

/// The folder of real data, if there is one; a test without it says so and does nothing.
fn real_data(of: &str) -> Option<PathBuf> {
    let found = std::env::var_os("ASSAY_DATA").map(PathBuf::from);
    if found.is_none() {
        eprintln!("SKIPPED: {of} needs real data where ASSAY_DATA points");
    }
    found
}

fn message(name: &str, options: &OpenOptions) -> String {
    open(name, options).unwrap_err().to_string()
}

fn pixels(images: &ImageSet) -> &[u8] {
    images.in_memory().unwrap().pixels()
}

fn small_forms() -> OpenOptions {
    let forms = forms::Settings { train_per_class: 2, test_per_class: 1, size: 16, seed: 0 };
    OpenOptions { forms, ..OpenOptions::default() }
}

/// Writes a gray PNG of one pixel.
fn pixel(dir: &Path, name: &str, value: u8) {
    let path = dir.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    image::GrayImage::from_raw(1, 1, vec![value]).unwrap().save(path).unwrap();
}

#[test]
fn forms_need_no_files() {
    let data = open("forms", &small_forms()).unwrap();
    assert_eq!(data.train.len(), 2 * data.classes.len());
    assert_eq!(data.test.len(), data.classes.len());
    assert_eq!(data.fingerprint.len(), 64);
}

#[test]
fn an_unknown_name_lists_what_is_allowed() {
    let message = message("minst", &OpenOptions::default());
    assert!(NAMES.iter().all(|name| message.contains(name)), "{message}");
    assert!(message.contains("'minst'"), "{message}");
}

#[test]
fn missing_data_sets_explain_how_to_get_them() {
    let dir = tempfile::tempdir().unwrap();
    for (name, fetch) in [
        ("mnist", "datasets fetch mnist"),
        ("fashion-mnist", "datasets fetch fashion-mnist"),
        ("cifar10", "datasets fetch cifar10"),
        ("cifar100-coarse", "datasets fetch cifar100`"),
    ] {
        let message = message(name, &options(dir.path()));
        assert!(message.contains(fetch) && message.contains("ASSAY_DATA"), "{message}");
    }
}

#[test]
fn a_folder_over_the_memory_budget_stays_on_disk() {
    let dir = tempfile::tempdir().unwrap();
    for (name, value) in [("train/a/1.png", 1), ("train/b/1.png", 2), ("test/a/1.png", 3)] {
        pixel(dir.path(), name, value);
    }
    let path = dir.path().to_str().unwrap();
    let data = open(path, &OpenOptions::default()).unwrap();
    assert_eq!((pixels(&data.train), pixels(&data.test)), (&[1, 2][..], &[3][..]));
    let within = OpenOptions { memory_budget: 3, ..OpenOptions::default() };
    assert!(open(path, &within).unwrap().train.in_memory().is_some());
    let beyond = OpenOptions { memory_budget: 2, ..OpenOptions::default() };
    let beyond = open(path, &beyond).unwrap();
    assert!(beyond.train.in_memory().is_none() && beyond.test.in_memory().is_none());
    assert_eq!(beyond.fingerprint, data.fingerprint);
}

#[test]
fn an_image_size_resizes_and_zero_is_refused() {
    let sized = OpenOptions { image_size: Some(8), ..small_forms() };
    assert_eq!(open("forms", &sized).unwrap().train.shape().to_string(), "3 x 8 x 8");
    let none = OpenOptions { image_size: Some(0), ..small_forms() };
    assert!(message("forms", &none).contains("image_size is 0"));
}

#[test]
fn training_and_test_images_of_different_shapes_are_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let idx = |sizes: &[u8], body: &[u8]| {
        let mut bytes = vec![0, 0, 8, u8::try_from(sizes.len()).unwrap()];
        for &size in sizes {
            bytes.extend([0, 0, 0, size]);
        }
        [bytes, body.to_vec()].concat()
    };
    let mnist = dir.path().join("mnist");
    fs::create_dir(&mnist).unwrap();
    for (part, width) in [("train", 1), ("t10k", 2)] {
        let pixels = vec![0; usize::from(width)];
        let images = idx(&[1, 1, width], &pixels);
        fs::write(mnist.join(format!("{part}-images-idx3-ubyte")), images).unwrap();
        fs::write(mnist.join(format!("{part}-labels-idx1-ubyte")), idx(&[1], &[7])).unwrap();
    }
    let message = message("mnist", &options(dir.path()));
    assert!(
        message.contains("training images are 1 x 1 x 1, but test images are 1 x 1 x 2"),
        "{message}"
    );
}

#[test]
fn real_mnist_is_official_and_has_its_known_mean() {
    let Some(dir) = real_data("mnist") else { return };
    let start = Instant::now();
    let data = open("mnist", &options(&dir)).unwrap();
    eprintln!("mnist opened in {:?}", start.elapsed());
    assert_eq!((data.train.len(), data.test.len()), (60_000, 10_000));
    assert_eq!(data.warnings, Vec::<String>::new());
    let measured = data.train.normalization_of_all().unwrap();
    // The published mean 0.1307 and standard deviation 0.3081, on the scale 0 to 1.
    assert!((measured.mean[0] / 255.0 - 0.1307).abs() < 1e-4, "{measured:?}");
    assert!((measured.deviation[0] / 255.0 - 0.3081).abs() < 1e-4, "{measured:?}");
    let files = sources::check("mnist", &dir).unwrap().files;
    assert!(files.iter().all(|(_, state)| *state == sources::FileState::Official), "{files:?}");
}

#[test]
fn real_cifar100_has_its_known_mean_and_opens_fast() {
    let Some(dir) = real_data("cifar100") else { return };
    let start = Instant::now();
    let data = open("cifar100", &options(&dir)).unwrap();
    let elapsed = start.elapsed();
    eprintln!("cifar100 opened in {elapsed:?}, warnings: {:?}", data.warnings);
    assert!(elapsed.as_secs_f64() < 3.0, "{elapsed:?}");
    assert_eq!((data.train.len(), data.test.len()), (50_000, 10_000));
    for class in 0..100 {
        let count = data.train.labels().iter().filter(|&&label| label == class).count();
        assert_eq!(count, 500, "{}", data.classes[usize::from(class)].name);
    }
    let measured = data.train.normalization_of_all().unwrap();
    // The published means and standard deviations, on the scale 0 to 1.
    for (found, known) in measured.mean.iter().zip([0.507_075_5, 0.486_548_8, 0.440_917_7]) {
        assert!((found / 255.0 - known).abs() < 1e-5, "{measured:?}");
    }
    for (found, known) in measured.deviation.iter().zip([0.267_334_3, 0.256_438_5, 0.276_150_5]) {
        assert!((found / 255.0 - known).abs() < 1e-5, "{measured:?}");
    }
    let coarse = open("cifar100-coarse", &options(&dir)).unwrap();
    assert_eq!((coarse.classes.len(), pixels(&coarse.train) == pixels(&data.train)), (20, true));
}

#[test]
fn real_cifar100_superclasses_match_the_families() {
    let Some(dir) = real_data("the families of cifar100") else { return };
    let fine = open("cifar100", &options(&dir)).unwrap();
    let coarse = open("cifar100-coarse", &options(&dir)).unwrap();
    for (&class, &group) in fine.test.labels().iter().zip(coarse.test.labels()) {
        let (class, group) =
            (&fine.classes[usize::from(class)], &coarse.classes[usize::from(group)]);
        assert_eq!(class.family, group.family, "{} of {}", class.name, group.name);
    }
}

#[test]
fn real_data_are_copied_from_a_folder() {
    let Some(from) = real_data("taking data from a folder") else { return };
    let dir = tempfile::tempdir().unwrap();
    let fetch = |name| sources::fetch(name, dir.path(), Some(&from), &|_| {}).unwrap();
    assert_eq!(fetch("mnist"), Vec::<String>::new());
    let warnings = fetch("cifar100");
    let copied = open("cifar100", &options(dir.path())).unwrap();
    let original = open("cifar100", &options(&from)).unwrap();
    assert_eq!(copied.fingerprint, original.fingerprint);
    assert_eq!((warnings, copied.warnings), (original.warnings.clone(), original.warnings));
}
