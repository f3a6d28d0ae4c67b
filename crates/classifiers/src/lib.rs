//! Classifiers of all classes, trained on labels or on teachers: the networks of distillation and of
//! fooling.

mod alignment;
mod examples;
mod external_networks;
mod objective;
mod panel;
mod pretrained;
mod reject_images;
mod results;
mod teacher;
mod training;

pub use examples::{held_out, seen};
pub use external_networks::external_networks;
pub use objective::{SoftTargets, Teachers, loss_config, published_loss};
pub use reject_images::attack_pixels;
pub use results::{Named, check_finite, tensor_file};
pub use teacher::TeacherQueries;
pub use training::Classifiers;
