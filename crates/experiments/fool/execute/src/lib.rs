//! The fooling study (Nguyen et al. 2015): which meaningless images does a network believe in, and do
//! other networks believe in them too?

mod ascent;
mod attack;
mod checkpoint;
mod command;
mod drawings;
mod experiment;
mod generation;
mod guest_showing;
mod guests;
mod leavings;
mod network_mind;
mod notes;
mod plan;
mod profile;
mod retraining;
mod showing;
mod source;
mod workshop;

pub use drawings::drawings;
pub use experiment::FoolExperiment;
pub use generation::{Spent, generation};
pub use guests::guests;
pub use network_mind::Mind;
pub use plan::plan;
pub use profile::{AttackSettings, FoolProfile, NetworkSettings, RetrainSettings};
pub use workshop::FoolWorkshop;
