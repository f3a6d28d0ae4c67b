//! Classifiers of all classes, trained on labels or teachers; used for distillation and fooling.

mod external_networks;
mod image_selection;
mod objective;
mod output_files;
mod pretrained;
mod reject_images;
mod specialist_ensemble;
mod teacher;
mod training;

pub use external_networks::external_networks;
pub use image_selection::{training_images, validation_images};
pub use objective::{SoftTargets, Teachers, loss_config, published_loss, published_loss_names};
pub use output_files::{NamedTensor, check_finite, tensor_file};
pub use reject_images::attack_pixels;
pub use teacher::TeacherQueries;
pub use training::{Classifiers, MoreFiles};
