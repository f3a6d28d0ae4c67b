//! The embedded data set: drawn by code from a seed.
