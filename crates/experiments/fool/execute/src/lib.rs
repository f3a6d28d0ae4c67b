//! Plans and runs the fooling experiment (Nguyen et al. 2015): which unrecognizable images does a
//! network classify with high confidence, and do other networks agree?

mod artifacts;
mod ascent;
mod attack;
mod attack_output;
mod attack_run;
mod batch_source;
mod checkpoint;
mod classifier;
mod command;
mod evaluation;
mod experiment;
mod external_models;
mod generation;
mod metrics;
mod plan;
mod profile;
mod render_elites;
mod retraining;
mod runner;

pub use classifier::Classifier;
pub use experiment::FoolExperiment;
pub use external_models::add_external_evaluations;
pub use generation::{GenerationTimings, run_generation};
pub use plan::plan;
pub use profile::{AttackSettings, FoolProfile, NetworkSettings, RetrainSettings};
pub use render_elites::render_elites;
pub use runner::FoolRunner;
