//! Bytes on disk, or images drawn by code, to labelled u8 images, class halves and batches on the device.
//!
//! The only crate that reads raw data. It knows nothing of networks, losses or runs.
//!
//! The way of the data: a *source* (idx, CIFAR, a folder, [`forms`]) gives a [`DataSet`]; a
//! [`Halves`] says which classes belong to half A and half B; a [`ViewBank`] holds the
//! pre-drawn views of every image as u8 on the device and hands out batches.

#![allow(clippy::doc_markdown, reason = "ImageNet and ChaCha8 are names, not code")]

mod bank;
mod cifar;
mod error;
mod folder;
pub mod forms;
mod halves;
mod idx;
mod images;
mod joined;
mod normalisation;
mod open;
mod pixels;
mod resize;
pub mod sources;
mod splits;
mod streaming;
mod views;

pub use bank::{Batches, ViewBank, normalise, normalised};
pub use cifar::Labels;
pub use error::DataError;
pub use folder::{Folder, FolderPart};
pub use halves::{Half, Halves};
pub use images::{Class, DataSet, Family, Images, LabelledImage, Shape};
pub use normalisation::Normalisation;
pub use open::{NAMES, OpenOptions, data_dir, open};
pub use splits::SplitLists;
pub use streaming::{HostBatch, Stream, StreamSettings};
pub use views::{View, ViewSettings, Views};
