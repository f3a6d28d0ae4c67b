//! Files of pretrained weights that a run is given.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use assay_models::{Network, NetworkConfig};
use assay_runs::digest;
use burn::tensor::Device;

/// Files of pretrained weights. Each holds the network of one cell.
#[derive(Debug, Clone, Default)]
pub struct WeightFiles {
    files: Vec<PathBuf>,
}

impl WeightFiles {
    /// Names the files. They are not read yet.
    #[must_use]
    pub fn new(files: &[String]) -> Self {
        Self { files: files.iter().map(PathBuf::from).collect() }
    }

    /// Returns each file with the BLAKE3 hash of its content, in hexadecimal.
    ///
    /// # Errors
    /// Returns an error if a file cannot be read.
    pub fn digests(&self) -> Result<Vec<(&Path, String)>> {
        let digest_of = |file: &PathBuf| -> Result<String> {
            let bytes = std::fs::read(file).with_context(|| format!("{}", file.display()))?;
            Ok(digest(&bytes))
        };
        self.files.iter().map(|file| Ok((file.as_path(), digest_of(file)?))).collect()
    }

    /// Returns the file whose content has the BLAKE3 hash `wanted`.
    ///
    /// # Errors
    /// Returns an error if no file has this hash, for example because one has changed since planning.
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

/// Loads a network from a file that must contain all of its layers. No layer is frozen.
///
/// # Errors
/// Returns an error if the file cannot be read, is damaged or holds another network. It names the file,
/// the tensor and both shapes.
pub fn network_from_file(file: &Path, config: &NetworkConfig, device: &Device) -> Result<Network> {
    let layers = config.layers()?;
    let last = &layers[layers.len() - 1].tensor_prefix;
    let classes = config.clone().with_classes_from_file(file)?.classes;
    ensure!(
        classes == config.classes,
        "{}: tensor \"{last}.bias\" is [{classes}], a network of {classes} classes; the data has {} and \
         needs [{}]",
        file.display(),
        config.classes,
        config.classes
    );
    Ok(config.load_exact(file, device)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_found_by_its_hash_and_a_changed_file_is_named() {
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
