//! Tensors by name, from either kind of file that weights come in: safetensors, or what `PyTorch`'s
//! `torch.save` makes of a state dict.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use pytorch_reader::PytorchReader;
use safetensors::tensor::SafeTensors;

use crate::ModelError;

/// How a zip archive begins, which is what `torch.save` writes.
const ZIP: &[u8] = b"PK\x03\x04";

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

impl Tensors for PytorchReader {
    fn all_names(&self) -> Vec<String> {
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

/// Opens a file of weights, of the kind that its first bytes are of, and takes from it what `then` takes.
pub(crate) fn with_tensors<T>(
    path: &Path,
    then: impl FnOnce(&dyn Tensors) -> Result<T, String>,
) -> Result<T, ModelError> {
    let unreadable = |source| ModelError::Io { path: path.to_owned(), source };
    let mut begins = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(ZIP.len() as u64).read_to_end(&mut begins).map_err(unreadable)?;
    let taken = if begins == ZIP {
        let opened = PytorchReader::new(path);
        let damaged = |error| format!("not a PyTorch state dict, or damaged: {error}");
        opened.map_err(damaged).and_then(|tensors| then(&tensors))
    } else {
        let bytes = std::fs::read(path).map_err(unreadable)?;
        let damaged = |error| format!("not a safetensors file, or damaged: {error}");
        SafeTensors::deserialize(&bytes).map_err(damaged).and_then(|tensors| then(&tensors))
    };
    taken.map_err(|reason| ModelError::Weights { path: path.to_owned(), reason })
}
