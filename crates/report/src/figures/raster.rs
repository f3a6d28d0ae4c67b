//! Pixels inside a drawing.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use resvg::tiny_skia::Pixmap;

/// An SVG element that shows `pixels` at `place` (left, top) at `size` (width, height), CSS pixels.
///
/// # Errors
/// When the pixels have no PNG form; what the encoder said.
pub(crate) fn image_element(
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
