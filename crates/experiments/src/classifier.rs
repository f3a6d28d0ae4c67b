//! Classifiers of all classes, trained on labels or on teachers: the networks of distillation and of
//! fooling.

mod alignment;
mod examples;
mod given;
mod objective;
mod panel;
mod reject_images;
mod results;
mod teacher;
mod training;

pub use examples::{held_out, seen};
pub use given::{WeightFiles, network_of_file};
pub use objective::{SoftTargets, Teachers, loss_config, published_loss};
pub use reject_images::attack_pixels;
pub use results::{Named, check_finite, tensor_file};
pub use teacher::Questions;
pub use training::Classifiers;
