//! Training on the soft targets of teachers.

use assay_classifier_cells::Loss;
use assay_losses::{DistillationLoss, LossConfig, TeacherOutput};
use assay_models::Network;
use assay_runs::CurvePoint;
use burn::tensor::activation::softmax;
use burn::tensor::{FloatDType, Int, Tensor, TensorData};

use assay_engine::trainer::{ClassPrior, Objective};

/// Teachers, with logits of `[rows, classes]` each. A row is one view of one image.
pub enum Teachers {
    /// The logits of each teacher for all rows.
    Cached(Vec<Tensor<2>>),
    /// Frozen networks, evaluated at every step on the student's batch.
    Online(Vec<Network>),
}

/// The objective of a student: soft targets of teachers and labels.
pub struct SoftTargets {
    config: LossConfig,
    source: TeacherSource,
    /// For each of the student's images, its number among the images that the teachers saw.
    images: Vec<u32>,
    views: u32,
}

/// Where the combined output of the teachers comes from.
enum TeacherSource {
    /// Precomputed for all rows: the logits of one teacher, or mean probabilities of several.
    Cached(Box<TeacherOutput>),
    /// Computed at every step.
    Online(Vec<Network>),
}

/// Returns how a cell's loss is computed; `None` for cross-entropy with the labels alone.
#[must_use]
pub fn loss_config(loss: &Loss) -> Option<LossConfig> {
    let (soft, standardized, soft_weight, hard_weight) = match *loss {
        Loss::HardLabels => return None,
        Loss::SoftTargets { temperature, soft_weight, hard_weight } => {
            (DistillationLoss::SoftTargets { temperature }, false, soft_weight, hard_weight)
        }
        Loss::Compared { soft, standardized, soft_weight, hard_weight } => {
            (soft, standardized, soft_weight, hard_weight)
        }
    };
    Some(LossConfig { hard_weight, soft_weight, standardized, soft })
}

/// The names of the losses with published settings.
#[must_use]
pub fn published_loss_names() -> [&'static str; LossConfig::PUBLISHED.len()] {
    LossConfig::PUBLISHED.map(|(name, _)| name)
}

/// Returns the published settings of a loss by its name in `assay-losses`, for a training of `epochs`
/// epochs; `None` if there is no such loss.
#[must_use]
pub fn published_loss(name: &str, epochs: u32) -> Option<Loss> {
    let (_, config) = LossConfig::PUBLISHED.into_iter().find(|(known, _)| *known == name)?;
    let config = config.scaled_to(epochs);
    Some(Loss::Compared {
        soft: config.soft,
        standardized: config.standardized,
        soft_weight: config.soft_weight,
        hard_weight: config.hard_weight,
    })
}

impl SoftTargets {
    /// Creates the objective. `images` are the numbers of the student's images, `views` the views of each.
    ///
    /// # Panics
    /// Panics if there are no teachers.
    #[must_use]
    pub fn new(config: LossConfig, teachers: Teachers, images: Vec<u32>, views: u32) -> Self {
        let source = match teachers {
            Teachers::Cached(logits) => {
                TeacherSource::Cached(Box::new(combine_teachers(&config, logits)))
            }
            Teachers::Online(networks) => {
                assert!(!networks.is_empty(), "soft targets need a teacher");
                TeacherSource::Online(networks)
            }
        };
        Self { config, source, images, views }
    }

    /// The combined output of the teachers for a batch.
    fn teacher_output(&self, images: &Tensor<4>, rows: &[u32]) -> TeacherOutput {
        let teacher_row = |&row: &u32| {
            let image = self.images[(row / self.views) as usize];
            image * self.views + row % self.views
        };
        match &self.source {
            TeacherSource::Cached(output) => {
                select_rows(output, &rows.iter().map(teacher_row).collect::<Vec<_>>())
            }
            TeacherSource::Online(networks) => {
                let logits =
                    |network: &Network| network.forward(images.clone()).cast(FloatDType::F32);
                combine_teachers(&self.config, networks.iter().map(logits).collect())
            }
        }
    }
}

fn select_rows(output: &TeacherOutput, rows: &[u32]) -> TeacherOutput {
    let number = |&row: &u32| i32::try_from(row).expect("fewer than 2^31 rows");
    let rows: Vec<i32> = rows.iter().map(number).collect();
    let select = |tensor: &Tensor<2>| {
        let data = TensorData::new(rows.clone(), [rows.len()]);
        let chosen = Tensor::<1, Int>::from_data(data, &tensor.device());
        tensor.clone().select(0, chosen).cast(FloatDType::F32)
    };
    match output {
        TeacherOutput::Logits(logits) => TeacherOutput::Logits(select(logits)),
        TeacherOutput::Probabilities { probabilities, temperature } => {
            let (probabilities, temperature) = (select(probabilities), *temperature);
            TeacherOutput::Probabilities { probabilities, temperature }
        }
    }
}

/// Combines the logits of several teachers into what the loss compares the student with.
fn combine_teachers(config: &LossConfig, mut teachers: Vec<Tensor<2>>) -> TeacherOutput {
    assert!(!teachers.is_empty(), "soft targets need a teacher");
    match (teachers.len(), config.soft) {
        (1, _) => TeacherOutput::Logits(teachers.remove(0)),
        (_, DistillationLoss::SoftTargets { temperature }) if !config.needs_logits() => {
            let probabilities = mean_probabilities(teachers, temperature);
            TeacherOutput::Probabilities { probabilities, temperature }
        }
        // The other losses compare logits, so the logits are averaged instead of probabilities.
        _ => TeacherOutput::Logits(mean(teachers)),
    }
}

/// The mean of the teachers' softened probabilities (Hinton et al. 2015, section 1).
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
        self.config.loss(logits, &self.teacher_output(images, rows), labels, epoch as u32 + 1)
    }

    // The value of this loss does not show whether anything was learned, so accuracy decides.
    fn did_not_learn(&self, last: &CurvePoint, prior: ClassPrior) -> bool {
        last.evaluation.is_some_and(|evaluation| prior.is_chance_level(evaluation))
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    /// Images for cached teachers, which ignore them.
    fn unused_images() -> Tensor<4> {
        Tensor::zeros([2, 1, 1, 1], &Device::flex())
    }

    #[test]
    fn every_published_loss_survives_the_conversion_to_a_cell() {
        for (name, config) in LossConfig::PUBLISHED {
            let epochs = LossConfig::PUBLISHED_EPOCHS;
            assert_eq!(loss_config(&published_loss(name, epochs).unwrap()), Some(config), "{name}");
        }
        assert_eq!(published_loss("kld", 20), None);
        let Some(Loss::Compared {
            soft: DistillationLoss::Decoupled { warm_up_epochs, .. }, ..
        }) = published_loss("dkd", 20)
        else {
            panic!("dkd is a decoupled loss")
        };
        assert_eq!(warm_up_epochs, 2);
    }

    #[test]
    fn every_published_loss_accepts_several_teachers() {
        let device = Device::flex();
        let teacher = Tensor::<2>::from_data([[1.0, 0.0, 2.0], [0.5, 3.0, 0.0]], &device);
        let logits = Tensor::<2>::from_data([[0.0, 1.0, 0.0], [2.0, 0.0, 1.0]], &device);
        for (name, config) in LossConfig::PUBLISHED {
            let teachers = vec![teacher.clone(), teacher.clone().add_scalar(1.0)];
            let targets = SoftTargets::new(config, Teachers::Cached(teachers), vec![0, 1], 1);
            let labels = Tensor::from_data([2, 1], &device);
            let loss = targets.loss(logits.clone(), labels, &unused_images(), &[1, 0], 0);
            let loss: f32 = loss.into_scalar();
            assert!(loss.is_finite(), "{name}: {loss}");
        }
    }

    #[test]
    fn soft_targets_of_several_teachers_are_their_mean_probabilities() {
        let device = Device::flex();
        // Two images with two views. The student uses the second image only.
        let teacher = |logit: f32| {
            Tensor::<2>::from_data([[9.0, 0.0], [9.0, 0.0], [0.0, 0.0], [logit, 0.0]], &device)
        };
        let config = loss_config(&Loss::SoftTargets {
            temperature: 1.0,
            soft_weight: 1.0,
            hard_weight: 0.0,
        });
        // exp(ln 3) : 1 is 3/4 : 1/4. The mean with 1/2 : 1/2 is 5/8 : 3/8.
        let teachers = Teachers::Cached(vec![teacher(3f32.ln()), teacher(0.0)]);
        let targets = SoftTargets::new(config.unwrap(), teachers, vec![1], 2);
        let TeacherOutput::Probabilities { probabilities, temperature } =
            targets.teacher_output(&unused_images(), &[1, 0])
        else {
            panic!("several teachers have probabilities, not logits")
        };
        let found = probabilities.into_data().try_into_vec::<f32>().unwrap();
        assert!((temperature - 1.0).abs() < 1e-12);
        for (found, expected) in found.iter().zip([0.625, 0.375, 0.5, 0.5]) {
            assert!((found - expected).abs() < 1e-6, "{found} is not {expected}");
        }
    }
}
