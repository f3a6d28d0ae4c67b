//! Files that say what is on each image of a flat folder.

mod convention;
mod lines;

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use self::lines::Line;
use super::found::Found;
use super::{Labeled, folders, name};
use crate::DataError;

/// Tiny ImageNet's, Caffe's, Kaggle's and TensorFlow's, in this order.
const KNOWN: [&str; 4] = [
    "val_annotations.txt",
    "val.txt",
    "LOC_val_solution.csv",
    "imagenet_2012_validation_synset_labels.txt",
];

/// What is wrong with a file, and in which line.
type Wrong = (usize, String);

/// Whether a file is one of them by its name.
pub fn is_known(path: &Path) -> bool {
    KNOWN.contains(&name(path).as_str())
}

/// Labels the images of a flat folder.
///
/// # Errors
/// [`DataError::Malformed`] where there is no image or no file of labels, naming those it may be, or
/// where the file does not label an image; [`DataError::Io`].
pub fn list(
    dir: &Path,
    held_out: &Path,
    found: &Found,
    classes: &[String],
    warnings: &mut Vec<String>,
) -> Result<Labeled, DataError> {
    let images = &found.images;
    if images.is_empty() {
        let reason = format!("neither folders of the classes nor images, {}", found.in_words());
        return Err(DataError::malformed(held_out, reason));
    }
    let mut seen = HashMap::new();
    for image in images {
        if let Some(other) = seen.insert(name(image), image) {
            let reason = format!(
                "two images of one name, which one line cannot label: {} and {}",
                other.display(),
                image.display()
            );
            return Err(DataError::malformed(held_out, reason));
        }
    }
    let places = KNOWN.iter().flat_map(|file| [held_out.join(file), dir.join(file)]);
    let path = places.into_iter().find(|path| path.is_file());
    let path = path.ok_or_else(|| without_labels(held_out, found, classes))?;
    let text = fs::read_to_string(&path).map_err(DataError::io(&path))?;
    let wrong =
        |(line, reason): Wrong| DataError::malformed(&path, format!("line {line}: {reason}"));
    let lines = lines::of(&text, images).map_err(wrong)?;
    let (labels, message) = convention::labels(&lines, classes).map_err(wrong)?;
    warnings.extend(message.map(|message| format!("{}: {message}", path.display())));
    let labels = Labels::new(&lines, &labels).map_err(wrong)?;
    warnings.extend(labels.of_nothing(images).map(|said| format!("{}: {said}", path.display())));
    let label = |image: &PathBuf| {
        labels.of(&name(image)).map(|label| (image.clone(), label)).ok_or_else(|| {
            DataError::malformed(&path, format!("does not say what is on {}", image.display()))
        })
    };
    images.iter().map(label).collect()
}

/// Why a folder of images cannot be labeled that has no file of labels.
fn without_labels(held_out: &Path, found: &Found, classes: &[String]) -> DataError {
    let known = KNOWN.join(", ");
    let folders = folders(held_out).unwrap_or_default();
    let others: Vec<String> =
        folders.iter().map(|folder| name(folder)).filter(|name| name != "images").take(3).collect();
    let reason = if found.nested.is_empty() || others.is_empty() {
        format!("its images lie flat, and none of {known} says what is on them")
    } else {
        let classes: Vec<&str> = classes.iter().take(3).map(String::as_str).collect();
        format!(
            "none of its folders, such as {}, has the name of a class to train on, such as {}; and \
             none of {known} says what is on its images",
            others.join(", "),
            classes.join(", ")
        )
    };
    DataError::malformed(held_out, reason)
}

/// The labels of images by their names, with and without the ending.
struct Labels<'a> {
    by_name: HashMap<&'a str, u16>,
    /// None where images of several labels share a stem.
    by_stem: HashMap<&'a str, Option<u16>>,
}

impl<'a> Labels<'a> {
    fn new(lines: &'a [Line], labels: &[u16]) -> Result<Self, Wrong> {
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

    fn of(&self, image: &str) -> Option<u16> {
        let by_stem = || self.by_stem.get(lines::stem(image)).copied().flatten();
        self.by_name.get(image).copied().or_else(by_stem)
    }

    /// How many lines are of no image, in words.
    fn of_nothing(&self, images: &[PathBuf]) -> Option<String> {
        let names: Vec<String> = images.iter().map(|image| name(image)).collect();
        let stems: Vec<&str> = names.iter().map(|name| lines::stem(name)).collect();
        let stems: std::collections::HashSet<&str> = stems.into_iter().collect();
        let mut absent: Vec<&&str> =
            self.by_stem.keys().filter(|stem| !stems.contains(**stem)).collect();
        absent.sort_unstable();
        absent
            .first()
            .map(|first| format!("{} of its images are not there, such as {first}", absent.len()))
    }
}
