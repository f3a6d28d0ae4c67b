//! The loop of an attack: generation by generation, with checkpoints.

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::{Context, Result};
use assay_classifier_cells::{
    Attack, AttackCell, AttackResult, EliteRecord, GenerationPoint, Method,
};
use assay_map_elites::{
    Emitter, Encoding, LineageRetention, MapElites, Population, Render, ReplacementRule, Settings,
};
use assay_runs::{Cell, CellId, CellSpec, random_stream, write_with_digest};
use rand_chacha::ChaCha8Rng;

use super::artifacts::lineage_snapshots;
use super::attack_output::{AttackOutput, LineageSnapshots};
use super::batch_source::BatchSource;
use super::checkpoint::{Header, ResumeHistory, decode, encode};
use super::classifier::Classifier;
use super::metrics::{elite_record, generation_point, is_recorded};
use assay_engine::panics;
use assay_engine::trainer::Control;
use assay_engine::worker::CellContext;

/// Ancestors' direct genomes are kept if they take at most this many bytes.
const MAX_LINEAGE_BYTES: u64 = 1 << 28;

/// The random streams of an attack, by name.
pub fn attack_streams(cell: &AttackCell) -> impl Fn(&str) -> ChaCha8Rng + Sync + use<> {
    let id = cell.id();
    move |name: &str| random_stream(&id, name)
}

fn population(attack: &Attack) -> Population {
    let emitter = match attack.method {
        Method::Evolution => Emitter::Evolution,
        Method::RandomSearch => Emitter::RandomSearch,
        Method::GradientAscent => Emitter::Outside,
    };
    Population { initial: attack.initial, children: attack.children, emitter }
}

fn search_settings<E>(
    cell: &AttackCell,
    classes: usize,
    encoding: E,
    classifier: &Classifier,
) -> Settings<E> {
    Settings {
        owner: format!("{} on {}", cell.id(), cell.network.id()),
        classes: classes as u32,
        others: (classifier.outputs() - classes) as u32,
        encoding,
        population: population(&cell.attack),
        rule: ReplacementRule::EveryCell,
        keep: lineage_retention(&cell.attack, classes, classifier.shape().len()),
    }
}

/// Keeps ancestors' genomes if they are CPPNs, which are small, or fit into [`MAX_LINEAGE_BYTES`].
fn lineage_retention(attack: &Attack, classes: usize, values: usize) -> LineageRetention {
    // At most one ancestor per class and generation, with four bytes per value.
    let bytes = classes as u64 * u64::from(attack.generations) * 4 * values as u64;
    if attack.encoding == assay_classifier_cells::Encoding::Cppn || bytes <= MAX_LINEAGE_BYTES {
        LineageRetention::Genomes
    } else {
        LineageRetention::Records
    }
}

/// An attack in progress.
pub struct AttackRun<'a, E: Encoding, S> {
    cell: &'a AttackCell,
    classifier: &'a Classifier,
    context: &'a CellContext,
    search: MapElites<E>,
    source: S,
    curve: Vec<GenerationPoint>,
    resume_history: ResumeHistory,
    made_from: BTreeMap<CellId, String>,
    started: Instant,
}

impl<'a, E: Render, S: BatchSource<E>> AttackRun<'a, E, S> {
    /// Starts an attack, or resumes it from the cell's checkpoint. Warns about a checkpoint that is
    /// damaged or does not fit, and starts from the beginning.
    ///
    /// # Errors
    /// A setting is out of range, or the checkpoint cannot be read.
    pub fn new(
        cell: &'a AttackCell,
        classes: usize,
        encoding: E,
        mut source: S,
        classifier: &'a Classifier,
        context: &'a CellContext,
    ) -> Result<Self> {
        let settings = search_settings(cell, classes, encoding, classifier);
        let generations = cell.attack.generations;
        let any_cell = Cell::from(cell.clone());
        let path = context.run.checkpoint(&any_cell);
        let made_from = context.run.made_from(&any_cell)?;
        let saved = match std::fs::read(&path) {
            Ok(bytes) => Some(decode(&bytes, &settings, generations, &made_from, &mut source)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(error).with_context(|| path.display().to_string()),
        };
        let (search, header) = match saved {
            Some(Ok(saved)) => saved,
            Some(Err(reason)) => {
                context.warn_restart(&path, &format!("{reason:#}"));
                (MapElites::new(settings)?, Header::default())
            }
            None => (MapElites::new(settings)?, Header::default()),
        };
        let Header { curve, resume_history, .. } = header;
        let started = Instant::now();
        Ok(Self {
            cell,
            classifier,
            context,
            search,
            source,
            curve,
            resume_history,
            made_from,
            started,
        })
    }

    /// Runs to the end; none if it was stopped before that, and saved.
    ///
    /// # Errors
    /// A confidence is not finite, or a checkpoint cannot be written.
    pub fn run(mut self) -> Result<Option<AttackOutput>> {
        let generations = self.cell.attack.generations;
        let mut progress_reporter = self.context.progress_reporter();
        let streams = attack_streams(self.cell);
        while self.search.generation() < generations {
            let (batch, confidences) = self.source.ask(&self.search, self.classifier, &streams)?;
            let insertion = self.search.tell(batch, &confidences)?;
            let done = self.search.generation();
            if is_recorded(done, generations) {
                let point = generation_point(done, self.search.archive(), insertion.replacements);
                self.curve.push(point);
            }
            let control = progress_reporter.report_step(u64::from(done), u64::from(generations));
            if control != Control::Continue && done < generations {
                self.save()?;
                progress_reporter.checkpoint_saved();
                if control == Control::Stop {
                    return Ok(None);
                }
            }
        }
        Ok(Some(self.finish()?))
    }

    fn save(&self) -> Result<()> {
        let mut resume_history = self.resume_history.clone();
        resume_history.seconds += self.started.elapsed().as_secs_f64();
        resume_history.devices.push(self.context.describe_device());
        let (curve, made_from) = (self.curve.clone(), self.made_from.clone());
        let header = Header { curve, resume_history, made_from, source: 0 };
        let bytes = encode(header, &self.source, &self.search)?;
        panics::ensure_none()?;
        let path = self.context.run.checkpoint(&Cell::from(self.cell.clone()));
        Ok(write_with_digest(&path, &bytes)?)
    }

    /// The elites' pixels after the first generation. The search no longer has them, but the
    /// streams reproduce that generation exactly.
    fn first_generation_elites(&self) -> Result<Vec<u8>> {
        let mut search = MapElites::new(self.search.settings().clone())?;
        let batch = search.ask(&attack_streams(self.cell));
        let images = search.settings().encoding.render(batch.genomes());
        search.tell(batch, &self.classifier.confidences(images.pixels)?)?;
        Ok(elite_pixels(&search))
    }

    fn finish(self) -> Result<AttackOutput> {
        let is_retraining = self.cell.repeat > 0;
        let first_elites = is_retraining.then(|| self.first_generation_elites()).transpose()?;
        let archive = self.search.archive();
        let elites: Vec<EliteRecord> =
            archive.elites().map(|(class, _)| elite_record(archive, class)).collect();
        Ok(AttackOutput {
            pixels: elite_pixels(&self.search),
            lineage_snapshots: if is_retraining {
                LineageSnapshots::default()
            } else {
                lineage_snapshots(&self.search)
            },
            first_elites,
            archive: self.search.save(),
            result: AttackResult { elites, curve: self.curve },
            resume_history: self.resume_history,
        })
    }
}

/// The pixels of all elites, `[elites, channels, height, width]`, in the order of classes.
fn elite_pixels<E: Render>(search: &MapElites<E>) -> Vec<u8> {
    let archive = search.archive();
    let genomes: Vec<&E::Genome> =
        archive.elites().filter_map(|(class, _)| archive.genome(class)).collect();
    search.settings().encoding.render(&genomes).pixels
}

#[cfg(test)]
mod tests {

    use assay_classifier_cells::{Encoding, Preset, Regularization};

    use super::*;

    #[test]
    fn ancestors_keep_their_genomes_if_these_fit() {
        let attack = |encoding, generations| Attack {
            method: Method::Evolution,
            encoding,
            preset: Preset::Paper,
            initial: 200,
            children: 200,
            generations,
            regularization: Regularization::Unregularized,
        };
        // MNIST takes 10 * 1010 * 784 * 4 = 32 MB; CIFAR-100 100 * 5000 * 3072 * 4 = 6 GB.
        let short = attack(Encoding::Direct, 1010);
        assert_eq!(lineage_retention(&short, 10, 784), LineageRetention::Genomes);
        let long = |encoding| lineage_retention(&attack(encoding, 5000), 100, 3072);
        assert_eq!(long(Encoding::Direct), LineageRetention::Records);
        assert_eq!(long(Encoding::Cppn), LineageRetention::Genomes);
    }
}
