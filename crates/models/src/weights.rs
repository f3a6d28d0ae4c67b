//! Weights in files, under the names and in the shapes that `PyTorch` uses: `conv1.weight` is
//! `[out, in, height, width]`, `fc6.weight` is `[out, in]`, f32. Written as safetensors.

use std::collections::BTreeMap;
use std::path::Path;

use burn::tensor::{Device, Tensor, TensorData};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use crate::layer::{Kernel, LayerConfig};
use crate::stored::{Tensors, with_tensors};
use crate::{Layer, ModelError, Network, NetworkConfig};

impl Network {
    /// The weights as the bytes of a safetensors file. Equal weights give equal bytes.
    ///
    /// # Panics
    /// When the device fails while the weights are read back.
    #[must_use]
    pub fn to_safetensors(&self) -> Vec<u8> {
        save_networks(&[("", self)], None)
    }
}

/// Several networks in one safetensors file, each under names that begin with its prefix, and text
/// to go with them.
///
/// # Panics
/// When two networks have the same prefix, or the device fails while the weights are read back.
#[must_use]
pub fn save_networks(
    networks: &[(&str, &Network)],
    text: Option<BTreeMap<String, String>>,
) -> Vec<u8> {
    let named = |(prefix, network): &(&str, &Network)| {
        let layers = network.layers().iter().flat_map(stored);
        layers.map(|(name, shape, bytes)| (format!("{prefix}{name}"), shape, bytes)).collect()
    };
    let tensors: Vec<Stored> =
        networks.iter().flat_map(|network| -> Vec<Stored> { named(network) }).collect();
    let views = tensors.iter().map(|(name, shape, bytes)| {
        let view = TensorView::new(Dtype::F32, shape.clone(), bytes);
        (name.as_str(), view.expect("the bytes are those of the shape"))
    });
    safetensors::serialize(views, text.map(|text| text.into_iter().collect()))
        .expect("prefixes are unique and shapes fit")
}

/// Name, shape and little-endian f32 bytes.
type Stored = (String, Vec<usize>, Vec<u8>);

/// Name, shape and little-endian f32 bytes of a layer's weights and biases.
fn stored(layer: &Layer) -> [Stored; 2] {
    let config = layer.config();
    let shape = stored_shape(config);
    let [weight, bias] = names(config);
    [
        (weight, shape.clone(), bytes(layer.weight().inner().into_data())),
        (bias, vec![shape[0]], bytes(layer.bias().inner().into_data())),
    ]
}

/// The names of a layer's weights and biases in a file.
fn names(config: &LayerConfig) -> [String; 2] {
    ["weight", "bias"].map(|kind| format!("{}.{kind}", config.stored_as))
}

/// The names of all of a network's tensors in a file.
fn all_names(network: &Network) -> Vec<String> {
    network.layers().iter().flat_map(|layer| names(layer.config())).collect()
}

fn check_finite(tensors: &dyn Tensors, names: &[String]) -> Result<(), String> {
    for name in names {
        if let Some(wrong) = tensors.values(name)?.iter().find(|value| !value.is_finite()) {
            return Err(format!("tensor {name:?} has {wrong}; weights are finite numbers"));
        }
    }
    Ok(())
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
    /// The same network with as many classes as the last layer in a file of weights has.
    ///
    /// # Errors
    /// When the file cannot be read, is damaged, or has no such layer.
    pub fn with_classes_of(self, path: &Path) -> Result<Self, ModelError> {
        let layers = self.layers()?;
        let name = format!("{}.bias", layers[layers.len() - 1].stored_as);
        let classes = with_tensors(path, |tensors| {
            match tensors.describe(&name).as_ref().map(|(_, shape)| shape.as_slice()) {
                Some([classes]) => Ok(*classes),
                _ => Err(format!(
                    "no tensor {name:?} of one dimension; the file has {}",
                    tensors.all_names().join(", ")
                )),
            }
        })?;
        Ok(Self { classes, ..self })
    }

    /// Reads the network's weights from a safetensors file, or from a state dict that `PyTorch`'s
    /// `torch.save` wrote (`.pt`, `.pth`; 1.6 or later); every layer is to be trained.
    ///
    /// The file's first bytes say which it is. No code in it is run. A state dict inside of something
    /// else, such as a checkpoint with an optimizer, is not looked for.
    ///
    /// # Errors
    /// When the file cannot be read, is damaged, or lacks a tensor of the right name, shape and type.
    pub fn load(&self, path: &Path, device: &Device) -> Result<Network, ModelError> {
        with_tensors(path, |tensors| self.take(tensors, "", device))
    }

    /// The same of a file that may come from anywhere.
    ///
    /// # Errors
    /// As for [`NetworkConfig::load`], and when there are numbers that are not finite.
    pub fn load_finite(&self, path: &Path, device: &Device) -> Result<Network, ModelError> {
        with_tensors(path, |tensors| {
            let network = self.take(tensors, "", device)?;
            check_finite(tensors, &all_names(&network))?;
            Ok(network)
        })
    }

    /// The same where the file must hold this network and nothing else: what has more, or other, layers
    /// is no network of this kind, even where the names and shapes of some fit.
    ///
    /// # Errors
    /// As for [`NetworkConfig::load`]; and when the file has tensors that the network has no place for,
    /// or numbers that are not finite.
    pub fn load_whole(&self, path: &Path, device: &Device) -> Result<Network, ModelError> {
        with_tensors(path, |tensors| {
            let network = self.take(tensors, "", device)?;
            let own = all_names(&network);
            let mut others = tensors.all_names();
            others.retain(|name| !own.contains(name));
            others.sort_unstable();
            if !others.is_empty() {
                return Err(format!(
                    "{} has no place for {}; its tensors are {}",
                    self.architecture,
                    others.join(", "),
                    own.join(", ")
                ));
            }
            check_finite(tensors, &own)?;
            Ok(network)
        })
    }

    /// Takes the network's weights from tensors whose names begin with `prefix`, as
    /// [`save_networks`] wrote them; every layer is to be trained.
    ///
    /// # Errors
    /// In words, when a tensor is missing or of another shape or type.
    pub fn read(
        &self,
        tensors: &SafeTensors,
        prefix: &str,
        device: &Device,
    ) -> Result<Network, String> {
        self.take(tensors, prefix, device)
    }

    fn take(
        &self,
        tensors: &dyn Tensors,
        prefix: &str,
        device: &Device,
    ) -> Result<Network, String> {
        let layers = self.layers().map_err(|error| error.to_string())?;
        let load = |layer: LayerConfig| {
            let shape = stored_shape(&layer);
            let [weight, bias] = names(&layer).map(|name| format!("{prefix}{name}"));
            let weight = values(tensors, &weight, &shape)?;
            let bias = values(tensors, &bias, &shape[..1])?;
            let weight = TensorData::new(weight, layer.weight_shape());
            let bias = TensorData::new(bias, [shape[0]]);
            Ok(layer
                .with_weights(Tensor::from_data(weight, device), Tensor::from_data(bias, device)))
        };
        layers.into_iter().map(load).collect::<Result<_, String>>().map(Network::from_layers)
    }
}

fn values(tensors: &dyn Tensors, name: &str, shape: &[usize]) -> Result<Vec<f32>, String> {
    let Some((kind, found)) = tensors.describe(name) else {
        let names = tensors.all_names().join(", ");
        return Err(format!("no tensor {name:?}; the file has {names}"));
    };
    if found != shape || kind != "F32" {
        return Err(format!(
            "tensor {name:?} is {kind} {found:?}, the network needs F32 {shape:?}"
        ));
    }
    tensors.values(name)
}
