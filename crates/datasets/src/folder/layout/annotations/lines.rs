//! The lines of a file of labels, taken apart in one way for the whole file.

use std::collections::HashSet;
use std::path::PathBuf;

use super::super::name;
use super::Wrong;

/// What a line says of an image.
#[derive(Debug, PartialEq, Eq)]
pub struct Line<'t> {
    /// Its number, from 1.
    pub number: usize,
    /// The image, as the file names it.
    pub image: String,
    /// Its class, and where a blank follows the class, whatever comes after.
    pub class: &'t str,
}

/// Takes a file apart: an image and a class a line, with anything after; or a class alone a line, for the
/// images in the order of their names. Which of the two, and what stands between image and class, is the
/// same for all lines: tabs where there is one in any line, else commas, else blanks.
///
/// # Errors
/// For a line without a class, and one more class than there are images.
pub fn of<'t>(text: &'t str, images: &[PathBuf]) -> Result<Vec<Line<'t>>, Wrong> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = (1..).zip(text.lines().map(str::trim)).filter(|(_, line)| !line.is_empty());
    let lines: Vec<(usize, &str)> =
        lines.skip_while(|(_, line)| line.starts_with("ImageId,")).collect();
    let is_there = |separator: &char| lines.iter().any(|(_, line)| line.contains(*separator));
    let separator = ['\t', ','].into_iter().find(is_there).unwrap_or(' ');
    let names: Vec<String> = images.iter().map(|image| name(image)).collect();
    let stems: HashSet<&str> = names.iter().map(|name| stem(name)).collect();
    let parted = |line: &'t str| line.split_once(separator);
    let names_an_image = |line: &str| {
        line.split_once(separator).is_some_and(|(image, _)| stems.contains(stem(image.trim())))
    };
    if !lines.iter().any(|(_, line)| names_an_image(line)) {
        return classes_alone(&lines, names);
    }
    lines
        .into_iter()
        .map(|(number, line)| {
            let (image, rest) = parted(line)
                .ok_or_else(|| (number, format!("'{line}' is no image with a class after it")))?;
            let rest = if separator == ' ' { Some(rest) } else { rest.split(separator).next() };
            let class = rest.unwrap_or_default().trim();
            Ok(Line { number, image: image.trim().to_owned(), class })
        })
        .collect()
}

fn classes_alone<'t>(
    lines: &[(usize, &'t str)],
    images: Vec<String>,
) -> Result<Vec<Line<'t>>, Wrong> {
    if let Some((number, _)) = lines.get(images.len()) {
        return Err((*number, format!("there are only {} images", images.len())));
    }
    let line = |(&(number, class), image)| Line { number, image, class };
    Ok(lines.iter().zip(images).map(line).collect())
}

/// A name without its ending.
pub fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}
