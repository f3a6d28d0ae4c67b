//! Variation operators on genes: numbers between a lower and an upper limit.

mod iso_line;
mod polynomial;
mod sbx;

pub use iso_line::IsoLine;
pub use polynomial::{Polynomial, Rate};
pub use sbx::{AgreeingGenes, Sbx};
