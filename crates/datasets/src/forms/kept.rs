//! Images that were drawn before, from a file: to draw the 7,200 of the default transfer run takes a
//! processor several seconds, and every process of a run needs them.

use std::path::Path;

use super::{Images, Part, Settings, draw_image, generate, labels, motifs, shape};
use crate::DataError;
use crate::kept::{Kept, version_of};

/// Images from which on they are kept: fewer are drawn in less than a second.
const WORTH_KEEPING: usize = 1000;

/// The code that draws; what another version of it drew is not what this one would.
const CODE: [&str; 14] = [
    include_str!("../forms.rs"),
    include_str!("canvas.rs"),
    include_str!("colors.rs"),
    include_str!("ground.rs"),
    include_str!("man_made.rs"),
    include_str!("natural.rs"),
    include_str!("natural/animals.rs"),
    include_str!("natural/land.rs"),
    include_str!("natural/plants.rs"),
    include_str!("natural/spine.rs"),
    include_str!("noise.rs"),
    include_str!("picture.rs"),
    include_str!("scene.rs"),
    include_str!("kept.rs"),
];

/// As [`generate`](super::generate), from a file in `cache` where these images are kept there; what is
/// drawn is kept, or else there is a warning. A file counts only where it is whole, of these settings
/// and this code, and where one image of each class, drawn again, is the same: the version of a library
/// that draws, or a processor that rounds otherwise, is in no name.
///
/// # Errors
/// As for [`generate`](super::generate).
pub fn generate_or_read(
    settings: &Settings,
    cache: Option<&Path>,
) -> Result<(Images, Images, Option<String>), DataError> {
    let per_class = settings.train_per_class as usize + settings.test_per_class as usize;
    match cache.filter(|_| per_class * motifs().count() >= WORTH_KEEPING) {
        Some(cache) => draw_or_read(settings, cache),
        None => generate(settings).map(|(train, test)| (train, test, None)),
    }
}

fn draw_or_read(
    settings: &Settings,
    cache: &Path,
) -> Result<(Images, Images, Option<String>), DataError> {
    let kept = Kept::new(cache, "forms", &name(settings));
    if let Some((train, test)) = kept.read().and_then(|pixels| images(settings, pixels)) {
        return Ok((train, test, None));
    }
    let (train, test) = generate(settings)?;
    let pixels = [train.pixels(), test.pixels()].concat();
    let warning = kept.write_or_warn(&pixels, "the drawn images");
    Ok((train, test, warning))
}

fn name(settings: &Settings) -> String {
    let Settings { train_per_class, test_per_class, size, seed } = settings;
    let code = version_of(&CODE);
    format!("{size}-{train_per_class}-{test_per_class}-{seed}-{code}.u8")
}

/// The images of both parts, where the pixels are those that would be drawn.
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
        draw_image(settings, Part::Train, image, &mut drawn);
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
    fn what_is_read_is_what_was_drawn_and_what_is_deleted_or_damaged_is_drawn_again() {
        let cache = tempfile::tempdir().unwrap();
        let (train, test) = generate(&SETTINGS).unwrap();
        let same = || {
            let (read_train, read_test, warning) = draw_or_read(&SETTINGS, cache.path()).unwrap();
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
    fn images_that_would_be_drawn_otherwise_are_not_believed_and_others_are() {
        let kept = |change: &dyn Fn(&mut [u8])| {
            let (train, test) = generate(&SETTINGS).unwrap();
            let mut pixels = [train.pixels(), test.pixels()].concat();
            change(&mut pixels);
            images(&SETTINGS, pixels).map(|(train, _)| train.pixels()[24 * 768])
        };
        let (train, _) = generate(&SETTINGS).unwrap();
        let second_of_a_class = train.pixels()[24 * 768];
        assert_eq!(kept(&|_| ()), Some(second_of_a_class));
        // The last pixel of the first image of the last class.
        assert_eq!(kept(&|pixels| pixels[24 * 768 - 1] ^= 1), None);
        // It is read, not drawn: what is no sample comes out as it is kept.
        assert_eq!(kept(&|pixels| pixels[24 * 768] ^= 1), Some(second_of_a_class ^ 1));
    }

    #[test]
    fn few_images_are_drawn_and_not_kept_and_wrong_settings_are_refused() {
        let cache = tempfile::tempdir().unwrap();
        generate_or_read(&SETTINGS, Some(cache.path())).unwrap();
        assert!(files(&cache.path().join("forms")).is_empty());
        assert!(draw_or_read(&Settings { size: 17, ..SETTINGS }, cache.path()).is_err());
    }

    #[test]
    fn the_name_of_a_file_says_every_setting_and_the_code() {
        let others = [
            Settings { train_per_class: 3, ..SETTINGS },
            Settings { test_per_class: 2, ..SETTINGS },
            Settings { size: 32, ..SETTINGS },
            Settings { seed: 4, ..SETTINGS },
        ];
        assert!(others.iter().all(|other| name(other) != name(&SETTINGS)));
        // Every file that draws is in the code.
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
