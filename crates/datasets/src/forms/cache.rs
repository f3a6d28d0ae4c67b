//! Cache of generated images. Generating the 7,200 images of the default transfer run takes several
//! seconds, and every process of a run needs them.

use std::path::Path;

use super::{Settings, Subset, classes, draw_image, generate, labels, motifs, shape};
use crate::cache::{CacheFile, source_digest};
use crate::unfingerprinted_data::UnfingerprintedData;
use crate::{DataError, Images};

/// Fewer images are not cached: generating them takes less than a second.
const MIN_CACHED_IMAGES: usize = 1000;

macro_rules! texts {
    ($($file:literal)*) => { [$(include_str!($file)),*] };
}

/// Source code that determines the images. A change invalidates cached files.
const CODE: [&str; 13] = texts![
    "../forms.rs" "canvas.rs" "colors.rs" "background.rs" "man_made.rs" "natural.rs"
    "natural/animals.rs" "natural/land.rs" "natural/plants.rs"
    "noise.rs" "raster.rs" "scene.rs" "cache.rs"
];

/// Opens the data set: like [`generate`](super::generate), but reads the images from a file in
/// `cache` if there is one, and writes one otherwise. It is a warning if it cannot be written.
///
/// A cached file must be intact and match the settings and the source code. One image of each class
/// is generated again for comparison, because library versions and CPUs with other rounding are not
/// part of the file name.
///
/// # Errors
/// As for [`generate`](super::generate).
pub fn open(settings: &Settings, cache: Option<&Path>) -> Result<UnfingerprintedData, DataError> {
    let per_class = settings.train_per_class as usize + settings.test_per_class as usize;
    let cache = cache.filter(|_| per_class * classes().len() >= MIN_CACHED_IMAGES);
    let (train, test, warning) = match cache {
        Some(cache) => read_or_generate(settings, cache)?,
        None => generate(settings).map(|(train, test)| (train, test, None))?,
    };
    let warnings = warning.into_iter().collect();
    Ok(UnfingerprintedData { classes: classes(), train, test, warnings })
}

fn read_or_generate(
    settings: &Settings,
    cache: &Path,
) -> Result<(Images, Images, Option<String>), DataError> {
    let cache_file = CacheFile::new(cache, "forms", &name(settings));
    if let Some((train, test)) = cache_file.read().and_then(|pixels| images(settings, pixels)) {
        return Ok((train, test, None));
    }
    let (train, test) = generate(settings)?;
    let pixels = [train.pixels(), test.pixels()].concat();
    let warning = cache_file.write_or_warn(&pixels, "the generated images");
    Ok((train, test, warning))
}

fn name(settings: &Settings) -> String {
    let Settings { train_per_class, test_per_class, size, seed } = settings;
    let code = source_digest(&CODE);
    format!("{size}-{train_per_class}-{test_per_class}-{seed}-{code}.u8")
}

/// The training and test images, if the pixels are those that would be generated now.
fn images(settings: &Settings, mut pixels: Vec<u8>) -> Option<(Images, Images)> {
    let shape = shape(settings);
    let classes = motifs().count();
    let [train, test] =
        [settings.train_per_class, settings.test_per_class].map(|count| classes * count as usize);
    if pixels.len() != (train + test) * shape.len() {
        return None;
    }
    let of_test = pixels.split_off(train * shape.len());
    let (train, test) =
        (Images::new(shape, pixels, labels(train)), Images::new(shape, of_test, labels(test)));
    let mut drawn = vec![0; shape.len()];
    let as_drawn = (0..classes).all(|image| {
        draw_image(settings, Subset::Train, image, &mut drawn);
        drawn == train.image(image)
    });
    as_drawn.then_some((train, test))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    const SETTINGS: Settings =
        Settings { train_per_class: 2, test_per_class: 1, size: 16, seed: 3 };

    fn files(folder: &Path) -> Vec<PathBuf> {
        let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    #[test]
    fn cached_images_are_read_and_damaged_ones_generated_again() {
        let cache = tempfile::tempdir().unwrap();
        let (train, test) = generate(&SETTINGS).unwrap();
        let same = || {
            let (read_train, read_test, warning) =
                read_or_generate(&SETTINGS, cache.path()).unwrap();
            assert_eq!(warning, None);
            assert!(read_train == train && read_test == test);
        };
        same();
        let [file] = &files(&cache.path().join("forms"))[..] else { panic!("not one file") };
        same();
        let whole = std::fs::read(file).unwrap();
        for wrong in [&whole[..whole.len() - 1], b""] {
            std::fs::write(file, wrong).unwrap();
            same();
            assert_eq!(std::fs::read(file).unwrap(), whole);
        }
        std::fs::remove_file(file).unwrap();
        same();
        assert_eq!(std::fs::read(file).unwrap(), whole);
    }

    #[test]
    fn cached_images_of_other_code_are_discarded() {
        let cache_file = |change: &dyn Fn(&mut [u8])| {
            let (train, test) = generate(&SETTINGS).unwrap();
            let mut pixels = [train.pixels(), test.pixels()].concat();
            change(&mut pixels);
            images(&SETTINGS, pixels).map(|(train, _)| train.pixels()[24 * 768])
        };
        let (train, _) = generate(&SETTINGS).unwrap();
        let second_of_a_class = train.pixels()[24 * 768];
        assert_eq!(cache_file(&|_| ()), Some(second_of_a_class));
        // The last pixel of the first image of the last class.
        assert_eq!(cache_file(&|pixels| pixels[24 * 768 - 1] ^= 1), None);
        // The images are read, not generated: a change outside of the samples is kept.
        assert_eq!(cache_file(&|pixels| pixels[24 * 768] ^= 1), Some(second_of_a_class ^ 1));
    }

    #[test]
    fn few_images_are_not_cached() {
        let cache = tempfile::tempdir().unwrap();
        open(&SETTINGS, Some(cache.path())).unwrap();
        assert!(files(&cache.path().join("forms")).is_empty());
        assert!(read_or_generate(&Settings { size: 17, ..SETTINGS }, cache.path()).is_err());
    }

    #[test]
    fn the_file_name_depends_on_settings_and_code() {
        let others = [
            Settings { train_per_class: 3, ..SETTINGS },
            Settings { test_per_class: 2, ..SETTINGS },
            Settings { size: 32, ..SETTINGS },
            Settings { seed: 4, ..SETTINGS },
        ];
        assert!(others.iter().all(|other| name(other) != name(&SETTINGS)));
        // The list must contain every source file of this module.
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/forms");
        let mut all = [files(&source), files(&source.join("natural"))].concat();
        all.retain(|path| path.is_file() && !path.ends_with("tests.rs"));
        all.push(source.with_extension("rs"));
        assert_eq!(all.len(), CODE.len());
        for path in all {
            let text = std::fs::read_to_string(&path).unwrap();
            assert!(CODE.contains(&&*text), "{} is not in the code", path.display());
        }
    }
}
