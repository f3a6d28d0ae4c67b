//! Tensors in files next to a record.

use safetensors::{Dtype, SafeTensors};

use crate::{CellResult, ReportError};

/// What `take` makes of a file of tensors that a cell left behind; none where it left no such file.
///
/// # Errors
/// When the file cannot be read, is not what was published, or holds something else.
pub fn read_if_there<T>(
    cell_result: &CellResult,
    name: &str,
    take: impl FnOnce(&SafeTensors) -> Result<T, String>,
) -> Result<Option<T>, ReportError> {
    let Some(bytes) = cell_result.file(name)? else { return Ok(None) };
    let tensors = SafeTensors::deserialize(&bytes).map_err(|reason| reason.to_string());
    let taken = tensors.and_then(|tensors| take(&tensors));
    let path = cell_result.folder.join(name);
    taken.map(Some).map_err(|reason| ReportError::Tensors { path, reason })
}

/// Shape and bytes of a tensor.
///
/// # Errors
/// When there is none of this name, or it is of another type; why.
pub fn tensor<'a>(
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
#[must_use]
pub fn floats(bytes: &[u8]) -> Vec<f32> {
    let (numbers, _) = bytes.as_chunks();
    numbers.iter().map(|number| f32::from_le_bytes(*number)).collect()
}

/// Little-endian I64.
#[must_use]
pub fn integers(bytes: &[u8]) -> Vec<i64> {
    let (numbers, _) = bytes.as_chunks();
    numbers.iter().map(|number| i64::from_le_bytes(*number)).collect()
}
