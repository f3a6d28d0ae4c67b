//! What cells of the fooling study come to.

use serde::{Deserialize, Serialize};

use crate::CellId;

/// The elites after one generation, in numbers. Confidences are an elite's own class's, in [0, 1].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct GenerationPoint {
    /// Generations done, from 1.
    pub generation: u32,
    /// Images evaluated.
    pub evaluations: u64,
    /// The least confidence.
    pub min: f32,
    /// The confidence that a quarter of the elites does not reach.
    pub lower_quartile: f32,
    /// The middle confidence.
    pub median: f32,
    /// The confidence that three quarters of the elites do not exceed.
    pub upper_quartile: f32,
    /// The greatest confidence.
    pub max: f32,
    /// The mean confidence.
    pub mean: f64,
    /// The share of classes whose elite has at least 0.99.
    pub at_least_99: f64,
    /// The share of classes whose elite has at least 0.9999.
    pub at_least_9999: f64,
    /// The share of classes whose elite is most of all of its own class: argmax coverage.
    pub predicted: f64,
    /// Different genomes among the elites: one may hold several classes.
    pub individuals: u32,
    /// Elites replaced in this generation.
    pub jumps: u32,
}

/// The elite of one class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EliteRecord {
    /// The class.
    pub class: u16,
    /// The network's confidence in it, in [0, 1].
    pub confidence: f32,
    /// The class that the network is most confident of; one more than the last is its reject class.
    pub predicted: u16,
    /// The generation it was born in, from 0.
    pub generation: u32,
    /// Images evaluated before the class first had an elite of at least 0.99, where it has one.
    pub evaluations_to_99: Option<u64>,
    /// The same for 0.9999.
    pub evaluations_to_9999: Option<u64>,
    /// From the first ancestor to the elite, the class each was the elite of when it became a parent.
    pub lineage: Vec<u16>,
}

/// What an attack came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttackResult {
    /// Every so many generations, the last one always.
    pub curve: Vec<GenerationPoint>,
    /// One a class that has an elite, by class.
    pub elites: Vec<EliteRecord>,
}

/// What one network says of images that were found on another, by their classes there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opinion {
    /// The network.
    pub network: CellId,
    /// Its confidence in each image's class, in [0, 1].
    pub confidences: Vec<f32>,
    /// The class it is most confident of; one more than the last is its reject class.
    pub predicted: Vec<u16>,
    /// Its confidence in that class.
    pub predicted_confidences: Vec<f32>,
}

/// What a network of another run says of the images of an attack whose classes it knows, by those classes'
/// labels here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GuestOpinion {
    /// The images' classes.
    pub classes: Vec<u16>,
    /// Its confidence in each image's class, in [0, 1]: the softmax over all of its own outputs.
    pub confidences: Vec<f32>,
    /// The class it is most confident of; none where that is none of those here.
    pub predicted: Vec<Option<u16>>,
    /// Its confidence in that class.
    pub predicted_confidences: Vec<f32>,
}
