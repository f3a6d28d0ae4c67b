//! Decoding PNG and JPEG to planar u8.

mod jpeg;

use std::fmt::Display;
use std::fs;
use std::io::Cursor;
use std::path::Path;

use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader};
use rayon::prelude::*;

use crate::resize::Resizer;
use crate::{DataError, Shape};

/// Side of the images of a folder with different sizes (256 in Yosinski et al. 2014).
const DEFAULT_SIDE: usize = 256;

/// Decodes the image at `path` into `out`, u8 `[channel, row, column]` of `shape`. An image of
/// another size is center-cropped to a square and resized.
///
/// # Errors
/// [`DataError::Io`] or [`DataError::Malformed`] naming the file.
///
/// # Panics
/// When the length of `out` does not match `shape`.
pub fn decode(path: &Path, shape: Shape, out: &mut [u8]) -> Result<(), DataError> {
    assert_eq!(out.len(), shape.len(), "an image of shape {shape:?}");
    let image = read(path)?;
    if image.width() == 0 || image.height() == 0 {
        return Err(DataError::malformed(path, "an image without pixels"));
    }
    let size = (image.height() as usize, image.width() as usize);
    let pixels = match shape.channels {
        1 => image.into_luma8().into_raw(),
        _ => image.into_rgb8().into_raw(),
    };
    let resizer =
        (size != (shape.height, shape.width)).then(|| Resizer::new(size.0, size.1, shape.height));
    for (channel, plane) in out.chunks_exact_mut(shape.height * shape.width).enumerate() {
        let pixel = |at: usize| pixels[at * shape.channels + channel];
        match &resizer {
            Some(resizer) => resizer.resize_plane(pixel, plane),
            None => plane.iter_mut().enumerate().for_each(|(at, out)| *out = pixel(at)),
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<DynamicImage, DataError> {
    let bytes = fs::read(path).map_err(DataError::io(path))?;
    let mut bytes = bytes.as_slice();
    if image::guess_format(bytes).ok() == Some(ImageFormat::Jpeg) {
        // The decoder would fill the missing part of a truncated JPEG with gray.
        let cut = || malformed(path, "the file ends in the middle of the image");
        bytes = jpeg::truncate_at_end_marker(bytes).ok_or_else(cut)?;
    }
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format();
    let reader = reader.map_err(DataError::io(path))?;
    reader.decode().map_err(|error| malformed(path, error))
}

/// The shape to decode the images to, see [`Folder::scan`](super::Folder::scan). Reads only the
/// headers. If a side is given, it stops at the first image in color.
///
/// # Errors
/// [`DataError::Io`] or [`DataError::Malformed`] naming a file.
pub fn common_shape<'a>(
    files: impl Iterator<Item = &'a Path>,
    side: Option<u32>,
) -> Result<Shape, DataError> {
    let files: Vec<&Path> = files.collect();
    if let Some(side) = side {
        let shapes = files.par_iter().map(|path| shape_of_file(path));
        let decisive = shapes.find_any(|shape| shape.as_ref().map_or(true, |s| s.channels == 3));
        let channels = decisive.transpose()?.map_or(1, |shape| shape.channels);
        return Ok(Shape { channels, height: side as usize, width: side as usize });
    }
    let shapes: Vec<Shape> =
        files.par_iter().map(|path| shape_of_file(path)).collect::<Result<_, _>>()?;
    let channels = shapes.iter().map(|shape| shape.channels).max().unwrap_or(1);
    let extent = |shape: &Shape| (shape.height, shape.width);
    let default = (DEFAULT_SIDE, DEFAULT_SIDE);
    let candidate = shapes.first().map_or(default, extent);
    let is_common = shapes.iter().all(|shape| extent(shape) == candidate);
    let (height, width) = if is_common { candidate } else { default };
    Ok(Shape { channels, height, width })
}

/// The shape of an image, from its header. The format is detected from the content, not the name.
fn shape_of_file(path: &Path) -> Result<Shape, DataError> {
    let reader = ImageReader::open(path).and_then(ImageReader::with_guessed_format);
    let decoder = reader.map_err(DataError::io(path))?.into_decoder();
    let decoder = decoder.map_err(|error| malformed(path, error))?;
    let (width, height) = decoder.dimensions();
    let channels = if decoder.color_type().has_color() { 3 } else { 1 };
    Ok(Shape { channels, height: height as usize, width: width as usize })
}

fn malformed(path: &Path, error: impl Display) -> DataError {
    let error = error.to_string();
    DataError::malformed(path, format!("cannot be decoded as PNG or JPEG: {}", error.trim_end()))
}
