//! Specialist ensembles (Hinton et al. 2015, section 5).
//!
//! A generalist knows all classes. Each specialist tells the classes of a subset apart that the generalist
//! confuses.

mod class_subsets;
mod combination;
mod ensemble;
mod specialist;
