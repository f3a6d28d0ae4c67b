//! The transfer study (Yosinski et al. 2014): how general are the features of each layer?

mod material;
mod networks;
mod plan;

pub use material::Material;
pub use networks::{initial_network, network_config};
pub use plan::plan;
