//! A differentiable renderer of CPPNs on tensors, for gradients in their weights.

use assay_map_elites::{Activation, Color, Cppn, CppnGenome};
use burn::tensor::activation::sigmoid;
use burn::tensor::{Device, IndexingUpdateOp, Int, Tensor};

use super::graph::{Graph, Level};

/// Renders the CPPNs of one encoding on tensors.
pub struct DifferentiableRenderer {
    color: Color,
    /// x, y, distance and bias, `[4, pixels]`.
    inputs: Tensor<2>,
    device: Device,
}

impl DifferentiableRenderer {
    /// A renderer of images at the encoding's size.
    #[must_use]
    pub fn new(encoding: &Cppn, device: &Device) -> Self {
        let [x, y, distance] = encoding.inputs();
        let ones = vec![1.0; x.len()];
        let row = |values: Vec<f32>| Tensor::<1>::from_data(&*values, device).unsqueeze();
        let inputs = Tensor::cat([x, y, distance, ones].map(row).to_vec(), 0);
        Self { color: encoding.picture.color, inputs, device: device.clone() }
    }

    /// Renders `genomes` with `weights` instead of the weights of their connections. The values are
    /// in 0..=255 and not rounded.
    ///
    /// The encoding's own renderer truncates outputs to integers, and rounds again when it converts
    /// colors. Where it gives b for gray or RGB, this renderer gives a value between b and b + 1.
    /// For HSV the difference is up to 9, for HLS up to 12: one step of the hue is up to 6 steps of
    /// a channel (8.5 in HLS), plus the steps of the other two components. In deep graphs the
    /// rounding errors of `f32` grow by up to a factor of 10 per neuron.
    ///
    /// # Shapes
    /// - weights: `[connections]`, those of all genomes in turn
    /// - output: `[genomes, channels, pixels]`
    ///
    /// # Panics
    /// If there is no genome, or one does not fit the encoding.
    #[must_use]
    pub fn render(&self, genomes: &[&CppnGenome], weights: &Tensor<1>) -> Tensor<3> {
        let channels = self.color.channels();
        let graph = Graph::new(genomes, channels as u32);
        let mut values = self.inputs.clone();
        for level in &graph.levels {
            let sums = self.weighted_sums(level, &values, weights);
            values = Tensor::cat(vec![values, activations(level, &sums)], 0);
        }
        let [_, pixels] = values.dims();
        let outputs = values.select(0, self.indices(&graph.outputs));
        self.to_rgb(outputs.abs().reshape([genomes.len(), channels, pixels])) * 255.0
    }

    /// The weighted input sums of a level's neurons, `[neurons, pixels]`.
    ///
    /// - values: those of the inputs and of all earlier levels, `[values, pixels]`
    fn weighted_sums(&self, level: &Level, values: &Tensor<2>, weights: &Tensor<1>) -> Tensor<2> {
        let [_, pixels] = values.dims();
        let zeros = Tensor::zeros([level.neurons.iter().sum(), pixels], &self.device);
        if level.sources.is_empty() {
            return zeros;
        }
        let weights = weights.clone().select(0, self.indices(&level.weights));
        let terms = values.clone().select(0, self.indices(&level.sources));
        let terms = terms * weights.unsqueeze_dim(1);
        zeros.select_assign(0, self.indices(&level.targets), terms, IndexingUpdateOp::Add)
    }

    fn indices(&self, indices: &[i32]) -> Tensor<1, Int> {
        Tensor::from_data(indices, &self.device)
    }

    /// Converts images to gray or RGB, `[images, channels, pixels]`, with the formulas of
    /// `assay_map_elites::Color`. Inputs and outputs are in 0..=1.
    fn to_rgb(&self, images: Tensor<3>) -> Tensor<3> {
        let channel = |index: usize| images.clone().narrow(1, index, 1);
        let row = |offsets: [f32; 3]| Tensor::<1>::from_data(offsets, &self.device);
        // One offset each for red, green and blue.
        let offsets = |offsets: [f32; 3]| row(offsets).reshape([1, 3, 1]);
        match self.color {
            Color::Gray | Color::Rgb => images,
            Color::Hsv => {
                let (saturation, value) = (channel(1), channel(2));
                let k = wrap(channel(0) * 6.0 + offsets([5.0, 3.0, 1.0]), 6.0);
                let share = k.clone().min_pair(k.neg() + 4.0).clamp(0.0, 1.0);
                value.clone() - value * saturation * share
            }
            Color::Hls => {
                let (lightness, saturation) = (channel(1), channel(2));
                let limit = lightness.clone().min_pair(lightness.clone().neg() + 1.0);
                let turned = channel(0) * (12.0 * 255.0 / 180.0) + offsets([0.0, 8.0, 4.0]);
                let k = wrap(wrap(turned, 12.0), 12.0);
                let share = (k.clone() - 3.0).min_pair(k.neg() + 9.0).clamp(-1.0, 1.0);
                lightness - saturation * limit * share
            }
        }
    }
}

/// The values of a level's neurons, `[neurons, pixels]`, from their sums.
fn activations(level: &Level, sums: &Tensor<2>) -> Tensor<2> {
    let (mut parts, mut first) = (Vec::new(), 0);
    for (activation, count) in Activation::ALL.into_iter().zip(level.neurons) {
        if count > 0 {
            parts.push(apply(activation, sums.clone().narrow(0, first, count)));
        }
        first += count;
    }
    Tensor::cat(parts, 0)
}

fn apply(activation: Activation, sum: Tensor<2>) -> Tensor<2> {
    match activation {
        Activation::Sine => sum.sin(),
        Activation::Sigmoid => sigmoid(sum) * 2.0 - 1.0,
        Activation::Gaussian => (sum.clone() * sum).neg().exp(),
        Activation::Linear => sum.clamp(-3.0, 3.0) / 3.0,
    }
}

/// Reduces `k` by one `turn` where it is at least that large.
fn wrap(k: Tensor<3>, turn: f32) -> Tensor<3> {
    let is_over = k.clone().greater_equal_elem(turn).float();
    k - is_over * turn
}

#[cfg(test)]
mod tests {
    use assay_map_elites::{Encoding, ImageSpec, Preset, Render};
    use assay_runs::random_stream;
    use burn::tensor::TensorData;

    use super::*;

    fn render(encoding: &Cppn, genomes: &[&CppnGenome]) -> Vec<f32> {
        let device = Device::flex();
        let connections = genomes.iter().flat_map(|genome| &genome.connections);
        let weights: Vec<f32> = connections.map(|connection| connection.weight).collect();
        let shape = [weights.len()];
        let weights = Tensor::<1>::from_data(TensorData::new(weights, shape), &device);
        let images = DifferentiableRenderer::new(encoding, &device).render(genomes, &weights);
        images.into_data().try_into_vec::<f32>().unwrap()
    }

    /// A random genome after 30 mutations.
    fn grown(encoding: &Cppn, seed: u32) -> CppnGenome {
        let mut rng = random_stream(&"the test", &format!("genome {seed}"));
        let random = encoding.random(&mut rng);
        (0..30).fold(random, |genome, _| {
            let [child, _] = encoding.vary([&genome, &genome], 0, &mut rng).genomes;
            child
        })
    }

    /// How far this renderer is below and above the encoding's bytes, over 20 grown genomes.
    fn deviations(preset: Preset, color: Color) -> (f32, f32) {
        let encoding = preset.cppn(ImageSpec { height: 13, width: 9, color });
        let (mut below, mut above) = (0.0_f32, 0.0_f32);
        let genomes: Vec<CppnGenome> = (0..20).map(|seed| grown(&encoding, seed)).collect();
        let genomes: Vec<&CppnGenome> = genomes.iter().collect();
        let bytes = encoding.render(&genomes).pixels;
        for (value, byte) in render(&encoding, &genomes).into_iter().zip(bytes) {
            below = below.max(f32::from(byte) - value);
            above = above.max(value - f32::from(byte));
        }
        (below, above)
    }

    #[test]
    fn values_equal_those_of_the_encoding_before_truncation() {
        for preset in [Preset::Paper, Preset::PublishedCode] {
            for color in [Color::Gray, Color::Rgb] {
                let (below, above) = deviations(preset, color);
                assert!(below < 0.05 && above < 1.05, "{preset:?} {color:?} {below} {above}");
            }
            for (color, limit) in [(Color::Hsv, 9.0), (Color::Hls, 12.0)] {
                let (below, above) = deviations(preset, color);
                assert!(below < limit && above < limit, "{preset:?} {color:?} {below} {above}");
            }
        }
    }

    #[test]
    fn an_output_without_connections_has_the_activation_of_0() {
        let encoding = Preset::Paper.cppn(ImageSpec { height: 1, width: 2, color: Color::Gray });
        let genome = CppnGenome {
            activations: vec![Activation::Gaussian, Activation::Sine],
            connections: vec![(0, 5, 1.0).into()],
        };
        assert!(render(&encoding, &[&genome]).iter().all(|value| (value - 255.0).abs() < 1e-3));
    }
}
