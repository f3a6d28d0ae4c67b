//! Reading weight files: safetensors, or a state dict that was saved with `PyTorch`'s `torch.save`.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use pytorch_reader::PytorchReader;
use safetensors::tensor::SafeTensors;

use crate::ModelError;

/// Magic number of zip archives, which is the format of `torch.save`.
const ZIP: &[u8] = b"PK\x03\x04";

/// A weight file: tensors by name.
pub(crate) trait NamedTensors {
    /// The names of all tensors.
    fn tensor_names(&self) -> Vec<String>;
    /// Type (such as `F32`) and shape of a tensor; none if it does not exist.
    fn describe(&self, name: &str) -> Option<(String, Vec<usize>)>;
    /// The values of an `F32` tensor.
    fn values(&self, name: &str) -> Result<Vec<f32>, String>;
}

impl NamedTensors for SafeTensors<'_> {
    fn tensor_names(&self) -> Vec<String> {
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

impl NamedTensors for PytorchReader {
    fn tensor_names(&self) -> Vec<String> {
        let mut names = self.keys();
        names.sort_unstable();
        names
    }

    fn describe(&self, name: &str) -> Option<(String, Vec<usize>)> {
        let tensor = self.get(name)?;
        Some((format!("{:?}", tensor.dtype()), tensor.shape().to_vec()))
    }

    fn values(&self, name: &str) -> Result<Vec<f32>, String> {
        let tensor = self.get(name).ok_or_else(|| format!("no tensor {name:?}"))?;
        let bytes = tensor.read().map_err(|error| error.to_string())?;
        let number = |bytes: &[u8]| f32::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        Ok(bytes.chunks_exact(4).map(number).collect())
    }
}

/// Opens a weight file, detects its format from the first bytes, and passes its tensors to `then`.
pub(crate) fn open_tensors<T>(
    path: &Path,
    then: impl FnOnce(&dyn NamedTensors) -> Result<T, String>,
) -> Result<T, ModelError> {
    let unreadable = |source| ModelError::Io { path: path.to_owned(), source };
    let mut start = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(ZIP.len() as u64).read_to_end(&mut start).map_err(unreadable)?;
    let result = if start == ZIP {
        let opened = PytorchReader::new(path);
        let damaged = |error| format!("not a PyTorch state dict, or damaged: {error}");
        opened.map_err(damaged).and_then(|tensors| then(&tensors))
    } else {
        let bytes = std::fs::read(path).map_err(unreadable)?;
        let damaged = |error| format!("not a safetensors file, or damaged: {error}");
        SafeTensors::deserialize(&bytes).map_err(damaged).and_then(|tensors| then(&tensors))
    };
    result.map_err(|reason| ModelError::Weights { path: path.to_owned(), reason })
}
