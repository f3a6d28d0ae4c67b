//! Profiles: everything a run depends on, as TOML. Only the table `run` and settings that were added later have
//! defaults. Each experiment has its own profile; this module has what they share.

mod data_settings;
mod extends;
mod overrides;
mod run_settings;
mod tuning_settings;

use anyhow::{Context, Result, bail, ensure};
use assay_runs::TrainingConfig;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use data_settings::{DataSettings, SpeechData, SpeechParts};
pub use extends::BuiltIn;
pub use overrides::Override;
pub use run_settings::RunSettings;
pub use tuning_settings::TuningSettings;

use extends::resolve;

/// Everything a run of one experiment depends on.
pub trait Profile: Serialize + DeserializeOwned {
    /// The profiles that come with the program: name and text.
    const BUILT_IN: BuiltIn;

    /// Whether the values fit together.
    ///
    /// # Errors
    /// When one is out of its range, named along with what would be right.
    fn check(&self) -> Result<()>;

    /// Reads a profile, by the name of a built-in one or the path of a TOML file, with all that it
    /// extends, and applies overrides.
    ///
    /// # Errors
    /// When there is no such profile, or a key or value is not allowed.
    fn read(name_or_file: &str, overrides: &[Override]) -> Result<Self> {
        let mut table = resolve(name_or_file, Self::BUILT_IN)?;
        for change in overrides {
            change.apply(&mut table)?;
        }
        let profile: Self =
            table.try_into().map_err(|error| anyhow::anyhow!("profile {name_or_file}: {error}"))?;
        profile.check().with_context(|| format!("profile {name_or_file}"))?;
        Ok(profile)
    }

    /// Reads a profile with changes that are spelled as for `--set`: `schedule.epochs=3`.
    ///
    /// # Errors
    /// When a change cannot be parsed, or as for [`Profile::read`].
    fn read_with(name_or_file: &str, changes: &[impl AsRef<str>]) -> Result<Self> {
        let parsed = changes.iter().map(|change| change.as_ref().parse::<Override>());
        let overrides = parsed.collect::<Result<Vec<_>, _>>().map_err(anyhow::Error::msg)?;
        Self::read(name_or_file, &overrides)
    }

    /// The profile to use where none is named: the data set's own one for a CPU, or else `quick`.
    #[must_use]
    fn default_for(data: Option<&str>) -> String {
        let own = data.map(|data| format!("{data}-cpu"));
        own.filter(|own| Self::BUILT_IN.iter().any(|(name, _)| name == own))
            .unwrap_or_else(|| "quick".to_owned())
    }
}

/// Whether a schedule can be trained, `name` being its table in the profile.
///
/// # Errors
/// When a value is out of its range, named along with what would be right.
pub fn check_schedule(name: &str, schedule: &TrainingConfig) -> Result<()> {
    let TrainingConfig { epochs, batch, learning_rate, lr_milestones, momentum, .. } = schedule;
    if *epochs == 0 || *batch == 0 {
        bail!("{name}: {epochs} epochs of batches of {batch}; both must be at least 1");
    }
    if !(learning_rate.is_finite() && *learning_rate > 0.0) {
        bail!("{name}.learning_rate is {learning_rate}; it must be above 0");
    }
    if let Some(drop) = lr_milestones.iter().find(|drop| !(**drop > 0.0 && **drop < 1.0)) {
        bail!("{name}.lr_milestones has {drop}; each is a share of all steps, in (0, 1)");
    }
    let factor = schedule.lr_epoch_gamma;
    if !(factor > 0.0 && factor <= 1.0) {
        bail!("{name}.lr_epoch_gamma is {factor}; it must be in (0, 1]");
    }
    let grown = schedule.momentum_warmup;
    let from = grown.map_or(0.0, |growth| growth.from);
    for (key, momentum) in [("momentum", *momentum), ("momentum_warmup.from", from)] {
        if !(0.0..1.0).contains(&momentum) {
            bail!("{name}.{key} is {momentum}; it must be in [0, 1)");
        }
    }
    if grown.is_some_and(|growth| growth.epochs == 0) {
        bail!("{name}.momentum_warmup.epochs is 0; it must be at least 1");
    }
    // Of the limits 0 means that there is none.
    let sizes = [
        ("max_weight_norm", schedule.max_weight_norm),
        ("max_gradient_norm", schedule.max_gradient_norm),
        ("lr_gamma", schedule.lr_gamma),
        ("weight_decay", schedule.weight_decay),
        ("bias_lr_factor", schedule.bias_lr_factor),
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
