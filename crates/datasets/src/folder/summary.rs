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
use crate::{DataError, ImageSet, OpenOptions, StreamSettings, ViewSettings, ViewStream, Views};

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

/// A data set whose images stay on disk.
pub struct OnDiskData {
    pub train: ImageSet,
    pub test: ImageSet,
    pub fingerprint: String,
    pub warnings: Vec<String>,
}

/// Opens the images of `folder`, found in `dir`, without keeping them in memory. Uses cached
/// statistics if all files have the same names, sizes, modification times and labels; otherwise
/// reads all images once.
///
/// # Errors
/// [`DataError::Malformed`] naming damaged images; [`DataError::Io`].
pub fn open_on_disk(
    folder: &Folder,
    dir: &Path,
    options: &OpenOptions,
) -> Result<OnDiskData, DataError> {
    let train = Arc::new(ImagesOnDisk::new(&folder.train)?);
    let test = Arc::new(ImagesOnDisk::new(&folder.test)?);
    let name = format!("{}.toml", key(dir, [&train, &test]));
    let cache_file = options.cache.as_deref().map(|cache| CacheFile::new(cache, "folders", &name));
    let cached =
        cache_file.as_ref().and_then(CacheFile::read).and_then(|text| Summary::parse(&text));
    let mut warnings = Vec::new();
    let summary = match cached {
        Some(summary) if summary.samples == samples(&train)? => summary,
        _ => {
            let summary = read_all_images(dir, [&train, &test], options.progress)?;
            let body = toml::to_string(&summary).expect("a summary can be written as TOML");
            let what = format!("the statistics of {}", dir.display());
            warnings.extend(
                cache_file.and_then(|cache_file| cache_file.write_or_warn(body.as_bytes(), &what)),
            );
            summary
        }
    };
    Ok(OnDiskData {
        train: ImageSet::OnDisk(Arc::new(train.with_sums(summary.train))),
        test: ImageSet::OnDisk(Arc::new(test.with_sums(summary.test))),
        fingerprint: summary.fingerprint,
        warnings,
    })
}

impl Summary {
    fn parse(text: &[u8]) -> Option<Self> {
        toml::from_str(std::str::from_utf8(text).ok()?).ok()
    }
}

/// Cache key of a summary: source code, shape, labels, and each file's relative path, size and
/// modification time. A folder can be moved without losing its summary.
fn key(dir: &Path, parts: [&ImagesOnDisk; 2]) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(source_digest(&CODE).as_bytes());
    for images in parts {
        hasher.update(format!("{} {}\n", images.shape(), images.labels().len()).as_bytes());
        for ((path, version), label) in images.files().zip(images.labels()) {
            let path = path.strip_prefix(dir).unwrap_or(path);
            let name = path.as_os_str().as_encoded_bytes();
            let line = format!("{label} {} {} {} ", version.size, version.modified, name.len());
            hasher.update(line.as_bytes()).update(name);
        }
    }
    hasher.finalize().to_hex()[..32].to_owned()
}

/// Digests of evenly spaced images.
fn samples(images: &ImagesOnDisk) -> Result<Vec<String>, DataError> {
    let all = images.labels().len();
    let mut image = vec![0; images.shape().len()];
    let mut digest = |index: usize| {
        images.read(index, &mut image)?;
        Ok(blake3::hash(&image).to_hex().to_string())
    };
    (0..SAMPLES.min(all)).map(|sample| digest(sample * all / SAMPLES.min(all))).collect()
}

/// Decodes all images once, on all cores.
fn read_all_images(
    dir: &Path,
    parts: [&Arc<ImagesOnDisk>; 2],
    progress: Option<fn(ReadProgress<'_>)>,
) -> Result<Summary, DataError> {
    let mut pass = FullRead {
        dir,
        fingerprint: Fingerprint::default(),
        done: 0,
        all: parts.iter().map(|images| images.labels().len()).sum(),
        damaged: Vec::new(),
        progress,
        reported: Instant::now(),
    };
    let [train, test] = parts.map(|images| pass.part(&ImageSet::OnDisk(Arc::clone(images))));
    let (train, test) = (train?, test?);
    match pass.damaged.len() {
        0 => Ok(Summary {
            fingerprint: pass.fingerprint.finish(),
            samples: samples(parts[0])?,
            train,
            test,
        }),
        1 => Err(pass.damaged.remove(0)),
        count => {
            let messages: Vec<String> =
                pass.damaged.iter().take(MAX_NAMED).map(ToString::to_string).collect();
            let more = if count > MAX_NAMED { "; ..." } else { "" };
            let reason = format!("{count} images cannot be read: {}{more}", messages.join("; "));
            Err(DataError::malformed(dir, reason))
        }
    }
}

/// State of reading all images.
struct FullRead<'a> {
    dir: &'a Path,
    fingerprint: Fingerprint,
    done: usize,
    all: usize,
    damaged: Vec<DataError>,
    progress: Option<fn(ReadProgress<'_>)>,
    reported: Instant,
}

impl FullRead<'_> {
    /// Continues after a damaged image, so that all of them are reported at once.
    fn part(&mut self, images: &ImageSet) -> Result<Vec<ClassSums>, DataError> {
        let views = Views::center_crop(images.len(), images.shape(), &ViewSettings::IDENTITY)?;
        let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
        let settings = StreamSettings { threads, bytes: BUFFER_BYTES };
        let order = (0..).take(images.len()).collect();
        let stream = ViewStream::start(images, &Arc::new(views), order, &settings)?;
        let mut sums = Vec::new();
        self.fingerprint.begin_part(images);
        for (image, &label) in stream.zip(images.labels()) {
            match image {
                Ok(pixels) => {
                    self.fingerprint.add(&pixels);
                    ClassSums::add_image(&mut sums, label, &pixels, images.shape());
                }
                Err(error) => self.damaged.push(error),
            }
            self.done += 1;
            self.report();
        }
        Ok(sums)
    }

    fn report(&mut self) {
        if let Some(progress) = self.progress
            && self.reported.elapsed() >= REPORT_EVERY
        {
            self.reported = Instant::now();
            progress(ReadProgress { folder: self.dir, done: self.done, all: self.all });
        }
    }
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
