//! Gradient ascent on an image's pixels.

use assay_datasets::{DataError, ImageSet, Shape, View, ViewConfig, view_shape};
use assay_map_elites::{Direct, DirectGenome};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use super::Parameterization;
use super::ascent_config::AscentConfig;
use super::regularizers::regularize;

/// Pixel values, gray or RGB, as parameters.
///
/// A gene v represents x = 255 v - 0.5 in u8 units, so its pixel int(255 v) is x rounded. The gene
/// 1 represents 255. Steps, noise and means are in u8 units.
pub struct Pixels {
    encoding: Direct,
    ascent_config: AscentConfig,
    /// The mean of the training images, `[channels, height, width]`, in u8 units.
    mean: Vec<f32>,
}

impl Pixels {
    /// Images around the mean image `mean`, `[channels, height, width]`, 0 to 255.
    ///
    /// # Panics
    /// If the mean image does not have the encoding's size.
    #[must_use]
    pub fn new(encoding: Direct, ascent_config: AscentConfig, mean: Vec<f32>) -> Self {
        assert_eq!(mean.len(), encoding.picture.values(), "the mean image has another size");
        Self { encoding, ascent_config, mean }
    }

    fn shape(&self) -> Shape {
        let image = self.encoding.picture;
        Shape {
            channels: image.color.channels(),
            height: image.height as usize,
            width: image.width as usize,
        }
    }
}

/// The gene of a pixel value in u8 units, clamped to 0..=1.
fn gene(pixel: f32) -> f32 {
    ((pixel + 0.5) / 255.0).clamp(0.0, 1.0)
}

/// The pixel value of a gene, in u8 units.
fn pixel(gene: f32) -> f32 {
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

    fn parameter_count(&self, point: &DirectGenome) -> usize {
        point.0.len()
    }

    /// The mean image with standard normal noise.
    fn starting_point(&self, rng: &mut ChaCha8Rng) -> DirectGenome {
        let noisy = |mean: &f32| {
            let noise: f32 = StandardNormal.sample(rng);
            gene(mean + noise)
        };
        DirectGenome(self.mean.iter().map(noisy).collect())
    }

    fn gradients(&self, points: &[&DirectGenome], pixel_gradients: &[f32]) -> Vec<Vec<f32>> {
        assert_eq!(pixel_gradients.len(), points.len() * self.mean.len(), "one per pixel");
        pixel_gradients.chunks_exact(self.mean.len()).map(<[f32]>::to_vec).collect()
    }

    fn step(&self, point: &mut DirectGenome, gradient: &[f32], rate: f64, steps_done: u32) {
        let DirectGenome(genes) = point;
        let difference = |((gene, gradient), mean): ((&f32, &f32), &f32)| {
            (f64::from(pixel(*gene)) + rate * f64::from(*gradient) - f64::from(*mean)) as f32
        };
        let all = genes.iter().zip(gradient).zip(&self.mean);
        let mut differences: Vec<f32> = all.map(difference).collect();
        regularize(&self.ascent_config, self.shape(), &mut differences, gradient, steps_done);
        for ((value, difference), mean) in genes.iter_mut().zip(differences).zip(&self.mean) {
            *value = gene(mean + difference);
        }
    }
}

/// The mean of all images' central views, `[channels, height, width]`, in u8 units.
///
/// # Errors
/// An image file cannot be read.
///
/// # Panics
/// If there is no image.
pub fn mean_image(images: &ImageSet, views: &ViewConfig) -> Result<Vec<f32>, DataError> {
    assert!(!images.is_empty(), "the mean of no images");
    let (shape, view_shape) = (images.shape(), view_shape(views, images.shape()));
    let view = View::center_crop(shape, views);
    let (mut sums, mut cropped) = (vec![0_u64; view_shape.len()], vec![0; view_shape.len()]);
    let mut full = vec![0; shape.len()];
    for image in 0..images.len() {
        images.read(image, &mut full)?;
        view.cut(&full, shape, &mut cropped, view_shape);
        sums.iter_mut().zip(&cropped).for_each(|(sum, pixel)| *sum += u64::from(*pixel));
    }
    Ok(sums.into_iter().map(|sum| (sum as f64 / images.len() as f64) as f32).collect())
}

#[cfg(test)]
mod tests {
    use assay_datasets::Images;
    use assay_map_elites::{Color, Encoding, ImageSpec, Preset, Render};
    use assay_runs::random_stream;

    use assay_classifier_cells::Regularization;

    use super::*;

    fn pixels(regularization: Regularization, mean: Vec<f32>) -> Pixels {
        let image = ImageSpec { height: 1, width: mean.len() as u32, color: Color::Gray };
        let config = AscentConfig::for_regularization(regularization);
        Pixels::new(Preset::Paper.direct(image), config, mean)
    }

    fn pixel_values(genome: &DirectGenome) -> Vec<f32> {
        genome.0.iter().map(|&gene| pixel(gene)).collect()
    }

    #[test]
    fn genes_render_to_rounded_pixel_values() {
        let parameterization = pixels(Regularization::Unregularized, vec![0.0; 7]);
        let values = [0.0, 0.4, 0.6, 127.49, 254.4, 254.6, 300.0];
        let genome = DirectGenome(values.map(gene).to_vec());
        let images = parameterization.encoding().render(&[&genome]);
        assert_eq!(images.pixels, [0, 0, 1, 127, 254, 255, 255]);
        assert!(parameterization.encoding().check_genome(&genome).is_ok());
    }

    #[test]
    fn a_starting_point_is_the_mean_image_with_standard_normal_noise() {
        let parameterization = pixels(Regularization::Unregularized, vec![100.0; 4000]);
        let start = parameterization.starting_point(&mut random_stream(&"the test", "start"));
        let noise: Vec<f64> = pixel_values(&start).iter().map(|x| f64::from(x - 100.0)).collect();
        let mean = noise.iter().sum::<f64>() / 4000.0;
        let variance = noise.iter().map(|x| x * x).sum::<f64>() / 4000.0;
        // Five standard deviations: 5 / sqrt(4000) = 0.079, and 5 sqrt(2 / 4000) = 0.112.
        assert!(mean.abs() < 0.079 && (variance - 1.0).abs() < 0.112, "{mean} {variance}");
    }

    #[test]
    fn a_step_adds_the_gradient_then_decays_then_clips() {
        let parameterization = pixels(Regularization::Decay, vec![100.0, 100.0, 10.0, 250.0]);
        let mut point = DirectGenome([120.0, 100.0, 4.0, 250.0].map(gene).to_vec());
        parameterization.step(&mut point, &[2.0, -1.0, -3.0, 40.0], 5.0, 0);
        // 120 + 10 - 100 = 30, minus a hundredth: 129.7. Second: 95.05. Third: 4 - 15 is 21 below
        // the mean, 20.79 after decay, clipped to 0 (-0.5 rounds to it). Fourth: 450, clipped to
        // 255.
        let moved = pixel_values(&point);
        for (actual, expected) in moved.iter().zip([129.7, 95.05, -0.5, 254.5]) {
            assert!((actual - expected).abs() < 1e-3, "{moved:?}");
        }
        assert_eq!(parameterization.encoding().render(&[&point]).pixels, [130, 95, 0, 255]);
    }

    #[test]
    fn the_mean_image_is_that_of_the_central_views() {
        // Two images of 1 by 3 pixels. The crop takes the middle column.
        let shape = Shape { channels: 1, height: 1, width: 3 };
        let images = Images::new(shape, vec![0, 10, 20, 9, 13, 9], vec![0, 0]).into();
        let assert_mean = |views: &ViewConfig, expected: &[f32]| {
            let mean = mean_image(&images, views).unwrap();
            assert!(mean.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-5));
            assert_eq!(mean.len(), expected.len());
        };
        assert_mean(&ViewConfig::IDENTITY, &[4.5, 11.5, 14.5]);
        assert_mean(&ViewConfig { crop: 1, ..ViewConfig::IDENTITY }, &[11.5]);
    }
}
