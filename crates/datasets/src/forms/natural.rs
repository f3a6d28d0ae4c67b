//! The natural classes.

mod animals;
mod curved_axis;
mod land;
mod plants;

use super::scene::{Motif, MotifKind, RotationRange};

/// The natural classes, in the order of their labels.
pub(super) const MOTIFS: [Motif; 12] = [
    Motif {
        name: "leaf",
        rotation: RotationRange::Free,
        kind: MotifKind::Figure,
        draw: plants::leaf,
    },
    Motif {
        name: "fern",
        rotation: RotationRange::Free,
        kind: MotifKind::Figure,
        draw: plants::fern,
    },
    Motif {
        name: "feather",
        rotation: RotationRange::Free,
        kind: MotifKind::Figure,
        draw: animals::feather,
    },
    Motif {
        name: "tree",
        rotation: RotationRange::Upright,
        kind: MotifKind::Figure,
        draw: plants::tree,
    },
    Motif {
        name: "flower",
        rotation: RotationRange::Free,
        kind: MotifKind::Figure,
        draw: plants::flower,
    },
    Motif {
        name: "shell",
        rotation: RotationRange::Free,
        kind: MotifKind::Figure,
        draw: animals::shell,
    },
    Motif {
        name: "cloud",
        rotation: RotationRange::Upright,
        kind: MotifKind::Figure,
        draw: land::cloud,
    },
    Motif {
        name: "mountain",
        rotation: RotationRange::Upright,
        kind: MotifKind::Figure,
        draw: land::mountain,
    },
    Motif {
        name: "cells",
        rotation: RotationRange::Free,
        kind: MotifKind::Pattern,
        draw: animals::cells,
    },
    Motif {
        name: "pebbles",
        rotation: RotationRange::Free,
        kind: MotifKind::Pattern,
        draw: land::pebbles,
    },
    Motif {
        name: "waves",
        rotation: RotationRange::Upright,
        kind: MotifKind::Pattern,
        draw: land::waves,
    },
    Motif {
        name: "river",
        rotation: RotationRange::Free,
        kind: MotifKind::Pattern,
        draw: land::river,
    },
];
