//! Networks as lists of layers with named cut points: initialize, transplant, freeze, save.
//!
//! [`NetworkConfig::init`] initializes a [`Network`] from a [`NetworkConfig`]. *Cut point* n is
//! after the n-th layer: [`Network::transplant`] copies the layers before it from another network,
//! and [`Network::freeze`] freezes them.
//!
//! Parameters of trained layers are on the autodiff device, those of frozen layers on the plain
//! device. Frozen layers therefore cannot have gradients.

mod architecture;
mod config;
mod dropout;
mod error;
mod initialization;
mod layer;
mod layer_config;
mod network;
mod tables;
mod tensor_file;
mod weights;

pub use architecture::{Architecture, PaperInputs};
pub use assay_core::Initialization;
pub use assay_kernels::{Pool, is_cpu};
pub use config::NetworkConfig;
pub use dropout::DropoutMasks;
pub use error::ModelError;
pub use layer::Layer;
pub use layer_config::{Kernel, LayerConfig};
pub use network::Network;
pub use weights::save_networks;
