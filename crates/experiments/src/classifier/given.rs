//! Classifiers from files of weights: looked at as those that were trained here, and not trained.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use assay_models::{Network, NetworkConfig};
use assay_runs::{Cell, ClassifierCell, Parameters, Provenance, Record, Seconds, digest, file};
use burn::tensor::Device;

use super::Classifiers;
use super::results::gallery;
use crate::worker::{Desk, in_words};

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

impl Classifiers {
    /// Gives a classifier from a file its record, and says what it came to: nothing is trained.
    ///
    /// # Errors
    /// When the file is not that of the cell or does not fit, or the run cannot be written to.
    pub fn adopt(&self, cell: &ClassifierCell, files: &WeightFiles, desk: &Desk) -> Result<String> {
        let began = Instant::now();
        let wanted = cell.weights.as_deref().context("a cell whose weights are not from a file")?;
        let device = self.material().device();
        let given = files.find(wanted)?;
        let network = network_of_file(given, &self.network_config(cell)?, device)?;
        let network = network.frozen();
        let weights = network.to_safetensors();
        let (total, trained) = network.parameters();
        let mut record = Record {
            parameters: Parameters {
                total: total as u64,
                trained: trained as u64,
                multiplications: network.multiplications() as u64,
            },
            weights: digest(&weights),
            ..Record::measured(Cell::from(cell.clone()))
        };
        let batch = cell.schedule.batch as usize;
        let looked = self.look(cell, &network, batch, &mut record, desk)?;
        let (logits, latency) = looked.with_context(|| {
            format!(
                "{}: what the network answers to test or held-out images is not finite; was it trained on images \
                 normalised as these are?",
                given.display()
            )
        })?;
        let total = began.elapsed().as_secs_f64();
        let seconds = Seconds { evaluate: total, total, ..Seconds::default() };
        let provenance = Provenance { latency: Some(latency), ..desk.provenance(seconds) };
        let gallery = gallery(self.material().data())?;
        let files = [
            (file::LOGITS, logits.as_slice()),
            (file::GALLERY, gallery.as_slice()),
            (file::WEIGHTS, weights.as_slice()),
        ];
        desk.publish(&record, &provenance, &files)?;
        Ok(in_words(&record))
    }
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
