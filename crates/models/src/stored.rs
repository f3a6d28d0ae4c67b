//! Tensors by name.

use std::path::Path;

use safetensors::tensor::SafeTensors;

use crate::ModelError;

/// Tensors by name.
pub(crate) trait Tensors {
    /// The names there are.
    fn all_names(&self) -> Vec<String>;
    /// The type, `F32` and the like, and the shape of a tensor.
    fn describe(&self, name: &str) -> Option<(String, Vec<usize>)>;
    /// The values of a tensor that is described as `F32`.
    fn values(&self, name: &str) -> Result<Vec<f32>, String>;
}

impl Tensors for SafeTensors<'_> {
    fn all_names(&self) -> Vec<String> {
        self.names().into_iter().map(str::to_owned).collect()
    }

    fn describe(&self, name: &str) -> Option<(String, Vec<usize>)> {
        let view = self.tensor(name).ok()?;
        Some((format!("{:?}", view.dtype()), view.shape().to_vec()))
    }

    fn values(&self, name: &str) -> Result<Vec<f32>, String> {
        let view = self.tensor(name).map_err(|error| error.to_string())?;
        let number = |bytes: &[u8]| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        Ok(view.data().chunks_exact(4).map(number).collect())
    }
}

/// Opens a file of weights, and takes from it what `then` takes.
pub(crate) fn with_tensors<T>(
    path: &Path,
    then: impl FnOnce(&dyn Tensors) -> Result<T, String>,
) -> Result<T, ModelError> {
    let bytes =
        std::fs::read(path).map_err(|source| ModelError::Io { path: path.to_owned(), source })?;
    let damaged = |error| format!("not a safetensors file, or damaged: {error}");
    SafeTensors::deserialize(&bytes)
        .map_err(damaged)
        .and_then(|tensors| then(&tensors))
        .map_err(|reason| ModelError::Weights { path: path.to_owned(), reason })
}
