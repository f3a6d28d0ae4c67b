//! An attack: MAP-Elites, or random search with the same budget, on one network.

use std::time::Instant;

use anyhow::{Context, Result};
use assay_map_elites::{
    Archive, Colour, Emitter, Encoding, Keep, MapElites, Picture, Population, Render, Rule,
    Settings, Threshold,
};
use assay_runs::{
    Attack, AttackCell, AttackResult, Cell, EliteRecord, GenerationPoint, Method, Preset,
    Provenance, stream, write_atomically,
};
use serde::{Deserialize, Serialize};

use super::generation::generation;
use super::leavings::{Strips, strips};
use super::network_mind::Mind;
use crate::trainer::Control;
use crate::worker::Desk;

/// What an attack leaves behind.
pub struct Found {
    pub result: AttackResult,
    /// The whole archive, genomes included, as `assay_map_elites` saves it.
    pub archive: Vec<u8>,
    /// The elites' pixels, `[elites, channels, height, width]`, in the order of the result.
    pub pixels: Vec<u8>,
    /// Some elites' ancestors.
    pub strips: Strips,
    /// The elites' pixels after the first generation, of an attack of a round of retraining.
    pub first: Option<Vec<u8>>,
    /// The sessions before this one, which left a checkpoint behind.
    pub sessions: Sessions,
}

/// Where and for how long an attack was at work before.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Sessions {
    pub seconds: f64,
    pub devices: Vec<String>,
}

impl Sessions {
    /// A provenance with what is known of earlier sessions.
    pub fn provenance(self, last: Provenance) -> Provenance {
        let resumed = self.devices.len() as u32;
        let mut earlier = self.devices;
        earlier.retain(|device| *device != last.device);
        Provenance { resumed, earlier_devices: earlier, ..last }
    }
}

/// Searches, from the cell's checkpoint where there is one; none when it was stopped, and saved,
/// before its end.
pub fn attack(
    cell: &AttackCell,
    mind: &Mind,
    classes: usize,
    desk: &Desk,
) -> Result<Option<Found>> {
    let preset = match cell.attack.preset {
        Preset::Paper => assay_map_elites::Preset::Paper,
        Preset::AuthorsCode => assay_map_elites::Preset::AuthorsCode,
    };
    let shape = mind.shape();
    let colour = if shape.channels == 1 { Colour::Grey } else { preset.colour() };
    let picture = Picture { height: shape.height as u32, width: shape.width as u32, colour };
    match cell.attack.encoding {
        assay_runs::Encoding::Direct => {
            AttackUnderWay::new(cell, classes, preset.direct(picture), mind, desk)?.run()
        }
        assay_runs::Encoding::Cppn => {
            AttackUnderWay::new(cell, classes, preset.cppn(picture), mind, desk)?.run()
        }
    }
}

struct AttackUnderWay<'a, E: Encoding> {
    cell: &'a AttackCell,
    mind: &'a Mind,
    desk: &'a Desk,
    search: MapElites<E>,
    curve: Vec<GenerationPoint>,
    sessions: Sessions,
    began: Instant,
}

/// A line of JSON before the saved search.
#[derive(Default, Serialize, Deserialize)]
struct CheckpointHead {
    curve: Vec<GenerationPoint>,
    sessions: Sessions,
}

fn population(attack: &Attack) -> Population {
    let emitter = match attack.method {
        Method::Evolution => Emitter::Evolution,
        Method::RandomSearch => Emitter::RandomSearch,
    };
    Population { initial: attack.initial, children: attack.children, emitter }
}

/// Whether a generation, from 1, is among those whose elites are noted.
fn is_noted(generation: u32, all: u32) -> bool {
    generation <= 20 || generation.is_multiple_of(10) || generation == all
}

impl<'a, E: Render> AttackUnderWay<'a, E> {
    fn new(
        cell: &'a AttackCell,
        classes: usize,
        encoding: E,
        mind: &'a Mind,
        desk: &'a Desk,
    ) -> Result<Self> {
        let settings = Settings {
            owner: format!("{} on {}", cell.id(), cell.network.id()),
            classes: classes as u32,
            others: (mind.outputs() - classes) as u32,
            encoding,
            population: population(&cell.attack),
            rule: Rule::EveryCell,
            keep: Keep::Genomes,
        };
        let path = desk.run.checkpoint(&Cell::from(cell.clone()));
        let (search, head) = match std::fs::read(&path) {
            Ok(bytes) => resumed(&bytes, &settings).with_context(|| {
                format!("{}; delete it to attack from the beginning", path.display())
            })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                (MapElites::new(settings)?, CheckpointHead::default())
            }
            Err(error) => return Err(error).with_context(|| path.display().to_string()),
        };
        let CheckpointHead { curve, sessions } = head;
        Ok(Self { cell, mind, desk, search, curve, sessions, began: Instant::now() })
    }

    fn run(mut self) -> Result<Option<Found>> {
        let all = self.cell.attack.generations;
        let mut pace = self.desk.pace();
        let id = self.cell.id();
        let streams = |name: &str| stream(&id, name);
        while self.search.generation() < all {
            let (insertion, _) = generation(&mut self.search, self.mind, &streams)?;
            let done = self.search.generation();
            if is_noted(done, all) {
                self.curve.push(point(done, self.search.archive(), insertion.jumps));
            }
            let control = pace.after(u64::from(done), u64::from(all));
            if control != Control::Continue && done < all {
                self.save()?;
                pace.saved();
                if control == Control::Stop {
                    return Ok(None);
                }
            }
        }
        Ok(Some(self.found()?))
    }

    fn save(&self) -> Result<()> {
        let mut sessions = self.sessions.clone();
        sessions.seconds += self.began.elapsed().as_secs_f64();
        sessions.devices.push(self.desk.device_in_words());
        let head = CheckpointHead { curve: self.curve.clone(), sessions };
        let mut bytes = serde_json::to_vec(&head)?;
        bytes.push(b'\n');
        bytes.extend(self.search.save());
        let path = self.desk.run.checkpoint(&Cell::from(self.cell.clone()));
        Ok(write_atomically(&path, &bytes)?)
    }

    /// The elites' pixels after the first generation, which a search forgets as it goes on: drawn and
    /// looked at once more, they are the same.
    fn first_elites(&self) -> Result<Vec<u8>> {
        let id = self.cell.id();
        let mut search = MapElites::new(self.search.settings().clone())?;
        let batch = search.ask(&|name: &str| stream(&id, name));
        let images = search.settings().encoding.render(batch.genomes());
        search.tell(batch, &self.mind.confidences(images.pixels)?)?;
        Ok(elite_pixels(&search))
    }

    fn found(self) -> Result<Found> {
        let first = (self.cell.repeat > 0).then(|| self.first_elites()).transpose()?;
        let archive = self.search.archive();
        let elites: Vec<EliteRecord> =
            archive.elites().map(|(class, _)| elite(archive, class)).collect();
        Ok(Found {
            pixels: elite_pixels(&self.search),
            strips: strips(&self.search),
            first,
            archive: self.search.save(),
            result: AttackResult { elites, curve: self.curve },
            sessions: self.sessions,
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

fn resumed<E: Encoding>(
    bytes: &[u8],
    settings: &Settings<E>,
) -> Result<(MapElites<E>, CheckpointHead)> {
    let end = bytes.iter().position(|&byte| byte == b'\n').context("it has no first line")?;
    let head: CheckpointHead = serde_json::from_slice(&bytes[..end])?;
    Ok((MapElites::resume(&bytes[end + 1..], settings)?, head))
}

fn point<G>(generation: u32, archive: &Archive<G>, jumps: usize) -> GenerationPoint {
    let metrics = archive.metrics().expect("a generation was told");
    let mut sorted: Vec<f32> = archive.elites().map(|(_, elite)| elite.confidence).collect();
    sorted.sort_by(f32::total_cmp);
    GenerationPoint {
        generation,
        evaluations: metrics.evaluations,
        min: metrics.min,
        lower_quartile: quantile(&sorted, 0.25),
        median: metrics.median,
        upper_quartile: quantile(&sorted, 0.75),
        max: metrics.max,
        mean: metrics.mean,
        at_least_99: metrics.at_least_99,
        at_least_9999: metrics.at_least_9999,
        predicted: metrics.predicted,
        individuals: metrics.individuals as u32,
        jumps: jumps as u32,
    }
}

/// Linear between the two values it lies between; `sorted` has at least one.
fn quantile(sorted: &[f32], share: f64) -> f32 {
    let place = share * (sorted.len() - 1) as f64;
    let (below, above) = (place.floor() as usize, place.ceil() as usize);
    let part = (place - place.floor()) as f32;
    sorted[below] + part * (sorted[above] - sorted[below])
}

fn elite<G>(archive: &Archive<G>, class: usize) -> EliteRecord {
    let elite = archive.elite(class).expect("asked for a filled cell");
    let individual = archive.individual(elite.individual).expect("an elite is kept");
    EliteRecord {
        class: class as u16,
        confidence: elite.confidence,
        predicted: individual.predicted as u16,
        generation: individual.generation,
        evaluations_to_99: archive.evaluations_of_cell(class, Threshold::TwoNines),
        evaluations_to_9999: archive.evaluations_of_cell(class, Threshold::FourNines),
        lineage: archive.lineage(class).iter().map(|ancestor| ancestor.cell as u16).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_lie_linearly_between_values() {
        let sorted = [0.0, 1.0, 2.0, 4.0];
        assert_eq!(quantile(&sorted, 0.25).to_bits(), 0.75_f32.to_bits());
        assert_eq!(quantile(&sorted, 0.75).to_bits(), 2.5_f32.to_bits());
        assert_eq!(quantile(&sorted, 1.0).to_bits(), 4.0_f32.to_bits());
    }

    #[test]
    fn early_generations_every_tenth_and_the_last_are_noted() {
        let noted: Vec<u32> = (1..=33).filter(|&generation| is_noted(generation, 33)).collect();
        let expected: Vec<u32> = (1..=20).chain([30, 33]).collect();
        assert_eq!(noted, expected);
    }
}
