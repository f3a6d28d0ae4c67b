//! What CPPNs look like, on tensors, so that a gradient finds the way back to their weights.

use assay_map_elites::{Activation, Color, Cppn, CppnGenome};
use burn::tensor::activation::sigmoid;
use burn::tensor::{Device, IndexingUpdateOp, Int, Tensor};

use super::graph::{Graph, Level};

/// Draws the CPPNs of one encoding.
pub struct DifferentiableRenderer {
    color: Color,
    /// x, y, distance and bias, `[4, pixels]`.
    inputs: Tensor<2>,
    device: Device,
}

impl DifferentiableRenderer {
    /// For images of the size that the encoding evolves.
    #[must_use]
    pub fn new(encoding: &Cppn, device: &Device) -> Self {
        let [x, y, distance] = encoding.inputs();
        let ones = vec![1.0; x.len()];
        let row = |values: Vec<f32>| Tensor::<1>::from_data(&*values, device).unsqueeze();
        let inputs = Tensor::cat([x, y, distance, ones].map(row).to_vec(), 0);
        Self { color: encoding.picture.color, inputs, device: device.clone() }
    }

    /// The images of `genomes` with `weights` in the place of their connections' own, as numbers from 0
    /// to 255 that are not rounded.
    ///
    /// Rendering by the encoding cuts the outputs off to whole numbers, and rounds again when it turns
    /// colors into RGB. Where a gray or RGB image has b, this is from b to b + 1. In HSV it is within 9
    /// of b, in HLS within 12: a step of the hue is up to 6 steps of a channel (8.5 in HLS), and there
    /// are the steps of the other two. Deep graphs multiply the rounding of single precision, by up to
    /// 10 a neuron.
    ///
    /// # Shapes
    /// - weights: `[connections]`, of all genomes in turn
    /// - output: `[genomes, channels, pixels]`
    ///
    /// # Panics
    /// When a genome is none of the encoding, or there is none.
    #[must_use]
    pub fn draw(&self, genomes: &[&CppnGenome], weights: &Tensor<1>) -> Tensor<3> {
        let channels = self.color.channels();
        let graph = Graph::of(genomes, channels as u32);
        let mut values = self.inputs.clone();
        for level in &graph.levels {
            let sums = self.sums(level, &values, weights);
            values = Tensor::cat(vec![values, activated(level, &sums)], 0);
        }
        let [_, pixels] = values.dims();
        let outputs = values.select(0, self.places(&graph.outputs));
        self.in_rgb(outputs.abs().reshape([genomes.len(), channels, pixels])) * 255.0
    }

    /// What the neurons of a level sum, `[neurons, pixels]`, of the values before them.
    fn sums(&self, level: &Level, values: &Tensor<2>, weights: &Tensor<1>) -> Tensor<2> {
        let [_, pixels] = values.dims();
        let nothing = Tensor::zeros([level.neurons.iter().sum(), pixels], &self.device);
        if level.sources.is_empty() {
            return nothing;
        }
        let weights = weights.clone().select(0, self.places(&level.weights));
        let terms = values.clone().select(0, self.places(&level.sources));
        let terms = terms * weights.unsqueeze_dim(1);
        nothing.select_assign(0, self.places(&level.targets), terms, IndexingUpdateOp::Add)
    }

    fn places(&self, places: &[i32]) -> Tensor<1, Int> {
        Tensor::from_data(places, &self.device)
    }

    /// Images in 0..=1 to gray or RGB, `[images, channels, pixels]`, in 0..=1: the formulas of
    /// `assay_map_elites::Color`.
    fn in_rgb(&self, images: Tensor<3>) -> Tensor<3> {
        let channel = |at: usize| images.clone().narrow(1, at, 1);
        // Of red, green and blue.
        let row = |offsets: [f32; 3]| Tensor::<1>::from_data(offsets, &self.device);
        let offsets = |offsets: [f32; 3]| row(offsets).reshape([1, 3, 1]);
        match self.color {
            Color::Gray | Color::Rgb => images,
            Color::Hsv => {
                let (saturation, value) = (channel(1), channel(2));
                let k = wrapped(channel(0) * 6.0 + offsets([5.0, 3.0, 1.0]), 6.0);
                let share = k.clone().min_pair(k.neg() + 4.0).clamp(0.0, 1.0);
                value.clone() - value * saturation * share
            }
            Color::Hls => {
                let (lightness, saturation) = (channel(1), channel(2));
                let least = lightness.clone().min_pair(lightness.clone().neg() + 1.0);
                let turned = channel(0) * (12.0 * 255.0 / 180.0) + offsets([0.0, 8.0, 4.0]);
                let k = wrapped(wrapped(turned, 12.0), 12.0);
                let share = (k.clone() - 3.0).min_pair(k.neg() + 9.0).clamp(-1.0, 1.0);
                lightness - saturation * least * share
            }
        }
    }
}

/// The values of a level's neurons, `[neurons, pixels]`.
fn activated(level: &Level, sums: &Tensor<2>) -> Tensor<2> {
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

/// `k` less one `turn` where it is that large.
fn wrapped(k: Tensor<3>, turn: f32) -> Tensor<3> {
    let over = k.clone().greater_equal_elem(turn).float();
    k - over * turn
}

#[cfg(test)]
mod tests {
    use assay_map_elites::{Encoding, Picture, Preset, Render};
    use assay_runs::random_stream;
    use burn::tensor::TensorData;

    use super::*;

    fn drawn(encoding: &Cppn, genomes: &[&CppnGenome]) -> Vec<f32> {
        let device = Device::flex();
        let connections = genomes.iter().flat_map(|genome| &genome.connections);
        let weights: Vec<f32> = connections.map(|one| one.weight).collect();
        let shape = [weights.len()];
        let weights = Tensor::<1>::from_data(TensorData::new(weights, shape), &device);
        let images = DifferentiableRenderer::new(encoding, &device).draw(genomes, &weights);
        images.into_data().try_into_vec::<f32>().unwrap()
    }

    fn grown(encoding: &Cppn, seed: u32) -> CppnGenome {
        let mut rng = random_stream(&"the test", &format!("genome {seed}"));
        let random = encoding.random(&mut rng);
        (0..30).fold(random, |genome, _| {
            let [child, _] = encoding.vary([&genome, &genome], 0, &mut rng).genomes;
            child
        })
    }

    /// How far the drawing is below the rendered bytes, and above, over 20 grown genomes.
    fn beyond(preset: Preset, color: Color) -> (f32, f32) {
        let encoding = preset.cppn(Picture { height: 13, width: 9, color });
        let (mut below, mut above) = (0.0_f32, 0.0_f32);
        let genomes: Vec<CppnGenome> = (0..20).map(|seed| grown(&encoding, seed)).collect();
        let genomes: Vec<&CppnGenome> = genomes.iter().collect();
        let rendered = encoding.render(&genomes).pixels;
        for (number, byte) in drawn(&encoding, &genomes).into_iter().zip(rendered) {
            below = below.max(f32::from(byte) - number);
            above = above.max(number - f32::from(byte));
        }
        (below, above)
    }

    #[test]
    fn a_drawing_is_what_the_encoding_renders_before_it_is_cut_off_to_bytes() {
        for preset in [Preset::Paper, Preset::AuthorsCode] {
            for color in [Color::Gray, Color::Rgb] {
                let (below, above) = beyond(preset, color);
                assert!(below < 0.05 && above < 1.05, "{preset:?} {color:?} {below} {above}");
            }
            for (color, most) in [(Color::Hsv, 9.0), (Color::Hls, 12.0)] {
                let (below, above) = beyond(preset, color);
                assert!(below < most && above < most, "{preset:?} {color:?} {below} {above}");
            }
        }
    }

    #[test]
    fn an_output_that_nothing_leads_to_has_the_activation_of_0() {
        let encoding = Preset::Paper.cppn(Picture { height: 1, width: 2, color: Color::Gray });
        let genome = CppnGenome {
            activations: vec![Activation::Gaussian, Activation::Sine],
            connections: vec![(0, 5, 1.0).into()],
        };
        assert!(drawn(&encoding, &[&genome]).iter().all(|value| (value - 255.0).abs() < 1e-3));
    }
}
