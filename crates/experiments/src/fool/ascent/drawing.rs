//! What a CPPN looks like, on tensors, so that a gradient finds the way back to its weights.

use assay_map_elites::{Activation, Colour, Cppn, CppnGenome};
use burn::tensor::activation::sigmoid;
use burn::tensor::{Device, Tensor};

/// Draws the CPPNs of one encoding.
pub struct Drawing {
    colour: Colour,
    /// x, y, distance and bias, each `[1, pixels]`.
    inputs: [Tensor<2>; CppnGenome::INPUTS as usize],
}

impl Drawing {
    /// For images of the size that the encoding evolves.
    #[must_use]
    pub fn new(encoding: &Cppn, device: &Device) -> Self {
        let [x, y, distance] = encoding.inputs();
        let ones = vec![1.0; x.len()];
        let row = |values: Vec<f32>| Tensor::<1>::from_data(&*values, device).unsqueeze();
        Self { colour: encoding.picture.colour, inputs: [x, y, distance, ones].map(row) }
    }

    /// The image of `genome` with `weights` in the place of its connections' own, as numbers from 0 to
    /// 255 that are not rounded.
    ///
    /// Rendering by the encoding cuts the outputs off to whole numbers, and rounds again when it turns
    /// colours into RGB. Where a grey or RGB image has b, this is from b to b + 1. In HSV it is within 9
    /// of b, in HLS within 12: a step of the hue is up to 6 steps of a channel (8.5 in HLS), and there
    /// are the steps of the other two. Deep graphs multiply the rounding of single precision, by up to
    /// 10 a neuron.
    ///
    /// # Shapes
    /// - weights: `[connections]`
    /// - output: `[channels, pixels]`
    ///
    /// # Panics
    /// When the genome is none of the encoding.
    #[must_use]
    pub fn draw(&self, genome: &CppnGenome, weights: &Tensor<1>) -> Tensor<2> {
        let outputs = self.colour.channels() as u32;
        let order = genome.order(outputs).expect("a CPPN has no cycle");
        let mut values: Vec<Option<Tensor<2>>> = vec![None; genome.nodes() as usize];
        for node in order {
            let value = match self.inputs.get(node as usize) {
                Some(input) => input.clone(),
                None => self.neuron(genome, weights, node, &values),
            };
            values[node as usize] = Some(value);
        }
        let first = CppnGenome::INPUTS as usize;
        let planes = values.into_iter().skip(first).take(outputs as usize).flatten();
        in_rgb(self.colour, planes.map(Tensor::abs).collect()) * 255.0
    }

    /// The value of a neuron, `[1, pixels]`, given those that lead to it.
    fn neuron(
        &self,
        genome: &CppnGenome,
        weights: &Tensor<1>,
        node: u32,
        values: &[Option<Tensor<2>>],
    ) -> Tensor<2> {
        let incoming = genome.connections.iter().enumerate().filter(|(_, one)| one.to == node);
        let term = |(at, one): (usize, &assay_map_elites::Connection)| {
            let value =
                values[one.from as usize].clone().expect("what leads to a node comes first");
            value * weights.clone().narrow(0, at, 1).unsqueeze()
        };
        let sum = incoming.map(term).reduce(|sum, term| sum + term);
        let sum = sum.unwrap_or_else(|| self.inputs[0].zeros_like());
        activated(genome.activations[(node - CppnGenome::INPUTS) as usize], sum)
    }
}

fn activated(activation: Activation, sum: Tensor<2>) -> Tensor<2> {
    match activation {
        Activation::Sine => sum.sin(),
        Activation::Sigmoid => sigmoid(sum) * 2.0 - 1.0,
        Activation::Gaussian => (sum.clone() * sum).neg().exp(),
        Activation::Linear => sum.clamp(-3.0, 3.0) / 3.0,
    }
}

/// Planes `[1, pixels]` in 0..=1 to grey or RGB, `[channels, pixels]` in 0..=1: the formulas of
/// `assay_map_elites::Colour`.
fn in_rgb(colour: Colour, planes: Vec<Tensor<2>>) -> Tensor<2> {
    let three = |planes: Vec<Tensor<2>>| -> [Tensor<2>; 3] {
        planes.try_into().expect("a colour has three outputs")
    };
    match colour {
        Colour::Grey | Colour::Rgb => Tensor::cat(planes, 0),
        Colour::Hsv => from_hsv(three(planes)),
        Colour::Hls => from_hls(three(planes)),
    }
}

fn from_hsv([hue, saturation, value]: [Tensor<2>; 3]) -> Tensor<2> {
    let channel = |offset: f32| {
        let k = wrapped(hue.clone() * 6.0 + offset, 6.0);
        let share = k.clone().min_pair(k.neg() + 4.0).clamp(0.0, 1.0);
        value.clone() - value.clone() * saturation.clone() * share
    };
    Tensor::cat([5.0, 3.0, 1.0].map(channel).to_vec(), 0)
}

fn from_hls([hue, lightness, saturation]: [Tensor<2>; 3]) -> Tensor<2> {
    let amplitude = saturation * lightness.clone().min_pair(lightness.clone().neg() + 1.0);
    let channel = |offset: f32| {
        let k = wrapped(hue.clone() * (12.0 * 255.0 / 180.0) + offset, 12.0);
        let k = wrapped(k, 12.0);
        let share = (k.clone() - 3.0).min_pair(k.neg() + 9.0).clamp(-1.0, 1.0);
        lightness.clone() - amplitude.clone() * share
    };
    Tensor::cat([0.0, 8.0, 4.0].map(channel).to_vec(), 0)
}

/// `k` less one `turn` where it is that large.
fn wrapped(k: Tensor<2>, turn: f32) -> Tensor<2> {
    let over = k.clone().greater_equal_elem(turn).float();
    k - over * turn
}

#[cfg(test)]
mod tests {
    use assay_map_elites::{Encoding, Picture, Preset, Render};
    use assay_runs::stream;
    use burn::tensor::TensorData;

    use super::*;

    fn drawn(encoding: &Cppn, genome: &CppnGenome) -> Vec<f32> {
        let device = Device::flex();
        let weights: Vec<f32> = genome.connections.iter().map(|one| one.weight).collect();
        let shape = [weights.len()];
        let weights = Tensor::<1>::from_data(TensorData::new(weights, shape), &device);
        let image = Drawing::new(encoding, &device).draw(genome, &weights);
        image.into_data().try_into_vec::<f32>().unwrap()
    }

    fn grown(encoding: &Cppn, seed: u32) -> CppnGenome {
        let mut rng = stream(&"the test", &format!("genome {seed}"));
        let random = encoding.random(&mut rng);
        (0..30).fold(random, |genome, _| {
            let [child, _] = encoding.vary([&genome, &genome], 0, &mut rng).genomes;
            child
        })
    }

    /// How far the drawing is below the rendered bytes, and above, over 20 grown genomes.
    fn beyond(preset: Preset, colour: Colour) -> (f32, f32) {
        let encoding = preset.cppn(Picture { height: 13, width: 9, colour });
        let (mut below, mut above) = (0.0_f32, 0.0_f32);
        for seed in 0..20 {
            let genome = grown(&encoding, seed);
            let rendered = encoding.render(&[&genome]).pixels;
            for (number, byte) in drawn(&encoding, &genome).into_iter().zip(rendered) {
                below = below.max(f32::from(byte) - number);
                above = above.max(number - f32::from(byte));
            }
        }
        (below, above)
    }

    #[test]
    fn a_drawing_is_what_the_encoding_renders_before_it_is_cut_off_to_bytes() {
        for preset in [Preset::Paper, Preset::AuthorsCode] {
            for colour in [Colour::Grey, Colour::Rgb] {
                let (below, above) = beyond(preset, colour);
                assert!(below < 0.05 && above < 1.05, "{preset:?} {colour:?} {below} {above}");
            }
            for (colour, most) in [(Colour::Hsv, 9.0), (Colour::Hls, 12.0)] {
                let (below, above) = beyond(preset, colour);
                assert!(below < most && above < most, "{preset:?} {colour:?} {below} {above}");
            }
        }
    }

    #[test]
    fn an_output_that_nothing_leads_to_has_the_activation_of_0() {
        let encoding = Preset::Paper.cppn(Picture { height: 1, width: 2, colour: Colour::Grey });
        let genome = CppnGenome {
            activations: vec![Activation::Gaussian, Activation::Sine],
            connections: vec![(0, 5, 1.0).into()],
        };
        assert!(drawn(&encoding, &genome).iter().all(|value| (value - 255.0).abs() < 1e-3));
    }
}
