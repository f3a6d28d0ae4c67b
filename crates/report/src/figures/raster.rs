//! Pixels inside a drawing.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use resvg::tiny_skia::{Pixmap, PremultipliedColorU8};

/// An SVG element that shows `pixels` at `place` (left, top) at `size` (width, height), CSS pixels.
///
/// # Errors
/// When the pixels have no PNG form; what the encoder said.
pub fn image_element(
    pixels: &Pixmap,
    (x, y): (f64, f64),
    (width, height): (f64, f64),
) -> Result<String, String> {
    let png = pixels.encode_png().map_err(|reason| reason.to_string())?;
    let data = STANDARD.encode(png);
    Ok(format!(
        r#"<image x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}" preserveAspectRatio="none" href="data:image/png;base64,{data}"/>"#
    ))
}

/// An image of u8, channel by channel and row by row, each of its pixels a square of so many that the
/// whole is `wanted` pixels wide or a little more: no viewer then blurs it. None where it has no pixel.
///
/// # Panics
/// When `bytes` are not as many as `[channels, height, width]` says.
#[must_use]
pub fn enlarged(
    [channels, height, width]: [usize; 3],
    bytes: &[u8],
    wanted: usize,
) -> Option<Pixmap> {
    assert!(
        bytes.len() == channels * height * width,
        "{} bytes of an image of {channels} by {height} by {width}",
        bytes.len()
    );
    let square = wanted.div_ceil(width.max(1));
    let extent = |size: usize| u32::try_from(size * square).ok();
    let mut pixels = Pixmap::new(extent(width)?, extent(height)?)?;
    let stride = width * square;
    for (at, pixel) in pixels.pixels_mut().iter_mut().enumerate() {
        let place = at / stride / square * width + at % stride / square;
        let value = |channel: usize| bytes[channel.min(channels - 1) * height * width + place];
        *pixel = PremultipliedColorU8::from_rgba(value(0), value(1), value(2), 255)?;
    }
    Some(pixels)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pixel_becomes_a_square() {
        // One channel, one row of two pixels, each two by two.
        let pixels = enlarged([1, 1, 2], &[10, 200], 4).unwrap();
        assert_eq!((pixels.width(), pixels.height()), (4, 2));
        let reds: Vec<u8> = pixels.pixels().iter().map(|pixel| pixel.red()).collect();
        assert_eq!(reds, [10, 10, 200, 200, 10, 10, 200, 200]);
        // Three channels of one pixel.
        let pixel = enlarged([3, 1, 1], &[1, 2, 3], 1).unwrap().pixel(0, 0).unwrap();
        assert_eq!([pixel.red(), pixel.green(), pixel.blue()], [1, 2, 3]);
    }
}
