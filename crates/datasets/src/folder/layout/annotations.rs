//! Label files for images that are not in class folders.

mod convention;
mod lines;

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use self::lines::Line;
use super::folder_contents::FolderContents;
use super::{Labeled, folders, name};
use crate::DataError;

/// Label files of Tiny ImageNet, Caffe, Kaggle and TensorFlow, in order of precedence.
const KNOWN: [&str; 4] = [
    "val_annotations.txt",
    "val.txt",
    "LOC_val_solution.csv",
    "imagenet_2012_validation_synset_labels.txt",
];

/// A problem in a label file: line number and description.
type LineError = (usize, String);

/// Whether this is the name of a label file.
pub fn is_annotation_file(path: &Path) -> bool {
    KNOWN.contains(&name(path).as_str())
}

/// Labels the images of a folder without class folders.
///
/// # Errors
/// [`DataError::Malformed`] when there are no images, there is no label file, or the file does not
/// label an image; [`DataError::Io`].
pub fn list(
    dir: &Path,
    test_dir: &Path,
    contents: &FolderContents,
    classes: &[String],
    warnings: &mut Vec<String>,
) -> Result<Labeled, DataError> {
    let images = &contents.images;
    if images.is_empty() {
        let reason = format!("neither folders of the classes nor images, {}", contents.describe());
        return Err(DataError::malformed(test_dir, reason));
    }
    check_unique_names(test_dir, images)?;
    let candidates = KNOWN.iter().flat_map(|file| [test_dir.join(file), dir.join(file)]);
    let path = candidates.into_iter().find(|path| path.is_file());
    let path = path.ok_or_else(|| no_labels_error(test_dir, contents, classes))?;
    let text = fs::read_to_string(&path).map_err(DataError::io(&path))?;
    let at_line =
        |(line, reason): LineError| DataError::malformed(&path, format!("line {line}: {reason}"));
    let lines = lines::parse(&text, images).map_err(at_line)?;
    let (labels, message) = convention::labels(&lines, classes).map_err(at_line)?;
    let labels = Labels::new(&lines, &labels).map_err(at_line)?;
    let messages = message.into_iter().chain(labels.unused_lines_warning(images));
    warnings.extend(messages.map(|message| format!("{}: {message}", path.display())));
    let label = |image: &PathBuf| {
        labels.find(&name(image)).map(|label| (image.clone(), label)).ok_or_else(|| {
            DataError::malformed(&path, format!("has no label for {}", image.display()))
        })
    };
    images.iter().map(label).collect()
}

fn check_unique_names(test_dir: &Path, images: &[PathBuf]) -> Result<(), DataError> {
    let mut by_name = HashMap::new();
    for image in images {
        if let Some(other) = by_name.insert(name(image), image) {
            let (other, image) = (other.display(), image.display());
            let reason = format!(
                "two images have the same name, so a line cannot tell them apart: {other} and {image}"
            );
            return Err(DataError::malformed(test_dir, reason));
        }
    }
    Ok(())
}

/// Why the images of a folder without a label file cannot be labeled.
fn no_labels_error(test_dir: &Path, contents: &FolderContents, classes: &[String]) -> DataError {
    let file_names = KNOWN.join(", ");
    let folders = folders(test_dir).unwrap_or_default();
    let others: Vec<String> =
        folders.iter().map(|folder| name(folder)).filter(|name| name != "images").take(3).collect();
    let reason = if contents.nested.is_empty() || others.is_empty() {
        format!(
            "its images are not in class folders, and there is no file with their labels ({file_names})"
        )
    } else {
        let (others, classes) = (others.join(", "), classes[..classes.len().min(3)].join(", "));
        format!(
            "none of its folders, such as {others}, has the name of a training class, such as {classes}, and there is no file with labels ({file_names})"
        )
    };
    DataError::malformed(test_dir, reason)
}

/// Labels by image name, with and without extension.
struct Labels<'a> {
    by_name: HashMap<&'a str, u16>,
    /// None if images with different labels share a stem.
    by_stem: HashMap<&'a str, Option<u16>>,
}

impl<'a> Labels<'a> {
    fn new(lines: &'a [Line], labels: &[u16]) -> Result<Self, LineError> {
        let (mut by_name, mut by_stem) = (HashMap::new(), HashMap::new());
        for (line, &label) in lines.iter().zip(labels) {
            let image = line.image.as_str();
            if by_name.insert(image, label).is_some_and(|before| before != label) {
                return Err((line.number, format!("{image} has another class in a line before")));
            }
            let stem = by_stem.entry(lines::stem(image)).or_insert(Some(label));
            *stem = stem.filter(|&before| before == label);
        }
        Ok(Self { by_name, by_stem })
    }

    fn find(&self, image: &str) -> Option<u16> {
        let by_stem = || self.by_stem.get(lines::stem(image)).copied().flatten();
        self.by_name.get(image).copied().or_else(by_stem)
    }

    /// A warning about lines without an image.
    fn unused_lines_warning(&self, images: &[PathBuf]) -> Option<String> {
        let names: Vec<String> = images.iter().map(|image| name(image)).collect();
        let stems: HashSet<&str> = names.iter().map(|name| lines::stem(name)).collect();
        let absent = self.by_stem.keys().filter(|stem| !stems.contains(*stem));
        let (count, first) = (absent.clone().count(), absent.min()?);
        Some(format!("{count} of its images do not exist, such as {first}"))
    }
}
