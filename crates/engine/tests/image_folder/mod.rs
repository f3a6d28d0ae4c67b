//! Writes folders of generated images for tests.

use std::path::Path;

use assay_datasets::{Images, forms};
use image::{ImageFormat, Rgb, RgbImage};

/// Generates images and saves them in `FOLDER/train/CLASS/` and `FOLDER/val/CLASS/`.
///
/// Images are at least 32 x 32 pixels. Every other one is a JPEG.
pub fn write(folder: &Path, train_per_class: u32, test_per_class: u32) {
    let settings = forms::Settings { train_per_class, test_per_class, size: 32, seed: 5 };
    let (train, test) = forms::generate(&settings).unwrap();
    let classes = forms::classes();
    for (split, images) in [("train", train), ("val", test)] {
        for index in 0..images.len() {
            let class = &classes[usize::from(images.labels()[index])].name;
            let extension = if index.is_multiple_of(2) { "png" } else { "jpg" };
            let path = folder.join(split).join(class).join(format!("{index}.{extension}"));
            save(&path, &images, index);
        }
    }
}

/// Saves one image. Every third one gets a few more columns, so that it is wider than high.
fn save(path: &Path, images: &Images, index: usize) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let pixels = images.image(index);
    let width = if index.is_multiple_of(3) { 36 } else { 32 };
    let value = |channel: usize, x: u32, y: u32| {
        pixels[channel * 1024 + y as usize * 32 + (x as usize).min(31)]
    };
    let image = RgbImage::from_fn(width, 32, |x, y| Rgb([0, 1, 2].map(|c| value(c, x, y))));
    image.save_with_format(path, ImageFormat::from_path(path).unwrap()).unwrap();
}
