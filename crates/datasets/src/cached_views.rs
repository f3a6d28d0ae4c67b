//! Views (random crops and flips) cached on the device, and batches of them.

use std::sync::Arc;

use burn::tensor::{Device, Tensor};
use rand_chacha::ChaCha8Rng;

use crate::normalizer::Normalizer;
use crate::pixels::DevicePixels;
use crate::{DataError, Images, Normalization, Shape, ViewSettings, Views};

/// A source of batches of normalized images on a device. A row is one view of one image.
pub trait BatchSource {
    /// Number of rows: images times views per image.
    fn rows(&self) -> usize;

    /// Shape of each row.
    fn shape(&self) -> Shape;

    /// A batch of these rows, in this order: float `[batch, channels, height, width]`, normalized,
    /// on the device and in its default float type.
    ///
    /// # Errors
    /// [`DataError`] naming the file that cannot be read.
    ///
    /// # Panics
    /// When `rows` is empty or a row is not below [`rows`](Self::rows).
    fn batch(&self, rows: &[u32]) -> Result<Tensor<4>, DataError>;

    /// Announces the rows of the next batches, in order, so that they can be read in advance.
    /// Replaces earlier announcements; the batches are the same without it.
    ///
    /// # Errors
    /// [`DataError`] when no thread can be started.
    fn prefetch(&self, _rows: &[u32]) -> Result<(), DataError> {
        Ok(())
    }
}

/// The views of all images as u8 on the device. Row `r` is view `r % count` of image `r / count`.
#[derive(Debug, Clone)]
pub struct CachedViews {
    pixels: DevicePixels,
    /// For overlapping images: the row of `pixels` where each image begins.
    starts: Option<Arc<[u32]>>,
    rows: usize,
    count: usize,
    shape: Shape,
    normalizer: Normalizer,
    device: Device,
}

impl CachedViews {
    /// Draws the views of `images` from `rng` and copies them to `device`, which should be the
    /// plain device without autodiff. They take `images.len() * count` times the bytes of a view.
    ///
    /// # Errors
    /// As [`ViewSettings::validate`]; [`DataError::Split`] when there is no image, or when
    /// `normalization` has another number of channels.
    pub fn new(
        images: &Images,
        settings: &ViewSettings,
        rng: &mut ChaCha8Rng,
        normalization: &Normalization,
        device: &Device,
    ) -> Result<Self, DataError> {
        let views = Views::for_training(images.len(), images.shape(), settings, rng)?;
        Self::from_views(images, &views, normalization, device)
    }

    /// One view of each image without random augmentation: the image, or its center crop if
    /// `settings` has a crop. For test images.
    ///
    /// # Errors
    /// As [`CachedViews::new`].
    pub fn unaugmented(
        images: &Images,
        settings: &ViewSettings,
        normalization: &Normalization,
        device: &Device,
    ) -> Result<Self, DataError> {
        let views = Views::center_crop(images.len(), images.shape(), settings)?;
        Self::from_views(images, &views, normalization, device)
    }

    /// Overlapping images: the device holds the shared rows once, and a batch gathers them.
    fn overlapping(
        images: &Images,
        starts: &[u32],
        normalization: &Normalization,
        device: &Device,
    ) -> Result<Self, DataError> {
        let shape = images.shape();
        let rows = images.pixels().len() / shape.width;
        Ok(Self {
            pixels: DevicePixels::new(images.pixels().to_vec(), rows, device),
            starts: Some(starts.into()),
            rows: images.len(),
            count: 1,
            shape,
            normalizer: Normalizer::new(normalization, shape.channels, device)?,
            device: device.clone(),
        })
    }

    /// Caches views that were drawn before. Overlapping images without augmentation share their
    /// rows.
    ///
    /// # Errors
    /// [`DataError::Split`] when there is no image, or when `normalization` has another number of
    /// channels.
    ///
    /// # Panics
    /// When the views were drawn for another number or shape of images.
    pub fn from_views(
        images: &Images,
        views: &Views,
        normalization: &Normalization,
        device: &Device,
    ) -> Result<Self, DataError> {
        let shape = views.view_shape();
        if views.is_empty() {
            return Err(DataError::Split("no image to draw views of".into()));
        }
        if let Some(starts) = images.starts().filter(|_| views.is_identity()) {
            return Self::overlapping(images, starts, normalization, device);
        }
        let normalizer = Normalizer::new(normalization, shape.channels, device)?;
        Ok(Self {
            pixels: DevicePixels::new(views.cut_all(images), views.len(), device),
            starts: None,
            rows: views.len(),
            count: views.count(),
            shape,
            normalizer,
            device: device.clone(),
        })
    }

    /// Bytes that the cached views take on a device that supports u8.
    #[must_use]
    pub fn bytes(images: &Images, views: &Views) -> u64 {
        if images.starts().is_some() && views.is_identity() {
            return images.pixels().len() as u64;
        }
        views.len() as u64 * views.view_shape().len() as u64
    }

    /// The same views with another normalization. The pixels on the device are shared.
    ///
    /// # Errors
    /// [`DataError::Split`] when `normalization` has another number of channels.
    pub fn with_normalization(&self, normalization: &Normalization) -> Result<Self, DataError> {
        let normalizer = Normalizer::new(normalization, self.shape.channels, &self.device)?;
        Ok(Self { normalizer, ..self.clone() })
    }

    /// Views per image.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// The device the views are on.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The image that a row is a view of.
    ///
    /// # Panics
    /// Never for an existing row.
    #[must_use]
    pub fn image_of(&self, row: u32) -> u32 {
        row / u32::try_from(self.count).expect("a count is at most 1024")
    }
}

impl BatchSource for CachedViews {
    fn rows(&self) -> usize {
        self.rows
    }

    fn shape(&self) -> Shape {
        self.shape
    }

    fn batch(&self, rows: &[u32]) -> Result<Tensor<4>, DataError> {
        let images = device_indices(rows, self.rows);
        let pixels = match &self.starts {
            None => self.pixels.select(&images, self.shape.len(), &self.device),
            Some(starts) => {
                let height = self.shape.height as u32;
                let rows_of =
                    |&image: &u32| starts[image as usize]..starts[image as usize] + height;
                let rows: Vec<u32> = rows.iter().flat_map(rows_of).collect();
                // The rows exist: this was checked when the images were created.
                let rows = device_indices(&rows, usize::MAX);
                let gathered = self.pixels.select(&rows, self.shape.width, &self.device);
                gathered.reshape([images.len(), self.shape.len()])
            }
        };
        Ok(self.normalizer.apply(pixels, self.shape))
    }
}

/// Panics if there is no row, or a row does not exist.
pub(crate) fn check_rows(rows: &[u32], limit: usize) {
    assert!(!rows.is_empty(), "a batch needs at least one row");
    for &row in rows {
        assert!((row as usize) < limit, "row {row} is out of range: there are {limit} rows");
    }
}

/// The rows as indices for the device.
fn device_indices(rows: &[u32], limit: usize) -> Vec<i32> {
    check_rows(rows, limit);
    let device_indices = |&row: &u32| i32::try_from(row).expect("there are fewer than 2^31 rows");
    rows.iter().map(device_indices).collect()
}

#[cfg(test)]
mod tests;
