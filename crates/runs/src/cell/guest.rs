//! What an attack found, shown to a network that another run left behind.

use serde::{Deserialize, Serialize};

use super::parts::{Data, Network};
use super::{AttackCell, CellId};

/// A network that another run left behind, with all that it takes to show it an image. Where that run is
/// has no place here: the weights are told by their hash.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guest {
    /// What it is but for its repeat, in words: `student mlp-30-30`, `a3b lenet`.
    pub kind: String,
    /// The name of its cell in its run.
    pub cell: String,
    /// BLAKE3 of the file of its weights.
    pub weights: String,
    /// What it was trained on.
    pub data: Data,
    /// Its layers.
    pub network: Network,
    /// Channels, height and width of an image.
    pub input: [u32; 3],
    /// How many outputs it has.
    pub outputs: u32,
    /// Names of its classes, by output; outputs beyond them are no class of images.
    pub classes: Vec<String>,
    /// Means of the channels its images are normalized by, in 0..=255.
    pub mean: Vec<f32>,
    /// Standard deviations of the channels its images are normalized by, in units of 0..=255.
    pub deviation: Vec<f32>,
}

/// What an attack found, shown to a network that another run left behind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuestShowingCell {
    /// What the attacked network was trained on.
    pub data: Data,
    /// The attack.
    pub shown: AttackCell,
    /// The network its elites are shown to.
    pub guest: Guest,
}

impl GuestShowingCell {
    /// The cell's identity; see [`crate::Cell::id`].
    #[must_use]
    pub fn id(&self) -> CellId {
        CellId::of(self)
    }

    /// A name for people and folders, with the identity at its end.
    #[must_use]
    pub fn name(&self) -> String {
        let plain = |sign: char| if sign.is_ascii_alphanumeric() { sign } else { '-' };
        let kind: String = self.guest.kind.chars().map(plain).take(40).collect();
        format!("showing.{}.to-guest-{kind}.{}", self.shown.label(), self.id())
    }
}
