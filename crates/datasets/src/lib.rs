//! Bytes on disk, or images drawn by code, to labelled u8 images, class halves and batches on the device.
//!
//! The only crate that reads raw data. It knows nothing of networks, losses or runs.
//!
//! The way of the data: a *source* (idx, CIFAR, a folder, [`forms`]) gives a [`DataSet`]; a
//! [`Halves`] says which classes belong to half A and half B; a [`ViewBank`] holds the
//! pre-drawn views of every image as u8 on the device and hands out batches.

mod error;
pub mod forms;
mod images;

pub use error::DataError;
pub use images::{Class, DataSet, Family, Images, LabelledImage, Shape};
