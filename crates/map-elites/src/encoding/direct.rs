//! The direct encoding: one gene per pixel and channel.

use std::borrow::Borrow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::arithmetic::to_bytes;
use crate::encoding::{Children, Encoding, Render};
use crate::error::MapElitesError;
use crate::image_spec::ImageSpec;
use crate::images::Images;
use crate::operators::{IsoLine, Polynomial, Sbx};
use crate::streams::Bernoulli;

/// The direct encoding of Nguyen et al. 2015. A gene v has the pixel value int(255 v).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Direct {
    /// The images. A genome has one gene per pixel and channel.
    pub picture: ImageSpec,
    /// The variation operator.
    pub variation: Variation,
}

/// How two parents produce two children.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Variation {
    /// Crossover, then mutation.
    Genetic(Genetic),
    /// One child of each parent, moved along the line to the other.
    IsoLine(IsoLine),
}

/// A genetic algorithm's variation: crossover, then mutation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Genetic {
    /// The crossover of the parents.
    pub crossover: Sbx,
    /// The mutation of the children.
    pub mutation: Polynomial,
}

/// The genes of an image, `[channels, height, width]`, each in 0..=1.
///
/// Serialized without loss as base64 of the little-endian `f32`s.
#[derive(Debug, Clone, PartialEq)]
pub struct DirectGenome(pub Vec<f32>);

impl Encoding for Direct {
    type Genome = DirectGenome;

    fn check(&self) -> Result<(), MapElitesError> {
        self.picture.check()?;
        match &self.variation {
            Variation::Genetic(genetic) => {
                genetic.crossover.check()?;
                genetic.mutation.check()
            }
            Variation::IsoLine(operator) => operator.check(),
        }
    }

    fn check_genome(&self, DirectGenome(genes): &DirectGenome) -> Result<(), String> {
        let expected = self.picture.values();
        if genes.len() != expected {
            return Err(format!("a genome has {} genes, not {expected}", genes.len()));
        }
        match genes.iter().find(|gene| !(0.0..=1.0).contains(*gene)) {
            Some(gene) => Err(format!("a gene is {gene}; genes are in 0..=1")),
            None => Ok(()),
        }
    }

    fn random(&self, rng: &mut ChaCha8Rng) -> DirectGenome {
        DirectGenome((0..self.picture.values()).map(|_| rng.random()).collect())
    }

    fn vary(
        &self,
        [DirectGenome(first), DirectGenome(second)]: [&DirectGenome; 2],
        generation: u32,
        rng: &mut ChaCha8Rng,
    ) -> Children<DirectGenome> {
        let (genes, crossed) = match &self.variation {
            Variation::Genetic(genetic) => genetic.vary([first, second], generation, rng),
            Variation::IsoLine(operator) => {
                ([operator.vary(first, second, rng), operator.vary(second, first, rng)], true)
            }
        };
        Children { genomes: genes.map(DirectGenome), crossed }
    }
}

impl Genetic {
    /// The genes of two children, and whether these have genes of both parents.
    fn vary(
        &self,
        [first, second]: [&[f32]; 2],
        generation: u32,
        rng: &mut ChaCha8Rng,
    ) -> ([Vec<f32>; 2], bool) {
        let crossed = Bernoulli::new(self.crossover.rate).sample(rng);
        let mut children = if crossed {
            self.crossover.cross(first, second, rng)
        } else {
            [first.to_vec(), second.to_vec()]
        };
        for genes in &mut children {
            self.mutation.mutate(genes, 0.0..=1.0, generation, rng);
        }
        (children, crossed)
    }
}

impl Render for Direct {
    fn render<G: Borrow<DirectGenome> + Sync>(&self, genomes: &[G]) -> Images {
        let values = self.picture.values();
        let mut pixels = vec![0; genomes.len() * values];
        pixels.par_chunks_mut(values).zip(genomes).for_each(|(image, genome)| {
            let DirectGenome(genes) = genome.borrow();
            assert!(
                genes.len() == values,
                "a genome of {} genes is not an image of {values} values",
                genes.len()
            );
            to_bytes(genes, image);
            self.picture.color.convert(image);
        });
        Images {
            pixels,
            channels: self.picture.color.channels(),
            height: self.picture.height as usize,
            width: self.picture.width as usize,
        }
    }
}

impl Serialize for DirectGenome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes: Vec<u8> = self.0.iter().flat_map(|gene| gene.to_le_bytes()).collect();
        serializer.serialize_str(&STANDARD.encode(bytes))
    }
}

impl<'de> Deserialize<'de> for DirectGenome {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let text = String::deserialize(deserializer)?;
        let bytes = STANDARD.decode(text).map_err(D::Error::custom)?;
        let (genes, rest) = bytes.as_chunks::<4>();
        if !rest.is_empty() {
            return Err(D::Error::custom("a genome has four bytes per gene"));
        }
        Ok(Self(genes.iter().map(|&gene| f32::from_le_bytes(gene)).collect()))
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;
    use crate::color::Color;
    use crate::presets::Preset;

    #[test]
    fn a_pixel_is_the_integer_part_of_255_times_its_gene() {
        let direct = Preset::Paper.direct(ImageSpec { height: 1, width: 4, color: Color::Gray });
        let images = direct.render(&[DirectGenome(vec![0.0, 0.5, 0.999, 1.0])]);
        assert_eq!(images.pixels, [0, 127, 254, 255]);
    }

    #[test]
    fn genes_are_ordered_in_planes_of_channels() {
        let direct = Preset::Paper.direct(ImageSpec { height: 1, width: 2, color: Color::Hsv });
        // Hues 0 and 85 / 255, saturated and bright: a red and a green pixel.
        let genome = DirectGenome(vec![0.0, 85.5 / 255.0, 1.0, 1.0, 1.0, 1.0]);
        assert_eq!(direct.render(&[genome]).pixels, [255, 0, 0, 255, 0, 0]);
    }

    #[test]
    fn a_genome_survives_serialization_to_the_last_bit() {
        let direct = Preset::Paper.direct(ImageSpec { height: 7, width: 9, color: Color::Rgb });
        let genome = direct.random(&mut ChaCha8Rng::seed_from_u64(1));
        let text = serde_json::to_string(&genome).unwrap();
        assert_eq!(serde_json::from_str::<DirectGenome>(&text).unwrap(), genome);
    }

    #[test]
    fn genomes_that_do_not_fit_the_image_are_rejected() {
        let direct = Preset::Paper.direct(ImageSpec { height: 1, width: 2, color: Color::Gray });
        assert!(direct.check_genome(&DirectGenome(vec![0.0, 1.0])).is_ok());
        let short = direct.check_genome(&DirectGenome(vec![0.0])).unwrap_err();
        assert_eq!(short, "a genome has 1 genes, not 2");
        for gene in [1.5, -0.1, f32::NAN] {
            assert!(direct.check_genome(&DirectGenome(vec![0.0, gene])).is_err());
        }
    }

    #[test]
    fn half_of_the_pairs_are_crossed_and_other_children_keep_most_genes() {
        let direct = Preset::Paper.direct(ImageSpec { height: 10, width: 10, color: Color::Gray });
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let parents = [direct.random(&mut rng), direct.random(&mut rng)];
        let mut crossed = 0;
        for _ in 0..400 {
            let children = direct.vary([&parents[0], &parents[1]], 0, &mut rng);
            crossed += u32::from(children.crossed);
            for (child, parent) in children.genomes.iter().zip(&parents) {
                assert!(direct.check_genome(child).is_ok());
                let kept = child
                    .0
                    .iter()
                    .zip(&parent.0)
                    .filter(|(a, b)| a.to_bits() == b.to_bits())
                    .count();
                assert!(children.crossed || kept > 70, "{kept} of 100 genes kept");
            }
        }
        // Five standard deviations: 5 sqrt(400 / 4) = 50.
        assert!((150..250).contains(&crossed), "{crossed} of 400");
    }
}
