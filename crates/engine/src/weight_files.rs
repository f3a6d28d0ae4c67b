//! Files of weights that a run was given: networks that were trained elsewhere.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use assay_models::{Network, NetworkConfig};
use assay_runs::digest;
use burn::tensor::Device;

/// Files of weights that a run was given, each the network of one cell.
#[derive(Debug, Clone, Default)]
pub struct WeightFiles {
    files: Vec<PathBuf>,
}

impl WeightFiles {
    /// With these paths.
    #[must_use]
    pub fn new(files: &[String]) -> Self {
        Self { files: files.iter().map(PathBuf::from).collect() }
    }

    /// Each file, and the BLAKE3 of its bytes, hex.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn digests(&self) -> Result<Vec<(&Path, String)>> {
        let of_file = |file: &PathBuf| -> Result<String> {
            let bytes = std::fs::read(file).with_context(|| format!("{}", file.display()))?;
            Ok(digest(&bytes))
        };
        self.files.iter().map(|file| Ok((file.as_path(), of_file(file)?))).collect()
    }

    /// The file with this BLAKE3.
    ///
    /// # Errors
    /// When none of the files has it: one was changed since the run was planned.
    pub fn find(&self, wanted: &str) -> Result<&Path> {
        let digests = self.digests()?;
        if let Some((file, _)) = digests.iter().find(|(_, digest)| digest == wanted) {
            return Ok(file);
        }
        let found: Vec<String> =
            digests.iter().map(|(file, digest)| format!("{} {digest}", file.display())).collect();
        bail!(
            "no file of weights is the one that the run was planned with: its BLAKE3 was {wanted}; \
             there are {}",
            found.join(", ")
        )
    }
}

/// The network of a file that must hold it whole, every layer to be trained.
///
/// # Errors
/// When the file cannot be read, is damaged, or holds another network or one of other classes; the
/// file, the tensor and both shapes are named.
pub fn network_of_file(file: &Path, config: &NetworkConfig, device: &Device) -> Result<Network> {
    let layers = config.layers()?;
    let last = &layers[layers.len() - 1].stored_as;
    let classes = config.clone().with_classes_of(file)?.classes;
    ensure!(
        classes == config.classes,
        "{}: tensor \"{last}.bias\" is [{classes}], a network of {classes} classes; the data has {} and \
         needs [{}]",
        file.display(),
        config.classes,
        config.classes
    );
    Ok(config.load_whole(file, device)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_found_by_what_is_in_it_and_a_changed_one_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        std::fs::write(path("one"), "one").unwrap();
        std::fs::write(path("two"), "two").unwrap();
        let files = WeightFiles::new(&[path("one"), path("two")]);
        let two = blake3::hash(b"two").to_hex().to_string();
        assert_eq!(files.find(&two).unwrap().display().to_string(), path("two"));
        std::fs::write(path("two"), "2").unwrap();
        let error = files.find(&two).unwrap_err().to_string();
        assert!(error.contains(&two) && error.contains(&path("two")), "{error}");
        std::fs::remove_file(path("one")).unwrap();
        let error = format!("{:#}", files.find(&two).unwrap_err());
        assert!(error.starts_with(&path("one")), "{error}");
    }
}
