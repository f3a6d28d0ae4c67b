//! Rendered images.

use std::collections::HashSet;

/// A batch of rendered images.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Images {
    /// `[images, channels, height, width]`, 0 to 255; one channel is gray, three are RGB.
    pub pixels: Vec<u8>,
    /// Number of channels: 1 or 3.
    pub channels: usize,
    /// In pixels.
    pub height: usize,
    /// In pixels.
    pub width: usize,
}

impl Images {
    /// Bytes per image; at least 1.
    #[must_use]
    pub fn image_bytes(&self) -> usize {
        self.channels * self.height * self.width
    }

    /// Number of images.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pixels.len() / self.image_bytes()
    }

    /// Whether there are no images.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pixels.is_empty()
    }

    /// Iterates over the images, each `[channels, height, width]`.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.pixels.chunks_exact(self.image_bytes())
    }

    /// Number of distinct images (phenotypes).
    #[must_use]
    pub fn distinct(&self) -> usize {
        self.iter().collect::<HashSet<_>>().len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_images_count_once() {
        let images =
            Images { pixels: vec![1, 2, 3, 4, 1, 2, 1, 1], channels: 1, height: 1, width: 2 };
        assert_eq!(images.len(), 4);
        assert_eq!(images.distinct(), 3);
        assert_eq!(images.iter().nth(1), Some(&[3, 4][..]));
    }
}
