//! What has to be known of images that stay on disk: found out by reading all of them once, and kept.

use std::num::NonZero;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::Folder;
use super::on_disk::ImagesOnDisk;
use crate::fingerprint::Fingerprint;
use crate::kept::{Kept, version_of};
use crate::normalization::ClassSums;
use crate::{DataError, ImageSet, OpenOptions, Stream, StreamSettings, ViewSettings, Views};

/// The code that a pixel comes out of; what another version of it found out does not count.
const CODE: [&str; 3] =
    [include_str!("decode.rs"), include_str!("decode/jpeg.rs"), include_str!("../resize.rs")];
/// Images that are decoded again to see that a summary is of what this program makes of the files: the
/// version of a decoder is not in [`CODE`].
const SAMPLES: usize = 8;
/// Damaged images that are named before the rest is only counted.
const NAMED: usize = 5;
/// Bytes of decoded images that wait to be added up.
const AHEAD: usize = 64 << 20;
/// Time between two reports of progress.
const REPORT_EVERY: Duration = Duration::from_secs(5);

/// What is known of a folder whose images were all read once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Summary {
    fingerprint: String,
    /// BLAKE3, hex, of some of the training images as they were decoded.
    samples: Vec<String>,
    /// What the pixels of each class add up to, by label.
    train: Vec<ClassSums>,
    test: Vec<ClassSums>,
}

/// A folder whose images stay on disk.
pub struct OnDisk {
    pub train: ImageSet,
    pub test: ImageSet,
    pub fingerprint: String,
    pub warnings: Vec<String>,
}

/// Leaves the images of `folder`, found in `dir`, on disk. All of them are read once, unless what that
/// finds out was kept when their files were the same: by name, size, time of the last change and label.
///
/// # Errors
/// [`DataError::Malformed`] naming damaged images; [`DataError::Io`].
pub fn leave_on_disk(
    folder: &Folder,
    dir: &Path,
    options: &OpenOptions,
) -> Result<OnDisk, DataError> {
    let train = Arc::new(ImagesOnDisk::new(&folder.train)?);
    let test = Arc::new(ImagesOnDisk::new(&folder.test)?);
    let name = format!("{}.toml", key(dir, [&train, &test]));
    let kept = options.cache.as_deref().map(|cache| Kept::new(cache, "folders", &name));
    let known = kept.as_ref().and_then(Kept::read).and_then(|text| Summary::parse(&text));
    let mut warnings = Vec::new();
    let summary = match known {
        Some(summary) if summary.samples == samples(&train)? => summary,
        _ => {
            let summary = read_through(dir, [&train, &test], options.progress)?;
            let body = toml::to_string(&summary).expect("a summary is plain data");
            let what = format!("what was found out about {}", dir.display());
            warnings.extend(kept.and_then(|kept| kept.write_or_warn(body.as_bytes(), &what)));
            summary
        }
    };
    Ok(OnDisk {
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

/// What a summary follows from: the program's code, shape, labels, and every file's name within the
/// folder, size and time of its last change. A folder that is moved as it is remains known.
fn key(dir: &Path, parts: [&ImagesOnDisk; 2]) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(version_of(&CODE).as_bytes());
    for images in parts {
        hasher.update(format!("{} {}\n", images.shape(), images.labels().len()).as_bytes());
        for ((path, stamp), label) in images.files().zip(images.labels()) {
            let path = path.strip_prefix(dir).unwrap_or(path);
            let name = path.as_os_str().as_encoded_bytes();
            let line = format!("{label} {} {} {} ", stamp.size, stamp.modified, name.len());
            hasher.update(line.as_bytes()).update(name);
        }
    }
    hasher.finalize().to_hex()[..32].to_owned()
}

/// Digests of some images, evenly spaced.
fn samples(images: &ImagesOnDisk) -> Result<Vec<String>, DataError> {
    let all = images.labels().len();
    let mut image = vec![0; images.shape().len()];
    let mut digest = |index: usize| {
        images.read(index, &mut image)?;
        Ok(blake3::hash(&image).to_hex().to_string())
    };
    (0..SAMPLES.min(all)).map(|sample| digest(sample * all / SAMPLES.min(all))).collect()
}

/// Decodes every image once, on all cores: nothing else is done while a data set is opened.
fn read_through(
    dir: &Path,
    parts: [&Arc<ImagesOnDisk>; 2],
    progress: Option<fn(Reading<'_>)>,
) -> Result<Summary, DataError> {
    let mut pass = Pass {
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
            let named: Vec<String> =
                pass.damaged.iter().take(NAMED).map(ToString::to_string).collect();
            let more = if count > NAMED { "; ..." } else { "" };
            let reason = format!("{count} images cannot be read: {}{more}", named.join("; "));
            Err(DataError::malformed(dir, reason))
        }
    }
}

/// One reading of all images.
struct Pass<'a> {
    dir: &'a Path,
    fingerprint: Fingerprint,
    done: usize,
    all: usize,
    damaged: Vec<DataError>,
    progress: Option<fn(Reading<'_>)>,
    reported: Instant,
}

impl Pass<'_> {
    /// Goes on after a damaged image, so that all of them can be mended at once.
    fn part(&mut self, images: &ImageSet) -> Result<Vec<ClassSums>, DataError> {
        let views = Views::central(images.len(), images.shape(), &ViewSettings::PLAIN)?;
        let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
        let settings = StreamSettings { threads, bytes: AHEAD };
        let order = (0..).take(images.len()).collect();
        let stream = Stream::start(images, &Arc::new(views), order, &settings)?;
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
            progress(Reading { folder: self.dir, done: self.done, all: self.all });
        }
    }
}

/// How far the one reading of a folder's images is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading<'a> {
    /// The folder.
    pub folder: &'a Path,
    /// Images read.
    pub done: usize,
    /// Images in all.
    pub all: usize,
}

#[cfg(test)]
mod tests;
