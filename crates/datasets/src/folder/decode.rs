//! Decoding PNG and JPEG to planar u8.

mod jpeg;

use std::fmt::Display;
use std::fs::{self, File};
use std::io::{BufReader, Cursor};
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
    let pixels = interleaved(image, shape.channels);
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

fn interleaved(image: DynamicImage, channels: usize) -> Vec<u8> {
    match channels {
        1 => image.into_luma8().into_raw(),
        _ => image.into_rgb8().into_raw(),
    }
}

/// Size and color type from the header of a file.
#[derive(Debug, Clone, Copy)]
struct Header {
    height: usize,
    width: usize,
    color: bool,
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
        let headers = files.par_iter().map(|path| header(path));
        let decisive =
            headers.find_any(|header| header.as_ref().map_or(true, |header| header.color));
        let color = decisive.transpose()?.is_some();
        return Ok(shape(color, side as usize, side as usize));
    }
    let headers: Vec<Header> =
        files.par_iter().map(|path| header(path)).collect::<Result<_, _>>()?;
    let color = headers.iter().any(|header| header.color);
    let first = headers.first().map_or((DEFAULT_SIDE, DEFAULT_SIDE), |h| (h.height, h.width));
    let same_size = headers.iter().all(|header| (header.height, header.width) == first);
    let (height, width) = if same_size { first } else { (DEFAULT_SIDE, DEFAULT_SIDE) };
    Ok(shape(color, height, width))
}

fn shape(color: bool, height: usize, width: usize) -> Shape {
    Shape { channels: if color { 3 } else { 1 }, height, width }
}

fn header(path: &Path) -> Result<Header, DataError> {
    let decoder = open(path)?.into_decoder().map_err(|error| malformed(path, error))?;
    let (width, height) = decoder.dimensions();
    Ok(Header {
        height: height as usize,
        width: width as usize,
        color: decoder.color_type().has_color(),
    })
}

/// Opens an image. The format is detected from the content, not the name.
fn open(path: &Path) -> Result<ImageReader<BufReader<File>>, DataError> {
    let reader = ImageReader::open(path).and_then(ImageReader::with_guessed_format);
    reader.map_err(DataError::io(path))
}

fn malformed(path: &Path, error: impl Display) -> DataError {
    let error = error.to_string();
    DataError::malformed(path, format!("cannot be decoded as PNG or JPEG: {}", error.trim_end()))
}
