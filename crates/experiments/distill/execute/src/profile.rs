//! The profile of a distillation run.

use anyhow::{Context, Result, bail, ensure};
use assay_runs::{TrainingConfig, ViewConfig};
use serde::{Deserialize, Serialize};

use super::SpecialistSettings;
use assay_classifiers::{published_loss, published_loss_names};
use assay_engine::network::NetworkShape;
use assay_engine::profile::{
    BuiltIn, DataSettings, Profile, RunSettings, TuningSettings, check_margin, check_schedule,
};

/// Everything a distillation run depends on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DistillProfile {
    /// The difference, in percentage points, below which two accuracies count as the same.
    pub margin: f64,
    /// Repeats: seed s has its own teachers, and its own students of them.
    pub seeds: u32,
    /// Training images held out, for learning curves and for what is fitted after training.
    pub validation_images: u32,
    /// The learning rates to choose from.
    #[serde(default)]
    pub tuning: TuningSettings,
    /// The data.
    pub data: DataSettings,
    /// The teachers.
    pub teacher: TeacherSettings,
    /// The students.
    pub student: StudentSettings,
    /// How students learn from teachers.
    pub distillation: DistillationSettings,
    /// Specialists of the teachers, and students of all of them; none where there is no such table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub specialists: Option<SpecialistSettings>,
    /// What does not change a result.
    pub run: RunSettings,
}

/// The teachers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TeacherSettings {
    /// Number of teachers of each seed. Students learn from their mean probabilities.
    pub ensemble: u32,
    /// Their table: `mlp-1200-1200`, `lenet`, ...
    pub architecture: String,
    /// Files of weights (safetensors, or a state dict of `PyTorch`) of these networks, one each, which
    /// then teach the students of every seed and are not trained here; empty to train them. A profile of
    /// before there were such files trains them.
    #[serde(default)]
    pub weights: Vec<String>,
    /// The rest of the network.
    pub network: NetworkShape,
    /// The views of a training image.
    pub views: ViewConfig,
    /// How they are trained.
    pub schedule: TrainingConfig,
}

/// The students.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StudentSettings {
    /// Tables of networks, each trained alone and distilled.
    pub architectures: Vec<String>,
    /// The rest of the network.
    pub network: NetworkShape,
    /// The views of an image of the transfer set.
    pub views: ViewConfig,
    /// How they are trained.
    pub schedule: TrainingConfig,
}

/// How a student learns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DistillationSettings {
    /// The temperatures, each with students of its own.
    pub temperatures: Vec<f64>,
    /// Weight of the soft targets, which T^2 multiplies besides.
    pub soft_weight: f64,
    /// Weight of the hard labels.
    pub hard_weight: f64,
    /// Losses by the names of their published settings, each with students of its own: kd, dkd, ls, dist,
    /// nkd, wttm, `logit_mse`; empty for none. A warm-up takes the share of the epochs that it was published
    /// with.
    pub published: Vec<String>,
    /// Sets of labels that are left out of the transfer set, each with students of its own; `[]` is the
    /// whole set.
    pub excluded_classes: Vec<Vec<u16>>,
    /// Shares of the training images, each with students of its own, alone and distilled.
    pub fractions: Vec<f64>,
}

impl Profile for DistillProfile {
    const BUILT_IN: BuiltIn = &[
        ("quick", include_str!("../../profiles/quick.toml")),
        ("smoke", include_str!("../../profiles/smoke.toml")),
        ("mnist", include_str!("../../profiles/mnist.toml")),
        ("mnist-full", include_str!("../../profiles/mnist-full.toml")),
        ("temperature", include_str!("../../profiles/temperature.toml")),
        ("excluded-classes", include_str!("../../profiles/excluded-classes.toml")),
        ("fraction", include_str!("../../profiles/fraction.toml")),
        ("ensemble", include_str!("../../profiles/ensemble.toml")),
        ("losses", include_str!("../../profiles/losses.toml")),
        ("specialists-cpu", include_str!("../../profiles/specialists-cpu.toml")),
        ("specialists", include_str!("../../profiles/specialists.toml")),
        ("speech", include_str!("../../profiles/speech.toml")),
        ("speech-speakers", include_str!("../../profiles/speech-speakers.toml")),
    ];

    fn check(&self) -> Result<()> {
        check_margin(self.margin)?;
        self.data.check_speech()?;
        self.check_of_speech()?;
        check_schedule("teacher.schedule", &self.teacher.schedule)?;
        check_schedule("student.schedule", &self.student.schedule)?;
        self.run.check()?;
        self.tuning.check(self.seeds)?;
        let has_folds = self.data.speech.is_some_and(|speech| speech.split.has_folds());
        ensure!(
            !has_folds || self.tuning.lr_factors.is_empty(),
            "tuning.lr_factors is {:?}; it must be [] where data.speech.split gives each seed its own data",
            self.tuning.lr_factors
        );
        ensure!(self.seeds > 0, "seeds is 0; it must be at least 1");
        ensure!(
            self.validation_images > 0,
            "validation_images is 0; a learning curve needs images of its own"
        );
        self.teacher.check()?;
        ensure!(
            !self.student.architectures.is_empty(),
            "student.architectures is empty; name at least one, such as mlp-800-800"
        );
        let teacher = std::slice::from_ref(&self.teacher.architecture);
        self.teacher.network.check(teacher).context("teacher.network")?;
        self.student.network.check(&self.student.architectures).context("student.network")?;
        if let Some(specialists) = &self.specialists {
            specialists.check(self.teacher.ensemble)?;
        }
        self.distillation.check()
    }

    /// As for every experiment, but `speech` for `fsdd`.
    fn default_for(data: Option<&str>) -> String {
        let own = match data {
            Some("fsdd") => "speech".to_owned(),
            Some(data) => format!("{data}-cpu"),
            None => String::new(),
        };
        let known = Self::BUILT_IN.iter().any(|(name, _)| **name == own);
        if known { own } else { "quick".to_owned() }
    }
}

impl DistillProfile {
    /// What there is for images only.
    fn check_of_speech(&self) -> Result<()> {
        if self.data.speech.is_none() {
            return Ok(());
        }
        ensure!(
            self.teacher.weights.is_empty(),
            "teacher.weights names files, and data.speech is set; a file does not say which labels and speakers \
             its network learnt from, so teachers of speech are trained here: teacher.weights must be []"
        );
        ensure!(
            self.specialists.is_none(),
            "there is a table specialists, and data.speech is set; specialists are of images only: take one of \
             the two out"
        );
        Ok(())
    }
}

impl TeacherSettings {
    fn check(&self) -> Result<()> {
        let Self { ensemble, weights, .. } = self;
        ensure!(*ensemble > 0, "teacher.ensemble is 0; it must be at least 1 network");
        ensure!(
            weights.is_empty() || weights.len() == *ensemble as usize,
            "teacher.ensemble is {ensemble}, teacher.weights has {} files; give one for each network",
            weights.len()
        );
        Ok(())
    }
}

impl DistillationSettings {
    fn check(&self) -> Result<()> {
        let Self { temperatures, soft_weight, hard_weight, published, excluded_classes, fractions } =
            self;
        ensure!(
            !temperatures.is_empty() && !excluded_classes.is_empty() && !fractions.is_empty(),
            "distillation: temperatures, excluded_classes and fractions must each have at least one"
        );
        if let Some(unknown) = published.iter().find(|name| published_loss(name, 1).is_none()) {
            bail!(
                "distillation.published has {unknown:?}; there are {}",
                published_loss_names().join(", ")
            );
        }
        for (name, weight) in [("soft_weight", soft_weight), ("hard_weight", hard_weight)] {
            ensure!(
                weight.is_finite() && *weight >= 0.0,
                "distillation.{name} is {weight}; it must be 0 or more"
            );
        }
        ensure!(*soft_weight > 0.0, "distillation.soft_weight is 0; nothing would be distilled");
        for temperature in temperatures {
            ensure!(
                temperature.is_finite() && *temperature > 0.0,
                "distillation.temperatures has {temperature}; each must be above 0"
            );
            // The loss is of single precision.
            let factor = soft_weight * temperature * temperature;
            ensure!(
                (factor as f32).is_finite(),
                "distillation.temperatures has {temperature}; soft_weight T^2 is {factor:e}, too large \
                 for a loss"
            );
        }
        for fraction in fractions {
            ensure!(
                *fraction > 0.0 && *fraction <= 1.0,
                "distillation.fractions has {fraction}; each is a share of the images, in (0, 1]"
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_profile_is_valid() {
        for (name, _) in DistillProfile::BUILT_IN {
            DistillProfile::read(name, &[]).unwrap();
        }
    }

    #[test]
    fn teachers_from_files_and_specialists_are_of_images_only() {
        let five = "teacher.weights=[\"a\", \"b\", \"c\", \"d\", \"e\"]".to_owned();
        let error = format!("{:#}", DistillProfile::read_with("speech", &[five]).unwrap_err());
        assert!(error.contains("teachers of speech are trained here"), "{error}");
        let specialists = DistillProfile::read("specialists-cpu", &[]).unwrap().specialists;
        let speech =
            DistillProfile::read_with("speech", &["teacher.ensemble=1".to_owned()]).unwrap();
        let error = DistillProfile { specialists, ..speech }.check().unwrap_err().to_string();
        assert!(error.contains("specialists are of images only"), "{error}");
    }

    #[test]
    fn a_loss_by_a_name_that_there_is_not_is_named_with_those_there_are() {
        let read = |name: &str| {
            DistillProfile::read_with("quick", &[format!("distillation.published=[\"{name}\"]")])
        };
        assert_eq!(read("logit_mse").unwrap().distillation.published, ["logit_mse"]);
        let error = format!("{:#}", read("mse").unwrap_err());
        assert!(
            error.contains("has \"mse\"; there are kd, dkd, ls") && error.contains("logit_mse"),
            "{error}"
        );
    }

    #[test]
    fn speech_has_a_profile_of_its_own_and_its_settings_are_for_speech_alone() {
        assert_eq!(DistillProfile::default_for(Some("fsdd")), "speech");
        assert_eq!(DistillProfile::default_for(Some("mnist")), "quick");
        assert_eq!(DistillProfile::default_for(None), "quick");
        let error = |change: &str| {
            let error = DistillProfile::read_with("speech", &[change]).unwrap_err();
            format!("{error:#}")
        };
        let other = error("data.name=forms");
        assert!(other.contains("data.speech is of fsdd, and data.name is \"forms\""), "{other}");
        assert!(error("data.speech.states=0").contains("data.speech.states is 0"));
        assert!(error("data.speech.split=take").contains("official"));
    }

    #[test]
    fn a_temperature_of_0_and_a_fraction_above_1_are_named() {
        let error = |change: &str| {
            let error = DistillProfile::read_with("quick", &[change]).unwrap_err();
            format!("{error:#}")
        };
        let cold = error("distillation.temperatures=[4.0, 0.0]");
        assert!(cold.contains("temperatures has 0; each must be above 0"), "{cold}");
        let large = error("distillation.fractions=[1.5]");
        assert!(large.contains("fractions has 1.5"), "{large}");
    }

    #[test]
    fn temperatures_and_weights_that_make_no_loss_are_named() {
        let cases = [
            ("temperatures=[-2.0]", "temperatures has -2; each must be above 0"),
            ("temperatures=[nan]", "temperatures has NaN; each must be above 0"),
            ("temperatures=[inf]", "temperatures has inf; each must be above 0"),
            (
                "temperatures=[2.0, 1e30]",
                "temperatures has 1000000000000000000000000000000; soft_weight T^2 is 1",
            ),
            ("soft_weight=-0.5", "soft_weight is -0.5; it must be 0 or more"),
            ("soft_weight=nan", "soft_weight is NaN; it must be 0 or more"),
            ("soft_weight=inf", "soft_weight is inf; it must be 0 or more"),
            ("hard_weight=-0.1", "hard_weight is -0.1; it must be 0 or more"),
            ("hard_weight=nan", "hard_weight is NaN; it must be 0 or more"),
            ("soft_weight=0.0", "soft_weight is 0; nothing would be distilled"),
        ];
        for (change, words) in cases {
            let change = format!("distillation.{change}");
            let error =
                DistillProfile::read_with("quick", std::slice::from_ref(&change)).unwrap_err();
            let error = format!("{error:#}");
            assert!(error.contains(words), "{change}: {error}");
        }
    }

    #[test]
    fn each_network_from_a_file_has_one() {
        let two = ["teacher.weights=[\"a\", \"b\"]".to_owned()];
        let error = format!("{:#}", DistillProfile::read_with("quick", &two).unwrap_err());
        assert!(error.contains("teacher.ensemble is 1, teacher.weights has 2 files"), "{error}");
    }
}
