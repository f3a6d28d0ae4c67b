//! Images that stay on disk.

use std::path::Path;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use super::{FolderPart, decode};
use crate::image_set::ImagesOnDemand;
use crate::normalization::ClassSums;
use crate::{DataError, ImageSet};

/// The training or test images of a folder on disk.
#[derive(Debug)]
pub struct ImagesOnDisk {
    part: FolderPart,
    /// Size and modification time of each file when the folder was opened.
    versions: Vec<FileVersion>,
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
    /// The images of `part`, with the current versions of their files.
    ///
    /// # Errors
    /// [`DataError::Io`] naming a file that does not exist.
    pub(super) fn new(part: FolderPart) -> Result<Arc<Self>, DataError> {
        let versions =
            part.files.iter().map(|path| FileVersion::read(path)).collect::<Result<_, _>>()?;
        Ok(Arc::new(Self { part, versions }))
    }

    /// The files and their versions.
    pub(super) fn files(&self) -> impl Iterator<Item = (&Path, FileVersion)> {
        self.part.files.iter().map(|path| &**path).zip(self.versions.iter().copied())
    }

    /// The images, with the pixel sums of each class.
    pub(super) fn image_set(self: &Arc<Self>, sums: Vec<ClassSums>) -> ImageSet {
        let (images, labels) = (Arc::clone(self), self.part.labels.clone());
        let read = Box::new(move |index: usize, out: &mut [u8]| images.read(index, out));
        ImagesOnDemand { shape: self.part.shape, labels, sums, read }.into()
    }

    /// See [`ImageSet::read`]. Files that were changed after opening are refused: fingerprint and
    /// normalization would not match the images any more.
    fn read(&self, index: usize, out: &mut [u8]) -> Result<(), DataError> {
        let path = &self.part.files[index];
        let (then, now) = (self.versions[index], FileVersion::read(path)?);
        if then == now {
            return decode::decode(path, self.part.shape, out);
        }
        let sizes = if then.size == now.size {
            String::new()
        } else {
            format!(": {} bytes then, {} now", then.size, now.size)
        };
        let reason = format!("it was written to after the data set was opened{sizes}");
        Err(DataError::malformed(path, reason))
    }
}
