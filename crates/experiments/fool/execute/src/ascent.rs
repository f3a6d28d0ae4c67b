//! Gradient ascent (Nguyen et al. 2015, section 3.4): from a start of its own for each class up the
//! gradient of the network's confidence in that class.
//!
//! The classes take turns, an evaluation each, so that the budget is divided over them; a look forward
//! with one back counts as one evaluation. At every step the network is shown what would be kept, an
//! image of bytes, and the slope is that at this image: what is climbed with is finer than bytes, what
//! the network believes in is not. The published code evaluates images that are not rounded.

mod ascent_config;
mod cppn;
mod drawing;
mod graph;
mod pixels;
mod regularizers;
#[cfg(test)]
mod tests;

use std::ops::Range;

use anyhow::{Result, anyhow, ensure};
use assay_map_elites::{Batch, Encoding, MapElites, Render};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::classifier::{Classifier, InputGradients};
use super::source::{Source, Streams};

pub use ascent_config::AscentConfig;
pub use cppn::Weights;
pub use pixels::{Pixels, mean_image};

/// What a place is written down as.
type Genome<T> = <<T as Parameterization>::Encoding as Encoding>::Genome;

/// What is climbed in.
pub trait Parameterization {
    /// What places are written down in; where a place is, is what it renders to.
    type Encoding: Render;

    /// The encoding.
    fn encoding(&self) -> &Self::Encoding;

    /// How it is climbed.
    fn ascent_config(&self) -> &AscentConfig;

    /// How many numbers a place is made of, as many as its slope has.
    fn numbers(&self, place: &Genome<Self>) -> usize;

    /// A place to begin at.
    fn start(&self, rng: &mut ChaCha8Rng) -> Genome<Self>;

    /// The slope at each place, in the numbers that a place is made of.
    ///
    /// - `of_pixels`: the slope in the pixels of each place's image, `[places, channels, height, width]`,
    ///   per u8 unit
    fn slopes(&self, places: &[&Genome<Self>], of_pixels: &[f32]) -> Vec<Vec<f32>>;

    /// Goes `length` times the slope, and does what the ascent_config has done after it; so many steps were
    /// done since the start.
    fn step(&self, place: &mut Genome<Self>, slope: &[f32], length: f64, done: u32);
}

/// Where one class is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Climb<G> {
    /// Starts before this one.
    start: u32,
    /// Evaluations since the start.
    evaluations: u32,
    place: G,
    /// Where steps have a reach: the surest place since the start, from which the last step was taken.
    held: Option<Foothold<G>>,
}

/// A place that can be gone back to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Foothold<G> {
    place: G,
    slope: Vec<f32>,
    log_confidence: f32,
    /// How far the next step may go.
    reach: f64,
}

impl<G> Foothold<G> {
    /// How far the next step goes, the Euclidean norm of what is added: as far as the ascent_config's own, but no
    /// further than the reach; none where there is no way up.
    fn stride(&self, ascent_config: &AscentConfig) -> Option<f64> {
        let squared = squared(&self.slope);
        let length = ascent_config.length(self.log_confidence, squared)?;
        Some(self.reach.min(length * squared.sqrt()))
    }
}

/// A step that led up is followed by one that may reach so much further, up to the first's reach.
const LONGER: f64 = 1.5;
/// One that did not is taken again at half its length, as long as it may reach this far.
const LEAST: f64 = 1e-3;

impl<G: Clone> Climb<G> {
    /// A step by the ascent_config; false where there is no way up.
    fn stride<T: Parameterization>(
        &mut self,
        terrain: &T,
        slope: &[f32],
        log_confidence: f32,
    ) -> bool
    where
        T::Encoding: Encoding<Genome = G>,
    {
        let length = terrain.ascent_config().length(log_confidence, squared(slope));
        let Some(length) = length else { return false };
        terrain.step(&mut self.place, slope, length, self.evaluations - 1);
        true
    }

    /// A step by the ascent_config, but no further than its reach, from here or, where that is surer, from where
    /// the last one was taken; false where there is no way up, or none that is long enough.
    fn grope<T: Parameterization>(
        &mut self,
        terrain: &T,
        slope: Vec<f32>,
        log_confidence: f32,
        reach: f64,
    ) -> bool
    where
        T::Encoding: Encoding<Genome = G>,
    {
        let here = Foothold { place: self.place.clone(), slope, log_confidence, reach };
        let held = match self.held.take() {
            None => here,
            Some(held) if log_confidence > held.log_confidence => {
                Foothold { reach: (LONGER * held.reach).min(reach), ..here }
            }
            Some(held) => {
                // Of what was gone, which may be less than the reach: else the same step came again.
                let gone = held.stride(terrain.ascent_config()).unwrap_or(held.reach);
                Foothold { reach: gone / 2.0, ..held }
            }
        };
        let stride = held.stride(terrain.ascent_config()).filter(|_| held.reach >= LEAST);
        let Some(stride) = stride else { return false };
        self.place.clone_from(&held.place);
        let length = stride / squared(&held.slope).sqrt();
        terrain.step(&mut self.place, &held.slope, length, self.evaluations - 1);
        self.held = Some(held);
        true
    }
}

/// The squared Euclidean norm.
fn squared(slope: &[f32]) -> f64 {
    slope.iter().map(|&slope| f64::from(slope).powi(2)).sum()
}

/// All classes on their way up.
pub struct Ascent<T: Parameterization> {
    terrain: T,
    climbs: Vec<Climb<Genome<T>>>,
}

impl<T: Parameterization> Ascent<T> {
    /// So many classes, each at its first start.
    #[must_use]
    pub fn new(terrain: T, classes: usize, streams: &Streams) -> Self {
        let climbs = (0..classes).map(|class| begun(&terrain, class, 0, streams)).collect();
        Self { terrain, climbs }
    }

    /// What is at the places of the classes `range`, added to `seen`, and what the network says of it,
    /// `[range, classes]`; the places are then left for the next ones.
    fn look(
        &mut self,
        range: Range<usize>,
        classifier: &Classifier,
        streams: &Streams,
        seen: &mut Vec<Genome<T>>,
    ) -> Result<Vec<f32>> {
        let places: Vec<_> = self.climbs[range.clone()].iter().map(|one| &one.place).collect();
        let pixels = self.terrain.encoding().render(&places).pixels;
        let classes: Vec<u16> = range.clone().map(|class| class as u16).collect();
        let said = classifier.slopes(pixels.into_iter().map(f32::from).collect(), &classes)?;
        let InputGradients { confidences, log_confidences, of_pixels } = said;
        let slopes = self.terrain.slopes(&places, &of_pixels);
        seen.extend(places.into_iter().cloned());
        for ((class, slope), log_confidence) in range.zip(slopes).zip(log_confidences) {
            self.advance(class, slope, log_confidence, streams);
        }
        Ok(confidences)
    }

    /// A step, or a new start where there is no way up, or this start has had its evaluations.
    fn advance(&mut self, class: usize, slope: Vec<f32>, log_confidence: f32, streams: &Streams) {
        let (terrain, climb) = (&self.terrain, &mut self.climbs[class]);
        climb.evaluations += 1;
        let is_over = climb.evaluations >= terrain.ascent_config().evaluations;
        let steps = !is_over
            && match terrain.ascent_config().reach {
                None => climb.stride(terrain, &slope, log_confidence),
                Some(reach) => climb.grope(terrain, slope, log_confidence, reach),
            };
        if !steps {
            *climb = begun(terrain, class, climb.start + 1, streams);
        }
    }
}

/// A class at one of its starts. Each has a stream of its own.
fn begun<T: Parameterization>(
    terrain: &T,
    class: usize,
    start: u32,
    streams: &Streams,
) -> Climb<Genome<T>> {
    let place = terrain.start(&mut streams(&format!("class {class} start {start}")));
    Climb { start, evaluations: 0, place, held: None }
}

impl<T: Parameterization> Source<T::Encoding> for Ascent<T> {
    fn next(
        &mut self,
        search: &MapElites<T::Encoding>,
        classifier: &Classifier,
        streams: &Streams,
    ) -> Result<(Batch<Genome<T>>, Vec<f32>)> {
        let population = search.settings().population;
        let first = search.generation() == 0;
        let count = if first { population.initial } else { population.children } as usize;
        let (mut genomes, mut confidences) = (Vec::with_capacity(count), Vec::new());
        while genomes.len() < count {
            let evaluated = search.archive().evaluations() + genomes.len() as u64;
            let classes = self.climbs.len();
            let turn = (evaluated % classes as u64) as usize;
            let end = classes.min(turn + count - genomes.len());
            confidences.extend(self.look(turn..end, classifier, streams, &mut genomes)?);
        }
        Ok((Batch::without_parents(search.generation(), genomes), confidences))
    }

    fn save(&self) -> Result<Vec<u8>> {
        Ok(serde_json::to_vec(&self.climbs)?)
    }

    fn resume(&mut self, saved: &[u8]) -> Result<()> {
        let climbs: Vec<Climb<_>> = serde_json::from_slice(saved)?;
        let (found, wanted) = (climbs.len(), self.climbs.len());
        ensure!(found == wanted, "it has places for {found} classes, not for {wanted}");
        let held = climbs.iter().filter_map(|climb| climb.held.as_ref()).map(|held| &held.place);
        for place in climbs.iter().map(|climb| &climb.place).chain(held) {
            self.terrain.encoding().check_genome(place).map_err(|wrong| anyhow!(wrong))?;
        }
        for held in climbs.iter().filter_map(|climb| climb.held.as_ref()) {
            let (found, wanted) = (held.slope.len(), self.terrain.numbers(&held.place));
            ensure!(found == wanted, "it has a slope of {found} numbers at a place of {wanted}");
        }
        self.climbs = climbs;
        Ok(())
    }
}
