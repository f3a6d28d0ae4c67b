//! What an attack leaves behind.

use assay_classifier_cells::AttackResult;

use super::checkpoint::ResumeHistory;

/// The result of an attack, and the data of its files.
pub struct AttackOutput {
    /// The content of the record.
    pub result: AttackResult,
    /// The whole archive, genomes included, as `assay_map_elites` saves it.
    pub archive: Vec<u8>,
    /// The elites' pixels, `[elites, channels, height, width]`, in the order of the result.
    pub pixels: Vec<u8>,
    /// Some elites' ancestors; empty for an attack of a retraining round.
    pub lineage_snapshots: LineageSnapshots,
    /// The elites' pixels after the first generation, for an attack of a retraining round.
    pub first_elites: Option<Vec<u8>>,
    /// The sessions before this one, each of which left a checkpoint.
    pub resume_history: ResumeHistory,
}

/// Some lineages as images.
///
/// They are those of the elites whose ancestors changed class most often. Each has a few evenly
/// spaced members, including the first ancestor and the elite. All vectors have one entry per
/// member.
#[derive(Debug, Default)]
pub struct LineageSnapshots {
    /// `[members, channels, height, width]`.
    pub pixels: Vec<u8>,
    /// The class of the elite at the end of the lineage.
    pub elite_class: Vec<u32>,
    /// The class that the member was the elite of when it became a parent; for the elite its own.
    pub member_class: Vec<u32>,
    /// The network's confidence in that class.
    pub confidence: Vec<f32>,
    /// The generation of the member's birth, from 0.
    pub generation: Vec<u32>,
    /// The member's index in the lineage, from 0.
    pub index: Vec<u32>,
}
