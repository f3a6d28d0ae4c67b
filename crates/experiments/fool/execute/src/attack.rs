//! An attack on one network: MAP-Elites, or random search or gradient ascent with the same budget.

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::{Context, Result};
use assay_map_elites::{
    Color, Emitter, Encoding, Keep, MapElites, Picture, Population, Render, ReplacementRule,
    Settings,
};
use assay_runs::{
    Attack, AttackCell, AttackResult, Cell, CellId, EliteRecord, GenerationPoint, Method, Preset,
    Provenance, random_stream, write_with_digest,
};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::artifacts::{LineageSnapshots, lineage_snapshots};
use super::ascent::{self, Ascent, Pixels, Weights};
use super::checkpoint::{Head, resumed, written};
use super::classifier::Classifier;
use super::metrics::{elite, is_noted, point};
use super::source::{Asked, Source};
use assay_engine::panics;
use assay_engine::trainer::Control;
use assay_engine::worker::CellContext;

/// What an attack leaves behind.
pub struct AttackOutput {
    pub result: AttackResult,
    /// The whole archive, genomes included, as `assay_map_elites` saves it.
    pub archive: Vec<u8>,
    /// The elites' pixels, `[elites, channels, height, width]`, in the order of the result.
    pub pixels: Vec<u8>,
    /// Some elites' ancestors, of an attack by itself.
    pub lineage_snapshots: LineageSnapshots,
    /// The elites' pixels after the first generation, of an attack of a round of retraining.
    pub first: Option<Vec<u8>>,
    /// The resume_history before this one, which left a checkpoint behind.
    pub resume_history: ResumeHistory,
}

/// Where and for how long an attack was at work before.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ResumeHistory {
    pub seconds: f64,
    pub devices: Vec<String>,
}

impl ResumeHistory {
    /// A provenance with what is known of earlier resume_history.
    pub fn provenance(self, last: Provenance) -> Provenance {
        let resumed = self.devices.len() as u32;
        let mut earlier = self.devices;
        earlier.retain(|device| *device != last.device);
        Provenance { resumed, earlier_devices: earlier, ..last }
    }
}

/// Searches, from the cell's checkpoint where there is one; none when it was stopped, and saved,
/// before its end. `mean` gives the mean image, `[channels, height, width]`, 0 to 255.
pub fn attack(
    cell: &AttackCell,
    classifier: &Classifier,
    classes: usize,
    mean: impl FnOnce() -> Result<Vec<f32>>,
    context: &CellContext,
) -> Result<Option<AttackOutput>> {
    let preset = match cell.attack.preset {
        Preset::Paper => assay_map_elites::Preset::Paper,
        Preset::AuthorsCode => assay_map_elites::Preset::AuthorsCode,
    };
    let shape = classifier.shape();
    let is_gray = shape.channels == 1;
    let picture = |color: Color| {
        let color = if is_gray { Color::Gray } else { color };
        Picture { height: shape.height as u32, width: shape.width as u32, color }
    };
    let evolved = picture(preset.color());
    let climbs = cell.attack.method == Method::GradientAscent;
    let streams = streams(cell);
    match (cell.attack.encoding, climbs) {
        (assay_runs::Encoding::Direct, false) => {
            run(cell, classes, preset.direct(evolved), Asked, classifier, context)
        }
        (assay_runs::Encoding::Cppn, false) => {
            run(cell, classes, preset.cppn(evolved), Asked, classifier, context)
        }
        (assay_runs::Encoding::Direct, true) => {
            let encoding = preset.direct(picture(Color::Rgb));
            let config = ascent::AscentConfig::of(cell.attack.regularization);
            let terrain = Pixels::new(encoding.clone(), config, mean()?);
            run(
                cell,
                classes,
                encoding,
                Ascent::new(terrain, classes, &streams),
                classifier,
                context,
            )
        }
        (assay_runs::Encoding::Cppn, true) => {
            let encoding = preset.cppn(evolved);
            let terrain = Weights::new(encoding.clone(), classifier.device());
            run(
                cell,
                classes,
                encoding,
                Ascent::new(terrain, classes, &streams),
                classifier,
                context,
            )
        }
    }
}

fn run<E: Render, S: Source<E>>(
    cell: &AttackCell,
    classes: usize,
    encoding: E,
    source: S,
    classifier: &Classifier,
    context: &CellContext,
) -> Result<Option<AttackOutput>> {
    AttackUnderWay::new(cell, classes, encoding, source, classifier, context)?.run()
}

fn streams(cell: &AttackCell) -> impl Fn(&str) -> ChaCha8Rng + Sync + use<> {
    let id = cell.id();
    move |name: &str| random_stream(&id, name)
}

struct AttackUnderWay<'a, E: Encoding, S> {
    cell: &'a AttackCell,
    classifier: &'a Classifier,
    context: &'a CellContext,
    search: MapElites<E>,
    source: S,
    curve: Vec<GenerationPoint>,
    resume_history: ResumeHistory,
    made_from: BTreeMap<CellId, String>,
    began: Instant,
}

fn population(attack: &Attack) -> Population {
    let emitter = match attack.method {
        Method::Evolution => Emitter::Evolution,
        Method::RandomSearch => Emitter::RandomSearch,
        Method::GradientAscent => Emitter::Outside,
    };
    Population { initial: attack.initial, children: attack.children, emitter }
}

/// Ancestors' genomes are kept where they can take no more than so many bytes. Those of CPPNs are small.
const MOST_KEPT: u64 = 1 << 28;

/// Each class has at most an ancestor a generation, of four bytes a value.
fn keep(attack: &Attack, classes: usize, values: usize) -> Keep {
    let most = classes as u64 * u64::from(attack.generations) * 4 * values as u64;
    let are_small = attack.encoding == assay_runs::Encoding::Cppn || most <= MOST_KEPT;
    if are_small { Keep::Genomes } else { Keep::Records }
}

impl<'a, E: Render, S: Source<E>> AttackUnderWay<'a, E, S> {
    fn new(
        cell: &'a AttackCell,
        classes: usize,
        encoding: E,
        mut source: S,
        classifier: &'a Classifier,
        context: &'a CellContext,
    ) -> Result<Self> {
        let settings = Settings {
            owner: format!("{} on {}", cell.id(), cell.network.id()),
            classes: classes as u32,
            others: (classifier.outputs() - classes) as u32,
            encoding,
            population: population(&cell.attack),
            rule: ReplacementRule::EveryCell,
            keep: keep(&cell.attack, classes, classifier.shape().len()),
        };
        let generations = cell.attack.generations;
        let whole = Cell::from(cell.clone());
        let (path, made_from) = (context.run.checkpoint(&whole), context.run.made_from(&whole)?);
        let saved = match std::fs::read(&path) {
            Ok(bytes) => Some(resumed(&bytes, &settings, generations, &made_from, &mut source)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(error).with_context(|| path.display().to_string()),
        };
        let (search, head) = match saved {
            Some(Ok(saved)) => saved,
            Some(Err(reason)) => {
                context.warn_restart(&path, &format!("{reason:#}"));
                (MapElites::new(settings)?, Head::default())
            }
            None => (MapElites::new(settings)?, Head::default()),
        };
        let Head { curve, resume_history, .. } = head;
        let began = Instant::now();
        Ok(Self {
            cell,
            classifier,
            context,
            search,
            source,
            curve,
            resume_history,
            made_from,
            began,
        })
    }

    fn run(mut self) -> Result<Option<AttackOutput>> {
        let all = self.cell.attack.generations;
        let mut progress_reporter = self.context.progress_reporter();
        let streams = streams(self.cell);
        while self.search.generation() < all {
            let (batch, confidences) = self.source.next(&self.search, self.classifier, &streams)?;
            let insertion = self.search.tell(batch, &confidences)?;
            let done = self.search.generation();
            if is_noted(done, all) {
                self.curve.push(point(done, self.search.archive(), insertion.jumps));
            }
            let control = progress_reporter.report_step(u64::from(done), u64::from(all));
            if control != Control::Continue && done < all {
                self.save()?;
                progress_reporter.checkpoint_saved();
                if control == Control::Stop {
                    return Ok(None);
                }
            }
        }
        Ok(Some(self.found()?))
    }

    fn save(&self) -> Result<()> {
        let mut resume_history = self.resume_history.clone();
        resume_history.seconds += self.began.elapsed().as_secs_f64();
        resume_history.devices.push(self.context.describe_device());
        let head = Head::new(self.curve.clone(), resume_history, self.made_from.clone());
        let bytes = written(head, &self.source, &self.search)?;
        panics::ensure_none()?;
        let path = self.context.run.checkpoint(&Cell::from(self.cell.clone()));
        Ok(write_with_digest(&path, &bytes)?)
    }

    /// The elites' pixels after the first generation, which a search forgets as it goes on: drawn and
    /// looked at once more, they are the same.
    fn first_elites(&self) -> Result<Vec<u8>> {
        let id = self.cell.id();
        let mut search = MapElites::new(self.search.settings().clone())?;
        let batch = search.ask(&|name: &str| random_stream(&id, name));
        let images = search.settings().encoding.render(batch.genomes());
        search.tell(batch, &self.classifier.confidences(images.pixels)?)?;
        Ok(elite_pixels(&search))
    }

    fn found(self) -> Result<AttackOutput> {
        let first = (self.cell.repeat > 0).then(|| self.first_elites()).transpose()?;
        let archive = self.search.archive();
        let elites: Vec<EliteRecord> =
            archive.elites().map(|(class, _)| elite(archive, class)).collect();
        Ok(AttackOutput {
            pixels: elite_pixels(&self.search),
            lineage_snapshots: if self.cell.repeat == 0 {
                lineage_snapshots(&self.search)
            } else {
                LineageSnapshots::default()
            },
            first,
            archive: self.search.save(),
            result: AttackResult { elites, curve: self.curve },
            resume_history: self.resume_history,
        })
    }
}

/// Of every class that has an elite.
fn elite_pixels<E: Render>(search: &MapElites<E>) -> Vec<u8> {
    let archive = search.archive();
    let genomes: Vec<&E::Genome> =
        archive.elites().filter_map(|(class, _)| archive.genome(class)).collect();
    search.settings().encoding.render(&genomes).pixels
}

#[cfg(test)]
mod tests {
    use assay_runs::Regularization;

    use super::*;

    #[test]
    fn the_genomes_of_ancestors_are_kept_where_they_fit() {
        let attack = |encoding, generations| Attack {
            method: Method::Evolution,
            encoding,
            preset: Preset::Paper,
            initial: 200,
            children: 200,
            generations,
            regularization: Regularization::Nothing,
        };
        // MNIST takes 10 * 1010 * 784 * 4 = 32 MB; CIFAR-100 100 * 5000 * 3072 * 4 = 6 GB.
        assert_eq!(keep(&attack(assay_runs::Encoding::Direct, 1010), 10, 784), Keep::Genomes);
        let long = |encoding| keep(&attack(encoding, 5000), 100, 3072);
        assert_eq!(long(assay_runs::Encoding::Direct), Keep::Records);
        assert_eq!(long(assay_runs::Encoding::Cppn), Keep::Genomes);
    }
}
