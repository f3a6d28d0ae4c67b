//! Data sets: from files or generated images to batches of normalized images on a device.
//!
//! This is the only crate that reads raw data. It does not depend on networks, losses or runs.
//!
//! A *source* (idx, CIFAR, an image folder, [`forms`], [`speech`]) gives a [`DataSet`]. [`Halves`]
//! splits its classes. A [`ViewSource`] provides batches of augmented images: [`CachedViews`] holds
//! all of them as u8 on the device, [`StreamedViews`] reads them on demand. Windows of [`speech`]
//! are treated as images that overlap.

#![allow(clippy::doc_markdown, reason = "ImageNet and ChaCha8 are names, not code")]

mod cache;
mod cached_views;
mod cifar;
mod concatenated;
mod error;
mod fingerprint;
mod folder;
pub mod forms;
mod halves;
mod idx;
mod image_set;
mod images;
mod normalization;
mod normalizer;
mod open;
mod paths;
mod pixels;
mod resize;
pub mod sources;
pub mod speech;
mod splits;
mod streamed_views;
mod unfingerprinted_data;
mod view;
mod view_source;
mod view_stream;
mod views;

pub use assay_core::Half;
pub use cache::cache_dir;
pub use cached_views::{BatchSource, CachedViews};
pub use cifar::CifarLabels;
pub use error::DataError;
pub use folder::{Folder, FolderPart, ReadProgress};
pub use halves::Halves;
pub use image_set::ImageSet;
pub use images::{Class, DataSet, Family, Images, LabeledImage, Shape, abbreviate_list};
pub use normalization::Normalization;
pub use normalizer::{normalize_bytes, normalize_tensor};
pub use open::{NAMES, OpenOptions, open};
pub use paths::data_dir;
pub use splits::SplitLists;
pub use streamed_views::StreamedViews;
pub use view::{View, ViewSettings};
pub use view_source::ViewSource;
pub use view_stream::{StreamSettings, ViewStream};
pub use views::Views;
