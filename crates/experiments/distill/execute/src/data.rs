//! The data of a distillation run: one data set for all seeds or, for speech, one test speaker per
//! seed.

use std::path::Path;

use anyhow::{Result, ensure};
use assay_datasets::{data_dir, read_recordings, speech_data_set};
use burn::tensor::Device;

use super::DistillProfile;
use assay_engine::data_module::DataModule;
use assay_engine::profile::SpeechParts;

/// The training and test data of each seed.
pub struct DistillData {
    /// One for all seeds, or one per seed.
    data_modules: Vec<DataModule>,
}

impl DistillData {
    /// Opens the data of a profile.
    ///
    /// # Errors
    /// The data cannot be read, or there are more seeds than speakers.
    pub fn open(
        profile: &DistillProfile,
        data_directory: Option<&Path>,
        device: &Device,
    ) -> Result<Self> {
        let settings = &profile.data;
        let speech = settings.speech.filter(|speech| speech.split == SpeechParts::Speakers);
        let Some(speech) = speech else {
            let data_module = DataModule::open(settings, &profile.run, data_directory, device)?;
            return Ok(Self { data_modules: vec![data_module] });
        };
        let recordings = read_recordings(&data_dir(data_directory))?;
        let speakers = recordings.speakers();
        ensure!(
            profile.seeds as usize <= speakers.len(),
            "seeds is {}; it must be at most {}, as each seed tests on a speaker of its own: {}",
            profile.seeds,
            speakers.len(),
            speakers.join(", ")
        );
        let for_seed = |seed: u32| {
            let data = speech_data_set(&recordings, speech.states, Some(seed as usize))?;
            Ok(DataModule::new(data, &profile.run, device))
        };
        Ok(Self { data_modules: (0..profile.seeds).map(for_seed).collect::<Result<_>>()? })
    }

    /// The data of a seed.
    #[must_use]
    pub fn for_seed(&self, seed: u32) -> &DataModule {
        self.data_modules.get(seed as usize).unwrap_or(&self.data_modules[0])
    }

    /// Whether each seed has data of its own.
    #[must_use]
    pub fn is_per_seed(&self) -> bool {
        self.data_modules.len() > 1
    }

    /// The data of all seeds in order; a single entry if they share it.
    #[must_use]
    pub fn into_data_modules(self) -> Vec<DataModule> {
        self.data_modules
    }
}
