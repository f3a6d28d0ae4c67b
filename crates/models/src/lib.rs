//! Networks as lists of layers with named cut points: build, transplant, freeze, save.
//!
//! A [`NetworkConfig`] is a plain value; [`NetworkConfig::init`] draws a [`Network`] on a device.
//! The *cut point* n lies after the n-th layer: [`Network::transplant`] copies the layers before
//! it from another network, [`Network::freeze`] keeps them as they are.
//!
//! A trained layer's parameters live on the autodiff device, a frozen layer's on the plain one:
//! what is frozen cannot have a gradient.

mod architecture;
mod config;
mod dropout;
mod error;
mod initialization;
mod layer;
mod network;
mod pooled_convolution;
mod stored;
mod tables;
mod weights;

use burn::tensor::Device;

pub use architecture::{Architecture, PaperInputs};
pub use config::NetworkConfig;
pub use dropout::DropoutMasks;
pub use error::ModelError;
pub use initialization::Initialization;
pub use layer::{Kernel, Layer, LayerConfig, Pool};
pub use network::Network;
pub use weights::save_networks;

/// Whether a device is the processor, with autodiff or without.
#[must_use]
pub fn is_processor(device: &Device) -> bool {
    *device == Device::flex()
}
