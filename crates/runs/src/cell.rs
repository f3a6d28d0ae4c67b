//! A cell: a value that determines one piece of work completely.

mod attack;
mod classifier;
mod guest;
mod panel;
mod parts;
mod reject;
mod transfer;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use attack::{Attack, AttackCell, Encoding, Method, Preset, Regularization, ShowingCell};
pub use classifier::{ClassifierCell, Examples, Loss, Role, SoftTerm};
pub use guest::{Guest, GuestShowingCell};
pub use panel::{Panel, PanelCell, SpecialistCell};
pub use parts::{Data, MomentumGrowth, Network, Schedule, Views};
pub use reject::RejectClass;
pub use transfer::TransferCell;

/// A value that determines one piece of work completely.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cell {
    /// A training of the transfer study.
    Transfer(TransferCell),
    /// A classifier of all classes, trained on labels or on teachers.
    Classifier(ClassifierCell),
    /// A search for images that a network is sure of.
    Attack(AttackCell),
    /// What an attack found, shown to another network.
    Showing(ShowingCell),
    /// A specialist, trained on from a generalist.
    Specialist(SpecialistCell),
    /// What a generalist and its specialists say together.
    Panel(PanelCell),
    /// What an attack found, shown to a network that another run left behind.
    GuestShowing(GuestShowingCell),
}

/// The identity of a cell: 16 hexadecimal digits of the BLAKE3 hash of its value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CellId(String);

impl fmt::Display for CellId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl CellId {
    /// Of a cell of one kind. No two kinds have the same fields, so the kind needs no place in the
    /// hash.
    fn of(cell: &impl Serialize) -> Self {
        let value = serde_json::to_vec(cell).expect("a cell is plain data");
        Self(blake3::hash(&value).to_hex()[..16].to_owned())
    }
}

impl Cell {
    /// The cell's identity. Two cells with the same identity come to the same result.
    ///
    /// # Panics
    /// Never: a cell is plain data, which always has a JSON form.
    #[must_use]
    pub fn id(&self) -> CellId {
        match self {
            Self::Transfer(cell) => cell.id(),
            Self::Classifier(cell) => cell.id(),
            Self::Attack(cell) => cell.id(),
            Self::Showing(cell) => cell.id(),
            Self::Specialist(cell) => cell.id(),
            Self::Panel(cell) => cell.id(),
            Self::GuestShowing(cell) => cell.id(),
        }
    }

    /// A name for people and folders, with the identity at its end.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Transfer(cell) => cell.name(),
            Self::Classifier(cell) => cell.name(),
            Self::Attack(cell) => cell.name(),
            Self::Showing(cell) => cell.name(),
            Self::Specialist(cell) => cell.name(),
            Self::Panel(cell) => cell.name(),
            Self::GuestShowing(cell) => cell.name(),
        }
    }

    /// The cells that must be done before this one.
    #[must_use]
    pub fn needs(&self) -> Vec<Self> {
        match self {
            Self::Transfer(cell) => cell.needs().into_iter().map(Self::Transfer).collect(),
            Self::Classifier(cell) => {
                let aligner = cell.aligned_by.as_deref().into_iter();
                let others = aligner.chain(&cell.teachers).cloned().map(Self::Classifier);
                let panels = cell.panel.iter().map(|panel| panel.together().into());
                let attacks = cell.reject.iter().flat_map(|reject| reject.attacks());
                others.chain(panels).chain(attacks.map(Self::Attack)).collect()
            }
            Self::Attack(cell) => vec![Self::Classifier(cell.network.clone())],
            Self::Showing(cell) => {
                let shown = Self::Attack(cell.shown.clone());
                vec![shown, Self::Classifier(cell.audience.clone())]
            }
            Self::Specialist(cell) => vec![Self::Classifier(cell.panel.generalist.clone())],
            Self::Panel(cell) => cell.panel.cells().into_iter().map(Self::Specialist).collect(),
            Self::GuestShowing(cell) => vec![Self::Attack(cell.shown.clone())],
        }
    }

    /// What it trains and tests on.
    #[must_use]
    pub fn data(&self) -> &Data {
        match self {
            Self::Transfer(cell) => &cell.data,
            Self::Classifier(cell) => &cell.data,
            Self::Attack(cell) => &cell.data,
            Self::Showing(cell) => &cell.data,
            Self::Specialist(cell) => &cell.data,
            Self::Panel(cell) => &cell.data,
            Self::GuestShowing(cell) => &cell.data,
        }
    }

    /// The cell as one of the transfer study, if it is.
    #[must_use]
    pub fn transfer(&self) -> Option<&TransferCell> {
        match self {
            Self::Transfer(cell) => Some(cell),
            _ => None,
        }
    }

    /// The cell as a classifier, if it is one.
    #[must_use]
    pub fn classifier(&self) -> Option<&ClassifierCell> {
        match self {
            Self::Classifier(cell) => Some(cell),
            _ => None,
        }
    }
}

impl From<TransferCell> for Cell {
    fn from(cell: TransferCell) -> Self {
        Self::Transfer(cell)
    }
}

impl From<ClassifierCell> for Cell {
    fn from(cell: ClassifierCell) -> Self {
        Self::Classifier(cell)
    }
}

impl From<AttackCell> for Cell {
    fn from(cell: AttackCell) -> Self {
        Self::Attack(cell)
    }
}

impl From<ShowingCell> for Cell {
    fn from(cell: ShowingCell) -> Self {
        Self::Showing(cell)
    }
}

impl From<SpecialistCell> for Cell {
    fn from(cell: SpecialistCell) -> Self {
        Self::Specialist(cell)
    }
}

impl From<PanelCell> for Cell {
    fn from(cell: PanelCell) -> Self {
        Self::Panel(cell)
    }
}
impl From<GuestShowingCell> for Cell {
    fn from(cell: GuestShowingCell) -> Self {
        Self::GuestShowing(cell)
    }
}

#[cfg(test)]
mod tests;
