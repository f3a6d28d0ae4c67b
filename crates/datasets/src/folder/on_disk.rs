//! Images that stay on disk.

use std::path::Path;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use super::FolderPart;
use crate::normalization::ClassSums;
use crate::{DataError, Shape};

/// The training or test images of a folder on disk, with statistics from reading all of them once.
#[derive(Debug)]
pub struct ImagesOnDisk {
    part: Arc<FolderPart>,
    /// Size and modification time of each file when the folder was opened.
    versions: Arc<[FileVersion]>,
    sums: Vec<ClassSums>,
}

/// Size and modification time of a file, to detect changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileVersion {
    /// Size in bytes.
    pub(super) size: u64,
    /// Modification time in nanoseconds since 1970; negative for earlier times.
    pub(super) modified: i128,
}

impl FileVersion {
    fn read(path: &Path) -> Result<Self, DataError> {
        let metadata = std::fs::metadata(path).map_err(DataError::io(path))?;
        let modified = metadata.modified().map_err(DataError::io(path))?;
        let nanoseconds = match modified.duration_since(UNIX_EPOCH) {
            Ok(since) => since.as_nanos().cast_signed(),
            Err(before) => -before.duration().as_nanos().cast_signed(),
        };
        Ok(Self { size: metadata.len(), modified: nanoseconds })
    }
}

impl ImagesOnDisk {
    /// The images of `part`, with the current versions of their files and without statistics.
    ///
    /// # Errors
    /// [`DataError::Io`] naming a file that does not exist.
    pub(super) fn new(part: &Arc<FolderPart>) -> Result<Self, DataError> {
        let versions =
            part.files.iter().map(|path| FileVersion::read(path)).collect::<Result<_, _>>()?;
        Ok(Self { part: Arc::clone(part), versions, sums: Vec::new() })
    }

    /// Adds the pixel statistics of each class.
    pub(super) fn with_sums(&self, sums: Vec<ClassSums>) -> Self {
        Self { part: Arc::clone(&self.part), versions: Arc::clone(&self.versions), sums }
    }

    pub(crate) fn shape(&self) -> Shape {
        self.part.shape
    }

    pub(crate) fn labels(&self) -> &[u16] {
        &self.part.labels
    }

    pub(crate) fn sums(&self) -> &[ClassSums] {
        &self.sums
    }

    /// The files and their versions.
    pub(super) fn files(&self) -> impl Iterator<Item = (&Path, FileVersion)> {
        self.part.files.iter().map(|path| &**path).zip(self.versions.iter().copied())
    }

    /// See [`ImageSet::read`](crate::ImageSet::read). Files that were changed after opening are
    /// refused: fingerprint and normalization would not match the images any more.
    pub(crate) fn read(&self, index: usize, out: &mut [u8]) -> Result<(), DataError> {
        let path = &self.part.files[index];
        let (then, now) = (self.versions[index], FileVersion::read(path)?);
        if then != now {
            let reason = if then.size == now.size {
                "it was written to after the data set was opened".to_owned()
            } else {
                format!(
                    "it was written to after the data set was opened: {} bytes then, {} now",
                    then.size, now.size
                )
            };
            return Err(DataError::malformed(path, reason));
        }
        self.part.decode(index, out)
    }
}
