//! Files of tensors, and images to show.

/// Name, type, shape and bytes of a tensor.
pub type NamedTensor = (String, Dtype, Vec<usize>, Vec<u8>);

use safetensors::Dtype;
use safetensors::tensor::TensorView;

/// The bytes of an I64.
///
/// # Panics
/// When it is beyond an I64.
#[must_use]
pub fn integer(value: usize) -> [u8; 8] {
    i64::try_from(value).unwrap().to_le_bytes()
}

/// A safetensors file of (name, type, shape, bytes).
///
/// # Panics
/// When the bytes are not those of the shape.
#[must_use]
pub fn file(tensors: &[NamedTensor]) -> Vec<u8> {
    let views = tensors.iter().map(|(name, dtype, shape, bytes)| {
        (name.as_str(), TensorView::new(*dtype, shape.clone(), bytes).unwrap())
    });
    safetensors::serialize(views, None).unwrap()
}

/// Digits of seven segments, 28 by 28.
#[must_use]
pub fn gallery(shown: usize) -> Vec<u8> {
    // Top, upper left, upper right, middle, lower left, lower right, bottom.
    const SEGMENTS: [[u8; 7]; 10] = [
        [1, 1, 1, 0, 1, 1, 1],
        [0, 0, 1, 0, 0, 1, 0],
        [1, 0, 1, 1, 1, 0, 1],
        [1, 0, 1, 1, 0, 1, 1],
        [0, 1, 1, 1, 0, 1, 0],
        [1, 1, 0, 1, 0, 1, 1],
        [1, 1, 0, 1, 1, 1, 1],
        [1, 0, 1, 0, 0, 1, 0],
        [1, 1, 1, 1, 1, 1, 1],
        [1, 1, 1, 1, 0, 1, 1],
    ];
    let rectangles = [
        (4, 7, 8, 20),
        (4, 14, 8, 11),
        (4, 14, 17, 20),
        (12, 15, 8, 20),
        (14, 24, 8, 11),
        (14, 24, 17, 20),
        (21, 24, 8, 20),
    ];
    let images: Vec<usize> = (0..shown).map(|at| at * 37).collect();
    let mut pixels = vec![0_u8; images.len() * 28 * 28];
    for (image, pixels) in images.iter().zip(pixels.chunks_exact_mut(28 * 28)) {
        for (on, (top, bottom, left, right)) in SEGMENTS[image % 10].iter().zip(rectangles) {
            for row in top..bottom {
                pixels[row * 28 + left..row * 28 + right].iter_mut().for_each(|p| *p |= on * 230);
            }
        }
    }
    let numbers = images.iter().flat_map(|&image| integer(image)).collect();
    file(&[
        ("pixels".to_owned(), Dtype::U8, vec![images.len(), 1, 28, 28], pixels),
        ("images".to_owned(), Dtype::I64, vec![images.len()], numbers),
    ])
}
