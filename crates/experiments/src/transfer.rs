//! The transfer study (Yosinski et al. 2014): how general are the features of each layer?

mod material;
mod networks;
mod plan;
mod scores;

pub use material::Material;
pub use networks::{initial_network, network_config, trained};
pub use plan::plan;
pub use scores::layer_scores;
