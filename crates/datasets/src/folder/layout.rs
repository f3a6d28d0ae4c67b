//! Which file of a folder is an image of which class, and whether it is for training or testing.

mod annotations;

use std::fs;
use std::path::{Path, PathBuf};

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::DataError;

/// Images with their labels.
pub type Labelled = Vec<(PathBuf, u16)>;

/// The files of a folder, sorted out.
#[derive(Debug)]
pub struct Listing {
    /// The names of the classes, in the order of their bytes.
    pub classes: Vec<String>,
    /// Images to train on.
    pub train: Labelled,
    /// Images to test on.
    pub test: Labelled,
    /// What is odd but no error.
    pub warnings: Vec<String>,
}

/// Sorts out the files of `dir`: see [`Folder`](super::Folder).
///
/// # Errors
/// As [`Folder::scan`](super::Folder::scan).
pub fn list(dir: &Path, seed: u64) -> Result<Listing, DataError> {
    let mut warnings = Vec::new();
    let train_dir = dir.join("train");
    let has_train = train_dir.is_dir();
    let root = if has_train { &train_dir } else { dir };
    let (classes, train) = list_classes(root, &mut warnings)?;
    let held_out = ["val", "test"].map(|name| dir.join(name)).into_iter().find(|d| d.is_dir());
    let (train, test) = match held_out.filter(|_| has_train) {
        Some(held_out) => {
            let test = list_held_out(dir, &held_out, &classes, &mut warnings)?;
            (train, test)
        }
        None => split(root, &classes, &train, seed, &mut warnings)?,
    };
    Ok(Listing { classes, train, test, warnings })
}

/// The classes of `root`, a folder each, and their images.
fn list_classes(
    root: &Path,
    warnings: &mut Vec<String>,
) -> Result<(Vec<String>, Labelled), DataError> {
    let folders: Vec<PathBuf> = entries(root)?.into_iter().filter(|path| path.is_dir()).collect();
    if folders.len() < 2 || folders.len() > usize::from(u16::MAX) {
        let reason = format!(
            "{} folders of a class each; 2 to 65,535 are needed, or train/ with val/ or test/",
            folders.len()
        );
        return Err(DataError::malformed(root, reason));
    }
    let (mut classes, mut all) = (Vec::new(), Labelled::new());
    for (label, folder) in (0..).zip(&folders) {
        let images = images(folder, warnings)?;
        if images.is_empty() {
            return Err(DataError::malformed(
                folder,
                "no PNG or JPEG in it, so a class of nothing",
            ));
        }
        classes.push(name(folder));
        all.extend(images.into_iter().map(|path| (path, label)));
    }
    Ok((classes, all))
}

/// The images of `val/` or `test/`: in folders by class, or flat with a file of labels.
fn list_held_out(
    dir: &Path,
    held_out: &Path,
    classes: &[String],
    warnings: &mut Vec<String>,
) -> Result<Labelled, DataError> {
    let mut folders: Vec<PathBuf> =
        entries(held_out)?.into_iter().filter(|path| path.is_dir()).collect();
    let known = |folder: &PathBuf| classes.binary_search(&name(folder)).ok();
    if !folders.iter().any(|folder| known(folder).is_some()) {
        return annotations::list(dir, held_out, &images(held_out, warnings)?, classes);
    }
    let mut all = Labelled::new();
    for folder in &mut folders {
        let Some(label) = known(folder).and_then(|label| u16::try_from(label).ok()) else {
            let reason = format!("no class of this name among the {} to train on", classes.len());
            return Err(DataError::malformed(&**folder, reason));
        };
        all.extend(images(folder, warnings)?.into_iter().map(|path| (path, label)));
    }
    let tested = |label: usize| all.iter().any(|&(_, found)| usize::from(found) == label);
    let untested: Vec<&str> = (0..classes.len())
        .filter(|&label| !tested(label))
        .map(|label| classes[label].as_str())
        .collect();
    if untested.len() == classes.len() {
        return Err(DataError::malformed(held_out, "no PNG or JPEG in any of its folders"));
    }
    if let Some(first) = untested.first() {
        let count = untested.len();
        warnings.push(format!("{count} classes without an image to test on, such as {first}"));
    }
    Ok(all)
}

/// A fifth of each class, at least one image, for testing.
fn split(
    root: &Path,
    classes: &[String],
    all: &Labelled,
    seed: u64,
    warnings: &mut Vec<String>,
) -> Result<(Labelled, Labelled), DataError> {
    let (mut train, mut test) = (Labelled::new(), Labelled::new());
    for images in all.chunk_by(|(_, left), (_, right)| left == right) {
        let label = images[0].1;
        if images.len() < 2 {
            let folder = root.join(&classes[usize::from(label)]);
            let reason = "one image alone cannot be split into training and testing";
            return Err(DataError::malformed(folder, reason));
        }
        let mut order: Vec<usize> = (0..images.len()).collect();
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(u64::from(label));
        order.shuffle(&mut rng);
        let (held_out, kept) = order.split_at_mut((images.len() / 5).max(1));
        held_out.sort_unstable();
        kept.sort_unstable();
        test.extend(held_out.iter().map(|&index| images[index].clone()));
        train.extend(kept.iter().map(|&index| images[index].clone()));
    }
    warnings.push(format!(
        "{} has no val/ or test/ of its own: {} of {} images, drawn from seed {seed}, are for testing",
        root.display(),
        test.len(),
        test.len() + train.len()
    ));
    Ok((train, test))
}

/// The images in a folder, or in the folder `images` within it where that is there.
fn images(folder: &Path, warnings: &mut Vec<String>) -> Result<Vec<PathBuf>, DataError> {
    let within = folder.join("images");
    let folder = if within.is_dir() { &within } else { folder };
    let is_image = |path: &PathBuf| {
        let extension = path.extension().and_then(|extension| extension.to_str());
        extension.is_some_and(|extension| {
            ["png", "jpg", "jpeg"].iter().any(|known| extension.eq_ignore_ascii_case(known))
        })
    };
    let (images, others): (Vec<_>, Vec<_>) = entries(folder)?.into_iter().partition(is_image);
    let strange = others.iter().filter(|path| !annotations::is_known(path) && path.is_file());
    if let Some(first) = strange.clone().next() {
        let count = strange.count();
        warnings
            .push(format!("{count} files not used, such as {}: no PNG or JPEG", first.display()));
    }
    Ok(images)
}

/// What a folder holds, by name in the order of its bytes, without hidden files.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(DataError::io(folder))? {
        let path = entry.map_err(DataError::io(folder))?.path();
        if !name(&path).starts_with('.') {
            paths.push(path);
        }
    }
    paths.sort_by_cached_key(|path| name(path));
    Ok(paths)
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
