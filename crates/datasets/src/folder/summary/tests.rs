use std::fs::File;
use std::path::PathBuf;
use std::time::SystemTime;

use image::{Rgb, RgbImage};
use tempfile::TempDir;

use super::*;
use crate::{DataSet, open};

/// Two classes with 4 + 4 training and 1 + 1 test images, PNG and JPEG.
fn folder() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let save = |name: &str, number: u32| {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let value = |x: u32, y: u32| (number * 40 + x * 11 + y * 7) as u8;
        RgbImage::from_fn(7 + number, 9, |x, y| Rgb([value(x, y), value(y, x), 200])).save(path)
    };
    for number in 0..4 {
        save(&format!("train/a/{number}.png"), number).unwrap();
        save(&format!("train/b/{number}.jpg"), number).unwrap();
    }
    save("val/a/0.jpg", 5).unwrap();
    save("val/b/0.png", 6).unwrap();
    dir
}

fn opened(
    dir: &TempDir,
    cache: Option<&TempDir>,
    memory_budget: u64,
) -> Result<DataSet, DataError> {
    let options = OpenOptions {
        image_size: Some(4),
        memory_budget,
        cache: cache.map(|cache| cache.path().to_owned()),
        ..OpenOptions::default()
    };
    open(dir.path().to_str().unwrap(), &options)
}

fn on_disk(dir: &TempDir, cache: &TempDir) -> DataSet {
    opened(dir, Some(cache), 0).unwrap()
}

/// The only file in the cache.
fn kept(cache: &TempDir) -> PathBuf {
    let mut files = std::fs::read_dir(cache.path().join("folders")).unwrap();
    let only = files.next().unwrap().unwrap().path();
    assert!(files.next().is_none(), "more than one file is kept");
    only
}

#[test]
fn images_on_disk_equal_images_in_memory() {
    let (dir, cache) = (folder(), tempfile::tempdir().unwrap());
    let memory = opened(&dir, None, 1 << 20).unwrap();
    // Computed first, then read from the cache.
    for _ in 0..2 {
        let disk = on_disk(&dir, &cache);
        assert_eq!(disk.fingerprint, memory.fingerprint);
        for (disk, memory) in [(&disk.train, &memory.train), (&disk.test, &memory.test)] {
            assert!(disk.in_memory().is_none());
            assert_eq!((disk.shape(), disk.labels()), (memory.shape(), memory.labels()));
            let mut image = vec![0; disk.shape().len()];
            for index in 0..disk.len() {
                disk.read(index, &mut image).unwrap();
                assert_eq!(image, memory.in_memory().unwrap().image(index));
            }
        }
        for classes in [&[0][..], &[1], &[0, 1]] {
            let normalization = disk.train.normalization_of_classes(classes).unwrap();
            assert_eq!(normalization, memory.train.normalization_of_classes(classes).unwrap());
        }
        let all = disk.train.normalization_of_all().unwrap();
        assert_eq!(all, memory.train.normalization_of_all().unwrap());
    }
}

#[test]
fn concatenation_with_images_on_disk_is_the_same() {
    let (dir, other) = (folder(), folder());
    let open = |dir, budget| opened(dir, None, budget).unwrap();
    let (memory, _) = open(&dir, 1 << 20).concat(open(&other, 1 << 20)).unwrap();
    let (mixed, _) = open(&dir, 1 << 20).concat(open(&other, 0)).unwrap();
    assert_eq!(
        (mixed.fingerprint, mixed.train.labels()),
        (memory.fingerprint, memory.train.labels())
    );
    let mut image = vec![0; 48];
    for index in 0..16 {
        mixed.train.read(index, &mut image).unwrap();
        assert_eq!(image, memory.train.in_memory().unwrap().image(index));
    }
    for classes in [&[1, 2][..], &[3]] {
        let normalization = mixed.train.normalization_of_classes(classes).unwrap();
        assert_eq!(normalization, memory.train.normalization_of_classes(classes).unwrap());
    }
}

#[test]
fn a_summary_is_cached_until_a_file_changes() {
    let (dir, cache) = (folder(), tempfile::tempdir().unwrap());
    let before = on_disk(&dir, &cache).fingerprint;
    // The cached content is used: a changed fingerprint in it is returned.
    let (path, name) = (kept(&cache), "folders");
    let file_name = path.file_name().unwrap().to_string_lossy().into_owned();
    let text = CacheFile::new(cache.path(), name, &file_name).read().unwrap();
    let mut summary: Summary = toml::from_slice(&text).unwrap();
    summary.fingerprint = "believed".to_owned();
    let text = toml::to_string(&summary).unwrap();
    CacheFile::new(cache.path(), name, &file_name).write(text.as_bytes()).unwrap();
    assert_eq!(on_disk(&dir, &cache).fingerprint, "believed");
    // A later modification time or another label invalidates the summary.
    let image = File::options().write(true).open(dir.path().join("train/a/2.png")).unwrap();
    image.set_modified(SystemTime::now() + Duration::from_secs(9)).unwrap();
    assert_eq!(on_disk(&dir, &cache).fingerprint, before);
    std::fs::rename(dir.path().join("val/a/0.jpg"), dir.path().join("val/b/1.jpg")).unwrap();
    assert_ne!(on_disk(&dir, &cache).fingerprint, before);
}

#[test]
fn a_summary_of_another_decoder_is_discarded() {
    let (dir, cache) = (folder(), tempfile::tempdir().unwrap());
    let before = on_disk(&dir, &cache).fingerprint;
    let file_name = kept(&cache).file_name().unwrap().to_string_lossy().into_owned();
    let file = CacheFile::new(cache.path(), "folders", &file_name);
    let mut summary: Summary = toml::from_slice(&file.read().unwrap()).unwrap();
    assert_eq!(summary.samples.len(), 8);
    summary.samples[7] = "of another decoder".to_owned();
    summary.fingerprint = "of another decoder".to_owned();
    file.write(toml::to_string(&summary).unwrap().as_bytes()).unwrap();
    assert_eq!(on_disk(&dir, &cache).fingerprint, before);
}

#[test]
fn a_file_changed_after_opening_is_an_error() {
    let (dir, cache) = (folder(), tempfile::tempdir().unwrap());
    let images = on_disk(&dir, &cache).train;
    let path = dir.path().join("train/b/1.jpg");
    std::fs::write(&path, b"other").unwrap();
    let message = images.read(5, &mut [0; 48]).unwrap_err().to_string();
    assert!(message.contains("train/b/1.jpg") && message.contains("5 now"), "{message}");
    std::fs::remove_file(&path).unwrap();
    let message = images.read(5, &mut [0; 48]).unwrap_err().to_string();
    assert!(message.contains("train/b/1.jpg"), "{message}");
}

#[test]
fn all_damaged_images_are_reported_together() {
    let dir = folder();
    let damage = |name: &str| {
        let path = dir.path().join(name);
        let whole = std::fs::read(&path).unwrap();
        // The header is intact, but the pixels are truncated.
        std::fs::write(&path, &whole[..whole.len() - 20]).unwrap();
    };
    damage("train/b/2.jpg");
    let message = opened(&dir, None, 0).unwrap_err().to_string();
    assert!(message.contains("train/b/2.jpg: cannot be decoded"), "{message}");
    damage("val/a/0.jpg");
    let message = opened(&dir, None, 0).unwrap_err().to_string();
    assert!(message.contains("2 images cannot be read"), "{message}");
    assert!(message.contains("train/b/2.jpg") && message.contains("val/a/0.jpg"), "{message}");
}

#[test]
fn a_failed_cache_write_is_a_warning() {
    let (dir, cache) = (folder(), tempfile::tempdir().unwrap());
    std::fs::write(cache.path().join("folders"), "in the way").unwrap();
    let warnings = on_disk(&dir, &cache).warnings;
    assert!(warnings.len() == 1 && warnings[0].contains("ASSAY_CACHE"), "{warnings:?}");
}
