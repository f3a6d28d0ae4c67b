//! The settings of Nguyen et al. 2015, as the paper gives them and as its code has them.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use crate::color::Color;
use crate::emitter::{Emitter, Population};
use crate::encoding::{Coordinates, Cppn, Direct, Genetic, Picture, Variation};
use crate::operators::{AgreeingGenes, Polynomial, Rate, Sbx};

/// The two ways to repeat "Deep neural networks are easily fooled" (Nguyen, Yosinski, Clune 2015).
///
/// What both share was read in the authors' code (github.com/Evolving-AI-Lab/fooling): sizes of
/// populations, rates, eta 15 and 10, weights in -10..=10, activations, the order of mutations.
/// They differ in this:
///
/// | | `paper` (recalled, not checked against its text) | `authors_code` (read) |
/// |---|---|---|
/// | mutation rate, direct encoding | 0.1, halved every 1000 generations | 0.1 throughout |
/// | genes that crossed parents share | copied, as the operator is meant | 0.5 in both children |
/// | x and y of a CPPN | -1 to 1 | index of column and row; the distance is normalized |
/// | color | HSV, a hue of 255 one turn | HLS in `OpenCV`'s bytes, a hue of 255 is 1.42 turns |
///
/// The paper as recalled says nothing of the first generation's size or of crossover; `paper` takes
/// both from the code. That a hue of 255 is one turn is a choice made here.
///
/// What is not repeated of the code: numbers are drawn from named streams, an image is
/// evaluated feed-forward rather than step by step (the same values, unless a chain of neurons that
/// no input reaches is longer than the longest path from an input), and the two copies that CPPN
/// parents leave are not swapped by a coin (they are mutated alike, so it makes no difference; it
/// makes the code's record of parents wrong in half of the cases).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// As the paper says.
    Paper,
    /// As the authors' code does, its faults included.
    AuthorsCode,
}

impl Preset {
    /// 200 random genomes, then 200 children a generation; the code has 400 and 400 for CPPNs on
    /// ImageNet.
    pub const POPULATION: Population =
        Population { initial: 200, children: 200, emitter: Emitter::Evolution };

    /// The color space of three channels.
    #[must_use]
    pub fn color(self) -> Color {
        match self {
            Self::Paper => Color::Hsv,
            Self::AuthorsCode => Color::Hls,
        }
    }

    /// The direct encoding of `picture`, whose color space is usually [`Preset::color`] or gray.
    #[must_use]
    pub fn direct(self, picture: Picture) -> Direct {
        let (agreeing, halve_every) = match self {
            Self::Paper => (AgreeingGenes::Copied, NonZeroU32::new(1000)),
            Self::AuthorsCode => (AgreeingGenes::Half, None),
        };
        let crossover = Sbx { rate: 0.5, eta: 10.0, agreeing };
        let mutation = Polynomial { rate: Rate { initial: 0.1, halve_every }, eta: 15.0 };
        Direct { picture, variation: Variation::Genetic(Genetic { crossover, mutation }) }
    }

    /// The CPPN encoding of `picture`, whose color space is usually [`Preset::color`] or gray.
    #[must_use]
    pub fn cppn(self, picture: Picture) -> Cppn {
        Cppn {
            picture,
            coordinates: match self {
                Self::Paper => Coordinates::Normalized,
                Self::AuthorsCode => Coordinates::PixelIndices,
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
    fn both_presets_are_within_their_ranges_and_read_back_from_json() {
        for preset in [Preset::Paper, Preset::AuthorsCode] {
            let picture = Picture { height: 28, width: 28, color: preset.color() };
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
    fn an_elite_crossed_with_itself_has_like_children_in_the_paper_and_gray_ones_in_the_code() {
        let picture = Picture { height: 10, width: 10, color: Color::Gray };
        let parent = DirectGenome(vec![0.25; 100]);
        for (preset, expected) in [(Preset::Paper, 0.25_f32), (Preset::AuthorsCode, 0.5)] {
            let mut rng = ChaCha8Rng::seed_from_u64(1);
            let crossed = (0..100)
                .map(|_| preset.direct(picture).vary([&parent, &parent], 0, &mut rng))
                .find(|children| children.crossed)
                .expect("half of the pairs are crossed");
            // The others were mutated: a tenth of them.
            let [DirectGenome(genes), _] = &crossed.genomes;
            let same = genes.iter().filter(|gene| gene.to_bits() == expected.to_bits()).count();
            assert!(same > 70, "{preset:?}: {same} of 100 genes are {expected}");
        }
    }

    #[test]
    fn a_setting_that_nobody_knows_is_refused() {
        let picture = Picture { height: 28, width: 28, color: Color::Gray };
        let mut value = serde_json::to_value(Preset::Paper.cppn(picture)).unwrap();
        value["species"] = serde_json::json!(3);
        let error = serde_json::from_value::<Cppn>(value).unwrap_err().to_string();
        assert!(error.contains("unknown field `species`"), "{error}");
    }

    #[test]
    fn a_setting_out_of_its_range_is_named() {
        let picture = Picture { height: 28, width: 28, color: Color::Gray };
        let wrong = Cppn { add_neuron_rate: 1.5, ..Preset::Paper.cppn(picture) };
        assert_eq!(
            wrong.check().unwrap_err().to_string(),
            "add_neuron_rate is 1.5; it must be in 0..=1"
        );
        let empty = Picture { height: 0, ..picture };
        assert!(Preset::Paper.direct(empty).check().unwrap_err().to_string().contains("height"));
    }
}
