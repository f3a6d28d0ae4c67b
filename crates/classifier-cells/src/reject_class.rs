//! The additional class of a retrained network: images that fooled an earlier network.

use serde::{Deserialize, Serialize};

use crate::{Attack, AttackCell, ClassifierCell};

/// An additional class that consists of fooling images (Nguyen et al. 2015, section on training
/// networks to recognize fooling images). A change to any of these images changes the identity of
/// the network trained on them.
///
/// The attacks are not stored here because network, settings and number determine them. Each attack
/// contains its network, so a cell grows by one network per round and not by one per attack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RejectClass {
    /// The network that the images fool. If it has a reject class itself, the images of that class
    /// are included.
    pub network: ClassifierCell,
    /// Settings of the attacks.
    pub attack: Attack,
    /// Number of independent attacks.
    pub attacks: u32,
    /// Images taken from each attack: elites after the first and after the last generation.
    pub images: u32,
    /// Whether each is repeated until the class is about as large as a mean class of the data. Cells of
    /// earlier versions have no such field: their images are not repeated.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub balanced: bool,
}

impl RejectClass {
    /// The attacks of this round. Earlier rounds are not included.
    #[must_use]
    pub fn attacks(&self) -> Vec<AttackCell> {
        AttackCell::repeats(&self.network, self.attack, self.attacks)
    }

    /// The reject classes of all rounds, the earliest first.
    #[must_use]
    pub fn rounds(&self) -> Vec<&Self> {
        let mut rounds: Vec<&Self> =
            std::iter::successors(Some(self), |class| class.network.reject.as_deref()).collect();
        rounds.reverse();
        rounds
    }
}

impl AttackCell {
    /// `count` independent attacks with the same settings on one network, numbered from 1.
    #[must_use]
    pub fn repeats(network: &ClassifierCell, attack: Attack, count: u32) -> Vec<Self> {
        let cell = |repeat| Self {
            seed: network.seed,
            repeat,
            data: network.data.clone(),
            attack,
            network: network.clone(),
        };
        (1..=count).map(cell).collect()
    }
}
