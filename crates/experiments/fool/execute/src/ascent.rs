//! Gradient ascent (Nguyen et al. 2015, section 3.4): for each class, from a starting point up the
//! gradient of the network's confidence in that class.
//!
//! The classes take turns of one evaluation each, so they share the budget evenly. A forward pass
//! with its backward pass counts as one evaluation. At every step the network evaluates the image
//! of bytes that would be kept, and the gradient is taken there, although the parameters themselves
//! are finer than bytes. The published code evaluates images that are not rounded.

mod ascent_config;
mod class_state;
mod cppn;
mod differentiable_renderer;
mod graph;
mod pixels;
mod regularizers;
#[cfg(test)]
mod tests;

use std::ops::Range;

use anyhow::{Result, anyhow, ensure};
use assay_map_elites::{Batch, Encoding, MapElites, Render};
use rand_chacha::ChaCha8Rng;

use super::batch_source::{BatchSource, Streams};
use super::classifier::{Classifier, InputGradients};
use class_state::ClassState;

pub use ascent_config::AscentConfig;
pub use cppn::CppnWeights;
pub use pixels::{Pixels, mean_image};

/// The genome that represents a point of a parameterization.
type Genome<P> = <<P as Parameterization>::Encoding as Encoding>::Genome;

/// The parameters that gradient ascent optimizes. A point is a genome.
pub trait Parameterization {
    /// The encoding of points, which renders them to images.
    type Encoding: Render;

    /// The encoding.
    fn encoding(&self) -> &Self::Encoding;

    /// The step sizes and regularizers.
    fn ascent_config(&self) -> &AscentConfig;

    /// Number of parameters of a point, which is also the length of its gradient.
    fn parameter_count(&self, point: &Genome<Self>) -> usize;

    /// Draws a starting point.
    fn starting_point(&self, rng: &mut ChaCha8Rng) -> Genome<Self>;

    /// The gradient at each point, in its parameters.
    ///
    /// - `pixel_gradients`: the gradient in the pixels of each point's image, `[points, channels,
    ///   height, width]`, per u8 unit
    fn gradients(&self, points: &[&Genome<Self>], pixel_gradients: &[f32]) -> Vec<Vec<f32>>;

    /// Moves `point` by `rate` times the gradient, and applies the regularizers. `steps_done`
    /// counts the steps since the starting point.
    fn step(&self, point: &mut Genome<Self>, gradient: &[f32], rate: f64, steps_done: u32);
}

/// Gradient ascent for all classes.
pub struct Ascent<P: Parameterization> {
    parameterization: P,
    /// By class.
    classes: Vec<ClassState<Genome<P>>>,
}

impl<P: Parameterization> Ascent<P> {
    /// Places each class at its first starting point.
    #[must_use]
    pub fn new(parameterization: P, classes: usize, streams: &Streams) -> Self {
        let classes =
            (0..classes).map(|class| start(&parameterization, class, 0, streams)).collect();
        Self { parameterization, classes }
    }

    /// Evaluates the current points of the classes `range`, adds them to `evaluated`, and moves
    /// each class to its next point. Returns the confidences, `[range, outputs]`.
    fn evaluate_and_advance(
        &mut self,
        range: Range<usize>,
        classifier: &Classifier,
        streams: &Streams,
        evaluated: &mut Vec<Genome<P>>,
    ) -> Result<Vec<f32>> {
        let points: Vec<_> = self.classes[range.clone()].iter().map(|state| &state.place).collect();
        let pixels = self.parameterization.encoding().render(&points).pixels;
        let pixels = pixels.into_iter().map(f32::from).collect();
        let classes: Vec<u16> = range.clone().map(|class| class as u16).collect();
        let InputGradients { confidences, log_confidences, pixel_gradients } =
            classifier.input_gradients(pixels, &classes)?;
        let gradients = self.parameterization.gradients(&points, &pixel_gradients);
        evaluated.extend(points.into_iter().cloned());
        for ((class, gradient), log_confidence) in range.zip(gradients).zip(log_confidences) {
            self.advance(class, gradient, log_confidence, streams);
        }
        Ok(confidences)
    }

    /// Takes a step. Moves to a new starting point if no step raises the confidence, or if this
    /// start has used up its evaluations.
    fn advance(
        &mut self,
        class: usize,
        gradient: Vec<f32>,
        log_confidence: f32,
        streams: &Streams,
    ) {
        let (parameterization, state) = (&self.parameterization, &mut self.classes[class]);
        let config = parameterization.ascent_config();
        state.evaluations += 1;
        let has_moved = state.evaluations < config.evaluations
            && match config.trust_radius {
                None => state.step(parameterization, &gradient, log_confidence),
                Some(radius) => {
                    state.trust_region_step(parameterization, gradient, log_confidence, radius)
                }
            };
        if !has_moved {
            *state = start(parameterization, class, state.start + 1, streams);
        }
    }
}

/// The state of a class at one of its starting points. Each has a random stream of its own.
fn start<P: Parameterization>(
    parameterization: &P,
    class: usize,
    start: u32,
    streams: &Streams,
) -> ClassState<Genome<P>> {
    let stream = &mut streams(&format!("class {class} start {start}"));
    ClassState::new(start, parameterization.starting_point(stream))
}

impl<P: Parameterization> BatchSource<P::Encoding> for Ascent<P> {
    fn ask(
        &mut self,
        search: &MapElites<P::Encoding>,
        classifier: &Classifier,
        streams: &Streams,
    ) -> Result<(Batch<Genome<P>>, Vec<f32>)> {
        let population = search.settings().population;
        let is_first = search.generation() == 0;
        let count = if is_first { population.initial } else { population.children } as usize;
        let (mut genomes, mut confidences) = (Vec::with_capacity(count), Vec::new());
        while genomes.len() < count {
            let evaluated = search.archive().evaluations() + genomes.len() as u64;
            let classes = self.classes.len();
            let first = (evaluated % classes as u64) as usize;
            let end = classes.min(first + count - genomes.len());
            confidences.extend(self.evaluate_and_advance(
                first..end,
                classifier,
                streams,
                &mut genomes,
            )?);
        }
        Ok((Batch::without_parents(search.generation(), genomes), confidences))
    }

    fn save(&self) -> Result<Vec<u8>> {
        Ok(serde_json::to_vec(&self.classes)?)
    }

    fn resume(&mut self, saved: &[u8]) -> Result<()> {
        let classes: Vec<ClassState<_>> = serde_json::from_slice(saved)?;
        let (found, expected) = (classes.len(), self.classes.len());
        ensure!(found == expected, "it has points for {found} classes, not for {expected}");
        for state in &classes {
            let best = state.held.as_ref();
            for point in [Some(&state.place), best.map(|best| &best.place)].into_iter().flatten() {
                let encoding = self.parameterization.encoding();
                encoding.check_genome(point).map_err(|reason| anyhow!(reason))?;
            }
            if let Some(best) = best {
                let (found, expected) =
                    (best.slope.len(), self.parameterization.parameter_count(&best.place));
                ensure!(
                    found == expected,
                    "it has a gradient of {found} numbers for {expected} parameters"
                );
            }
        }
        self.classes = classes;
        Ok(())
    }
}
