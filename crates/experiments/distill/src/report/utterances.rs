//! Comparisons of word errors, by seed.

use super::choice;
use super::condition::Condition;
use super::contrast::{Trio, measures};
use super::group::Training;
use super::index::Index;
use super::paper;
use super::quality::Quality;

/// Whether the students of a run have words.
#[must_use]
pub fn are_planned(index: &Index) -> bool {
    choice::main_network(index).is_some_and(paper::is_speech)
}

/// Word errors in percent of all words.
///
/// # Errors
/// When it is unknown which images belong to which word, as text.
pub fn errors(quality: &Quality) -> Result<f64, String> {
    quality.utterance_error_percent().ok_or_else(|| "the images belong to no utterances".to_owned())
}

/// One word in percent of all, for the network with the fewest test words; 0 if there are none.
#[must_use]
pub fn step<'q>(qualities: impl IntoIterator<Item = &'q Quality>) -> f64 {
    let words = qualities.into_iter().filter_map(|one| one.utterances.as_ref().map(Vec::len));
    words.filter(|words| *words > 0).min().map_or(0.0, |words| 100.0 / words as f64)
}

/// The word errors of a distilled student, of the same network alone, and of the student's teachers
/// together.
///
/// # Errors
/// When one of them was not trained, as text.
pub fn trio(index: &Index, training: &Training) -> Result<Trio, String> {
    let alone = Condition::of(training.cell).alone();
    let teachers = index.teachers(training).ok_or("it has no teacher")?;
    let (_, together) = teachers.quality.as_ref().map_err(Clone::clone)?;
    Ok(Trio {
        student: errors(index.quality(&alone, training.cell.seed)?)?,
        distilled: errors(&measures(index, training)?.quality)?,
        teacher: errors(together)?,
    })
}
