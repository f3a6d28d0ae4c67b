//! The data of a distillation run: one data set for all seeds or, of speech, a speaker held out by each.

use std::path::Path;

use anyhow::{Result, ensure};
use assay_datasets::data_dir;
use assay_datasets::speech::{Recordings, SpeechSettings, SpeechSplit};
use burn::tensor::Device;

use super::DistillProfile;
use assay_engine::data_module::DataModule;
use assay_engine::profile::SpeechParts;

/// What each seed is trained and tested on.
pub struct DistillData {
    /// One for all seeds, or one a seed.
    sets: Vec<DataModule>,
}

impl DistillData {
    /// Opens the data of a profile.
    ///
    /// # Errors
    /// When it cannot be read, or there are more seeds than speakers to hold out.
    pub fn open(
        profile: &DistillProfile,
        data_folder: Option<&Path>,
        device: &Device,
    ) -> Result<Self> {
        let settings = &profile.data;
        let speech = settings.speech.filter(|speech| speech.split == SpeechParts::Speakers);
        let Some(speech) = speech else {
            return Ok(Self {
                sets: vec![DataModule::open(settings, &profile.run, data_folder, device)?],
            });
        };
        let recordings = Recordings::open(&data_dir(data_folder))?;
        let speakers = recordings.speakers();
        ensure!(
            profile.seeds as usize <= speakers.len(),
            "seeds is {}, and each holds out a speaker of its own; there are {}: {}",
            profile.seeds,
            speakers.len(),
            speakers.join(", ")
        );
        let without = |seed: u32| {
            let split = SpeechSplit::TestSpeaker(seed as usize);
            let data = recordings.data_set(&SpeechSettings { states: speech.states, split })?;
            Ok(DataModule::new(data, &profile.run, device))
        };
        Ok(Self { sets: (0..profile.seeds).map(without).collect::<Result<_>>()? })
    }

    /// What a seed is trained and tested on.
    #[must_use]
    pub fn of_seed(&self, seed: u32) -> &DataModule {
        self.sets.get(seed as usize).unwrap_or(&self.sets[0])
    }

    /// Whether each seed has data of its own.
    #[must_use]
    pub fn is_by_seed(&self) -> bool {
        self.sets.len() > 1
    }

    /// Every data set, that of seed 0 first.
    #[must_use]
    pub fn into_sets(self) -> Vec<DataModule> {
        self.sets
    }
}
