//! Plans and runs the transfer experiment (Yosinski et al. 2014): how general are the features of
//! each layer?

mod class_lists;
mod command;
mod data_module;
mod experiment;
mod external_networks;
mod networks;
mod plan;
mod profile;
mod runner;
mod scores;

pub use data_module::HalvedDataModule;
pub use experiment::TransferExperiment;
pub use networks::{initial_network, network_config, trained_network};
pub use plan::plan;
pub use profile::{CellKind, TransferProfile};
pub use runner::TransferRunner;
pub use scores::layer_scores;
