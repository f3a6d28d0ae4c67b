//! Where downloaded data sets are.

use std::path::{Path, PathBuf};

use crate::DataError;

/// The folder of downloaded data sets: `given`, or the environment variable `ASSAY_DATA`, or
/// `datasets/cache`.
#[must_use]
pub fn data_dir(given: Option<&Path>) -> PathBuf {
    let from_environment = || std::env::var_os("ASSAY_DATA").filter(|value| !value.is_empty());
    match given {
        Some(path) => path.to_owned(),
        None => from_environment().map_or_else(|| "datasets/cache".into(), PathBuf::from),
    }
}

/// The error for a data set that is not in its folder, with instructions to get it.
pub(crate) fn not_downloaded(name: &str, data_dir: &Path, what: &str) -> DataError {
    DataError::Unknown(format!(
        "{name} is not in {} (expected: {what}); download it with `cargo xtask datasets fetch {}`, or set its folder with --data-dir or ASSAY_DATA",
        data_dir.display(),
        name.trim_end_matches("-coarse"),
    ))
}
