//! The settings of Nguyen et al. 2015: those of the paper, and those of the authors' code.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use crate::color::Color;
use crate::emitter::{Emitter, Population};
use crate::encoding::{Coordinates, Cppn, Direct, Genetic, Variation};
use crate::image_spec::ImageSpec;
use crate::operators::{AgreeingGenes, Polynomial, Rate, Sbx};

/// Two ways to reproduce "Deep neural networks are easily fooled" (Nguyen, Yosinski, Clune 2015).
///
/// Both share the settings read in the authors' code (github.com/Evolving-AI-Lab/fooling):
/// population sizes, rates, eta 15 and 10, weights in -10..=10, activations, order of mutations.
/// They differ in this:
///
/// | | `paper` (recalled, not checked against its text) | `published_code` (read) |
/// |---|---|---|
/// | mutation rate, direct encoding | 0.1, halved every 1000 generations | 0.1 throughout |
/// | genes that both parents of a crossover share | copied, as in standard SBX | 0.5 in both children |
/// | x and y of a CPPN | -1 to 1 | index of column and row; the distance is normalized |
/// | color | HSV, a hue of 255 is one turn | HLS in `OpenCV`'s bytes, a hue of 255 is 1.42 turns |
///
/// The paper as recalled gives neither the size of the first generation nor a crossover. `paper`
/// takes both from the code. That a hue of 255 is one turn is our own choice.
///
/// Three things of the code are not reproduced:
///
/// - Random numbers come from named streams.
/// - A CPPN is evaluated feed-forward rather than step by step. The values are the same, unless a
///   chain of neurons that no input reaches is longer than the longest path from an input.
/// - The two mutated copies of a pair of CPPN parents are not swapped by a coin. Both are mutated
///   alike, so this changes nothing, except that the code records the wrong parent half of the
///   time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// The paper's settings.
    Paper,
    /// The settings of the authors' code, including its bugs.
    PublishedCode,
}

impl Preset {
    /// 200 random genomes, then 200 children per generation. The authors' code uses 400 and 400 for
    /// CPPNs on ImageNet.
    pub const POPULATION: Population =
        Population { initial: 200, children: 200, emitter: Emitter::Evolution };

    /// The color space of images with three channels.
    #[must_use]
    pub fn color(self) -> Color {
        match self {
            Self::Paper => Color::Hsv,
            Self::PublishedCode => Color::Hls,
        }
    }

    /// The direct encoding of images of `picture`. Its color space is usually [`Preset::color`] or
    /// gray.
    #[must_use]
    pub fn direct(self, picture: ImageSpec) -> Direct {
        let (agreeing, halve_every) = match self {
            Self::Paper => (AgreeingGenes::Copied, NonZeroU32::new(1000)),
            Self::PublishedCode => (AgreeingGenes::Half, None),
        };
        let crossover = Sbx { rate: 0.5, eta: 10.0, agreeing };
        let mutation = Polynomial { rate: Rate { initial: 0.1, halve_every }, eta: 15.0 };
        Direct { picture, variation: Variation::Genetic(Genetic { crossover, mutation }) }
    }

    /// The CPPN encoding of images of `picture`. Its color space is usually [`Preset::color`] or
    /// gray.
    #[must_use]
    pub fn cppn(self, picture: ImageSpec) -> Cppn {
        Cppn {
            picture,
            coordinates: match self {
                Self::Paper => Coordinates::Normalized,
                Self::PublishedCode => Coordinates::PixelIndices,
            },
            weights: Polynomial { rate: Rate::constant(0.1), eta: 15.0 },
            weight_limit: 10.0,
            activation_rate: 0.1,
            add_connection_rate: 0.5,
            delete_connection_rate: 0.3,
            add_neuron_rate: 0.5,
            delete_neuron_rate: 0.2,
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::encoding::{DirectGenome, Encoding};

    #[test]
    fn both_presets_are_valid_and_survive_a_json_round_trip() {
        for preset in [Preset::Paper, Preset::PublishedCode] {
            let picture = ImageSpec { height: 28, width: 28, color: preset.color() };
            let (direct, cppn) = (preset.direct(picture), preset.cppn(picture));
            direct.check().unwrap();
            cppn.check().unwrap();
            let text = serde_json::to_string(&direct).unwrap();
            assert_eq!(serde_json::from_str::<Direct>(&text).unwrap(), direct);
            let text = serde_json::to_string(&cppn).unwrap();
            assert_eq!(serde_json::from_str::<Cppn>(&text).unwrap(), cppn);
        }
    }

    #[test]
    fn self_crossover_copies_genes_in_the_paper_and_grays_them_in_the_code() {
        let picture = ImageSpec { height: 10, width: 10, color: Color::Gray };
        let parent = DirectGenome(vec![0.25; 100]);
        for (preset, expected) in [(Preset::Paper, 0.25_f32), (Preset::PublishedCode, 0.5)] {
            let mut rng = ChaCha8Rng::seed_from_u64(1);
            let crossed = (0..100)
                .map(|_| preset.direct(picture).vary([&parent, &parent], 0, &mut rng))
                .find(|children| children.crossed)
                .expect("half of the pairs are crossed");
            // A tenth of the other genes were mutated.
            let [DirectGenome(genes), _] = &crossed.genomes;
            let same = genes.iter().filter(|gene| gene.to_bits() == expected.to_bits()).count();
            assert!(same > 70, "{preset:?}: {same} of 100 genes are {expected}");
        }
    }

    #[test]
    fn an_unknown_setting_is_rejected() {
        let picture = ImageSpec { height: 28, width: 28, color: Color::Gray };
        let mut value = serde_json::to_value(Preset::Paper.cppn(picture)).unwrap();
        value["species"] = serde_json::json!(3);
        let error = serde_json::from_value::<Cppn>(value).unwrap_err().to_string();
        assert!(error.contains("unknown field `species`"), "{error}");
    }

    #[test]
    fn a_setting_out_of_its_range_is_named() {
        let picture = ImageSpec { height: 28, width: 28, color: Color::Gray };
        let wrong = Cppn { add_neuron_rate: 1.5, ..Preset::Paper.cppn(picture) };
        assert_eq!(
            wrong.check().unwrap_err().to_string(),
            "add_neuron_rate is 1.5; it must be in 0..=1"
        );
        let empty = ImageSpec { height: 0, ..picture };
        assert!(Preset::Paper.direct(empty).check().unwrap_err().to_string().contains("height"));
    }
}
