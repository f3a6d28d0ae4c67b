//! The networks that are compared, and their states.

use anyhow::{Result, anyhow, bail};
use assay_datasets::{Images, Normalization, Shape, normalize_bytes};
use assay_losses::cross_entropy;
use assay_models::{DropoutMasks, Initialization, Layer, Network, NetworkConfig, save_networks};
use assay_runs::{TrainingConfig, random_stream};
use burn::tensor::{Device, FloatDType, Int, Tensor, TensorData};
use rand::{Rng, RngExt};
use safetensors::SafeTensors;

use super::comparison::difference;
use assay_engine::device::Precision;
use assay_engine::trainer::{LrStep, Sgd};

/// The numbers of training steps after which states are compared.
pub const STEPS: [u32; 3] = [1, 10, 100];

/// The batch size.
const BATCH: u32 = 8;
/// The number of classes, and of outputs of every network.
const CLASSES: u16 = 10;
/// The number of images. Pixels and labels are independent, so the loss stays far from 0. Near 0 every number
/// would be a rounding error.
const IMAGES: u32 = 128;

/// The relative change of weights that tests whether gradients are stable: several times the rounding of f32,
/// or the rounding of the device's numbers.
fn jitter(precision: Precision) -> f32 {
    match precision {
        Precision::F32 => 1e-5,
        Precision::Tf32 | Precision::F16 => 4.9e-4,
        Precision::Bf16 => 3.9e-3,
    }
}
/// In f32, stable gradients change by less than this share of the largest. Unstable ones change by 1 % or more.
const STABLE: f64 = 1e-3;
/// The number of networks with slightly changed weights.
const DRAWS: u32 = 4;
/// The number of steps that are tried to find stable gradients.
const TRIES: u32 = 50;

/// A network and how it is trained.
#[derive(Debug, Clone)]
pub struct NetworkCase {
    /// Its name.
    pub name: String,
    /// The network.
    pub config: NetworkConfig,
    /// The training schedule.
    pub schedule: TrainingConfig,
}

/// The network with every weight changed by up to this share.
fn jittered(network: &Network, jitter: f32, rng: &mut impl Rng) -> Network {
    let change = |layer: &Layer| {
        let weight = layer.weight().inner();
        let shape = weight.dims();
        let factor = |_| 1.0 + jitter * rng.random_range(-1.0_f32..1.0);
        let factors = (0..shape.iter().product()).map(factor).collect::<Vec<f32>>();
        let factors = Tensor::from_data(TensorData::new(factors, shape), &weight.device());
        layer.config().with_weights(weight * factors, layer.bias().inner())
    };
    Network::from_layers(network.layers().iter().map(change).collect())
}

/// A saved state of a training.
#[derive(Debug, Clone)]
pub struct State {
    /// The number of steps done.
    pub after_steps: u32,
    /// The step whose images and dropout masks are used for the comparison.
    pub(super) step: u32,
    /// Weights and velocities as a safetensors file.
    pub(super) file: Vec<u8>,
}

impl NetworkCase {
    /// All architectures at small sizes that a software renderer can handle: narrow, on the smallest images that
    /// work with every pooling layer, with dropout, groups and normalization.
    ///
    /// # Panics
    /// Never: the names are constant.
    pub fn all() -> Vec<Self> {
        let case = |architecture: &str, input: [usize; 3], width: f64| Self {
            name: architecture.to_owned(),
            config: NetworkConfig {
                architecture: architecture.parse().expect("a known name"),
                input,
                classes: usize::from(CLASSES),
                width,
                groups: true,
                local_response_norm: true,
                input_dropout: 0.0,
                dropout: 0.5,
            },
            schedule: schedule(),
        };
        let mut mlp = case("mlp-48-40", [1, 12, 12], 1.0);
        mlp.config.input_dropout = 0.2;
        // A limit that weights initialized by He's rule reach.
        mlp.schedule.max_weight_norm = 2.0;
        let mut lenet = case("lenet", [1, 28, 28], 0.5);
        lenet.schedule.max_gradient_norm = 1.0;
        vec![
            mlp,
            lenet,
            case("alexnet_small", [3, 16, 16], 0.5),
            case("alexnet32", [3, 16, 16], 0.125),
            case("alexnet", [3, 67, 67], 0.125),
            case("alexnet_torchvision", [3, 63, 63], 0.125),
        ]
    }

    /// Trains the network on the CPU and saves it after each of these numbers of steps, for a comparison with a
    /// device of this precision.
    ///
    /// # Errors
    /// Returns an error if the configuration is not a valid network.
    pub fn states(&self, after: &[u32], precision: Precision) -> Result<Vec<State>> {
        let device = Device::flex();
        let streams = |layer: &str| random_stream(&self.name, &format!("weights of {layer}"));
        let mut network = self.config.init(Initialization::He, streams, &device)?;
        let mut optimizer = Sgd::new(&self.schedule, network.layers().len());
        let mut states = Vec::new();
        for number in 0..after.iter().copied().max().unwrap_or(0) {
            let mut gradients = self.loss(&network, number, &device)?.backward();
            optimizer.step(&mut network, &mut gradients, self.learning_rate());
            if after.contains(&(number + 1)) {
                let velocities = optimizer.velocities(&network);
                let both = [("network.", &network.frozen()), ("velocity.", &velocities)];
                let step = self.stable_step(&network, number + 1, precision)?;
                let file = save_networks(&both, None);
                states.push(State { after_steps: number + 1, step, file });
            }
        }
        Ok(states)
    }

    /// In f32, the first step, starting at `from`, whose gradients hardly change if the weights change slightly. In
    /// other precisions, the step whose gradients change least if the weights change as much as they are rounded.
    ///
    /// An activation may be within rounding of 0, or two activations may be nearly equal under a pooling layer.
    /// Then two devices can both be right although their gradients differ.
    fn stable_step(&self, network: &Network, from: u32, precision: Precision) -> Result<u32> {
        let mut rng = random_stream(&self.name, "jitter");
        let draws = if precision == Precision::F32 { 1 } else { DRAWS };
        let jittered: Vec<Network> =
            (0..draws).map(|_| jittered(network, jitter(precision), &mut rng)).collect();
        let mut least = (from, f64::INFINITY);
        for step in from..from + TRIES {
            let gradients = self.gradients(network, step)?;
            let mut largest: f64 = 0.0;
            for network in &jittered {
                let moved = self.gradients(network, step)?;
                let differences =
                    gradients.iter().zip(&moved).map(|(one, other)| difference(one, other));
                largest =
                    differences.map(|one| one.unwrap_or(f64::INFINITY)).fold(largest, f64::max);
            }
            if precision == Precision::F32 && largest < STABLE {
                return Ok(step);
            }
            if largest < least.1 {
                least = (step, largest);
            }
        }
        if precision != Precision::F32 {
            return Ok(least.0);
        }
        bail!("{}: none of the {TRIES} steps from {from} on has stable gradients", self.name)
    }

    /// The gradients of every layer's weights at a step, on the CPU.
    fn gradients(&self, network: &Network, step: u32) -> Result<Vec<Vec<f32>>> {
        let gradients = self.loss(network, step, &Device::flex())?.backward();
        let gradient_of = |layer: &Layer| {
            let gradient = layer.weight().grad(&gradients).expect("every layer is trained");
            gradient.into_data().try_into_vec::<f32>().expect("the CPU computes in f32")
        };
        Ok(network.layers().iter().map(gradient_of).collect())
    }

    /// Restores the network and the optimizer of a state on a device.
    pub(super) fn restore(&self, state: &State, device: &Device) -> Result<(Network, Sgd)> {
        let tensors = SafeTensors::deserialize(&state.file)?;
        let read = |prefix: &str| {
            let network = self.config.load_tensors(&tensors, prefix, device);
            network.map_err(|reason| anyhow!("{}: {reason}", self.name))
        };
        let network = read("network.")?;
        let velocities = read("velocity.")?.frozen();
        let optimizer = Sgd::new(&self.schedule, network.layers().len());
        Ok((network, optimizer.with_velocities(&velocities)))
    }

    /// Learning rate and momentum, the same at every step.
    pub(super) fn learning_rate(&self) -> LrStep {
        LrStep::from_schedule(&self.schedule, 0.0, 0)
    }

    /// The loss of a training step, `[1]`, with dropout.
    pub(super) fn loss(
        &self,
        network: &Network,
        number: u32,
        device: &Device,
    ) -> Result<Tensor<1>> {
        let mut masks = DropoutMasks::new(random_stream(&self.name, &format!("dropout {number}")));
        let images = self.batch(number, device)?;
        let all = 0..network.layers().len();
        let logits = network.forward_layers(all, images, Some(&mut masks)).flatten::<2>(1, 3);
        // The loss is computed in f32, as in training.
        Ok(cross_entropy(logits.cast(FloatDType::F32), labels(number, device)))
    }

    /// The normalized images of a step: `[batch, channels, height, width]`.
    pub(super) fn batch(&self, number: u32, device: &Device) -> Result<Tensor<4>> {
        let pixels: Vec<u8> = rows(number).flat_map(|image| self.image(image)).collect();
        Ok(normalize_bytes(pixels, self.shape(), &self.normalization(), device)?)
    }

    /// The first `count` images and their labels.
    pub(super) fn images(&self, count: u32) -> Images {
        let pixels = (0..count).flat_map(|image| self.image(image)).collect();
        Images::new(self.shape(), pixels, (0..count).map(label).collect())
    }

    pub(super) fn shape(&self) -> Shape {
        let [channels, height, width] = self.config.input;
        Shape { channels, height, width }
    }

    /// The normalization of uniformly distributed bytes.
    pub(super) fn normalization(&self) -> Normalization {
        let channels = self.config.input[0];
        Normalization { mean: vec![127.5; channels], deviation: vec![73.9; channels] }
    }

    fn image(&self, number: u32) -> Vec<u8> {
        let mut pixels = vec![0; self.shape().len()];
        random_stream(&self.name, &format!("image {number}")).fill_bytes(&mut pixels);
        pixels
    }
}

/// A schedule that changes weights by about 1 % of their size.
fn schedule() -> TrainingConfig {
    TrainingConfig {
        epochs: 1,
        learning_rate: 0.005,
        bias_lr_factor: 2.0,
        momentum: 0.9,
        weight_decay: 5e-4,
        ..TrainingConfig::evaluation_only(BATCH)
    }
}

/// The image numbers of a step.
fn rows(number: u32) -> impl Iterator<Item = u32> {
    (0..BATCH).map(move |row| (number * BATCH + row) % IMAGES)
}

fn label(image: u32) -> u16 {
    (image % u32::from(CLASSES)) as u16
}

/// The labels of a step, `[batch]`.
pub(super) fn labels(number: u32, device: &Device) -> Tensor<1, Int> {
    let labels: Vec<i32> = rows(number).map(|image| i32::from(label(image))).collect();
    let count = labels.len();
    Tensor::from_data(TensorData::new(labels, [count]), device)
}
