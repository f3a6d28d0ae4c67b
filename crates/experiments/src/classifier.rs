//! Classifiers of all classes, trained on labels or on teachers: the networks of distillation and of
//! fooling.

mod examples;
mod objective;
mod results;
mod teacher;
mod training;

pub use examples::{held_out, seen};
pub use objective::SoftTargets;
pub use teacher::{TeacherError, outputs};
pub use training::Classifiers;
