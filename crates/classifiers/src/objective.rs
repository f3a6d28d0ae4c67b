//! Training towards soft targets.

use assay_losses::{DistillationLoss, LossConfig, TeacherOutput};
use assay_models::Network;
use assay_runs::{CurvePoint, Loss, SoftTerm};
use burn::tensor::activation::softmax;
use burn::tensor::{FloatDType, Int, Tensor, TensorData};

use assay_engine::trainer::{Objective, Prior};

/// Teachers, and how their students come by their logits, `[rows, classes]` each, rows being images
/// times views.
pub enum Teachers {
    /// What each of them said of every row.
    Kept(Vec<Tensor<2>>),
    /// Frozen networks that are asked at every step, of the images that their student is shown.
    Live(Vec<Network>),
}

/// What teachers say, and the labels.
pub struct SoftTargets {
    config: LossConfig,
    said: Said,
    /// For each of the student's images, its number among those that the teachers were asked.
    images: Vec<u32>,
    views: u32,
}

/// What teachers say together.
enum Said {
    /// Of every row: logits of one teacher, or mean probabilities of several.
    Kept(Box<TeacherOutput>),
    /// Once they are asked.
    Live(Vec<Network>),
}

/// How a loss of a cell is computed; none for hard labels alone.
///
/// # Panics
/// When `assay-runs` and `assay-losses` no longer spell a term alike.
#[must_use]
pub fn loss_config(loss: &Loss) -> Option<LossConfig> {
    let (soft, standardized, soft_weight, hard_weight) = match *loss {
        Loss::HardLabels => return None,
        Loss::SoftTargets { temperature, soft_weight, hard_weight } => {
            (SoftTerm::SoftTargets { temperature }, false, soft_weight, hard_weight)
        }
        Loss::Compared { soft, standardized, soft_weight, hard_weight } => {
            (soft, standardized, soft_weight, hard_weight)
        }
    };
    // The two crates do not know each other, and spell a term alike.
    let soft = serde_json::to_value(soft).and_then(serde_json::from_value);
    Some(LossConfig {
        hard_weight,
        soft_weight,
        standardized,
        soft: soft.expect("both crates spell a term alike"),
    })
}

/// The published settings of a loss for a training of so many epochs, by its name in `assay-losses`; none
/// where there is none.
///
/// # Panics
/// As for [`loss_config`].
#[must_use]
pub fn published_loss(name: &str, epochs: u32) -> Option<Loss> {
    let (_, config) = LossConfig::PUBLISHED.into_iter().find(|(known, _)| *known == name)?;
    let config = config.scaled_to(epochs);
    let soft = serde_json::to_value(config.soft).and_then(serde_json::from_value);
    Some(Loss::Compared {
        soft: soft.expect("both crates spell a term alike"),
        standardized: config.standardized,
        soft_weight: config.soft_weight,
        hard_weight: config.hard_weight,
    })
}

impl SoftTargets {
    /// Of teachers; the student sees the images with these numbers.
    ///
    /// # Panics
    /// When there is no teacher.
    #[must_use]
    pub fn new(config: LossConfig, teachers: Teachers, images: Vec<u32>, views: u32) -> Self {
        let said = match teachers {
            Teachers::Kept(logits) => Said::Kept(Box::new(together(&config, logits))),
            Teachers::Live(networks) => {
                assert!(!networks.is_empty(), "soft targets of no teacher");
                Said::Live(networks)
            }
        };
        Self { config, said, images, views }
    }

    fn of(&self, images: &Tensor<4>, rows: &[u32]) -> TeacherOutput {
        let asked = |&row: &u32| {
            let image = self.images[(row / self.views) as usize];
            image * self.views + row % self.views
        };
        match &self.said {
            Said::Kept(said) => rows_of(said, &rows.iter().map(asked).collect::<Vec<_>>()),
            Said::Live(networks) => {
                let say = |network: &Network| network.forward(images.clone()).cast(FloatDType::F32);
                together(&self.config, networks.iter().map(say).collect())
            }
        }
    }
}

fn rows_of(said: &TeacherOutput, rows: &[u32]) -> TeacherOutput {
    let number = |&row: &u32| i32::try_from(row).expect("fewer than 2^31 rows");
    let rows: Vec<i32> = rows.iter().map(number).collect();
    let of = |tensor: &Tensor<2>| {
        let data = TensorData::new(rows.clone(), [rows.len()]);
        let chosen = Tensor::<1, Int>::from_data(data, &tensor.device());
        tensor.clone().select(0, chosen).cast(FloatDType::F32)
    };
    match said {
        TeacherOutput::Logits(logits) => TeacherOutput::Logits(of(logits)),
        TeacherOutput::Probabilities { probabilities, temperature } => {
            let (probabilities, temperature) = (of(probabilities), *temperature);
            TeacherOutput::Probabilities { probabilities, temperature }
        }
    }
}

/// What a loss compares a student with, of the logits of each of its teachers.
fn together(config: &LossConfig, mut teachers: Vec<Tensor<2>>) -> TeacherOutput {
    assert!(!teachers.is_empty(), "soft targets of no teacher");
    match (teachers.len(), config.soft) {
        (1, _) => TeacherOutput::Logits(teachers.remove(0)),
        (_, DistillationLoss::SoftTargets { temperature }) if !config.needs_logits() => {
            let probabilities = mean_probabilities(teachers, temperature);
            TeacherOutput::Probabilities { probabilities, temperature }
        }
        // The other losses compare logits, which a mean of probabilities has none of.
        _ => TeacherOutput::Logits(mean(teachers)),
    }
}

/// The mean of the teachers' softened probabilities (Hinton et al. 2015, section 5.3: an ensemble's
/// soft targets are averaged).
fn mean_probabilities(teachers: Vec<Tensor<2>>, temperature: f64) -> Tensor<2> {
    mean(teachers.into_iter().map(|logits| softmax(logits.div_scalar(temperature), 1)).collect())
}

fn mean(tensors: Vec<Tensor<2>>) -> Tensor<2> {
    let count = tensors.len() as f64;
    let sum = tensors.into_iter().reduce(|sum, next| sum + next).expect("at least one");
    sum.div_scalar(count)
}

impl Objective for SoftTargets {
    fn loss(
        &self,
        logits: Tensor<2>,
        labels: Tensor<1, Int>,
        images: &Tensor<4>,
        rows: &[u32],
        epoch: u64,
    ) -> Tensor<1> {
        self.config.loss(logits, &self.of(images, rows), labels, epoch as u32 + 1)
    }

    // A loss on soft targets has no value of its own that stands for a guess.
    fn has_learnt_nothing(&self, last: &CurvePoint, prior: Prior) -> bool {
        last.test.is_some_and(|test| prior.explains(test))
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    /// Images that nobody looks at, as what teachers say is kept.
    fn unseen() -> Tensor<4> {
        Tensor::zeros([2, 1, 1, 1], &Device::flex())
    }

    #[test]
    fn every_published_loss_comes_back_from_a_cell_as_it_is() {
        for (name, config) in LossConfig::PUBLISHED {
            let epochs = LossConfig::PUBLISHED_EPOCHS;
            assert_eq!(loss_config(&published_loss(name, epochs).unwrap()), Some(config), "{name}");
        }
        assert_eq!(published_loss("kld", 20), None);
        let Some(Loss::Compared { soft: SoftTerm::Decoupled { warm_up_epochs, .. }, .. }) =
            published_loss("dkd", 20)
        else {
            panic!("dkd is no other loss")
        };
        assert_eq!(warm_up_epochs, 2);
    }

    #[test]
    fn every_published_loss_can_be_taken_of_several_teachers() {
        let device = Device::flex();
        let said = Tensor::<2>::from_data([[1.0, 0.0, 2.0], [0.5, 3.0, 0.0]], &device);
        let logits = Tensor::<2>::from_data([[0.0, 1.0, 0.0], [2.0, 0.0, 1.0]], &device);
        for (name, config) in LossConfig::PUBLISHED {
            let teachers = vec![said.clone(), said.clone().add_scalar(1.0)];
            let targets = SoftTargets::new(config, Teachers::Kept(teachers), vec![0, 1], 1);
            let labels = Tensor::from_data([2, 1], &device);
            let loss = targets.loss(logits.clone(), labels, &unseen(), &[1, 0], 0);
            let loss: f32 = loss.into_scalar();
            assert!(loss.is_finite(), "{name}: {loss}");
        }
    }

    #[test]
    fn soft_targets_of_several_teachers_are_their_mean_probabilities_row_by_row() {
        let device = Device::flex();
        // Two images in two views; the student sees the second image alone.
        let said = |sure: f32| {
            Tensor::<2>::from_data([[9.0, 0.0], [9.0, 0.0], [0.0, 0.0], [sure, 0.0]], &device)
        };
        let config = loss_config(&Loss::SoftTargets {
            temperature: 1.0,
            soft_weight: 1.0,
            hard_weight: 0.0,
        });
        // exp(ln 3) : 1 is 3/4 : 1/4, and with 1/2 : 1/2 the mean is 5/8 : 3/8.
        let teachers = Teachers::Kept(vec![said(3f32.ln()), said(0.0)]);
        let targets = SoftTargets::new(config.unwrap(), teachers, vec![1], 2);
        let TeacherOutput::Probabilities { probabilities, temperature } =
            targets.of(&unseen(), &[1, 0])
        else {
            panic!("a mean of probabilities has no logits")
        };
        let found = probabilities.into_data().try_into_vec::<f32>().unwrap();
        assert!((temperature - 1.0).abs() < 1e-12);
        for (found, expected) in found.iter().zip([0.625, 0.375, 0.5, 0.5]) {
            assert!((found - expected).abs() < 1e-6, "{found} is not {expected}");
        }
    }
}
