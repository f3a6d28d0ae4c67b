//! The class of what is no class: images that fooled an earlier network.

use serde::{Deserialize, Serialize};

use super::{Attack, AttackCell, ClassifierCell};

/// One more class for a network to learn: images that fool another (Nguyen et al. 2015, the section on
/// training networks to recognize fooling images). Whatever changes an image changes the identity of
/// the network that learns it.
///
/// The attacks that the images come from are not written out: they are determined by the network, the
/// search and their number, and each holds the network whole. So a cell grows by one network a round,
/// not by as many as there are attacks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RejectClass {
    /// The network that the images fool. Where it has such a class itself, that one's images belong to
    /// this one as well.
    pub network: ClassifierCell,
    /// The search for them.
    pub attack: Attack,
    /// How many independent attacks they come from.
    pub attacks: u32,
    /// Images drawn from each: of the elites after its first generation and after its last.
    pub images: u32,
}

impl RejectClass {
    /// The attacks that the images come from, those of earlier rounds not among them.
    #[must_use]
    pub fn attacks(&self) -> Vec<AttackCell> {
        AttackCell::repeats(&self.network, self.attack, self.attacks)
    }

    /// This class and those of the networks before, the first of them first.
    #[must_use]
    pub fn rounds(&self) -> Vec<&Self> {
        let mut rounds: Vec<&Self> =
            std::iter::successors(Some(self), |class| class.network.reject.as_deref()).collect();
        rounds.reverse();
        rounds
    }
}

impl AttackCell {
    /// So many independent attacks of one kind on one network, numbered from 1.
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
