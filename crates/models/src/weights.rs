//! Weights as safetensors, under the names and in the shapes that `PyTorch` uses: `conv1.weight`
//! is `[out, in, height, width]`, `fc6.weight` is `[out, in]`, f32.

use std::path::Path;

use burn::tensor::{Device, Tensor, TensorData};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use crate::layer::{Kernel, LayerConfig};
use crate::{Layer, ModelError, Network, NetworkConfig};

impl Network {
    /// The weights as the bytes of a safetensors file. Equal weights give equal bytes.
    ///
    /// # Panics
    /// When the device fails while the weights are read back.
    #[must_use]
    pub fn to_safetensors(&self) -> Vec<u8> {
        let tensors: Vec<(String, Vec<usize>, Vec<u8>)> =
            self.layers().iter().flat_map(stored).collect();
        let views = tensors.iter().map(|(name, shape, bytes)| {
            let view = TensorView::new(Dtype::F32, shape.clone(), bytes);
            (name.as_str(), view.expect("the bytes are those of the shape"))
        });
        safetensors::serialize(views, None).expect("names are unique and shapes fit")
    }
}

/// Name, shape and little-endian f32 bytes of a layer's weights and biases.
fn stored(layer: &Layer) -> [(String, Vec<usize>, Vec<u8>); 2] {
    let config = layer.config();
    let shape = stored_shape(config);
    let name = &config.stored_as;
    [
        (format!("{name}.weight"), shape.clone(), bytes(layer.weight().inner().into_data())),
        (format!("{name}.bias"), vec![shape[0]], bytes(layer.bias().inner().into_data())),
    ]
}

fn stored_shape(config: &LayerConfig) -> Vec<usize> {
    let shape = config.weight_shape();
    match config.kernel {
        Kernel::Convolution { .. } => shape.to_vec(),
        Kernel::FullyConnected { .. } => shape[..2].to_vec(),
    }
}

fn bytes(data: TensorData) -> Vec<u8> {
    let values = data.convert::<f32>().try_into_vec::<f32>().expect("just converted");
    values.into_iter().flat_map(f32::to_le_bytes).collect()
}

impl NetworkConfig {
    /// Reads the network's weights from a safetensors file; every layer is to be trained.
    ///
    /// # Errors
    /// When the file cannot be read, is damaged, or lacks a tensor of the right name, shape and type.
    pub fn load(&self, path: &Path, device: &Device) -> Result<Network, ModelError> {
        let file = std::fs::read(path)
            .map_err(|source| ModelError::Io { path: path.to_owned(), source })?;
        self.read_safetensors(&file, device)
            .map_err(|reason| ModelError::Weights { path: path.to_owned(), reason })
    }

    fn read_safetensors(&self, file: &[u8], device: &Device) -> Result<Network, String> {
        let tensors = SafeTensors::deserialize(file)
            .map_err(|error| format!("not a safetensors file, or damaged: {error}"))?;
        let layers = self.layers().map_err(|error| error.to_string())?;
        let load = |layer: LayerConfig| {
            let name = &layer.stored_as;
            let shape = stored_shape(&layer);
            let weight = read(&tensors, &format!("{name}.weight"), &shape)?;
            let bias = read(&tensors, &format!("{name}.bias"), &shape[..1])?;
            let weight = TensorData::new(weight, layer.weight_shape());
            let bias = TensorData::new(bias, [shape[0]]);
            Ok(layer
                .with_weights(Tensor::from_data(weight, device), Tensor::from_data(bias, device)))
        };
        layers.into_iter().map(load).collect::<Result<_, String>>().map(Network::from_layers)
    }
}

fn read(tensors: &SafeTensors, name: &str, shape: &[usize]) -> Result<Vec<f32>, String> {
    let view = tensors
        .tensor(name)
        .map_err(|_| format!("no tensor {name:?}; the file has {}", tensors.names().join(", ")))?;
    if view.shape() != shape || view.dtype() != Dtype::F32 {
        return Err(format!(
            "tensor {name:?} is {:?} {:?}, the network needs F32 {shape:?}",
            view.dtype(),
            view.shape()
        ));
    }
    let number = |bytes: &[u8]| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    Ok(view.data().chunks_exact(4).map(number).collect())
}
