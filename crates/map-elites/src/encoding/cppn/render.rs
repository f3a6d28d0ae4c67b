//! Rendering of CPPNs.

use std::borrow::Borrow;

use rayon::prelude::*;

use crate::arithmetic::to_bytes;
use crate::encoding::cppn::coordinates::CoordinateGrid;
use crate::encoding::cppn::genome::CppnGenome;
use crate::encoding::cppn::program::Program;
use crate::encoding::{Cppn, Render};
use crate::images::Images;

impl Render for Cppn {
    fn render<G: Borrow<CppnGenome> + Sync>(&self, genomes: &[G]) -> Images {
        self.render_at(genomes, self.picture.height, self.picture.width)
    }
}

impl Cppn {
    /// Renders `genomes` at any size in pixels: the same images, finer or coarser.
    ///
    /// Returns `[genomes, channels, height, width]`. A value is int(255 |output|) for each channel,
    /// then converted to gray or RGB.
    ///
    /// # Panics
    /// If a size is 0, or a genome does not fit this encoding.
    #[must_use]
    pub fn render_at<G: Borrow<CppnGenome> + Sync>(
        &self,
        genomes: &[G],
        height: u32,
        width: u32,
    ) -> Images {
        assert!(height > 0 && width > 0, "an image of {height} by {width} pixels is empty");
        let size = [height as usize, width as usize];
        let evolved = [self.picture.height as usize, self.picture.width as usize];
        let grid = self.coordinates.grid(size, evolved);
        let channels = self.picture.color.channels();
        let bytes = channels * size[0] * size[1];
        let mut pixels = vec![0; genomes.len() * bytes];
        pixels.par_chunks_mut(bytes).zip(genomes).for_each_init(
            Vec::new,
            |scratch, (image, genome)| {
                self.render_genome(genome.borrow(), &grid, image, scratch);
            },
        );
        Images { pixels, channels, height: size[0], width: size[1] }
    }

    /// Renders one genome into `image`, `[channels, pixels]`, in chunks whose values fit into the
    /// L1 cache.
    fn render_genome(
        &self,
        genome: &CppnGenome,
        grid: &CoordinateGrid,
        image: &mut [u8],
        scratch: &mut Vec<f32>,
    ) {
        let program = Program::compile(genome, self.outputs());
        let pixels = grid.x.len();
        let chunk = chunk_length(pixels);
        for start in (0..pixels).step_by(chunk) {
            let range = start..pixels.min(start + chunk);
            program.run(grid, range.clone(), scratch, |output, values| {
                to_bytes(values, &mut image[output * pixels..][range.clone()]);
            });
        }
        self.picture.color.convert(image);
    }
}

/// Pixels computed at a time: about 128, a multiple of 16, so that no small chunk is left over.
fn chunk_length(pixels: usize) -> usize {
    pixels.div_ceil(pixels.div_ceil(128)).next_multiple_of(16)
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::color::Color;
    use crate::encoding::{Activation, Connection, Encoding};
    use crate::image_spec::ImageSpec;
    use crate::presets::Preset;

    fn cppn(height: u32, width: u32, color: Color) -> Cppn {
        Preset::Paper.cppn(ImageSpec { height, width, color })
    }

    /// A random genome after 200 mutations.
    fn grown(cppn: &Cppn, seed: u64) -> CppnGenome {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut genome = cppn.random(&mut rng);
        for _ in 0..200 {
            cppn.mutate(&mut genome, 0, &mut rng);
        }
        genome
    }

    #[test]
    fn a_graph_renders_as_computed_by_hand() {
        // h = gauss(2 x + 1), out = linear(3 h - y). At the left x = -1, so h = exp(-1) = 0.367879;
        // in the middle the same; at the right exp(-9) = 0.000123. At the top y = -1, below y = 1.
        let genome = CppnGenome {
            activations: vec![Activation::Linear, Activation::Gaussian],
            connections: [(5, 4, 3.0), (0, 5, 2.0), (3, 5, 1.0), (1, 4, -1.0)]
                .map(Connection::from)
                .to_vec(),
        };
        let images = cppn(2, 3, Color::Gray).render(&[genome]);
        // Top: (1.103638 + 1) / 3 = 0.701213 -> 178; (0.00037 + 1) / 3 -> 85.
        // Below: (1.103638 - 1) / 3 = 0.034546 -> 8; |0.00037 - 1| / 3 = 0.33321 -> 84.
        assert_eq!(images.pixels, [178, 178, 85, 8, 8, 84]);
    }

    #[test]
    fn sine_sigmoid_and_distance_render_as_computed_by_hand() {
        // Three outputs of the distance, which is 0 in the middle and 1 at both ends, as RGB.
        let genome = CppnGenome {
            activations: vec![Activation::Sine, Activation::Sigmoid, Activation::Gaussian],
            connections: [(2, 4, -1.0), (2, 5, 2.0), (2, 6, 1.0)].map(Connection::from).to_vec(),
        };
        let images = cppn(1, 3, Color::Rgb).render(&[genome]);
        // |sin(-1)| = 0.841471 -> 214; 2 / (1 + exp(-2)) - 1 = 0.761594 -> 194;
        // exp(-1) = 0.367879 -> 93.
        assert_eq!(images.pixels, [214, 0, 214, 194, 0, 194, 93, 255, 93]);
    }

    #[test]
    fn pixel_indices_are_not_normalized_but_the_distance_is() {
        let cppn =
            Preset::PublishedCode.cppn(ImageSpec { height: 1, width: 4, color: Color::Gray });
        let render_input = |input: u32, weight: f32| {
            cppn.render(&[CppnGenome {
                activations: vec![Activation::Linear],
                connections: vec![Connection { from: input, to: 4, weight }],
            }])
        };
        // x / 3 at x = 0, 1, 2, 3. The distance is 1, 1/3, 1/3, 1; 0.9 of it divided by 3 is 0.3
        // and 0.1.
        assert_eq!(render_input(0, 1.0).pixels, [0, 85, 170, 255]);
        assert_eq!(render_input(2, 0.9).pixels, [76, 25, 25, 76]);
    }

    #[test]
    fn pixels_do_not_depend_on_the_number_of_threads() {
        let cppn = cppn(28, 28, Color::Hsv);
        let genomes: Vec<CppnGenome> = (0..12).map(|seed| grown(&cppn, seed)).collect();
        let render_on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| cppn.render(&genomes))
        };
        let alone = render_on(1);
        assert_eq!(alone, render_on(2));
        assert_eq!(alone, render_on(5));
        for (genome, image) in genomes.iter().zip(alone.iter()) {
            assert_eq!(cppn.render(&[genome]).pixels, image);
        }
    }

    #[test]
    fn a_finer_image_agrees_with_the_coarser_one_where_pixels_coincide() {
        for preset in [Preset::Paper, Preset::PublishedCode] {
            let cppn = preset.cppn(ImageSpec { height: 5, width: 5, color: Color::Gray });
            let genome = grown(&cppn, 7);
            let coarse = cppn.render(&[&genome]).pixels;
            let fine = cppn.render_at(&[&genome], 9, 9).pixels;
            for row in 0..5 {
                for column in 0..5 {
                    let (fine, coarse) = (fine[2 * row * 9 + 2 * column], coarse[row * 5 + column]);
                    assert_eq!(fine, coarse, "{preset:?}, row {row}, column {column}");
                }
            }
        }
    }

    #[test]
    fn a_genome_renders_to_the_same_bytes_on_every_machine() {
        // Outputs 4, 5, 6; hidden neurons 7 to 11, each fed by every input and by its predecessor.
        let weight = |from: u32, to: u32| ((to * 7 + from * 3) % 11) as f32 - 5.0;
        let inputs = (7..12).flat_map(|to| (0..4).map(move |from| (from, to)));
        let chain = (7..11).map(|from| (from, from + 1));
        let outputs = (7..12).map(|from| (from, 4 + from % 3));
        let connection = |(from, to)| Connection { from, to, weight: weight(from, to) };
        let genome = CppnGenome {
            activations: [Activation::ALL, Activation::ALL].concat(),
            connections: inputs.chain(chain).chain(outputs).map(connection).collect(),
        };
        let digest = blake3::hash(&cppn(64, 48, Color::Hsv).render(&[genome]).pixels).to_hex();
        assert_eq!(&digest[..16], "c1736b1a6f502f60");
    }

    #[test]
    fn neurons_without_a_path_to_an_output_change_nothing() {
        let cppn = cppn(6, 6, Color::Gray);
        let genome = grown(&cppn, 8);
        let mut longer = genome.clone();
        longer.activations.push(Activation::Sine);
        longer.connections.push(Connection { from: 0, to: genome.nodes(), weight: 3.0 });
        assert_eq!(cppn.render(&[genome]), cppn.render(&[longer]));
    }

    #[test]
    fn chunks_cover_an_image_evenly() {
        assert_eq!([784, 1024, 1, 100].map(chunk_length), [112, 128, 16, 112]);
    }
}
