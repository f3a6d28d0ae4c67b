//! Helpers: image folders in which the color of an image encodes its class.

use std::fs;
use std::path::Path;

use assay_datasets::{DataSet, OpenOptions, open};
use image::{Rgb, RgbImage};
use tempfile::TempDir;

/// Difference in color between two classes.
pub const STEP: usize = 20;

/// Draws an image of a class.
pub fn draw(dir: &Path, name: &str, class: usize) {
    let path = dir.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let shade = u8::try_from(class * STEP).unwrap();
    RgbImage::from_pixel(4, 4, Rgb([shade, 0, 255])).save(path).unwrap();
}

/// Creates images in each folder. Images below a folder `boat` are of class 1, all others of class
/// 0.
pub fn tree(folders: &[(&str, usize)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for &(folder, count) in folders {
        let class = usize::from(folder.split('/').any(|part| part == "boat"));
        for number in 0..count {
            draw(dir.path(), format!("{folder}/{number}.png").trim_start_matches('/'), class);
        }
    }
    dir
}

/// Opens a folder as a data set.
pub fn warned(dir: &Path) -> DataSet {
    open(dir.to_str().unwrap(), &OpenOptions::default()).unwrap()
}

/// Asserts that opening the folder fails with a message that contains these words.
pub fn fails(dir: &Path, words: &[&str]) {
    match open(dir.to_str().unwrap(), &OpenOptions::default()) {
        Ok(data) => panic!(
            "opened: {} and {} images, {:?}",
            data.train.len(),
            data.test.len(),
            data.warnings
        ),
        Err(error) => {
            let message = error.to_string();
            assert!(words.iter().all(|word| message.contains(word)), "{words:?}: {message}");
        }
    }
}

/// Asserts that one of the warnings contains all of these words.
pub fn says(data: &DataSet, words: &[&str]) {
    let has = |warning: &String| words.iter().all(|word| warning.contains(word));
    assert!(data.warnings.iter().any(has), "{words:?}: {:?}", data.warnings);
}
