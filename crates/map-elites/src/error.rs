//! What can go wrong, each naming what was given and what would be right.

/// An error of settings, of confidences, or of a saved search.
#[derive(Debug, thiserror::Error)]
pub enum MapElitesError {
    /// A setting out of its range.
    #[error("{setting} is {given}; it must be {allowed}")]
    Setting {
        /// The setting, as a path through the settings.
        setting: &'static str,
        /// Its value.
        given: String,
        /// What would be right.
        allowed: &'static str,
    },
    /// A network's confidence that is no number, or infinite.
    #[error("the confidence of child {child} for class {class} is {value}; it must be finite")]
    NotFinite {
        /// The child's place in its batch.
        child: usize,
        /// The class.
        class: usize,
        /// What the network said.
        value: f32,
    },
    /// The bytes do not begin as a saved search does.
    #[error("this is no saved search of map-elites: {0}")]
    NotASearch(String),
    /// The bytes are a saved search of another version of the format.
    #[error("the search was saved in format {found}; this program reads format {expected}")]
    Version {
        /// What was found.
        found: u32,
        /// What this program writes and reads.
        expected: u32,
    },
    /// The bytes are not those that were saved, or contradict themselves.
    #[error("the saved search is corrupted: {0}")]
    Corrupted(String),
    /// The search was saved with other settings, for another network or another kind of genome.
    #[error("the saved search is another one: its {what} is {saved}, not {wanted}")]
    Foreign {
        /// What differs.
        what: &'static str,
        /// As it was saved.
        saved: String,
        /// As it was asked for.
        wanted: String,
    },
}

/// An error unless `fine`.
pub(crate) fn require(
    fine: bool,
    setting: &'static str,
    given: &impl ToString,
    allowed: &'static str,
) -> Result<(), MapElitesError> {
    if fine {
        Ok(())
    } else {
        Err(MapElitesError::Setting { setting, given: given.to_string(), allowed })
    }
}
