//! Saving and loading weights. Names and shapes are those of `PyTorch`: `conv1.weight` is `[out,
//! in, height, width]`, `fc6.weight` is `[out, in]`, f32. Files are written as safetensors.

use std::collections::BTreeMap;
use std::path::Path;

use burn::tensor::{Device, Tensor, TensorData};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use crate::layer_config::{Kernel, LayerConfig};
use crate::tensor_file::{NamedTensors, open_tensors};
use crate::{Layer, ModelError, Network, NetworkConfig};

impl Network {
    /// Serializes the weights as safetensors. Equal weights give equal bytes.
    ///
    /// # Panics
    /// When the device fails while the weights are read back.
    #[must_use]
    pub fn to_safetensors(&self) -> Vec<u8> {
        save_networks(&[("", self)], None)
    }
}

/// Serializes several networks as one safetensors file. The tensor names of each network get its
/// prefix; `text` is stored as metadata.
///
/// # Panics
/// When two networks have the same prefix, or the device fails while the weights are read back.
#[must_use]
pub fn save_networks(
    networks: &[(&str, &Network)],
    text: Option<BTreeMap<String, String>>,
) -> Vec<u8> {
    let stored_network = |(prefix, network): &(&str, &Network)| {
        let layers = network.layers().iter().flat_map(stored_tensors);
        layers.map(|(name, shape, bytes)| (format!("{prefix}{name}"), shape, bytes)).collect()
    };
    let tensors: Vec<Stored> =
        networks.iter().flat_map(|network| -> Vec<Stored> { stored_network(network) }).collect();
    let views = tensors.iter().map(|(name, shape, bytes)| {
        let view = TensorView::new(Dtype::F32, shape.clone(), bytes);
        (name.as_str(), view.expect("the bytes are those of the shape"))
    });
    safetensors::serialize(views, text.map(|text| text.into_iter().collect()))
        .expect("prefixes are unique and shapes fit")
}

/// Name, shape and little-endian f32 bytes.
type Stored = (String, Vec<usize>, Vec<u8>);

/// The stored weights and biases of a layer.
fn stored_tensors(layer: &Layer) -> [Stored; 2] {
    let config = layer.config();
    let shape = saved_shape(config);
    let [weight, bias] = tensor_names(config);
    [
        (weight, shape.clone(), bytes(layer.weight().inner().into_data())),
        (bias, vec![shape[0]], bytes(layer.bias().inner().into_data())),
    ]
}

/// The names of a layer's weights and biases in a file.
fn tensor_names(config: &LayerConfig) -> [String; 2] {
    ["weight", "bias"].map(|kind| format!("{}.{kind}", config.tensor_prefix))
}

/// The names of all tensors of a network in a file.
fn network_tensor_names(network: &Network) -> Vec<String> {
    network.layers().iter().flat_map(|layer| tensor_names(layer.config())).collect()
}

fn check_finite(tensors: &dyn NamedTensors, tensor_names: &[String]) -> Result<(), String> {
    for name in tensor_names {
        if let Some(wrong) = tensors.values(name)?.iter().find(|value| !value.is_finite()) {
            return Err(format!("tensor {name:?} has {wrong}; weights are finite numbers"));
        }
    }
    Ok(())
}

fn saved_shape(config: &LayerConfig) -> Vec<usize> {
    let shape = config.weight_shape();
    match config.kernel {
        Kernel::Convolution { .. } => shape.to_vec(),
        Kernel::FullyConnected { .. } => shape[..2].to_vec(),
    }
}

fn bytes(data: TensorData) -> Vec<u8> {
    let read_f32 = data.convert::<f32>().try_into_vec::<f32>().expect("just converted");
    read_f32.into_iter().flat_map(f32::to_le_bytes).collect()
}

impl NetworkConfig {
    /// The same configuration with the number of classes of a weight file, read from its last
    /// layer.
    ///
    /// # Errors
    /// When the file cannot be read, is damaged, or does not have this layer.
    pub fn with_classes_from_file(self, path: &Path) -> Result<Self, ModelError> {
        let layers = self.layers()?;
        let name = format!("{}.bias", layers[layers.len() - 1].tensor_prefix);
        let classes = open_tensors(path, |tensors| {
            match tensors.describe(&name).as_ref().map(|(_, shape)| shape.as_slice()) {
                Some([classes]) => Ok(*classes),
                _ => Err(format!(
                    "no tensor {name:?} of one dimension; the file has {}",
                    tensors.tensor_names().join(", ")
                )),
            }
        })?;
        Ok(Self { classes, ..self })
    }

    /// Loads weights from a safetensors file, or from a state dict written by `PyTorch` 1.6 or
    /// later with `torch.save` (`.pt`, `.pth`). All layers are trainable.
    ///
    /// The format is detected from the first bytes. Code in the file is never executed. A state
    /// dict that is nested in something else, such as a training checkpoint, is not found.
    /// Additional tensors are ignored.
    ///
    /// # Errors
    /// When the file cannot be read or is damaged, or a tensor is missing or has the wrong shape or
    /// type.
    pub fn load(&self, path: &Path, device: &Device) -> Result<Network, ModelError> {
        open_tensors(path, |tensors| self.read_layers(tensors, "", device))
    }

    /// Like [`NetworkConfig::load`], but refuses weights that are not finite. For files from other
    /// sources.
    ///
    /// # Errors
    /// As for [`NetworkConfig::load`]; and when there are numbers that are not finite.
    pub fn load_finite(&self, path: &Path, device: &Device) -> Result<Network, ModelError> {
        open_tensors(path, |tensors| {
            let network = self.read_layers(tensors, "", device)?;
            check_finite(tensors, &network_tensor_names(&network))?;
            Ok(network)
        })
    }

    /// Like [`NetworkConfig::load_finite`], but refuses files with additional tensors. Such a file
    /// is from another architecture, even if some names and shapes match.
    ///
    /// # Errors
    /// As for [`NetworkConfig::load_finite`]; and when the file has additional tensors.
    pub fn load_exact(&self, path: &Path, device: &Device) -> Result<Network, ModelError> {
        open_tensors(path, |tensors| {
            let network = self.read_layers(tensors, "", device)?;
            let own_names = network_tensor_names(&network);
            let mut additional = tensors.tensor_names();
            additional.retain(|name| !own_names.contains(name));
            additional.sort_unstable();
            if !additional.is_empty() {
                return Err(format!(
                    "{} has no tensors {}; its tensors are {}",
                    self.architecture,
                    additional.join(", "),
                    own_names.join(", ")
                ));
            }
            check_finite(tensors, &own_names)?;
            Ok(network)
        })
    }

    /// Reads a network from tensors with a prefix, as written by [`save_networks`]. All layers are
    /// trainable.
    ///
    /// # Errors
    /// A description of the tensor that is missing or has the wrong shape or type.
    pub fn load_tensors(
        &self,
        tensors: &SafeTensors,
        prefix: &str,
        device: &Device,
    ) -> Result<Network, String> {
        self.read_layers(tensors, prefix, device)
    }

    fn read_layers(
        &self,
        tensors: &dyn NamedTensors,
        prefix: &str,
        device: &Device,
    ) -> Result<Network, String> {
        let layers = self.layers().map_err(|error| error.to_string())?;
        let load = |layer: LayerConfig| {
            let shape = saved_shape(&layer);
            let [weight, bias] = tensor_names(&layer).map(|name| format!("{prefix}{name}"));
            let weight = read_f32(tensors, &weight, &shape)?;
            let bias = read_f32(tensors, &bias, &shape[..1])?;
            let weight = TensorData::new(weight, layer.weight_shape());
            let bias = TensorData::new(bias, [shape[0]]);
            Ok(layer
                .with_weights(Tensor::from_data(weight, device), Tensor::from_data(bias, device)))
        };
        layers.into_iter().map(load).collect::<Result<_, String>>().map(Network::from_layers)
    }
}

fn read_f32(tensors: &dyn NamedTensors, name: &str, shape: &[usize]) -> Result<Vec<f32>, String> {
    let Some((kind, found)) = tensors.describe(name) else {
        let tensor_names = tensors.tensor_names().join(", ");
        return Err(format!("no tensor {name:?}; the file has {tensor_names}"));
    };
    if found != shape || kind != "F32" {
        return Err(format!(
            "tensor {name:?} is {kind} {found:?}, the network needs F32 {shape:?}"
        ));
    }
    tensors.values(name)
}
