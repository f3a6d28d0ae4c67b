//! Detects whether a label file gives class names or class numbers. All lines are taken into
//! account.

use std::collections::HashMap;

use super::LineError;
use super::lines::Line;

/// The label of each line, and a warning if the file may have been misread.
///
/// A file gives class names, or class numbers from 0 in the order of the names. A class is the text
/// between two separators or, if that does not match in every line, its first word.
///
/// # Errors
/// When no convention fits all lines, or both fit and give different labels.
pub fn labels(lines: &[Line], classes: &[String]) -> Result<(Vec<u16>, Option<String>), LineError> {
    let fields: Vec<&str> = lines.iter().map(|line| line.class).collect();
    let first_word = |text: &&'_ str| text.split_whitespace().next().unwrap_or_default().len();
    let first_words: Vec<&str> = fields.iter().map(|text| &text[..first_word(text)]).collect();
    // If a longer text is a class name in some line, the first word of another line is not a name.
    let is_longer_name =
        |(text, word): (&&str, &&str)| text != word && names(&[text], classes).is_some();
    let fields_only = fields.iter().zip(&first_words).any(is_longer_name);
    let candidates = if fields_only { vec![&fields] } else { vec![&fields, &first_words] };
    for texts in &candidates {
        match (names(texts, classes), positions(texts, classes.len())) {
            (Some(names), Some(positions)) if names != positions => {
                return ambiguous(lines, texts, classes, (&names, &positions))
                    .map(|said| (names, said));
            }
            (Some(names), _) => return Ok((names, None)),
            (None, Some(positions)) => {
                let message = position_warning(&positions, classes);
                return Ok((positions, message));
            }
            (None, None) => {}
        }
    }
    Err(no_convention_error(lines, candidates[candidates.len() - 1], classes))
}

fn names(texts: &[&str], classes: &[String]) -> Option<Vec<u16>> {
    let labels: HashMap<&str, u16> = classes.iter().map(String::as_str).zip(0..).collect();
    texts.iter().map(|text| labels.get(text).copied()).collect()
}

fn positions(texts: &[&str], classes: usize) -> Option<Vec<u16>> {
    let position = |text: &&str| number(text).filter(|&number| usize::from(number) < classes);
    texts.iter().map(position).collect()
}

/// Parses a number that consists of digits only.
fn number(text: &str) -> Option<u16> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

/// Every line is the name of one class and the number of another. If the classes are named 0, 1,
/// ..., the names are used: they are the positions in numerical order as well.
fn ambiguous(
    lines: &[Line],
    texts: &[&str],
    classes: &[String],
    (names, positions): (&[u16], &[u16]),
) -> Result<Option<String>, LineError> {
    let index = names.iter().zip(positions).position(|(name, position)| name != position);
    let index = index.expect("they differ");
    let (text, counted) = (texts[index], &classes[usize::from(positions[index])]);
    let mut numbers: Vec<Option<u16>> = classes.iter().map(|class| number(class)).collect();
    numbers.sort_unstable();
    if numbers.into_iter().eq((0..).map(Some).take(classes.len())) {
        return Ok(Some(format!(
            "its numbers are read as names of classes: '{text}' is the class '{text}', and not \
             '{counted}', which is the folder at position {text} in the order of the bytes of names"
        )));
    }
    let reason = format!(
        "'{text}' is the class of that name, or '{counted}', the class at position {text} counted \
         from 0; all lines can be read both ways. Name the classes so that their names are no \
         positions, or put the images into folders of their classes"
    );
    Err((lines[index].number, reason))
}

/// A warning if class numbers could have been meant differently.
fn position_warning(positions: &[u16], classes: &[String]) -> Option<String> {
    let count = classes.len();
    if classes.iter().any(|class| number(class).is_some()) {
        return Some(format!(
            "its numbers are positions in the order of names, counted from 0, and not names: 0 is the \
             class '{}', {} the class '{}'",
            classes[0],
            count - 1,
            classes[count - 1]
        ));
    }
    (!positions.contains(&0)).then(|| {
        format!(
            "its numbers are positions in the order of names, counted from 0, but 0 ('{}') does not \
             occur: if they are counted from 1, all labels are wrong",
            classes[0]
        )
    })
}

/// Why no convention fits, with the first line that shows it.
fn no_convention_error(lines: &[Line], first_words: &[&str], classes: &[String]) -> LineError {
    let is_name = |text: &str| classes.iter().any(|class| class == text);
    let last = classes.len() - 1;
    let is_position = |text: &str| number(text).is_some_and(|number| usize::from(number) <= last);
    let fits_neither = first_words.iter().position(|text| !is_name(text) && !is_position(text));
    let no_name = first_words.iter().position(|text| !is_name(text));
    let index = fits_neither.or(no_name).unwrap_or(0);
    let text = lines[index].class;
    let numbers: Option<Vec<u16>> = first_words.iter().map(|text| number(text)).collect();
    let reason = match numbers {
        Some(_) => format!(
            "no class is called '{text}', and by positions, counted from 0 in the order of names, the \
             {} classes go from 0 ('{}') to {last} ('{}'); numbers of another order or from 1 have to \
             be replaced by names",
            classes.len(),
            classes[0],
            classes[last]
        ),
        None if fits_neither.is_none() => {
            let other = first_words.iter().position(|text| !is_position(text)).unwrap_or(0);
            format!(
                "no class is called '{text}', while line {} names the class '{}': a file either names \
                 all classes or counts all of them from 0",
                lines[other].number, first_words[other]
            )
        }
        None => format!("no class is called '{text}'"),
    };
    (lines[index].number, reason)
}
