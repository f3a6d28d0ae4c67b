//! Tensors in files beside a record.

use std::path::Path;

use safetensors::{Dtype, SafeTensors};

use crate::ReportError;

/// What `take` makes of a file of tensors; none where there is no such file.
///
/// # Errors
/// When the file cannot be read or holds something else.
pub(crate) fn read_if_there<T>(
    path: &Path,
    take: impl FnOnce(&SafeTensors) -> Result<T, String>,
) -> Result<Option<T>, ReportError> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(ReportError::io(path)(error)),
    };
    let tensors = SafeTensors::deserialize(&bytes).map_err(|reason| reason.to_string());
    let taken = tensors.and_then(|tensors| take(&tensors));
    taken.map(Some).map_err(|reason| ReportError::Tensors { path: path.to_owned(), reason })
}

/// Shape and bytes.
pub(crate) fn tensor<'a>(
    tensors: &SafeTensors<'a>,
    name: &str,
    dtype: Dtype,
) -> Result<(Vec<usize>, &'a [u8]), String> {
    let view = tensors.tensor(name).map_err(|reason| reason.to_string())?;
    if view.dtype() != dtype {
        return Err(format!("{name} is {:?}; it must be {dtype:?}", view.dtype()));
    }
    Ok((view.shape().to_vec(), view.data()))
}

/// Little-endian F32.
pub(crate) fn floats(bytes: &[u8]) -> Vec<f32> {
    let (numbers, _) = bytes.as_chunks();
    numbers.iter().map(|number| f32::from_le_bytes(*number)).collect()
}

/// Little-endian I64.
pub(crate) fn integers(bytes: &[u8]) -> Vec<i64> {
    let (numbers, _) = bytes.as_chunks();
    numbers.iter().map(|number| i64::from_le_bytes(*number)).collect()
}
