//! Parsing the lines of a label file.

use std::collections::HashSet;
use std::path::PathBuf;

use super::super::name;
use super::LineError;

/// A line of a label file.
#[derive(Debug, PartialEq, Eq)]
pub struct Line<'t> {
    /// Line number, from 1.
    pub number: usize,
    /// The name of the image, as given.
    pub image: String,
    /// The class. If fields are separated by spaces, also the rest of the line.
    pub class: &'t str,
}

/// Parses a label file. Each line has an image, a class, and possibly other fields; or only a
/// class, for the images in the order of their names. All lines have the same form and separator:
/// tabs if there is a tab in any line, otherwise commas, otherwise spaces.
///
/// # Errors
/// When a line has no class, or there are more classes than images.
pub fn parse<'t>(text: &'t str, images: &[PathBuf]) -> Result<Vec<Line<'t>>, LineError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = (1..).zip(text.lines().map(str::trim)).filter(|(_, line)| !line.is_empty());
    let lines: Vec<(usize, &str)> =
        lines.skip_while(|(_, line)| line.starts_with("ImageId,")).collect();
    let occurs = |separator: &char| lines.iter().any(|(_, line)| line.contains(*separator));
    let separator = ['\t', ','].into_iter().find(occurs).unwrap_or(' ');
    let names: Vec<String> = images.iter().map(|image| name(image)).collect();
    let stems: HashSet<&str> = names.iter().map(|name| stem(name)).collect();
    let split_fields = |line: &'t str| line.split_once(separator);
    let starts_with_image = |line: &str| {
        line.split_once(separator).is_some_and(|(image, _)| stems.contains(stem(image.trim())))
    };
    if !lines.iter().any(|(_, line)| starts_with_image(line)) {
        return class_per_line(&lines, names);
    }
    lines
        .into_iter()
        .map(|(number, line)| {
            let (image, rest) = split_fields(line)
                .ok_or_else(|| (number, format!("'{line}' has no class after the image")))?;
            let rest = if separator == ' ' { Some(rest) } else { rest.split(separator).next() };
            let class = rest.unwrap_or_default().trim();
            Ok(Line { number, image: image.trim().to_owned(), class })
        })
        .collect()
}

fn class_per_line<'t>(
    lines: &[(usize, &'t str)],
    images: Vec<String>,
) -> Result<Vec<Line<'t>>, LineError> {
    if let Some((number, _)) = lines.get(images.len()) {
        return Err((*number, format!("there are only {} images", images.len())));
    }
    let line = |(&(number, class), image)| Line { number, image, class };
    Ok(lines.iter().zip(images).map(line).collect())
}

/// A file name without its extension.
pub fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}
