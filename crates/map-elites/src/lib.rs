//! MAP-Elites over the classes of a network (Nguyen, Yosinski, Clune, "Deep neural networks are
//! easily fooled", CVPR 2015).
//!
//! The crate keeps, for every class that a network tells apart, the image that the network is most
//! confident of, and evolves these *elites* further. It knows nothing of networks: it hands out
//! genomes and takes confidences. It can be used alone.
//!
//! - [`MapElites`] is the loop: [`MapElites::ask`] for a [`Batch`] of genomes, evaluate them with
//!   whatever gives a row of confidences for each, [`MapElites::tell`] the rows. One evaluation
//!   competes for every cell of the [`Archive`].
//! - [`Direct`] and [`Cppn`] are the encodings: a gene for every value of an image, or a growing
//!   graph from a pixel's place to its color. Both [`Render`] to bytes; a CPPN at any size
//!   ([`Cppn::render_at`]).
//! - [`Preset`] has the settings of the paper, and those of the authors' code where it does
//!   otherwise.
//! - [`Archive::metrics`] says how far a search has come, [`Archive::lineage`] where an elite came
//!   from.
//! - [`MapElites::save`] and [`MapElites::resume`]: no state of a generator is kept, so a search
//!   that was saved goes on as if it had not been, bit for bit. Nothing depends on the number of
//!   threads.
//!
//! # A search
//!
//! Three classes; the "network" is the more confident of a class the nearer the image's two pixels
//! are to that class's own colors.
//!
//! ```
//! use assay_map_elites::*;
//!
//! // What a network would do: genomes to confidences, `[genomes, classes]`.
//! fn evaluate(genomes: &[DirectGenome]) -> Vec<f32> {
//!     let targets = [[0.2, 0.8], [0.8, 0.2], [0.5, 0.5]];
//!     let confidence = |genes: &[f32], target: [f32; 2]| {
//!         let squares = (genes[0] - target[0]).powi(2) + (genes[1] - target[1]).powi(2);
//!         (-10.0 * squares).exp()
//!     };
//!     let row = |DirectGenome(genes): &DirectGenome| targets.map(|t| confidence(genes, t));
//!     genomes.iter().flat_map(row).collect()
//! }
//!
//! let picture = Picture { height: 1, width: 2, color: Color::Gray };
//! let settings = Settings {
//!     owner: "the example".to_string(),
//!     classes: 3,
//!     others: 0,
//!     encoding: Preset::Paper.direct(picture),
//!     population: Population { initial: 20, children: 20, emitter: Emitter::Evolution },
//!     rule: ReplacementRule::EveryCell,
//!     keep: Keep::Genomes,
//! };
//! let mut search = MapElites::new(settings)?;
//! let stream = seeded(1);
//! while search.generation() < 40 {
//!     let batch = search.ask(&stream);
//!     let confidences = evaluate(batch.genomes());
//!     search.tell(batch, &confidences)?;
//! }
//! let metrics = search.archive().metrics().expect("something was told");
//! assert_eq!(metrics.evaluations, 20 + 39 * 20);
//! assert!(metrics.min > 0.99);
//!
//! // The elite of class 1 as an image, and its ancestors.
//! let genome = search.archive().genome(1).expect("every cell has an elite");
//! let images = search.settings().encoding.render(&[genome]);
//! assert!(images.pixels[0] > images.pixels[1]);
//! assert_eq!(search.archive().lineage(1)[0].individual.parent, None);
//!
//! // Saved, and resumed under the same settings.
//! let resumed = MapElites::resume(&search.save(), search.settings())?;
//! assert_eq!(resumed, search);
//! # Ok::<(), MapElitesError>(())
//! ```

mod ancestry;
mod archive;
mod arithmetic;
mod color;
mod emitter;
mod encoding;
mod error;
mod images;
mod metrics;
mod operators;
mod presets;
mod saved;
mod search;
mod streams;

pub use ancestry::{Ancestor, Individual, Keep, Tie};
pub use archive::{Archive, Elite, Insertion, ReplacementRule};
pub use color::Color;
pub use emitter::{Batch, Emitter, Population};
pub use encoding::{
    Activation, Children, Connection, Coordinates, Cppn, CppnGenome, Direct, DirectGenome,
    Encoding, Genetic, Picture, Render, Variation,
};
pub use error::MapElitesError;
pub use images::Images;
pub use metrics::{Metrics, Threshold};
pub use operators::{AgreeingGenes, IsoLine, Polynomial, Rate, Sbx};
pub use presets::Preset;
pub use search::{MapElites, Settings};
pub use streams::seeded;
