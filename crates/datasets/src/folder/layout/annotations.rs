//! Files that say what is on each image of a flat folder.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::{Labelled, name};
use crate::DataError;

/// Tiny ImageNet's, Caffe's, Kaggle's and TensorFlow's, in this order.
const KNOWN: [&str; 4] = [
    "val_annotations.txt",
    "val.txt",
    "LOC_val_solution.csv",
    "imagenet_2012_validation_synset_labels.txt",
];

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
    images: &[PathBuf],
    classes: &[String],
) -> Result<Labelled, DataError> {
    if images.is_empty() {
        return Err(DataError::malformed(held_out, "neither folders of the classes nor images"));
    }
    let places = KNOWN.iter().flat_map(|file| [held_out.join(file), dir.join(file)]);
    let path = places.into_iter().find(|path| path.is_file()).ok_or_else(|| {
        let known = KNOWN.join(", ");
        let reason = format!("its images lie flat, and none of {known} says what is on them");
        DataError::malformed(held_out, reason)
    })?;
    let text = fs::read_to_string(&path).map_err(DataError::io(&path))?;
    let labels = parse(&text, images, classes)
        .map_err(|(line, reason)| DataError::malformed(&path, format!("line {line}: {reason}")))?;
    let label = |image: &PathBuf| {
        labels.get(stem(&name(image))).map(|&label| (image.clone(), label)).ok_or_else(|| {
            DataError::malformed(&path, format!("does not say what is on {}", image.display()))
        })
    };
    images.iter().map(label).collect()
}

/// Labels by the names of images, without their extension.
///
/// A line is an image and a class, split by blanks or commas, with anything after; or a class alone,
/// for the images in the order of their names. A class is a name or a place in the order of names.
fn parse(
    text: &str,
    images: &[PathBuf],
    classes: &[String],
) -> Result<HashMap<String, u16>, (usize, String)> {
    let by_name: HashMap<&str, u16> = classes.iter().map(String::as_str).zip(0..).collect();
    let find = |class: &str| {
        let number =
            || class.parse().ok().filter(|&number: &u16| usize::from(number) < classes.len());
        by_name.get(class).copied().or_else(number)
    };
    let mut labels = HashMap::new();
    let mut in_order = images.iter();
    for (line, content) in (1..).zip(text.lines()) {
        let mut words = content.split([' ', '\t', ',']).filter(|word| !word.is_empty());
        let (image, class) = match (words.next(), words.next()) {
            (None | Some("ImageId"), _) => continue,
            (Some(image), Some(class)) => (stem(image).to_owned(), class),
            (Some(class), None) => match in_order.next() {
                Some(image) => (stem(&name(image)).to_owned(), class),
                None => return Err((line, format!("there are only {} images", images.len()))),
            },
        };
        let label = find(class).ok_or_else(|| (line, format!("no class is called '{class}'")))?;
        labels.insert(image, label);
    }
    Ok(labels)
}

fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}
