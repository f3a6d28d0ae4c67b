//! Views of images kept on the device, and batches of them.

use std::sync::Arc;

use burn::tensor::{Device, Tensor, TensorData};
use rand_chacha::ChaCha8Rng;

use crate::pixels::Pixels;
use crate::{DataError, Images, Normalization, Shape, ViewSettings, Views};

/// Something that hands out batches of normalized images on a device.
pub trait Batches {
    /// The number of rows: images times views of each.
    fn rows(&self) -> usize;

    /// The shape of every row.
    fn shape(&self) -> Shape;

    /// The rows named, in that order: float `[batch, channels, height, width]`, of mean about zero
    /// and deviation about one, on the device and in the device's default float type.
    ///
    /// # Errors
    /// [`DataError`] naming the file, where rows are read from files and one cannot be.
    ///
    /// # Panics
    /// When `rows` is empty or one of them is not below [`rows`](Self::rows).
    fn batch(&self, rows: &[u32]) -> Result<Tensor<4>, DataError>;

    /// Says which rows will be asked for next, in their order, to a source that can get them ready. It
    /// changes no batch, and what was said before no longer counts.
    ///
    /// # Errors
    /// [`DataError`] when nobody can get them ready.
    fn read_ahead(&self, _rows: &[u32]) -> Result<(), DataError> {
        Ok(())
    }
}

/// Pre-drawn views of every image, u8 on the device; row `r` is view `r % count` of image `r / count`.
#[derive(Debug, Clone)]
pub struct ViewBank {
    pixels: Pixels,
    /// Of images that overlap, the row of `pixels` that each begins with.
    starts: Option<Arc<[u32]>>,
    rows: usize,
    count: usize,
    shape: Shape,
    affine: Affine,
    device: Device,
}

impl ViewBank {
    /// Draws the views of `images` from `rng` and puts them on `device`, which should be the plain
    /// device, not its autodiff twin. Needs `images.len() * count` times the bytes of a view there.
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
        let views = Views::of_training(images.len(), images.shape(), settings, rng)?;
        Self::from_views(images, &views, normalization, device)
    }

    /// One view of each image, nothing random: the image itself or, where `settings` has a crop,
    /// its center. For test images.
    ///
    /// # Errors
    /// As [`ViewBank::new`].
    pub fn plain(
        images: &Images,
        settings: &ViewSettings,
        normalization: &Normalization,
        device: &Device,
    ) -> Result<Self, DataError> {
        let views = Views::central(images.len(), images.shape(), settings)?;
        Self::from_views(images, &views, normalization, device)
    }

    /// Images that overlap, as they are: the device holds their rows once, and a batch gathers them.
    fn overlapping(
        images: &Images,
        starts: &[u32],
        normalization: &Normalization,
        device: &Device,
    ) -> Result<Self, DataError> {
        let shape = images.shape();
        let rows = images.pixels().len() / shape.width;
        Ok(Self {
            pixels: Pixels::new(images.pixels().to_vec(), rows, device),
            starts: Some(starts.into()),
            rows: images.len(),
            count: 1,
            shape,
            affine: Affine::new(normalization, shape.channels, device)?,
            device: device.clone(),
        })
    }

    /// Views drawn before; images that overlap, seen as they are, take the room of their rows alone.
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
        if let Some(starts) = images.starts().filter(|_| views.are_the_images()) {
            return Self::overlapping(images, starts, normalization, device);
        }
        let affine = Affine::new(normalization, shape.channels, device)?;
        Ok(Self {
            pixels: Pixels::new(views.cut_all(images), views.len(), device),
            starts: None,
            rows: views.len(),
            count: views.count(),
            shape,
            affine,
            device: device.clone(),
        })
    }

    /// Bytes that a bank of these views takes on a device that has u8.
    #[must_use]
    pub fn bytes(images: &Images, views: &Views) -> u64 {
        if images.starts().is_some() && views.are_the_images() {
            return images.pixels().len() as u64;
        }
        views.len() as u64 * views.view_shape().len() as u64
    }

    /// The same views, normalized otherwise; the pixels on the device are shared.
    ///
    /// # Errors
    /// [`DataError::Split`] when `normalization` has another number of channels.
    pub fn normalized_by(&self, normalization: &Normalization) -> Result<Self, DataError> {
        let affine = Affine::new(normalization, self.shape.channels, &self.device)?;
        Ok(Self { affine, ..self.clone() })
    }

    /// Views of each image.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// The device the views are on.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The image that row `row` is a view of.
    ///
    /// # Panics
    /// Never on an existing row.
    #[must_use]
    pub fn image_of(&self, row: u32) -> u32 {
        row / u32::try_from(self.count).expect("a count is at most 1024")
    }
}

impl Batches for ViewBank {
    fn rows(&self) -> usize {
        self.rows
    }

    fn shape(&self) -> Shape {
        self.shape
    }

    fn batch(&self, rows: &[u32]) -> Result<Tensor<4>, DataError> {
        let images = index(rows, self.rows);
        let pixels = match &self.starts {
            None => self.pixels.select(&images, self.shape.len(), &self.device),
            Some(starts) => {
                let height = self.shape.height as u32;
                let rows_of =
                    |&image: &u32| starts[image as usize]..starts[image as usize] + height;
                let rows: Vec<u32> = rows.iter().flat_map(rows_of).collect();
                // That they are there was seen when the images were made.
                let rows = index(&rows, usize::MAX);
                let gathered = self.pixels.select(&rows, self.shape.width, &self.device);
                gathered.reshape([images.len(), self.shape.len()])
            }
        };
        Ok(self.affine.apply(pixels, self.shape))
    }
}

/// Normalizes images straight from the host: u8 `[batch, channel, row, column]` of `shape` to float
/// `[batch, channels, height, width]` on `device`, to the last bit as [`ViewBank`] does.
///
/// # Errors
/// [`DataError::Split`] when there is no image, or when `normalization` has another number of
/// channels.
///
/// # Panics
/// When `pixels` does not hold whole images.
pub fn normalized(
    pixels: Vec<u8>,
    shape: Shape,
    normalization: &Normalization,
    device: &Device,
) -> Result<Tensor<4>, DataError> {
    let affine = Affine::new(normalization, shape.channels, device)?;
    if pixels.is_empty() {
        return Err(DataError::Split("no image to normalize".into()));
    }
    assert_eq!(pixels.len() % shape.len(), 0, "whole images of shape {shape:?}");
    let rows = pixels.len() / shape.len();
    Ok(affine.apply(Pixels::new(pixels, rows, device).whole(shape.len(), device), shape))
}

/// Normalizes images that are numbers already, which need not be whole; a gradient goes through it.
///
/// # Shapes
/// - images: float `[batch, channels, height, width]`, u8 units
/// - output: float `[batch, channels, height, width]`, on the same device
///
/// # Errors
/// [`DataError::Split`] when `normalization` has another number of channels.
pub fn normalize(images: Tensor<4>, normalization: &Normalization) -> Result<Tensor<4>, DataError> {
    let [_, channels, ..] = images.dims();
    let affine = Affine::new(normalization, channels, &images.device())?;
    Ok((images - affine.mean) * affine.scale)
}

/// What turns u8 units into a network's input: `(pixel - mean) * scale`.
#[derive(Debug, Clone)]
pub(crate) struct Affine {
    /// float `[1, channels, 1, 1]`, u8 units.
    mean: Tensor<4>,
    /// float `[1, channels, 1, 1]`: one over the deviation, per u8 unit.
    scale: Tensor<4>,
}

impl Affine {
    pub(crate) fn new(
        normalization: &Normalization,
        channels: usize,
        device: &Device,
    ) -> Result<Self, DataError> {
        let Normalization { mean, deviation } = normalization;
        if mean.len() != channels || deviation.len() != channels {
            return Err(DataError::Split(format!(
                "a normalization of {} means and {} deviations for images of {channels} channels",
                mean.len(),
                deviation.len(),
            )));
        }
        let put = |values: Vec<f32>| {
            Tensor::from_data(TensorData::new(values, [1, channels, 1, 1]), device)
        };
        Ok(Self {
            mean: put(mean.clone()),
            scale: put(deviation.iter().map(|&deviation| 1.0 / deviation).collect()),
        })
    }

    /// float `[batch, channels * height * width]`, 0 to 255, to float `[batch, channels, height, width]`.
    pub(crate) fn apply(&self, pixels: Tensor<2>, shape: Shape) -> Tensor<4> {
        let [batch, _] = pixels.dims();
        let pixels = pixels.reshape([batch, shape.channels, shape.height, shape.width]);
        (pixels - self.mean.clone()) * self.scale.clone()
    }
}

/// Whether these rows can be asked for.
pub(crate) fn check_rows(rows: &[u32], limit: usize) {
    assert!(!rows.is_empty(), "a batch of no rows, of a bank of {limit}");
    for &row in rows {
        assert!((row as usize) < limit, "row {row} of a bank of {limit} rows");
    }
}

/// The rows as the device takes them.
fn index(rows: &[u32], limit: usize) -> Vec<i32> {
    check_rows(rows, limit);
    let index = |&row: &u32| i32::try_from(row).expect("a bank has fewer than 2^31 rows");
    rows.iter().map(index).collect()
}

#[cfg(test)]
mod tests;
