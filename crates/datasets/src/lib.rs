//! Bytes on disk, or images drawn by code, to labeled u8 images, class halves and batches on the device.
//!
//! The only crate that reads raw data. It knows nothing of networks, losses or runs.
//!
//! The way of the data: a *source* (idx, CIFAR, a folder, [`forms`]) gives a [`DataSet`]; a
//! [`Halves`] says which classes belong to half A and half B; a [`ViewSource`] hands out batches of
//! views that were drawn before: of a [`ViewBank`], which holds every view as u8 on the device, or of
//! [`StreamedViews`], which read and cut them when their turn comes. Windows of [`speech`] are images
//! too, which overlap.

#![allow(clippy::doc_markdown, reason = "ImageNet and ChaCha8 are names, not code")]

mod bank;
mod cifar;
mod error;
mod fingerprint;
mod folder;
pub mod forms;
mod halves;
mod idx;
mod image_set;
mod images;
mod joined;
mod kept;
mod normalization;
mod open;
mod pixels;
mod resize;
pub mod sources;
pub mod speech;
mod splits;
mod streamed_views;
mod streaming;
mod view_source;
mod views;

pub use bank::{Batches, ViewBank, normalize, normalized};
pub use cifar::Labels;
pub use error::DataError;
pub use folder::{Folder, FolderPart, Reading};
pub use halves::{Half, Halves};
pub use image_set::ImageSet;
pub use images::{Class, DataSet, Family, Images, LabeledImage, Shape, few};
pub use kept::cache_dir;
pub use normalization::Normalization;
pub use open::{NAMES, OpenOptions, data_dir, open};
pub use splits::SplitLists;
pub use streamed_views::StreamedViews;
pub use streaming::{Stream, StreamSettings};
pub use view_source::ViewSource;
pub use views::{View, ViewSettings, Views};
