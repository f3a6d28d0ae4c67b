//! Views (random crops and flips) as batches: cached on the device, or read on demand.

use std::cell::RefCell;
use std::sync::Arc;

use burn::tensor::{Device, Tensor};
use rand_chacha::ChaCha8Rng;

use crate::normalizer::Normalizer;
use crate::pixels::DevicePixels;
use crate::view_stream::{ViewReader, ViewStream};
use crate::{DataError, ImageSet, Images, Normalization, Shape, StreamSettings, ViewConfig, Views};

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

/// Views of images as batches. Row `r` is view `r % count` of image `r / count`.
///
/// Views are cached as u8 on the device, or streamed for data that does not fit into memory. Both
/// give the same bits. Streamed rows that are requested in the order of
/// [`prefetch`](BatchSource::prefetch) are read in advance by other threads; other rows are read
/// when they are requested.
pub struct ViewSource {
    storage: Storage,
    rows: usize,
    count: usize,
    shape: Shape,
    normalizer: Normalizer,
    device: Device,
    /// Streamed views that are being read in advance.
    stream: RefCell<Option<ViewStream>>,
}

#[derive(Clone)]
enum Storage {
    Cached {
        pixels: Arc<DevicePixels>,
        /// For overlapping images, which share rows of `pixels`: the row where each image begins.
        starts: Option<Arc<[u32]>>,
    },
    Streamed {
        images: ImageSet,
        views: Arc<Views>,
        settings: StreamSettings,
    },
}

impl ViewSource {
    /// Draws the views of `images` from `rng` and caches them on `device`, which should be the
    /// plain device without autodiff. They take `images.len() * count` times the bytes of a view.
    ///
    /// # Errors
    /// As [`check_views`](crate::check_views) and [`ViewSource::cached`].
    pub fn augmented(
        images: &Images,
        settings: &ViewConfig,
        rng: &mut ChaCha8Rng,
        normalization: &Normalization,
        device: &Device,
    ) -> Result<Self, DataError> {
        let views = Views::for_training(images.len(), images.shape(), settings, rng)?;
        Self::cached(images, &views, normalization, device)
    }

    /// Caches one view of each image without random augmentation: the image, or its center crop if
    /// `settings` has a crop. For test images.
    ///
    /// # Errors
    /// As [`ViewSource::augmented`].
    pub fn unaugmented(
        images: &Images,
        settings: &ViewConfig,
        normalization: &Normalization,
        device: &Device,
    ) -> Result<Self, DataError> {
        let views = Views::center_crop(images.len(), images.shape(), settings)?;
        Self::cached(images, &views, normalization, device)
    }

    /// Caches views that were drawn before. Overlapping images without augmentation share their
    /// rows; a batch gathers them.
    ///
    /// # Errors
    /// [`DataError::Split`] when there is no image, or when `normalization` has another number of
    /// channels.
    ///
    /// # Panics
    /// When the views were drawn for another number or shape of images.
    pub fn cached(
        images: &Images,
        views: &Views,
        normalization: &Normalization,
        device: &Device,
    ) -> Result<Self, DataError> {
        Self::new(views, normalization, device, || {
            let starts = images.starts().filter(|_| views.is_identity());
            let (pixels, rows) = match starts {
                Some(_) => (images.pixels().to_vec(), images.pixels().len() / images.shape().width),
                None => (views.cut_all(images), views.len()),
            };
            let pixels = Arc::new(DevicePixels::new(pixels, rows, device));
            Storage::Cached { pixels, starts: starts.map(Into::into) }
        })
    }

    /// Streams views that were drawn before.
    ///
    /// # Errors
    /// As [`ViewSource::cached`].
    pub fn streamed(
        images: ImageSet,
        views: Arc<Views>,
        normalization: &Normalization,
        settings: StreamSettings,
        device: &Device,
    ) -> Result<Self, DataError> {
        let layout = Arc::clone(&views);
        Self::new(&layout, normalization, device, || Storage::Streamed { images, views, settings })
    }

    fn new(
        views: &Views,
        normalization: &Normalization,
        device: &Device,
        storage: impl FnOnce() -> Storage,
    ) -> Result<Self, DataError> {
        if views.is_empty() {
            return Err(DataError::Split("no image to draw views of".into()));
        }
        let shape = views.view_shape();
        Ok(Self {
            normalizer: Normalizer::new(normalization, shape.channels, device)?,
            storage: storage(),
            rows: views.len(),
            count: views.count(),
            shape,
            device: device.clone(),
            stream: RefCell::default(),
        })
    }

    /// Bytes that cached views take on a device that supports u8.
    #[must_use]
    pub fn cached_bytes(images: &Images, views: &Views) -> u64 {
        if images.starts().is_some() && views.is_identity() {
            return images.pixels().len() as u64;
        }
        views.len() as u64 * views.view_shape().len() as u64
    }

    /// The same views with another normalization. Pixels on the device are shared.
    ///
    /// # Errors
    /// [`DataError::Split`] when `normalization` has another number of channels.
    pub fn with_normalization(&self, normalization: &Normalization) -> Result<Self, DataError> {
        Ok(Self {
            normalizer: Normalizer::new(normalization, self.shape.channels, &self.device)?,
            storage: self.storage.clone(),
            device: self.device.clone(),
            stream: RefCell::default(),
            ..*self
        })
    }

    /// Views per image.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// Selects cached rows: float `[batch, channels * height * width]`, in 0..=255.
    fn select(&self, pixels: &DevicePixels, starts: Option<&[u32]>, rows: &[u32]) -> Tensor<2> {
        let Some(starts) = starts else {
            return pixels.select(&device_indices(rows), self.shape.len(), &self.device);
        };
        let starts = rows.iter().map(|&image| starts[image as usize]);
        let shared: Vec<u32> =
            starts.flat_map(|start| start..start + self.shape.height as u32).collect();
        pixels
            .select(&device_indices(&shared), self.shape.width, &self.device)
            .reshape([rows.len(), self.shape.len()])
    }

    /// Reads streamed rows, u8 `[batch, channel, row, column]`.
    fn read(
        &self,
        images: &ImageSet,
        views: &Arc<Views>,
        rows: &[u32],
    ) -> Result<Vec<u8>, DataError> {
        let mut pixels = Vec::with_capacity(rows.len() * self.shape.len());
        let mut stream = self.stream.borrow_mut();
        let mut reader = None;
        for &row in rows {
            let prefetched = stream.as_mut().filter(|stream| stream.next_row() == Some(row));
            let view = match prefetched.and_then(Iterator::next) {
                Some(view) => view?,
                None => {
                    reader.get_or_insert_with(|| ViewReader::new(images, views)).read_view(row)?
                }
            };
            pixels.extend(view);
        }
        if stream.as_ref().is_some_and(|stream| stream.next_row().is_none()) {
            *stream = None;
        }
        Ok(pixels)
    }
}

impl BatchSource for ViewSource {
    fn rows(&self) -> usize {
        self.rows
    }

    fn shape(&self) -> Shape {
        self.shape
    }

    fn batch(&self, rows: &[u32]) -> Result<Tensor<4>, DataError> {
        assert!(!rows.is_empty(), "a batch needs at least one row");
        for &row in rows {
            let count = self.rows;
            assert!((row as usize) < count, "row {row} is out of range: there are {count} rows");
        }
        let pixels = match &self.storage {
            Storage::Cached { pixels, starts } => self.select(pixels, starts.as_deref(), rows),
            Storage::Streamed { images, views, .. } => {
                DevicePixels::new(self.read(images, views, rows)?, rows.len(), &self.device)
                    .all_rows(self.shape.len(), &self.device)
            }
        };
        Ok(self.normalizer.apply(pixels, self.shape))
    }

    fn prefetch(&self, rows: &[u32]) -> Result<(), DataError> {
        if let Storage::Streamed { images, views, settings } = &self.storage {
            // Free the memory of earlier prefetches first.
            self.stream.replace(None);
            self.stream.replace(Some(ViewStream::start(images, views, rows.to_vec(), settings)?));
        }
        Ok(())
    }
}

/// The rows as indices for the device.
fn device_indices(rows: &[u32]) -> Vec<i32> {
    let index = |&row: &u32| i32::try_from(row).expect("there are fewer than 2^31 rows");
    rows.iter().map(index).collect()
}

#[cfg(test)]
mod tests;
