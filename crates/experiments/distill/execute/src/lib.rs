//! Plans and runs the distillation experiment (Hinton et al. 2015): how much of a teacher's
//! knowledge does a student learn, at which temperature, and from which data?

mod aligned_cells;
mod command;
mod data;
mod experiment;
mod forced_alignment;
mod plan;
mod profile;
mod runner;
mod specialists;
mod temperature_curve;

pub use data::DistillData;
pub use experiment::DistillExperiment;
pub use plan::plan;
pub use profile::{DistillProfile, DistillationSettings, StudentSettings, TeacherSettings};
pub use runner::DistillRunner;
pub use specialists::SpecialistSettings;
