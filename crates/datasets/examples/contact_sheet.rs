//! Draws a contact sheet of `forms`: one row per class, in the order of the labels.
//!
//! `cargo run -p assay-datasets --example contact_sheet -- docs/images/forms.png`

use std::fs::File;
use std::io::BufWriter;

use assay_datasets::Images;
use assay_datasets::forms::{Settings, classes, generate};
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{Rgb, RgbImage, imageops};

/// Images of each class.
const COLUMNS: u32 = 12;
/// Side of an image in pixels.
const SIZE: u32 = 32;
/// White pixels around each image.
const GAP: u32 = 1;
/// Zoom factor.
const ZOOM: u32 = 2;
/// Values are rounded to multiples of this, because noise does not compress well.
const STEP: u8 = 16;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("say where the PNG is to go, such as forms.png")?;
    let settings = Settings { train_per_class: COLUMNS, test_per_class: 1, size: SIZE, seed: 0 };
    let (images, _) = generate(&settings)?;
    let sheet = sheet(&images, u32::try_from(classes().len())?);
    let (width, height) = (sheet.width() * ZOOM, sheet.height() * ZOOM);
    let sheet = imageops::resize(&sheet, width, height, imageops::FilterType::Nearest);
    let file = BufWriter::new(File::create(&path)?);
    let encoder = PngEncoder::new_with_quality(file, CompressionType::Best, FilterType::Adaptive);
    sheet.write_with_encoder(encoder)?;
    println!("{path}: from top to bottom");
    for class in classes() {
        println!("  {}", class.name);
    }
    Ok(())
}

/// Puts image `i`, which is of class `i % rows`, into row `i % rows`.
fn sheet(images: &Images, rows: u32) -> RgbImage {
    let cell = SIZE + GAP;
    let (width, height) = (COLUMNS * cell + GAP, rows * cell + GAP);
    let mut sheet = RgbImage::from_pixel(width, height, Rgb([255; 3]));
    for index in 0..COLUMNS * rows {
        let pixels = images.image(index as usize);
        let (left, top) = (GAP + index / rows * cell, GAP + index % rows * cell);
        for y in 0..SIZE {
            for x in 0..SIZE {
                let at = |channel: u32| pixels[((channel * SIZE + y) * SIZE + x) as usize];
                sheet.put_pixel(left + x, top + y, Rgb([0, 1, 2].map(|c| rounded(at(c)))));
            }
        }
    }
    sheet
}

fn rounded(value: u8) -> u8 {
    value.saturating_add(STEP / 2) / STEP * STEP
}
