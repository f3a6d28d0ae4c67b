//! The configuration of a training loss: weights of the hard and the soft term, and the kind of the
//! soft term.

use assay_core::DistillationLoss;
use burn::tensor::{Int, Tensor};
use serde::{Deserialize, Serialize};

use crate::{
    LossError, cross_entropy, decoupled, dist, logit_mse, nkd, soft_targets,
    soft_targets_from_probabilities, standardize, wttm,
};

/// The output of a teacher for a batch. It is detached: no gradient flows into it.
#[derive(Debug, Clone)]
pub enum TeacherOutput {
    /// Logits, `[batch, classes]`.
    Logits(Tensor<2>),
    /// Softened probabilities. Needed for the mean of an ensemble, which has no logits.
    Probabilities {
        /// `[batch, classes]`; each row is nonnegative and sums to 1.
        probabilities: Tensor<2>,
        /// Temperature of the probabilities.
        temperature: f64,
    },
}

/// A weighted sum of cross-entropy with the labels (hard term) and a distillation loss (soft term).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LossConfig {
    /// Weight of the hard term, [`cross_entropy`] at temperature 1.
    pub hard_weight: f64,
    /// Weight of the soft term.
    pub soft_weight: f64,
    /// Whether the soft term compares logits after [`standardize`].
    pub standardized: bool,
    /// The soft term.
    pub soft: DistillationLoss,
}

const fn published(hard_weight: f64, soft_weight: f64, soft: DistillationLoss) -> LossConfig {
    LossConfig { hard_weight, soft_weight, standardized: false, soft }
}

const AT_4: DistillationLoss = DistillationLoss::SoftTargets { temperature: 4.0 };
const AT_2: DistillationLoss = DistillationLoss::SoftTargets { temperature: 2.0 };
const DKD: DistillationLoss = DistillationLoss::Decoupled {
    temperature: 4.0,
    label_weight: 1.0,
    rest_weight: 8.0,
    warm_up_epochs: 20,
};

impl LossConfig {
    /// Published settings for CIFAR-100, by name. The sources are documented at the loss functions.
    /// The last entry is the limit of the first as its temperature grows (Hinton et al. 2015,
    /// section 2.1).
    pub const PUBLISHED: [(&'static str, Self); 7] = [
        ("kd", published(0.1, 0.9, AT_4)),
        ("dkd", published(1.0, 1.0, DKD)),
        ("ls", Self { standardized: true, ..published(0.1, 9.0, AT_2) }),
        ("dist", published(1.0, 2.0, DistillationLoss::Dist { temperature: 4.0 })),
        ("nkd", published(1.0, 1.0, DistillationLoss::Nkd { temperature: 3.0, rest_weight: 3.5 })),
        ("wttm", published(1.0, 4.0, DistillationLoss::Wttm { power: 0.2 })),
        ("logit_mse", published(0.1, 0.9, DistillationLoss::LogitMse {})),
    ];

    /// Number of training epochs that [`LossConfig::PUBLISHED`] was tuned for (mdistiller,
    /// CIFAR-100).
    pub const PUBLISHED_EPOCHS: u32 = 240;

    /// Adapts [`LossConfig::PUBLISHED`] settings to another number of epochs: the warm-up keeps its
    /// share of the training, rounded up to whole epochs.
    #[must_use]
    pub fn scaled_to(self, epochs: u32) -> Self {
        let DistillationLoss::Decoupled { temperature, label_weight, rest_weight, warm_up_epochs } =
            self.soft
        else {
            return self;
        };
        let scaled = u64::from(warm_up_epochs) * u64::from(epochs);
        let scaled = scaled.div_ceil(u64::from(Self::PUBLISHED_EPOCHS));
        let warm_up_epochs = u32::try_from(scaled).unwrap_or(u32::MAX);
        let soft =
            DistillationLoss::Decoupled { temperature, label_weight, rest_weight, warm_up_epochs };
        Self { soft, ..self }
    }

    /// Checks the value of every parameter.
    ///
    /// # Errors
    /// When a weight is negative or not finite, a temperature or power is not positive, or all
    /// weights are 0.
    pub fn check(&self) -> Result<(), LossError> {
        use DistillationLoss as Soft;
        weighted(("hard_weight", self.hard_weight), ("soft_weight", self.soft_weight))?;
        match self.soft {
            Soft::LogitMse {} => Ok(()),
            Soft::SoftTargets { temperature } | Soft::Dist { temperature } => {
                check_positive("temperature", temperature)
            }
            Soft::Decoupled { temperature, label_weight, rest_weight, .. } => {
                check_positive("temperature", temperature)?;
                weighted(("label_weight", label_weight), ("rest_weight", rest_weight))
            }
            Soft::Nkd { temperature, rest_weight } => {
                check_positive("temperature", temperature)?;
                check_nonnegative("rest_weight", rest_weight)
            }
            Soft::Wttm { power } => check_positive("power", power),
        }
    }

    /// Whether the loss needs the teacher's logits. If not, probabilities are sufficient.
    #[must_use]
    pub fn needs_logits(&self) -> bool {
        let of_probabilities = matches!(self.soft, DistillationLoss::SoftTargets { .. });
        self.soft_weight > 0.0 && (self.standardized || !of_probabilities)
    }

    /// Computes the loss of a batch. A term with weight 0 is not computed.
    ///
    /// `epoch` counts from 1; only the warm-up uses it.
    ///
    /// # Shapes
    /// - student: `[batch, classes]`, logits
    /// - teacher: `[batch, classes]`
    /// - labels: `[batch]`, each below `classes`
    /// - output: `[1]`, summed over the classes and averaged over the batch
    ///
    /// # Panics
    /// When [`LossConfig::check`] fails; when `epoch` is 0; when shapes do not match; when the loss
    /// [needs logits](Self::needs_logits) and the teacher has only probabilities; when the
    /// probabilities have another temperature; and where the soft term panics.
    #[must_use]
    pub fn loss(
        &self,
        student: Tensor<2>,
        teacher: &TeacherOutput,
        labels: Tensor<1, Int>,
        epoch: u32,
    ) -> Tensor<1> {
        self.check().unwrap_or_else(|error| panic!("{error}"));
        assert!(epoch > 0, "epoch 0; epochs are counted from 1");
        let soft_weight = self.soft_weight * self.soft.warm_up_factor(epoch);
        if soft_weight == 0.0 {
            return cross_entropy(student, labels).mul_scalar(self.hard_weight);
        }
        let soft = self.soft_term(student.clone(), teacher, &labels).mul_scalar(soft_weight);
        if self.hard_weight == 0.0 {
            return soft;
        }
        cross_entropy(student, labels).mul_scalar(self.hard_weight) + soft
    }

    fn soft_term(
        &self,
        student: Tensor<2>,
        teacher: &TeacherOutput,
        labels: &Tensor<1, Int>,
    ) -> Tensor<1> {
        match teacher {
            TeacherOutput::Logits(teacher) if self.standardized => {
                let teacher = standardize(teacher.clone().inner());
                compare_logits(self.soft, standardize(student), teacher, labels)
            }
            TeacherOutput::Logits(teacher) => {
                compare_logits(self.soft, student, teacher.clone(), labels)
            }
            TeacherOutput::Probabilities { probabilities, temperature: given } => {
                let DistillationLoss::SoftTargets { temperature } = self.soft else {
                    panic!("{:?} of a teacher's probabilities; it compares logits", self.soft)
                };
                assert!(!self.standardized, "probabilities of a teacher; only logits have a shape");
                let same = (given - temperature).abs() <= f64::EPSILON * temperature;
                assert!(same, "probabilities at temperature {given}, a loss at {temperature}");
                soft_targets_from_probabilities(student, probabilities.clone(), temperature)
            }
        }
    }
}

/// Computes a distillation loss from logits.
fn compare_logits(
    loss: DistillationLoss,
    student: Tensor<2>,
    teacher: Tensor<2>,
    labels: &Tensor<1, Int>,
) -> Tensor<1> {
    match loss {
        DistillationLoss::SoftTargets { temperature } => {
            soft_targets(student, teacher, temperature)
        }
        DistillationLoss::LogitMse {} => logit_mse(student, teacher),
        DistillationLoss::Decoupled { temperature, label_weight, rest_weight, .. } => {
            decoupled(student, teacher, labels, temperature, label_weight, rest_weight)
        }
        DistillationLoss::Dist { temperature } => dist(student, teacher, temperature),
        DistillationLoss::Nkd { temperature, rest_weight } => {
            nkd(student, teacher, labels, temperature, rest_weight)
        }
        DistillationLoss::Wttm { power } => wttm(student, teacher, power),
    }
}

fn check_positive(parameter: &'static str, given: f64) -> Result<(), LossError> {
    let right = "a number above 0";
    if given.is_finite() && given > 0.0 {
        return Ok(());
    }
    Err(LossError::OutOfRange { parameter, given, right })
}

fn check_nonnegative(parameter: &'static str, given: f64) -> Result<(), LossError> {
    let right = "a number of 0 or more";
    if given.is_finite() && given >= 0.0 {
        return Ok(());
    }
    Err(LossError::OutOfRange { parameter, given, right })
}

/// Checks that both weights are nonnegative and at least one is positive.
fn weighted(
    (first, first_value): (&'static str, f64),
    (second, second_value): (&'static str, f64),
) -> Result<(), LossError> {
    check_nonnegative(first, first_value)?;
    check_nonnegative(second, second_value)?;
    if first_value == 0.0 && second_value == 0.0 {
        return Err(LossError::BothWeightsZero { first, second });
    }
    Ok(())
}
