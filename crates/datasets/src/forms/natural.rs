//! Things found in nature.

mod animals;
mod land;
mod plants;
mod spine;

use super::scene::{Extent, Motif, Turn};

/// The natural classes, in the order of their labels.
pub(super) const MOTIFS: [Motif; 12] = [
    Motif { name: "leaf", turn: Turn::Free, extent: Extent::Figure, draw: plants::leaf },
    Motif { name: "fern", turn: Turn::Free, extent: Extent::Figure, draw: plants::fern },
    Motif { name: "feather", turn: Turn::Free, extent: Extent::Figure, draw: animals::feather },
    Motif { name: "tree", turn: Turn::Upright, extent: Extent::Figure, draw: plants::tree },
    Motif { name: "flower", turn: Turn::Free, extent: Extent::Figure, draw: plants::flower },
    Motif { name: "shell", turn: Turn::Free, extent: Extent::Figure, draw: animals::shell },
    Motif { name: "cloud", turn: Turn::Upright, extent: Extent::Figure, draw: land::cloud },
    Motif { name: "mountain", turn: Turn::Upright, extent: Extent::Figure, draw: land::mountain },
    Motif { name: "cells", turn: Turn::Free, extent: Extent::Sheet, draw: animals::cells },
    Motif { name: "pebbles", turn: Turn::Free, extent: Extent::Sheet, draw: land::pebbles },
    Motif { name: "waves", turn: Turn::Upright, extent: Extent::Sheet, draw: land::waves },
    Motif { name: "river", turn: Turn::Free, extent: Extent::Sheet, draw: land::river },
];
