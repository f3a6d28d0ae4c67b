//! The layout of an image folder: classes, labels, training and test images.

mod annotations;
mod folder_contents;
mod scan_notes;

use std::fs;
use std::path::{Path, PathBuf};

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use self::folder_contents::{FolderContents, is_hidden_name};
use self::scan_notes::ScanNotes;
use crate::DataError;

/// Folders of test images. The first one that exists is used.
const TEST_FOLDERS: [&str; 4] = ["val", "valid", "validation", "test"];
/// Names (in any case) that usually mean a split of the data, not a class.
const SPLIT_NAMES: [&str; 7] =
    ["val", "valid", "validation", "test", "testing", "train", "training"];

/// Images with their labels.
pub type Labeled = Vec<(PathBuf, u16)>;

/// The classes and labeled files of a folder.
#[derive(Debug)]
pub struct Listing {
    /// Class names, sorted by their bytes.
    pub classes: Vec<String>,
    /// Images to train on.
    pub train: Labeled,
    /// Images to test on.
    pub test: Labeled,
    /// Warnings.
    pub warnings: Vec<String>,
}

/// Lists the labeled files of `dir`, see [`Folder`](super::Folder).
///
/// # Errors
/// As [`Folder::scan`](super::Folder::scan).
pub fn list(dir: &Path, seed: u64) -> Result<Listing, DataError> {
    let mut notes = ScanNotes::default();
    let train_dir = dir.join("train");
    let has_train = train_dir.is_dir();
    let root = if has_train { &train_dir } else { dir };
    let (classes, all) = list_classes(root, has_train, &mut notes)?;
    let test_dir = if has_train { test_dir(dir, &mut notes)? } else { None };
    let (train, test) = match test_dir {
        Some(test_dir) => (all, list_test_images(dir, &test_dir, &classes, &mut notes)?),
        None => split(root, &classes, &all, seed, &mut notes.warnings)?,
    };
    let warnings = notes.into_warnings(dir, train.len() + test.len())?;
    Ok(Listing { classes, train, test, warnings })
}

/// The class folders in `root` and their images, at any depth.
fn list_classes(
    root: &Path,
    is_train: bool,
    notes: &mut ScanNotes,
) -> Result<(Vec<String>, Labeled), DataError> {
    let folders = folders(root)?;
    if folders.len() < 2 || folders.len() > usize::from(u16::MAX) {
        let count = folders.len();
        let reason = format!(
            "{count} folders of a class each; 2 to 65,535 are needed, or train/ with val/ or test/"
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
        check_split_names(root, &classes, notes)?;
    }
    let mut all = Labeled::new();
    for (label, folder) in (0..).zip(&folders) {
        let contents = FolderContents::scan(folder, usize::MAX)?;
        check_class_images(folder, &contents, is_train)?;
        notes.add_class(contents, label, &mut all);
    }
    notes.finish_classes(root)?;
    Ok((classes, all))
}

/// Checks that a class has images. Without `train/`, at least one must be directly in the class
/// folder: otherwise the folder more likely contains classes itself.
fn check_class_images(
    folder: &Path,
    contents: &FolderContents,
    is_train: bool,
) -> Result<(), DataError> {
    if contents.images.is_empty() {
        let reason = format!("no PNG or JPEG in it, {}", contents.describe());
        return Err(DataError::malformed(folder, reason));
    }
    if !is_train && contents.images.len() == contents.nested.len() {
        let (count, first) = (contents.images.len(), contents.images[0].display());
        let reason = format!(
            "all {count} images are in subfolders, such as {first}: move them up if they are of the class {}, or put the folders of the classes into train/ and val/",
            name(folder)
        );
        return Err(DataError::malformed(folder, reason));
    }
    Ok(())
}

/// Without `train/`: checks that folders named like splits can be classes.
fn check_split_names(
    root: &Path,
    classes: &[String],
    notes: &mut ScanNotes,
) -> Result<(), DataError> {
    let is_part = |class: &&String| SPLIT_NAMES.contains(&class.to_lowercase().as_str());
    let parts: Vec<&str> = classes.iter().filter(is_part).map(String::as_str).collect();
    if parts.is_empty() {
        return Ok(());
    }
    let (names, root_name) = (parts.join(" and "), root.display());
    if parts.len() == classes.len() {
        let reason = format!(
            "{names} look like splits of a data set, not like classes: name the training folder train/ and the test folder val/, each with a folder for each class"
        );
        return Err(DataError::malformed(root, reason));
    }
    let warning = format!("{root_name}: {names} is used as a class, because there is no train/");
    notes.warnings.push(warning);
    Ok(())
}

/// The folder of test images next to `train/`. Adds warnings about other folders with images.
fn test_dir(dir: &Path, notes: &mut ScanNotes) -> Result<Option<PathBuf>, DataError> {
    let mut parts =
        TEST_FOLDERS.map(|name| dir.join(name)).into_iter().filter(|path| path.is_dir());
    let used = parts.next();
    for spare in parts {
        let contents = FolderContents::scan(&spare, usize::MAX)?;
        let count = contents.images.len() + contents.unsupported.len();
        if let Some(used) = used.as_ref().filter(|_| count > 0) {
            let (spare, used) = (spare.display(), name(used));
            notes.warnings.push(format!(
                "{count} images not used, below {spare}: test images are read from {used}/"
            ));
        }
    }
    for folder in folders(dir)? {
        let is_part = |part: &&str| dir.join(part) == folder;
        if !["train"].iter().chain(&TEST_FOLDERS).any(is_part) {
            // Other folders may be unreadable, such as lost+found.
            let contents = FolderContents::scan(&folder, usize::MAX).unwrap_or_default();
            notes.add_unused_folder(folder, &contents);
        }
    }
    notes.add_unlabeled(dir)?;
    Ok(used)
}

/// The test images: in class folders, or in one folder with a file of labels.
fn list_test_images(
    dir: &Path,
    test_dir: &Path,
    classes: &[String],
    notes: &mut ScanNotes,
) -> Result<Labeled, DataError> {
    let folders = folders(test_dir)?;
    let label_of = |folder: &Path| classes.binary_search(&name(folder)).ok();
    if !folders.iter().any(|folder| label_of(folder).is_some()) {
        let contents = FolderContents::scan(test_dir, usize::MAX)?;
        notes.add_unused_files(&contents);
        return annotations::list(dir, test_dir, &contents, classes, &mut notes.warnings);
    }
    let mut all = Labeled::new();
    for folder in &folders {
        let Some(label) = label_of(folder).and_then(|label| u16::try_from(label).ok()) else {
            let reason = format!("no class of this name among the {} to train on", classes.len());
            return Err(DataError::malformed(folder, reason));
        };
        notes.add_class(FolderContents::scan(folder, usize::MAX)?, label, &mut all);
    }
    if all.is_empty() {
        return Err(DataError::malformed(test_dir, "no PNG or JPEG in any of its folders"));
    }
    notes.finish_classes(test_dir)?;
    Ok(all)
}

/// Takes a fifth of each class, at least one image, for testing.
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
            let reason = "a single image cannot be split into training and test images";
            return Err(DataError::malformed(folder, reason));
        }
        let mut order: Vec<usize> = (0..images.len()).collect();
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(u64::from(label));
        order.shuffle(&mut rng);
        let (test_dir, kept) = order.split_at_mut((images.len() / 5).max(1));
        test_dir.sort_unstable();
        kept.sort_unstable();
        test.extend(test_dir.iter().map(|&index| images[index].clone()));
        train.extend(kept.iter().map(|&index| images[index].clone()));
    }
    let (root, count, all) = (root.display(), test.len(), test.len() + train.len());
    warnings.push(format!(
        "{root} has no val/ or test/: {count} of {all} images, drawn with seed {seed}, are for testing"
    ));
    Ok((train, test))
}

/// The subfolders of a folder except hidden ones, sorted by the bytes of their names.
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

/// The name of a file or folder. Bytes that are not UTF-8 are escaped as `\xE9`, so that different
/// names stay different.
fn name(path: &Path) -> String {
    let mut name = String::new();
    for chunk in path.file_name().unwrap_or_default().as_encoded_bytes().utf8_chunks() {
        name.push_str(chunk.valid());
        name.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02X}")));
    }
    name
}
