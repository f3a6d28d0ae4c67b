//! Variation operators on real-valued genes with a lower and an upper bound.

mod iso_line;
mod polynomial;
mod sbx;

pub use iso_line::IsoLine;
pub use polynomial::{Polynomial, Rate};
pub use sbx::{AgreeingGenes, Sbx};
