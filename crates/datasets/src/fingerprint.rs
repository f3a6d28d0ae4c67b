//! What tells a data set from every other.

use crate::{ImageSet, Images, Shape};

/// BLAKE3, hex, of both parts in turn: channels, height, width and number of images as u64, the
/// labels as u16, all little-endian, then the decoded pixels, image by image; of images that overlap, the
/// row that each begins with as u32, then the rows. It is the same whether the images are in memory or were
/// read through once where they are.
#[derive(Debug, Default)]
pub struct Fingerprint(blake3::Hasher);

impl Fingerprint {
    /// Of images in memory.
    pub fn of(train: &Images, test: &Images) -> String {
        let mut fingerprint = Self::default();
        for images in [train, test] {
            fingerprint.begin(images.shape(), images.labels());
            let starts = images.starts().unwrap_or_default().iter();
            fingerprint
                .0
                .update(&starts.flat_map(|start| start.to_le_bytes()).collect::<Vec<u8>>());
            fingerprint.0.update_rayon(images.pixels());
        }
        fingerprint.finish()
    }

    /// Begins a part, whose images have to follow.
    pub fn begin_part(&mut self, images: &ImageSet) {
        self.begin(images.shape(), images.labels());
    }

    /// Adds the pixels of the part's next image.
    pub fn add(&mut self, pixels: &[u8]) {
        self.0.update(pixels);
    }

    pub fn finish(&self) -> String {
        self.0.finalize().to_hex().to_string()
    }

    fn begin(&mut self, shape: Shape, labels: &[u16]) {
        let Shape { channels, height, width } = shape;
        for number in [channels, height, width, labels.len()] {
            self.0.update(&(number as u64).to_le_bytes());
        }
        let labels: Vec<u8> = labels.iter().flat_map(|label| label.to_le_bytes()).collect();
        self.0.update(&labels);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_follows_every_pixel_label_and_shape_and_nothing_else() {
        let shape = Shape { channels: 1, height: 1, width: 2 };
        let images = |pixels: [u8; 4], labels: [u16; 2]| {
            Images::new(shape, pixels.to_vec(), labels.to_vec())
        };
        let (train, test) = (images([1, 2, 3, 4], [0, 1]), images([5, 6, 7, 8], [1, 0]));
        let base = Fingerprint::of(&train, &test);
        assert_eq!(base, Fingerprint::of(&train.clone(), &test.clone()));
        let others = [
            Fingerprint::of(&images([1, 2, 3, 5], [0, 1]), &test),
            Fingerprint::of(&images([1, 2, 3, 4], [0, 0]), &test),
            Fingerprint::of(&test, &train),
        ];
        assert!(others.iter().all(|other| *other != base));
        let tall = Shape { channels: 1, height: 2, width: 1 };
        let turned =
            |images: &Images| Images::new(tall, images.pixels().to_vec(), images.labels().to_vec());
        assert_ne!(Fingerprint::of(&turned(&train), &turned(&test)), base);
        // Computed with another implementation of BLAKE3 from the bytes that the documentation names.
        assert_eq!(base, PINNED);
    }

    const PINNED: &str = "d60dddb168fbcde16609a17352361d989ca4ed431785f36f781d94e20dcbfac8";
}
