//! MAP-Elites over the classes of an image classifier (Nguyen, Yosinski, Clune, "Deep neural
//! networks are easily fooled", CVPR 2015).
//!
//! For every class, the archive keeps the image with the highest confidence found so far, its
//! *elite*. The search evolves the elites further. The crate knows nothing of networks: it hands
//! out genomes and takes confidences. It depends on no other crate of assay.
//!
//! - [`MapElites`] is the loop. [`MapElites::ask`] for a [`Batch`] of genomes, evaluate them to one
//!   row of confidences each, and [`MapElites::tell`] the rows. Each genome competes for every cell
//!   of the [`Archive`].
//! - [`Direct`] and [`Cppn`] are the encodings: one gene per pixel and channel, or a growing graph
//!   from a pixel's coordinates to its color. Both [`Render`] to bytes; a CPPN at any size
//!   ([`Cppn::render_at`]).
//! - [`Preset`] has the settings of the paper, and those of the authors' code where they differ.
//! - [`Archive::metrics`] measures the progress; [`Archive::lineage`] traces an elite's ancestors.
//! - [`MapElites::save`] and [`MapElites::resume`]: a resumed search continues bit for bit as if it
//!   had not been interrupted. No result depends on the number of threads.
//!
//! # Terms
//!
//! The words follow pyribs and the paper:
//!
//! | pyribs | here |
//! |---|---|
//! | solution | genome |
//! | objective | the confidence in the cell's class |
//! | measures | none: every solution competes for every cell |
//! | cell index | class |
//! | archive, elite, emitter, ask, tell | the same |
//!
//! # Example
//!
//! A search over three classes. In place of a network, the confidence in a class grows as the two
//! pixels of an image approach that class's target.
//!
//! ```
//! use assay_map_elites::*;
//!
//! // Stands for a network: genomes to confidences, `[genomes, classes]`.
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
//! let image = ImageSpec { height: 1, width: 2, color: Color::Gray };
//! let settings = Settings {
//!     owner: "the example".to_string(),
//!     classes: 3,
//!     others: 0,
//!     encoding: Preset::Paper.direct(image),
//!     population: Population { initial: 20, children: 20, emitter: Emitter::Evolution },
//!     rule: ReplacementRule::EveryCell,
//!     keep: LineageRetention::Genomes,
//! };
//! let mut search = MapElites::new(settings)?;
//! let streams = seeded_streams(1);
//! while search.generation() < 40 {
//!     let batch = search.ask(&streams);
//!     let confidences = evaluate(batch.genomes());
//!     search.tell(batch, &confidences)?;
//! }
//! let metrics = search.archive().metrics().expect("the archive is not empty");
//! assert_eq!(metrics.evaluations, 20 + 39 * 20);
//! assert!(metrics.min > 0.99);
//!
//! // The elite of class 1 as an image, and its first ancestor.
//! let genome = search.archive().genome(1).expect("every cell has an elite");
//! let images = search.settings().encoding.render(&[genome]);
//! assert!(images.pixels[0] > images.pixels[1]);
//! assert_eq!(search.archive().lineage(1)[0].individual.parent, None);
//!
//! // Save, and resume with the same settings.
//! let resumed = MapElites::resume(&search.save(), search.settings())?;
//! assert_eq!(resumed, search);
//! # Ok::<(), MapElitesError>(())
//! ```

mod ancestry;
mod archive;
mod arithmetic;
mod batch;
mod color;
mod emitter;
mod encoding;
mod error;
mod image_spec;
mod images;
mod metrics;
mod operators;
mod persistence;
mod presets;
mod search;
mod streams;
mod threshold;

pub use ancestry::{Ancestor, Individual, LineageRetention, ParentRef};
pub use archive::{Archive, Elite, Insertion, ReplacementRule};
pub use batch::Batch;
pub use color::Color;
pub use emitter::{Emitter, Population};
pub use encoding::{
    Activation, Children, Connection, Coordinates, Cppn, CppnGenome, Direct, DirectGenome,
    Encoding, Genetic, Render, Variation,
};
pub use error::MapElitesError;
pub use image_spec::ImageSpec;
pub use images::Images;
pub use metrics::Metrics;
pub use operators::{AgreeingGenes, IsoLine, Polynomial, Rate, Sbx};
pub use presets::Preset;
pub use search::{MapElites, Settings};
pub use streams::seeded_streams;
pub use threshold::Threshold;
