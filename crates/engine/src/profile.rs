//! Profiles: everything a run depends on, as TOML with no hidden defaults. Each study has its own;
//! here is what they share.

mod run_settings;

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use assay_datasets::speech::{SpeechSettings, SpeechSplit};
use assay_datasets::{Labels, OpenOptions, Reading, cache_dir, forms};
use assay_runs::{Schedule, Views};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub use run_settings::RunSettings;

/// Everything a run of one study depends on.
pub trait Profile: Serialize + DeserializeOwned {
    /// The profiles that come with the program: name and text.
    const BUILT_IN: &'static [(&'static str, &'static str)];

    /// Whether the values fit together.
    ///
    /// # Errors
    /// When one is out of its range, named along with what would be right.
    fn check(&self) -> Result<()>;

    /// Reads a profile, by the name of a built-in one or the path of a TOML file, and applies
    /// overrides of the form `key.key=value`.
    ///
    /// # Errors
    /// When there is no such profile, an override is none, or a key or value is not allowed.
    fn read(name_or_file: &str, overrides: &[String]) -> Result<Self> {
        let text = match Self::BUILT_IN.iter().find(|(name, _)| *name == name_or_file) {
            Some((_, text)) => (*text).to_owned(),
            None if Path::new(name_or_file).is_file() => std::fs::read_to_string(name_or_file)
                .with_context(|| format!("profile {name_or_file}"))?,
            None => {
                let names: Vec<&str> = Self::BUILT_IN.iter().map(|(name, _)| *name).collect();
                bail!(
                    "unknown profile {name_or_file:?}: use one of {}, or the path of a TOML file",
                    names.join(", ")
                )
            }
        };
        let mut table: toml::Table =
            text.parse().map_err(|error| anyhow::anyhow!("profile {name_or_file}: {error}"))?;
        for change in overrides {
            apply(&mut table, change).with_context(|| format!("--set {change}"))?;
        }
        let profile: Self =
            table.try_into().map_err(|error| anyhow::anyhow!("profile {name_or_file}: {error}"))?;
        profile.check().with_context(|| format!("profile {name_or_file}"))?;
        Ok(profile)
    }

    /// The profile to use where none is named: the data set's own one for a CPU, or else `quick`.
    #[must_use]
    fn default_for(data: Option<&str>) -> String {
        let own = data.map(|data| format!("{data}-cpu"));
        own.filter(|own| Self::BUILT_IN.iter().any(|(name, _)| name == own))
            .unwrap_or_else(|| "quick".to_owned())
    }
}

/// What data to use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataSettings {
    /// A data set by name, or a folder of images.
    pub name: String,
    /// Side in pixels every image is brought to; 0 leaves them as they are.
    pub image_size: u32,
    /// Of `forms`: images of each class to train on.
    pub forms_train_per_class: u32,
    /// Of `forms`: images of each class to test on.
    pub forms_test_per_class: u32,
    /// Seed of `forms`, and of the division of a folder that has none.
    pub seed: u64,
    /// Of `fsdd`, in the distillation study.
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
    pub realigned: bool,
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

    /// Whether there is no setting of speech, where a study has none.
    ///
    /// # Errors
    /// When there is one.
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
            labels: Labels::Fine,
            seed: self.seed,
            forms: forms::Settings {
                train_per_class: self.forms_train_per_class,
                test_per_class: self.forms_test_per_class,
                size: self.image_size,
                seed: self.seed,
            },
            memory_budget: run.memory_bytes(),
            cache: cache_dir(),
            progress: Some(|reading| {
                let Reading { folder, done, all } = reading;
                eprintln!("reading {} once: {done} of {all} images", folder.display());
            }),
            speech: SpeechSettings {
                states: self.speech.map_or(3, |speech| speech.states),
                split: SpeechSplit::Official,
            },
        }
    }
}

/// Whether a schedule can be trained, `name` being its table in the profile.
///
/// # Errors
/// When a value is out of its range, named along with what would be right.
pub fn check_schedule(name: &str, schedule: &Schedule) -> Result<()> {
    let Schedule { epochs, batch, learning_rate, drops, momentum, .. } = schedule;
    if *epochs == 0 || *batch == 0 {
        bail!("{name}: {epochs} epochs of batches of {batch}; both must be at least 1");
    }
    if !(learning_rate.is_finite() && *learning_rate > 0.0) {
        bail!("{name}.learning_rate is {learning_rate}; it must be above 0");
    }
    if let Some(drop) = drops.iter().find(|drop| !(**drop > 0.0 && **drop < 1.0)) {
        bail!("{name}.drops has {drop}; each is a share of all steps, in (0, 1)");
    }
    let factor = schedule.epoch_factor;
    if !(factor > 0.0 && factor <= 1.0) {
        bail!("{name}.epoch_factor is {factor}; it must be in (0, 1]");
    }
    let grown = schedule.momentum_growth;
    let from = grown.map_or(0.0, |growth| growth.from);
    for (key, momentum) in [("momentum", *momentum), ("momentum_growth.from", from)] {
        if !(0.0..1.0).contains(&momentum) {
            bail!("{name}.{key} is {momentum}; it must be in [0, 1)");
        }
    }
    if grown.is_some_and(|growth| growth.epochs == 0) {
        bail!("{name}.momentum_growth.epochs is 0; it must be at least 1");
    }
    // Of the limits 0 means that there is none.
    let sizes = [
        ("max_norm", schedule.max_norm),
        ("max_gradient_norm", schedule.max_gradient_norm),
        ("drop_factor", schedule.drop_factor),
        ("weight_decay", schedule.weight_decay),
        ("bias_learning_rate_factor", schedule.bias_learning_rate_factor),
    ];
    for (key, value) in sizes {
        if !(value.is_finite() && value >= 0.0) {
            bail!("{name}.{key} is {value}; it must be 0 or more");
        }
    }
    Ok(())
}

/// Whether a margin can decide a claim.
///
/// # Errors
/// When it is no size.
pub fn check_margin(margin: f64) -> Result<()> {
    ensure!(
        margin.is_finite() && margin >= 0.0,
        "margin is {margin}; it must be 0 or more percentage points"
    );
    Ok(())
}

/// The views as the data sets know them.
#[must_use]
pub fn view_settings(views: &Views) -> assay_datasets::ViewSettings {
    assay_datasets::ViewSettings {
        count: views.count,
        crop_padding: views.crop_padding,
        crop: (views.crop > 0).then_some(views.crop),
        mirror: views.mirror,
    }
}

/// Sets `key.key=value`; the value is TOML, or else text.
fn apply(table: &mut toml::Table, change: &str) -> Result<()> {
    let Some((key, value)) = change.split_once('=') else {
        bail!("expected key=value, such as schedule.epochs=20");
    };
    let value = format!("value = {value}")
        .parse::<toml::Table>()
        .ok()
        .and_then(|mut parsed| parsed.remove("value"))
        .unwrap_or_else(|| toml::Value::String(value.to_owned()));
    let (path, last) = key.rsplit_once('.').map_or((None, key), |(path, last)| (Some(path), last));
    let mut place = table;
    for part in path.into_iter().flat_map(|path| path.split('.')) {
        place = match place.get_mut(part) {
            Some(toml::Value::Table(inner)) => inner,
            _ => bail!("the profile has no table {part:?}"),
        };
    }
    if !place.contains_key(last) {
        let known: Vec<&str> = place.keys().map(String::as_str).collect();
        bail!("the profile has no key {key:?}; there are {}", known.join(", "));
    }
    place.insert(last.to_owned(), value);
    Ok(())
}
