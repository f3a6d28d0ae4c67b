//! The images of a folder that stay in their files.

use std::path::Path;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use super::FolderPart;
use crate::normalization::ClassSums;
use crate::{DataError, Shape};

/// The images of one part of a folder, left in their files, and what is known of them since they were
/// all read once.
#[derive(Debug)]
pub struct ImagesOnDisk {
    part: Arc<FolderPart>,
    /// One an image: what its file was when the folder was opened.
    stamps: Arc<[Stamp]>,
    sums: Vec<ClassSums>,
}

/// What tells whether a file was written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    /// Bytes.
    pub(super) size: u64,
    /// When it was last written to: nanoseconds since 1970, negative before.
    pub(super) modified: i128,
}

impl Stamp {
    fn of(path: &Path) -> Result<Self, DataError> {
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
    /// The images of `part` as its files are now, of which nothing is known yet.
    ///
    /// # Errors
    /// [`DataError::Io`] naming a file that is not there.
    pub(super) fn new(part: &Arc<FolderPart>) -> Result<Self, DataError> {
        let stamps = part.files.iter().map(|path| Stamp::of(path)).collect::<Result<_, _>>()?;
        Ok(Self { part: Arc::clone(part), stamps, sums: Vec::new() })
    }

    /// The same, of which it is known what the pixels of each class add up to.
    pub(super) fn with_sums(&self, sums: Vec<ClassSums>) -> Self {
        Self { part: Arc::clone(&self.part), stamps: Arc::clone(&self.stamps), sums }
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

    /// The files, each with its stamp.
    pub(super) fn files(&self) -> impl Iterator<Item = (&Path, Stamp)> {
        self.part.files.iter().map(|path| &**path).zip(self.stamps.iter().copied())
    }

    /// See [`ImageSet::read`](crate::ImageSet::read). A file that was written to since is refused, as
    /// everything that rests on the images would then be of no images at all.
    pub(crate) fn read(&self, index: usize, out: &mut [u8]) -> Result<(), DataError> {
        let path = &self.part.files[index];
        let (then, now) = (self.stamps[index], Stamp::of(path)?);
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
