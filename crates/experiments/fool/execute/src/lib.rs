//! The fooling study (Nguyen et al. 2015): which meaningless images does a network believe in, and do
//! other networks believe in them too?

mod artifacts;
mod ascent;
mod attack;
mod checkpoint;
mod classifier;
mod command;
mod drawings;
mod experiment;
mod generation;
mod guest_showing;
mod guests;
mod metrics;
mod plan;
mod profile;
mod retraining;
mod runner;
mod showing;
mod source;

pub use classifier::Classifier;
pub use drawings::drawings;
pub use experiment::FoolExperiment;
pub use generation::{Spent, generation};
pub use guests::guests;
pub use plan::plan;
pub use profile::{AttackSettings, FoolProfile, NetworkSettings, RetrainSettings};
pub use runner::FoolRunner;
