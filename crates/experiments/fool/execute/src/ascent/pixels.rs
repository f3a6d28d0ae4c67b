//! Gradient ascent on an image's pixels.

use assay_datasets::{DataError, ImageSet, View, ViewSettings};
use assay_map_elites::{Direct, DirectGenome};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use super::Parameterization;
use super::ascent_config::AscentConfig;
use super::regularizers::{Size, regularize};

/// Genes that are the values of pixels, gray or RGB.
///
/// A gene v stands for the number x = 255 v - 0.5 in u8 units, so that its pixel, int(255 v), is x
/// rounded; and for 255 where it is 1. Steps, noise and means are in u8 units.
pub struct Pixels {
    encoding: Direct,
    ascent_config: AscentConfig,
    /// The mean of the training images, `[channels, height, width]`, u8 units.
    mean: Vec<f32>,
}

impl Pixels {
    /// Around this mean image, `[channels, height, width]`, 0 to 255.
    ///
    /// # Panics
    /// When the mean image has another size than the encoding's.
    #[must_use]
    pub fn new(encoding: Direct, ascent_config: AscentConfig, mean: Vec<f32>) -> Self {
        assert_eq!(mean.len(), encoding.picture.values(), "a mean image of the images' size");
        Self { encoding, ascent_config, mean }
    }

    fn size(&self) -> Size {
        let picture = self.encoding.picture;
        Size {
            channels: picture.color.channels(),
            height: picture.height as usize,
            width: picture.width as usize,
        }
    }
}

fn gene(number: f32) -> f32 {
    ((number + 0.5) / 255.0).clamp(0.0, 1.0)
}

fn number(gene: f32) -> f32 {
    255.0 * gene - 0.5
}

impl Parameterization for Pixels {
    type Encoding = Direct;

    fn encoding(&self) -> &Direct {
        &self.encoding
    }

    fn ascent_config(&self) -> &AscentConfig {
        &self.ascent_config
    }

    fn numbers(&self, place: &DirectGenome) -> usize {
        place.0.len()
    }

    /// The mean image and noise of a deviation of 1.
    fn start(&self, rng: &mut ChaCha8Rng) -> DirectGenome {
        let noisy = |mean: &f32| {
            let noise: f32 = StandardNormal.sample(rng);
            gene(mean + noise)
        };
        DirectGenome(self.mean.iter().map(noisy).collect())
    }

    fn slopes(&self, places: &[&DirectGenome], of_pixels: &[f32]) -> Vec<Vec<f32>> {
        assert_eq!(of_pixels.len(), places.len() * self.mean.len(), "a slope for every pixel");
        of_pixels.chunks_exact(self.mean.len()).map(<[f32]>::to_vec).collect()
    }

    fn step(&self, place: &mut DirectGenome, slope: &[f32], length: f64, done: u32) {
        let DirectGenome(genes) = place;
        let moved = |((gene, slope), mean): ((&f32, &f32), &f32)| {
            (f64::from(number(*gene)) + length * f64::from(*slope) - f64::from(*mean)) as f32
        };
        let all = genes.iter().zip(slope).zip(&self.mean);
        let mut difference: Vec<f32> = all.map(moved).collect();
        regularize(&self.ascent_config, self.size(), &mut difference, slope, done);
        for ((value, difference), mean) in genes.iter_mut().zip(difference).zip(&self.mean) {
            *value = gene(mean + difference);
        }
    }
}

/// The mean of all images, each in its central view, `[channels, height, width]`, u8 units.
///
/// # Errors
/// When a file of an image cannot be read.
///
/// # Panics
/// When there is no image.
pub fn mean_image(images: &ImageSet, views: &ViewSettings) -> Result<Vec<f32>, DataError> {
    assert!(!images.is_empty(), "no image has a mean");
    let (shape, view_shape) = (images.shape(), views.view_shape(images.shape()));
    let view = View::center_crop(shape, views);
    let (mut sums, mut cut) = (vec![0_u64; view_shape.len()], vec![0; view_shape.len()]);
    let mut whole = vec![0; shape.len()];
    for image in 0..images.len() {
        images.read(image, &mut whole)?;
        view.cut(&whole, shape, &mut cut, view_shape);
        sums.iter_mut().zip(&cut).for_each(|(sum, pixel)| *sum += u64::from(*pixel));
    }
    Ok(sums.into_iter().map(|sum| (sum as f64 / images.len() as f64) as f32).collect())
}

#[cfg(test)]
mod tests {
    use assay_datasets::{Images, Shape};
    use assay_map_elites::{Color, Encoding, Picture, Preset, Render};
    use assay_runs::{Regularization, random_stream};

    use super::*;

    fn pixels(regularization: Regularization, mean: Vec<f32>) -> Pixels {
        let picture = Picture { height: 1, width: mean.len() as u32, color: Color::Gray };
        Pixels::new(Preset::Paper.direct(picture), AscentConfig::of(regularization), mean)
    }

    fn numbers(genome: &DirectGenome) -> Vec<f32> {
        genome.0.iter().map(|&gene| number(gene)).collect()
    }

    #[test]
    fn a_pixel_is_the_number_rounded() {
        let terrain = pixels(Regularization::Nothing, vec![0.0; 7]);
        let numbers = [0.0, 0.4, 0.6, 127.49, 254.4, 254.6, 300.0];
        let genome = DirectGenome(numbers.map(gene).to_vec());
        let images = terrain.encoding().render(&[&genome]);
        assert_eq!(images.pixels, [0, 0, 1, 127, 254, 255, 255]);
        assert!(terrain.encoding().check_genome(&genome).is_ok());
    }

    #[test]
    fn a_start_is_the_mean_image_with_noise_of_a_deviation_of_one() {
        let terrain = pixels(Regularization::Nothing, vec![100.0; 4000]);
        let start = numbers(&terrain.start(&mut random_stream(&"the test", "start")));
        let off: Vec<f64> = start.iter().map(|x| f64::from(x - 100.0)).collect();
        let mean = off.iter().sum::<f64>() / 4000.0;
        let variance = off.iter().map(|x| x * x).sum::<f64>() / 4000.0;
        // Five standard deviations: 5 / sqrt(4000) = 0.079, and 5 sqrt(2 / 4000) = 0.112.
        assert!(mean.abs() < 0.079 && (variance - 1.0).abs() < 0.112, "{mean} {variance}");
    }

    #[test]
    fn a_step_follows_the_slope_then_decays_towards_the_mean_then_is_clipped() {
        let terrain = pixels(Regularization::Decay, vec![100.0, 100.0, 10.0, 250.0]);
        let mut place = DirectGenome([120.0, 100.0, 4.0, 250.0].map(gene).to_vec());
        terrain.step(&mut place, &[2.0, -1.0, -3.0, 40.0], 5.0, 0);
        // 120 + 10 - 100 = 30, less a hundredth: 129.7; 95.05; 4 - 15 is -21 below the mean, -20.79
        // after decay, and 0 at least (-0.5 rounds to it); 450 is 255 at most.
        let moved = numbers(&place);
        for (got, wanted) in moved.iter().zip([129.7, 95.05, -0.5, 254.5]) {
            assert!((got - wanted).abs() < 1e-3, "{moved:?}");
        }
        assert_eq!(terrain.encoding().render(&[&place]).pixels, [130, 95, 0, 255]);
    }

    #[test]
    fn the_mean_image_is_that_of_the_central_views() {
        // Two images of 1 by 3, the middle one of the columns cut out.
        let shape = Shape { channels: 1, height: 1, width: 3 };
        let images = Images::new(shape, vec![0, 10, 20, 9, 13, 9], vec![0, 0]).into();
        let close = |views: &ViewSettings, wanted: &[f32]| {
            let mean = mean_image(&images, views).unwrap();
            assert!(mean.iter().zip(wanted).all(|(got, wanted)| (got - wanted).abs() < 1e-5));
            assert_eq!(mean.len(), wanted.len());
        };
        close(&ViewSettings::IDENTITY, &[4.5, 11.5, 14.5]);
        close(&ViewSettings { crop: Some(1), ..ViewSettings::IDENTITY }, &[11.5]);
    }
}
