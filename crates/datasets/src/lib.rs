//! Data sets: from files or generated images to batches of normalized images on a device.
//!
//! Only this crate and `assay-speech` read raw data. It does not depend on networks, losses or runs.
//!
//! A *source* (idx, CIFAR, an image folder, [`forms`], speech) gives a [`DataSet`]. [`Halves`]
//! splits its classes. A [`ViewSource`] provides batches of augmented images: it holds all of
//! them as u8 on the device, or reads them on demand. Windows of speech are treated as images that
//! overlap, and those of one utterance as a group.

#![allow(clippy::doc_markdown, reason = "ImageNet and ChaCha8 are names, not code")]

mod cache;
mod cifar;
mod class_subset;
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
mod speech;
mod splits;
mod unfingerprinted_data;
mod view;
mod view_source;
mod view_stream;
mod views;

pub use assay_core::{Half, ViewConfig};
pub use cache::cache_dir;
pub use cifar::CifarLabels;
pub use error::DataError;
pub use folder::ReadProgress;
pub use halves::Halves;
pub use image_set::{ImageSet, LabeledImage};
pub use images::{Class, DataSet, Family, Group, Groups, Images, Shape, abbreviate_list};
pub use normalization::Normalization;
pub use normalizer::{normalize_bytes, normalize_tensor};
pub use open::{NAMES, OpenOptions, open};
pub use paths::data_dir;
pub use speech::{read_recordings, speech_data_set};
pub use splits::SplitLists;
pub use view::{View, check_views, view_shape};
pub use view_source::{BatchSource, ViewSource};
pub use view_stream::StreamSettings;
pub use views::Views;
