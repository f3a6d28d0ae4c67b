//! Rows of u8 pixels on a device. Devices without u8 pack four pixels into an i32.

use burn::tensor::{DType, Device, Int, Tensor, TensorData};

/// Pixels on a device, one row per image.
#[derive(Debug, Clone)]
pub enum DevicePixels {
    /// U8 `[rows, channels * height * width]`.
    Bytes(Tensor<2, Int>),
    /// I32 `[rows, channels * height * width / 4, rounded up]`: four pixels per word, the first in
    /// the lowest byte. For devices without u8, such as those programmed in WGSL.
    Words(Tensor<2, Int>),
}

impl DevicePixels {
    /// Copies `rows` rows of equal length to the device.
    pub fn new(bytes: Vec<u8>, rows: usize, device: &Device) -> Self {
        if device.supports_dtype(DType::U8) {
            Self::bytes(bytes, rows, device)
        } else {
            Self::words(&bytes, rows, device)
        }
    }

    pub fn bytes(bytes: Vec<u8>, rows: usize, device: &Device) -> Self {
        let length = bytes.len() / rows;
        Self::Bytes(Tensor::from_data(TensorData::new(bytes, [rows, length]), (device, DType::U8)))
    }

    pub fn words(bytes: &[u8], rows: usize, device: &Device) -> Self {
        let length = bytes.len() / rows;
        let words: Vec<i32> = bytes.chunks_exact(length).flat_map(row_words).collect();
        let data = TensorData::new(words, [rows, length.div_ceil(4)]);
        Self::Words(Tensor::from_data(data, (device, DType::I32)))
    }

    /// Selects rows: float `[indices, length]`, in 0..=255.
    pub fn select(&self, indices: &[i32], length: usize, device: &Device) -> Tensor<2> {
        let data = TensorData::new(indices.to_vec(), [indices.len()]);
        let indices = Tensor::<1, Int>::from_data(data, (device, DType::I32));
        match self {
            Self::Bytes(bytes) => bytes.clone().select(0, indices).float(),
            Self::Words(words) => unpack_words(words.clone().select(0, indices), length, device),
        }
    }

    /// All rows, in the format of [`select`](Self::select).
    pub fn all_rows(self, length: usize, device: &Device) -> Tensor<2> {
        match self {
            Self::Bytes(bytes) => bytes.float(),
            Self::Words(words) => unpack_words(words, length, device),
        }
    }
}

/// Unpacks I32 `[rows, words]`, four pixels per word, to float `[rows, length]`.
fn unpack_words(words: Tensor<2, Int>, length: usize, device: &Device) -> Tensor<2> {
    let [rows, per_row] = words.dims();
    let shifts = Tensor::<3, Int>::from_data([[[0, 8, 16, 24]]], (device, DType::I32));
    words
        .reshape([rows, per_row, 1])
        .expand([rows, per_row, 4])
        .bitwise_right_shift(shifts.expand([rows, per_row, 4]))
        .bitwise_and_scalar(255)
        .reshape([rows, per_row * 4])
        .narrow(1, 0, length)
        .float()
}

fn row_words(row: &[u8]) -> impl Iterator<Item = i32> {
    row.chunks(4).map(|chunk| {
        let mut word = [0; 4];
        word[..chunk.len()].copy_from_slice(chunk);
        i32::from_le_bytes(word)
    })
}
