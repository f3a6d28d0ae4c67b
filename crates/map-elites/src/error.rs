//! Errors of settings, of confidences, and of saved searches.

/// An error that names what was given and what would be right.
#[derive(Debug, thiserror::Error)]
pub enum MapElitesError {
    /// A setting is out of its range.
    #[error("{setting} is {given}; it must be {allowed}")]
    InvalidSetting {
        /// The path of the setting.
        setting: &'static str,
        /// The given value.
        given: String,
        /// The allowed range.
        allowed: &'static str,
    },
    /// A confidence is NaN or infinite.
    #[error("the confidence of child {child} for class {class} is {value}; it must be finite")]
    NonFiniteConfidence {
        /// Index of the child in its batch.
        child: usize,
        /// Index of the network's output.
        class: usize,
        /// The confidence.
        value: f32,
    },
    /// The bytes do not start like a saved search.
    #[error("not a saved MAP-Elites search: {0}")]
    NotASavedSearch(String),
    /// The saved search has another format version.
    #[error("the search was saved in format {found}; this program reads format {expected}")]
    UnsupportedVersion {
        /// The version in the header.
        found: u32,
        /// The version that this program writes and reads.
        expected: u32,
    },
    /// The bytes were changed or cut after saving, or contradict one another.
    #[error("the saved search is corrupted: {0}")]
    Corrupted(String),
    /// The search was saved with other settings.
    #[error("the saved search has other settings: {what} is {saved}, not {wanted}")]
    SettingsMismatch {
        /// The setting that differs.
        what: &'static str,
        /// The saved value.
        saved: String,
        /// The requested value.
        wanted: String,
    },
}

/// Fails unless `is_valid`.
pub(crate) fn require(
    is_valid: bool,
    setting: &'static str,
    given: &impl ToString,
    allowed: &'static str,
) -> Result<(), MapElitesError> {
    if is_valid {
        Ok(())
    } else {
        Err(MapElitesError::InvalidSetting { setting, given: given.to_string(), allowed })
    }
}
