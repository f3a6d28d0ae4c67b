//! The data of a profile.

use std::path::Path;

use anyhow::{Result, ensure};
use assay_datasets::{CifarLabels, OpenOptions, ReadProgress, cache_dir, forms};
use serde::{Deserialize, Serialize};

use super::RunSettings;

/// What data to use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataSettings {
    /// A data set by name, or a folder of images.
    pub name: String,
    /// Side in pixels every image is brought to; 0 leaves them as they are.
    pub image_size: u32,
    /// Of `forms`: images of each class to train on.
    pub forms_train_images_per_class: u32,
    /// Of `forms`: images of each class to test on.
    pub forms_test_images_per_class: u32,
    /// Seed of `forms`, and of the division of a folder that has none.
    pub seed: u64,
    /// Names of the classes to use; none for all.
    #[serde(default)]
    pub classes: Vec<String>,
    /// Settings of `fsdd`, in the distillation experiment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speech: Option<SpeechData>,
}

/// How recordings of words become labeled windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpeechData {
    /// Which recordings are for testing.
    pub split: SpeechParts,
    /// States of each digit; a class is a digit and a state.
    pub states: u16,
    /// Whether a network trained on recordings that are divided evenly among their states aligns the
    /// labels that all others learn.
    pub realign: bool,
}

/// Which recordings are for testing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpeechParts {
    /// Takes 0 to 4 of every digit and speaker.
    Official,
    /// Seed by seed, all of another speaker.
    Speakers,
}

impl SpeechParts {
    /// Whether every seed has data of its own.
    #[must_use]
    pub fn has_folds(self) -> bool {
        self == Self::Speakers
    }
}

impl DataSettings {
    /// Whether the settings of speech are there for speech alone, and in their range.
    ///
    /// # Errors
    /// When they are there for other data, or of no state.
    pub fn check_speech(&self) -> Result<()> {
        let Some(speech) = self.speech else { return Ok(()) };
        let name = &self.name;
        ensure!(name == "fsdd", "data.speech is of fsdd, and data.name is {name:?}");
        ensure!(speech.states > 0, "data.speech.states is 0; each digit has at least 1");
        Ok(())
    }

    /// Checks that there are no settings of speech, for experiments without speech.
    ///
    /// # Errors
    /// When there are some.
    pub fn check_no_speech(&self) -> Result<()> {
        ensure!(self.speech.is_none(), "data.speech is of the distillation study alone");
        Ok(())
    }

    /// How to open the data, within the memory that a run allows; of speech, by its official split.
    #[must_use]
    pub fn open_options(&self, run: &RunSettings, data_dir: Option<&Path>) -> OpenOptions {
        OpenOptions {
            data_dir: data_dir.map(Path::to_owned),
            image_size: (self.image_size > 0).then_some(self.image_size),
            labels: CifarLabels::Fine,
            seed: self.seed,
            classes: self.classes.clone(),
            forms: forms::Settings {
                train_per_class: self.forms_train_images_per_class,
                test_per_class: self.forms_test_images_per_class,
                size: self.image_size,
                seed: self.seed,
            },
            memory_budget: run.memory_bytes(),
            cache: cache_dir(),
            progress: Some(|reading| {
                let ReadProgress { folder, done, all } = reading;
                eprintln!("reading {} once: {done} of {all} images", folder.display());
            }),
            speech_states: self.speech.map_or(3, |speech| speech.states),
        }
    }
}
