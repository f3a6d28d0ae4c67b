//! The fooling study (Nguyen et al. 2015): which meaningless images does a network believe in, and do
//! other networks believe in them too?

mod attack;
mod generation;
mod network_mind;
mod plan;
mod profile;
mod showing;
mod workshop;

pub use generation::{Spent, generation};
pub use network_mind::Mind;
pub use plan::plan;
pub use profile::{AttackSettings, FoolProfile, NetworkSettings};
pub use workshop::FoolWorkshop;
