//! Statistics of images that stay on disk. All images are read once, and the result is cached.

use std::num::NonZero;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::Folder;
use super::on_disk::ImagesOnDisk;
use crate::cache::{CacheFile, source_digest};
use crate::fingerprint::Fingerprint;
use crate::normalization::ClassSums;
use crate::unfingerprinted_data::missing_images_warnings;
use crate::view_stream::ViewStream;
use crate::{DataError, DataSet, ImageSet, OpenOptions, StreamSettings, ViewConfig, Views};

/// Source code that determines the decoded pixels. A change invalidates cached summaries.
const CODE: [&str; 3] =
    [include_str!("decode.rs"), include_str!("decode/jpeg.rs"), include_str!("../resize.rs")];
/// Images that are decoded again to validate a cached summary: another version of a decoder would
/// give other pixels.
const SAMPLES: usize = 8;
/// Maximum number of damaged images that an error names.
const MAX_NAMED: usize = 5;
/// Bytes of decoded images to buffer.
const BUFFER_BYTES: usize = 64 << 20;
/// Interval between progress reports.
const REPORT_EVERY: Duration = Duration::from_secs(5);

/// Statistics of a folder whose images were all read once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Summary {
    fingerprint: String,
    /// BLAKE3 (hexadecimal) of some decoded training images.
    samples: Vec<String>,
    /// Pixel sums of each class, by label.
    train: Vec<ClassSums>,
    test: Vec<ClassSums>,
}

/// Opens the images of `folder`, found in `dir`, without keeping them in memory. Uses cached
/// statistics if all files have the same names, sizes, modification times and labels; otherwise
/// reads all images once.
///
/// # Errors
/// [`DataError::Malformed`] naming damaged images; [`DataError::Io`].
pub fn open_on_disk(
    folder: Folder,
    dir: &Path,
    options: &OpenOptions,
) -> Result<DataSet, DataError> {
    let Folder { classes, train, test, mut warnings } = folder;
    let (train, test) = (ImagesOnDisk::new(train)?, ImagesOnDisk::new(test)?);
    let without_sums = [&train, &test].map(|images| images.image_set(Vec::new()));
    let name = format!("{}.toml", key(dir, [&train, &test], &without_sums));
    let cache_file = options.cache.as_deref().map(|cache| CacheFile::new(cache, "folders", &name));
    let cached = cache_file.as_ref().and_then(CacheFile::read);
    let cached = cached.and_then(|text| toml::from_slice::<Summary>(&text).ok());
    let summary = match cached {
        Some(summary) if summary.samples == samples(&without_sums[0])? => summary,
        _ => {
            let summary = read_all_images(dir, &without_sums, options.progress)?;
            let body = toml::to_string(&summary).expect("a summary can be written as TOML");
            let what = format!("the statistics of {}", dir.display());
            let warning = cache_file.and_then(|file| file.write_or_warn(body.as_bytes(), &what));
            warnings.extend(warning);
            summary
        }
    };
    warnings
        .extend(missing_images_warnings(&classes, without_sums.each_ref().map(ImageSet::labels)));
    let name = dir.to_string_lossy().into_owned();
    Ok(DataSet {
        opened_as: name.clone(),
        name,
        classes,
        train: train.image_set(summary.train),
        test: test.image_set(summary.test),
        fingerprint: summary.fingerprint,
        warnings,
        groups: None,
    })
}

/// Cache key of a summary: source code, shape, labels, and each file's relative path, size and
/// modification time. A folder can be moved without losing its summary.
fn key(dir: &Path, files: [&ImagesOnDisk; 2], sets: &[ImageSet; 2]) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(source_digest(&CODE).as_bytes());
    for (files, images) in files.into_iter().zip(sets) {
        hasher.update(format!("{} {}\n", images.shape(), images.len()).as_bytes());
        for ((path, version), label) in files.files().zip(images.labels()) {
            let path = path.strip_prefix(dir).unwrap_or(path);
            let name = path.as_os_str().as_encoded_bytes();
            let line = format!("{label} {} {} {} ", version.size, version.modified, name.len());
            hasher.update(line.as_bytes()).update(name);
        }
    }
    hasher.finalize().to_hex()[..32].to_owned()
}

/// Digests of evenly spaced images.
fn samples(images: &ImageSet) -> Result<Vec<String>, DataError> {
    let all = images.len();
    let mut image = vec![0; images.shape().len()];
    let mut digest = |index: usize| {
        images.read(index, &mut image)?;
        Ok(blake3::hash(&image).to_hex().to_string())
    };
    (0..SAMPLES.min(all)).map(|sample| digest(sample * all / SAMPLES.min(all))).collect()
}

/// Decodes all images once, on all cores. Continues after a damaged image, so that all of them are
/// reported at once.
fn read_all_images(
    dir: &Path,
    sets: &[ImageSet; 2],
    progress: Option<fn(ReadProgress<'_>)>,
) -> Result<Summary, DataError> {
    let mut fingerprint = Fingerprint::default();
    let (mut sums, mut damaged) = ([Vec::new(), Vec::new()], Vec::new());
    let (mut done, all) = (0, sets.iter().map(ImageSet::len).sum());
    let mut reported = Instant::now();
    for (images, sums) in sets.iter().zip(&mut sums) {
        fingerprint.begin(images.shape(), images.labels());
        for (image, &label) in stream_all(images)?.zip(images.labels()) {
            match image {
                Ok(pixels) => {
                    fingerprint.add(&pixels);
                    ClassSums::add_image(sums, label, &pixels, images.shape());
                }
                Err(error) => damaged.push(error),
            }
            done += 1;
            if let Some(progress) = progress
                && reported.elapsed() >= REPORT_EVERY
            {
                reported = Instant::now();
                progress(ReadProgress { folder: dir, done, all });
            }
        }
    }
    check_damaged(dir, damaged)?;
    let [train, test] = sums;
    Ok(Summary { fingerprint: fingerprint.finish(), samples: samples(&sets[0])?, train, test })
}

fn stream_all(images: &ImageSet) -> Result<ViewStream, DataError> {
    let views = Views::center_crop(images.len(), images.shape(), &ViewConfig::IDENTITY)?;
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    let settings = StreamSettings { threads, bytes: BUFFER_BYTES };
    let order = (0..).take(images.len()).collect();
    ViewStream::start(images, &Arc::new(views), order, &settings)
}

fn check_damaged(dir: &Path, mut damaged: Vec<DataError>) -> Result<(), DataError> {
    let count = damaged.len();
    if count < 2 {
        return damaged.pop().map_or(Ok(()), Err);
    }
    let messages: Vec<String> = damaged.iter().take(MAX_NAMED).map(ToString::to_string).collect();
    let more = if count > MAX_NAMED { "; ..." } else { "" };
    let reason = format!("{count} images cannot be read: {}{more}", messages.join("; "));
    Err(DataError::malformed(dir, reason))
}

/// Progress of reading all images of a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadProgress<'a> {
    /// The folder.
    pub folder: &'a Path,
    /// Images read so far.
    pub done: usize,
    /// Number of images.
    pub all: usize,
}

#[cfg(test)]
mod tests;
