//! Draws a contact sheet of `forms`: one row a class, in the order of the labels.
//!
//! `cargo run -p assay-datasets --example contact_sheet -- docs/images/forms.png`

use assay_datasets::forms::{Settings, generate};
use image::{Rgb, RgbImage, imageops};

/// Images of each class.
const COLUMNS: u32 = 14;
/// Pixels along an edge of an image, as drawn.
const SIZE: u32 = 32;
/// Pixels of white around every image.
const GAP: u32 = 1;
/// Times every pixel is repeated either way.
const ZOOM: u32 = 2;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("say where the PNG is to go, such as forms.png")?;
    let settings = Settings { train_per_class: COLUMNS, test_per_class: 1, size: SIZE, seed: 0 };
    let (images, _) = generate(&settings)?;
    let rows = u32::try_from(images.len())? / COLUMNS;
    let cell = SIZE + GAP;
    let mut sheet = RgbImage::from_pixel(COLUMNS * cell + GAP, rows * cell + GAP, Rgb([255; 3]));
    for index in 0..COLUMNS * rows {
        let pixels = images.image(index as usize);
        let (left, top) = (GAP + index / rows * cell, GAP + index % rows * cell);
        for y in 0..SIZE {
            for x in 0..SIZE {
                let at = |channel: u32| pixels[((channel * SIZE + y) * SIZE + x) as usize];
                sheet.put_pixel(left + x, top + y, Rgb([at(0), at(1), at(2)]));
            }
        }
    }
    let (width, height) = (sheet.width() * ZOOM, sheet.height() * ZOOM);
    imageops::resize(&sheet, width, height, imageops::FilterType::Nearest).save(path)?;
    Ok(())
}
