//! Which file of a folder is an image of which class, and whether it is for training or testing.

mod annotations;
mod found;
mod left_out;

use std::fs;
use std::path::{Path, PathBuf};

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use self::found::{Found, is_hidden_name};
use self::left_out::LeftOut;
use crate::DataError;

/// Folders of images to test on, the first of which is used.
const HELD_OUT: [&str; 4] = ["val", "valid", "validation", "test"];
/// Names under which, in whatever case, people keep parts of a data set rather than a class.
const PARTS: [&str; 7] = ["val", "valid", "validation", "test", "testing", "train", "training"];

/// Images with their labels.
pub type Labeled = Vec<(PathBuf, u16)>;

/// The files of a folder, sorted out.
#[derive(Debug)]
pub struct Listing {
    /// The names of the classes, in the order of their bytes.
    pub classes: Vec<String>,
    /// Images to train on.
    pub train: Labeled,
    /// Images to test on.
    pub test: Labeled,
    /// What is odd but no error.
    pub warnings: Vec<String>,
}

/// What is to be said of a folder whatever else comes of it.
#[derive(Debug, Default)]
struct Notes {
    warnings: Vec<String>,
    left_out: LeftOut,
}

/// Sorts out the files of `dir`: see [`Folder`](super::Folder).
///
/// # Errors
/// As [`Folder::scan`](super::Folder::scan).
pub fn list(dir: &Path, seed: u64) -> Result<Listing, DataError> {
    let mut notes = Notes::default();
    let train_dir = dir.join("train");
    let has_train = train_dir.is_dir();
    let root = if has_train { &train_dir } else { dir };
    let (classes, all) = list_classes(root, has_train, &mut notes)?;
    let held_out = if has_train { held_out(dir, &mut notes)? } else { None };
    let (train, test) = match held_out {
        Some(held_out) => {
            let test = list_held_out(dir, &held_out, &classes, &mut notes)?;
            (all, test)
        }
        None => split(root, &classes, &all, seed, &mut notes.warnings)?,
    };
    let mut warnings = notes.warnings;
    warnings.extend(notes.left_out.into_warnings(dir, train.len() + test.len())?);
    Ok(Listing { classes, train, test, warnings })
}

/// The classes of `root`, a folder each, and their images, at any depth.
fn list_classes(
    root: &Path,
    is_train: bool,
    notes: &mut Notes,
) -> Result<(Vec<String>, Labeled), DataError> {
    let folders = folders(root)?;
    if folders.len() < 2 || folders.len() > usize::from(u16::MAX) {
        let reason = format!(
            "{} folders of a class each; 2 to 65,535 are needed, or train/ with val/ or test/",
            folders.len()
        );
        return Err(DataError::malformed(root, reason));
    }
    let classes: Vec<String> = folders.iter().map(|folder| name(folder)).collect();
    if let Some(place) = classes.windows(2).position(|pair| pair[0] == pair[1]) {
        let [one, other] = [&folders[place], &folders[place + 1]].map(|folder| folder.display());
        let reason = format!("{one} and {other} are one name, {}", classes[place]);
        return Err(DataError::malformed(root, reason));
    }
    if !is_train {
        parts_as_classes(root, &classes, notes)?;
    }
    let (mut all, mut nested) = (Labeled::new(), Vec::new());
    for (label, folder) in (0..).zip(&folders) {
        let mut found = Found::below(folder)?;
        has_own_images(folder, &found, is_train)?;
        notes.left_out.rest_of(&found);
        nested.append(&mut found.nested);
        all.extend(found.images.into_iter().map(|path| (path, label)));
    }
    notes.nested(&nested);
    notes.left_out.beside_folders(Found::beside_folders(root)?);
    Ok((classes, all))
}

/// Whether a class has images. Where no `train/` says which folders are classes, one without an image
/// outside of its own folders is more likely a folder of classes.
fn has_own_images(folder: &Path, found: &Found, is_train: bool) -> Result<(), DataError> {
    if found.images.is_empty() {
        let reason = format!("no PNG or JPEG in it, {}", found.in_words());
        return Err(DataError::malformed(folder, reason));
    }
    if !is_train && found.images.len() == found.nested.len() {
        let reason = format!(
            "its {} images all lie in folders within it, such as {}: move them up if they are of \
             the class {}, or put the folders of the classes into train/ and val/",
            found.images.len(),
            found.images[0].display(),
            name(folder)
        );
        return Err(DataError::malformed(folder, reason));
    }
    Ok(())
}

/// Whether folders that are called like parts of a data set can be classes, where there is no `train/`.
fn parts_as_classes(root: &Path, classes: &[String], notes: &mut Notes) -> Result<(), DataError> {
    let is_part = |class: &&String| PARTS.contains(&class.to_lowercase().as_str());
    let parts: Vec<&str> = classes.iter().filter(is_part).map(String::as_str).collect();
    if parts.is_empty() {
        return Ok(());
    }
    if parts.len() == classes.len() {
        let reason = format!(
            "{} are no classes but parts of a data set: call the one to train on train/, the one to \
             test on val/, with a folder for each class in them",
            parts.join(" and ")
        );
        return Err(DataError::malformed(root, reason));
    }
    notes.warnings.push(format!(
        "{}: {} counts as a class, since there is no train/",
        root.display(),
        parts.join(" and ")
    ));
    Ok(())
}

/// The folder of images to test on, beside `train/`; says what other folders hold that is not used.
fn held_out(dir: &Path, notes: &mut Notes) -> Result<Option<PathBuf>, DataError> {
    let mut parts = HELD_OUT.map(|name| dir.join(name)).into_iter().filter(|path| path.is_dir());
    let used = parts.next();
    for spare in parts {
        let found = Found::below(&spare)?;
        let count = found.images.len() + found.not_read.len();
        if let Some(used) = used.as_ref().filter(|_| count > 0) {
            let (spare, used) = (spare.display(), name(used));
            notes.warnings.push(format!(
                "{count} images not used, below {spare}: the images to test on are those of {used}/"
            ));
        }
    }
    for folder in folders(dir)? {
        let is_part = |part: &&str| dir.join(part) == folder;
        if !["train"].iter().chain(&HELD_OUT).any(is_part) {
            // Beside the data there may be what nobody can read, such as lost+found.
            let found = Found::below(&folder).unwrap_or_default();
            notes.left_out.whole(folder, &found);
        }
    }
    notes.left_out.beside_folders(Found::beside_folders(dir)?);
    Ok(used)
}

/// The images to test on: in folders by class, or flat with a file of labels.
fn list_held_out(
    dir: &Path,
    held_out: &Path,
    classes: &[String],
    notes: &mut Notes,
) -> Result<Labeled, DataError> {
    let folders = folders(held_out)?;
    let known = |folder: &Path| classes.binary_search(&name(folder)).ok();
    if !folders.iter().any(|folder| known(folder).is_some()) {
        let found = Found::below(held_out)?;
        notes.left_out.rest_of(&found);
        return annotations::list(dir, held_out, &found, classes, &mut notes.warnings);
    }
    let (mut all, mut nested) = (Labeled::new(), Vec::new());
    for folder in &folders {
        let Some(label) = known(folder).and_then(|label| u16::try_from(label).ok()) else {
            let reason = format!("no class of this name among the {} to train on", classes.len());
            return Err(DataError::malformed(folder, reason));
        };
        let mut found = Found::below(folder)?;
        notes.left_out.rest_of(&found);
        nested.append(&mut found.nested);
        all.extend(found.images.into_iter().map(|path| (path, label)));
    }
    if all.is_empty() {
        return Err(DataError::malformed(held_out, "no PNG or JPEG in any of its folders"));
    }
    notes.nested(&nested);
    notes.left_out.beside_folders(Found::beside_folders(held_out)?);
    Ok(all)
}

impl Notes {
    /// Images that lie deeper than in the folder of their class.
    fn nested(&mut self, images: &[PathBuf]) {
        if let Some(first) = images.first() {
            self.warnings.push(format!(
                "{} images lie in folders within those of the classes, such as {}, and count as of \
                 these classes",
                images.len(),
                first.display()
            ));
        }
    }
}

/// A fifth of each class, at least one image, for testing.
fn split(
    root: &Path,
    classes: &[String],
    all: &Labeled,
    seed: u64,
    warnings: &mut Vec<String>,
) -> Result<(Labeled, Labeled), DataError> {
    let (mut train, mut test) = (Labeled::new(), Labeled::new());
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

/// The folders in a folder, by name in the order of its bytes, without hidden ones.
fn folders(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(DataError::io(folder))? {
        let path = entry.map_err(DataError::io(folder))?.path();
        if !is_hidden_name(&name(&path)) && path.is_dir() {
            paths.push(path);
        }
    }
    paths.sort_by_cached_key(|path| name(path));
    Ok(paths)
}

/// The name of a file or folder; bytes that are no UTF-8 stand as `\xE9`, so that two names differ where
/// their bytes do.
fn name(path: &Path) -> String {
    let mut name = String::new();
    for chunk in path.file_name().unwrap_or_default().as_encoded_bytes().utf8_chunks() {
        name.push_str(chunk.valid());
        name.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02X}")));
    }
    name
}
