//! Cells of a panel: a generalist of all classes, and specialists that each know a few of them better
//! (Hinton et al. 2015, section 5).

use serde::{Deserialize, Serialize};

use super::parts::{Data, Schedule};
use super::{CellId, ClassifierCell};

/// A generalist and how its specialists are made. Each specialist has a *field* of classes; which classes
/// that are follows from the finished generalist alone, so they need no place here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Panel {
    /// The network of all classes.
    pub generalist: ClassifierCell,
    /// How many specialists there are.
    pub specialists: u32,
    /// Most classes of each one's field; a cluster of fewer classes is taken whole.
    pub classes: u32,
    /// Passes over the classes in which the middles of the fields are found.
    pub passes: u32,
    /// The share of each batch that is of the field's classes, in (0, 1).
    pub own_share: f64,
    /// How a specialist is trained on from its generalist.
    pub schedule: Schedule,
}

impl Panel {
    /// The cells of its specialists, by field.
    #[must_use]
    pub fn cells(&self) -> Vec<SpecialistCell> {
        let cell = |field| SpecialistCell {
            data: self.generalist.data.clone(),
            panel: self.clone(),
            field,
        };
        (0..self.specialists).map(cell).collect()
    }

    /// The cell of what it says together.
    #[must_use]
    pub fn together(&self) -> PanelCell {
        PanelCell { data: self.generalist.data.clone(), panel: self.clone() }
    }
}

/// The training of one specialist, from its generalist on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpecialistCell {
    /// What it trains and tests on.
    pub data: Data,
    /// The panel it belongs to.
    pub panel: Panel,
    /// The number of its field, from 0.
    pub field: u32,
}

impl SpecialistCell {
    /// The cell's identity; see [`crate::Cell::id`].
    #[must_use]
    pub fn id(&self) -> CellId {
        CellId::of(self)
    }

    /// A name for people and folders, with the identity at its end.
    #[must_use]
    pub fn name(&self) -> String {
        let Panel { generalist, specialists, .. } = &self.panel;
        let (architecture, seed) = (&generalist.network.architecture, generalist.seed);
        let field = self.field;
        format!("specialist.{architecture}.{field}-of-{specialists}.seed-{seed}.{}", self.id())
    }
}

/// What the finished networks of a panel say together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PanelCell {
    /// What its networks were trained and are tested on.
    pub data: Data,
    /// The panel.
    pub panel: Panel,
}

impl PanelCell {
    /// The cell's identity; see [`crate::Cell::id`].
    #[must_use]
    pub fn id(&self) -> CellId {
        CellId::of(self)
    }

    /// A name for people and folders, with the identity at its end.
    #[must_use]
    pub fn name(&self) -> String {
        let Panel { generalist, specialists, .. } = &self.panel;
        let (architecture, seed) = (&generalist.network.architecture, generalist.seed);
        format!("panel.{architecture}.of-{specialists}.seed-{seed}.{}", self.id())
    }
}
