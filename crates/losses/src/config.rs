//! A loss as a value: how much of the hard labels, how much of which soft term.

use burn::tensor::{Int, Tensor};
use serde::{Deserialize, Serialize};

use crate::{
    LossError, cross_entropy, decoupled, dist, logit_mse, nkd, soft_targets,
    soft_targets_of_probabilities, standardized, wttm,
};

/// What a teacher says of a batch. No gradient flows into it.
#[derive(Debug, Clone)]
pub enum TeacherOutput {
    /// Logits, `[batch, classes]`.
    Logits(Tensor<2>),
    /// Softened probabilities, such as the mean of an ensemble's, which has no logits.
    Probabilities {
        /// `[batch, classes]`, each row 0 or more and of sum 1.
        probabilities: Tensor<2>,
        /// The temperature they are softened by.
        temperature: f64,
    },
}

/// A soft term: how a student's output is compared with its teacher's.
///
/// In a file, `kind` names it beside its numbers: `{ kind = "soft_targets", temperature = 20.0 }`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum DistillationLoss {
    /// [`soft_targets`], or [`soft_targets_of_probabilities`].
    SoftTargets {
        /// Softens both sides.
        temperature: f64,
    },
    /// [`logit_mse`].
    LogitMse {},
    /// [`decoupled`] (DKD).
    Decoupled {
        /// Softens both sides.
        temperature: f64,
        /// a, of the label against the rest.
        label_weight: f64,
        /// b, of the rest among itself.
        rest_weight: f64,
        /// The term is weighed by epoch / this, at most 1; 0 for its whole weight from the first.
        warm_up_epochs: u32,
    },
    /// [`dist`].
    Dist {
        /// Softens both sides.
        temperature: f64,
    },
    /// [`nkd`].
    Nkd {
        /// Softens both sides of the part beside the label.
        temperature: f64,
        /// g, of the part beside the label.
        rest_weight: f64,
    },
    /// [`wttm`].
    Wttm {
        /// g, which the teacher's probabilities are raised to.
        power: f64,
    },
}

/// A weighted sum of the cross-entropy with the labels and a soft term.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LossConfig {
    /// Weight of the hard term: [`cross_entropy`] of the logits as they are, at temperature 1.
    pub hard_weight: f64,
    /// Weight of the soft term.
    pub soft_weight: f64,
    /// Whether the soft term compares [`standardized`] logits.
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
    /// The settings published for CIFAR-100, with a name each; the sources are at the losses. Last, of section
    /// 2.1 of Hinton et al. 2015, what the first of them becomes as its temperature grows.
    pub const PUBLISHED: [(&'static str, Self); 7] = [
        ("kd", published(0.1, 0.9, AT_4)),
        ("dkd", published(1.0, 1.0, DKD)),
        ("ls", Self { standardized: true, ..published(0.1, 9.0, AT_2) }),
        ("dist", published(1.0, 2.0, DistillationLoss::Dist { temperature: 4.0 })),
        ("nkd", published(1.0, 1.0, DistillationLoss::Nkd { temperature: 3.0, rest_weight: 3.5 })),
        ("wttm", published(1.0, 4.0, DistillationLoss::Wttm { power: 0.2 })),
        ("logit_mse", published(0.1, 0.9, DistillationLoss::LogitMse {})),
    ];

    /// Epochs of the trainings that [`LossConfig::PUBLISHED`] is of (mdistiller, CIFAR-100).
    pub const PUBLISHED_EPOCHS: u32 = 240;

    /// The same for a training of so many epochs in place of [`LossConfig::PUBLISHED_EPOCHS`]: a warm-up takes
    /// the same share of them, rounded up.
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

    /// Checks every number.
    ///
    /// # Errors
    /// When a weight is negative or not finite, a temperature or power is not above 0, or no term has
    /// a weight.
    pub fn check(&self) -> Result<(), LossError> {
        use DistillationLoss as Soft;
        weighted(("hard_weight", self.hard_weight), ("soft_weight", self.soft_weight))?;
        match self.soft {
            Soft::LogitMse {} => Ok(()),
            Soft::SoftTargets { temperature } | Soft::Dist { temperature } => {
                above_0("temperature", temperature)
            }
            Soft::Decoupled { temperature, label_weight, rest_weight, .. } => {
                above_0("temperature", temperature)?;
                weighted(("label_weight", label_weight), ("rest_weight", rest_weight))
            }
            Soft::Nkd { temperature, rest_weight } => {
                above_0("temperature", temperature)?;
                not_negative("rest_weight", rest_weight)
            }
            Soft::Wttm { power } => above_0("power", power),
        }
    }

    /// Whether it compares logits, so that a teacher which has probabilities only will not do.
    #[must_use]
    pub fn needs_logits(&self) -> bool {
        let of_probabilities = matches!(self.soft, DistillationLoss::SoftTargets { .. });
        self.soft_weight > 0.0 && (self.standardized || !of_probabilities)
    }

    /// The loss of a batch; a term whose weight is 0 is not computed.
    ///
    /// `epoch` is the one the batch belongs to, counted from 1; only a warm-up looks at it.
    ///
    /// # Shapes
    /// - student: `[batch, classes]`, logits
    /// - teacher: `[batch, classes]`
    /// - labels: `[batch]`, each below `classes`
    /// - output: `[1]`, sum over the classes and mean over the batch
    ///
    /// # Panics
    /// When [`LossConfig::check`] fails or `epoch` is 0; when the shapes do not fit; when the teacher
    /// has probabilities only and the loss [needs logits](Self::needs_logits), or they are of another
    /// temperature; and where the soft term panics.
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
        let soft_weight = self.soft_weight * self.soft.warm_up(epoch);
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
                let teacher = standardized(teacher.clone().inner());
                self.soft.between(standardized(student), teacher, labels)
            }
            TeacherOutput::Logits(teacher) => self.soft.between(student, teacher.clone(), labels),
            TeacherOutput::Probabilities { probabilities, temperature: given } => {
                let DistillationLoss::SoftTargets { temperature } = self.soft else {
                    panic!("{:?} of a teacher's probabilities; it compares logits", self.soft)
                };
                assert!(!self.standardized, "probabilities of a teacher; only logits have a shape");
                let same = (given - temperature).abs() <= f64::EPSILON * temperature;
                assert!(same, "probabilities at temperature {given}, a loss at {temperature}");
                soft_targets_of_probabilities(student, probabilities.clone(), temperature)
            }
        }
    }
}

impl DistillationLoss {
    /// The share of its weight that the term has in an epoch.
    fn warm_up(&self, epoch: u32) -> f64 {
        match *self {
            Self::Decoupled { warm_up_epochs, .. } if warm_up_epochs > 0 => {
                (f64::from(epoch) / f64::from(warm_up_epochs)).min(1.0)
            }
            _ => 1.0,
        }
    }

    /// The term between logits.
    fn between(
        &self,
        student: Tensor<2>,
        teacher: Tensor<2>,
        labels: &Tensor<1, Int>,
    ) -> Tensor<1> {
        match *self {
            Self::SoftTargets { temperature } => soft_targets(student, teacher, temperature),
            Self::LogitMse {} => logit_mse(student, teacher),
            Self::Decoupled { temperature, label_weight, rest_weight, .. } => {
                decoupled(student, teacher, labels, temperature, label_weight, rest_weight)
            }
            Self::Dist { temperature } => dist(student, teacher, temperature),
            Self::Nkd { temperature, rest_weight } => {
                nkd(student, teacher, labels, temperature, rest_weight)
            }
            Self::Wttm { power } => wttm(student, teacher, power),
        }
    }
}

fn above_0(parameter: &'static str, given: f64) -> Result<(), LossError> {
    let right = "a number above 0";
    if given.is_finite() && given > 0.0 {
        return Ok(());
    }
    Err(LossError::OutOfRange { parameter, given, right })
}

fn not_negative(parameter: &'static str, given: f64) -> Result<(), LossError> {
    let right = "a number of 0 or more";
    if given.is_finite() && given >= 0.0 {
        return Ok(());
    }
    Err(LossError::OutOfRange { parameter, given, right })
}

/// Two weights of 0 or more, and not both 0.
fn weighted(
    (first, one): (&'static str, f64),
    (second, other): (&'static str, f64),
) -> Result<(), LossError> {
    not_negative(first, one)?;
    not_negative(second, other)?;
    if one == 0.0 && other == 0.0 {
        return Err(LossError::NothingWeighted { first, second });
    }
    Ok(())
}
