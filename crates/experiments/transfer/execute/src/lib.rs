//! The transfer study (Yosinski et al. 2014): how general are the features of each layer?

mod command;
mod experiment;
mod external_networks;
mod lists;
mod material;
mod networks;
mod plan;
mod profile;
mod scores;
mod workshop;

pub use experiment::TransferExperiment;
pub use material::HalvedMaterial;
pub use networks::{initial_network, network_config, trained};
pub use plan::plan;
pub use profile::{CellKind, TransferProfile};
pub use scores::layer_scores;
pub use workshop::TransferWorkshop;
