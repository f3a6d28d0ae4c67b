//! Whether a file of labels names its classes or counts them: decided once, by all of its lines.

use std::collections::HashMap;

use super::Wrong;
use super::lines::Line;

/// The label of every line, and what is to be said about how the lines were read.
///
/// A file either names classes, or counts them from 0 in the order of their names. A class is what stands
/// between two separators or, where that is none in some line, the first word of it.
///
/// # Errors
/// Where neither fits all lines, and where both do and differ.
pub fn labels(lines: &[Line], classes: &[String]) -> Result<(Vec<u16>, Option<String>), Wrong> {
    let whole: Vec<&str> = lines.iter().map(|line| line.class).collect();
    let first_word = |text: &&'_ str| text.split_whitespace().next().unwrap_or_default().len();
    let words: Vec<&str> = whole.iter().map(|text| &text[..first_word(text)]).collect();
    // Where a longer text is a class of its own, the first word of another one is no name for it.
    let is_longer_name =
        |(text, word): (&&str, &&str)| text != word && names(&[text], classes).is_some();
    let whole_only = whole.iter().zip(&words).any(is_longer_name);
    let readings = if whole_only { vec![&whole] } else { vec![&whole, &words] };
    for texts in &readings {
        match (names(texts, classes), positions(texts, classes.len())) {
            (Some(names), Some(positions)) if names != positions => {
                return both(lines, texts, classes, (&names, &positions)).map(|said| (names, said));
            }
            (Some(names), _) => return Ok((names, None)),
            (None, Some(positions)) => {
                let message = counted(&positions, classes);
                return Ok((positions, message));
            }
            (None, None) => {}
        }
    }
    Err(neither(lines, readings[readings.len() - 1], classes))
}

fn names(texts: &[&str], classes: &[String]) -> Option<Vec<u16>> {
    let labels: HashMap<&str, u16> = classes.iter().map(String::as_str).zip(0..).collect();
    texts.iter().map(|text| labels.get(text).copied()).collect()
}

fn positions(texts: &[&str], classes: usize) -> Option<Vec<u16>> {
    let position = |text: &&str| number(text).filter(|&number| usize::from(number) < classes);
    texts.iter().map(position).collect()
}

/// Digits alone, as a number.
fn number(text: &str) -> Option<u16> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

/// Where every line is the name of one class and the position of another. Classes that are called by the
/// numbers from 0 on are meant by name, which is also their position in the order of numbers.
fn both(
    lines: &[Line],
    texts: &[&str],
    classes: &[String],
    (names, positions): (&[u16], &[u16]),
) -> Result<Option<String>, Wrong> {
    let place = names.iter().zip(positions).position(|(name, position)| name != position);
    let place = place.expect("they differ");
    let (text, counted) = (texts[place], &classes[usize::from(positions[place])]);
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
    Err((lines[place].number, reason))
}

/// What is to be said where classes are counted and that could be doubted.
fn counted(positions: &[u16], classes: &[String]) -> Option<String> {
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

/// Why neither reading fits, with the first line that says so.
fn neither(lines: &[Line], words: &[&str], classes: &[String]) -> Wrong {
    let is_name = |text: &str| classes.iter().any(|class| class == text);
    let last = classes.len() - 1;
    let is_position = |text: &str| number(text).is_some_and(|number| usize::from(number) <= last);
    let fits_neither = words.iter().position(|text| !is_name(text) && !is_position(text));
    let no_name = words.iter().position(|text| !is_name(text));
    let place = fits_neither.or(no_name).unwrap_or(0);
    let text = lines[place].class;
    let numbers: Option<Vec<u16>> = words.iter().map(|text| number(text)).collect();
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
            let other = words.iter().position(|text| !is_position(text)).unwrap_or(0);
            format!(
                "no class is called '{text}', while line {} names the class '{}': a file either names \
                 all classes or counts all of them from 0",
                lines[other].number, words[other]
            )
        }
        None => format!("no class is called '{text}'"),
    };
    (lines[place].number, reason)
}
