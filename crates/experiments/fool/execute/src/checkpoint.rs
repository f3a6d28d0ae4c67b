//! An attack in progress, as bytes.
//!
//! Written sealed with a digest: a line of JSON with what was noted so far; then what the source of the images saved,
//! and the saved search.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use assay_map_elites::{Encoding, MapElites, Settings};
use assay_runs::{CellId, GenerationPoint, verify_digest};
use serde::{Deserialize, Serialize};

use super::attack::ResumeHistory;
use super::metrics::is_noted;
use super::source::Source;
use assay_engine::worker::STALE_INPUTS;

/// What an attack has noted so far.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct Head {
    pub curve: Vec<GenerationPoint>,
    pub resume_history: ResumeHistory,
    /// What the attack is made from, as a record metrics it.
    pub made_from: BTreeMap<CellId, String>,
    /// How many bytes the source saved.
    source: usize,
}

impl Head {
    /// Before anything was saved.
    pub fn new(
        curve: Vec<GenerationPoint>,
        resume_history: ResumeHistory,
        made_from: BTreeMap<CellId, String>,
    ) -> Self {
        Self { curve, resume_history, made_from, source: 0 }
    }
}

/// An attack as bytes, to be sealed.
///
/// # Errors
/// When the source cannot be written down.
pub fn written<E: Encoding>(
    head: Head,
    source: &impl Source<E>,
    search: &MapElites<E>,
) -> Result<Vec<u8>> {
    let source = source.save()?;
    let mut body = serde_json::to_vec(&Head { source: source.len(), ..head })?;
    body.push(b'\n');
    body.extend(source);
    body.extend(search.save());
    Ok(body)
}

/// An attack of so many generations as it was saved: the search, and what was noted; the source goes on from
/// there.
///
/// # Errors
/// When the bytes are not what was written, are of an attack with other settings, or of one that is further than it
/// can be.
pub fn resumed<E: Encoding>(
    bytes: &[u8],
    settings: &Settings<E>,
    generations: u32,
    made_from: &BTreeMap<CellId, String>,
    source: &mut impl Source<E>,
) -> Result<(MapElites<E>, Head)> {
    let (head, rest) = line(verify_digest(bytes)?)?;
    let head: Head = serde_json::from_slice(head)?;
    ensure!(head.made_from == *made_from, STALE_INPUTS);
    let (of_source, of_search) = rest.split_at_checked(head.source).context("it was cut short")?;
    let search = MapElites::resume(of_search, settings)?;
    let done = search.generation();
    ensure!(done < generations, "it has done {done} generations of {generations}");
    let noted = (1..=done).filter(|&generation| is_noted(generation, generations));
    ensure!(
        noted.eq(head.curve.iter().map(|point| point.generation)),
        "its curve is not that of {done} generations"
    );
    source.resume(of_source)?;
    Ok((search, head))
}

fn line(bytes: &[u8]) -> Result<(&[u8], &[u8])> {
    let end = bytes.iter().position(|&byte| byte == b'\n').context("it has no first line")?;
    Ok((&bytes[..end], &bytes[end + 1..]))
}

#[cfg(test)]
mod tests {
    use anyhow::bail;
    use assay_map_elites::{
        Batch, Color, Direct, DirectGenome, Emitter, Keep, Picture, Population, Preset,
        ReplacementRule, seeded,
    };
    use assay_runs::with_digest;

    use super::super::classifier::Classifier;
    use super::super::source::Streams;
    use super::*;

    /// A source that takes any bytes for its own.
    struct Anything(Vec<u8>);

    impl Source<Direct> for Anything {
        fn next(
            &mut self,
            _search: &MapElites<Direct>,
            _mind: &Classifier,
            _streams: &Streams,
        ) -> Result<(Batch<DirectGenome>, Vec<f32>)> {
            bail!("nothing is asked of it")
        }

        fn save(&self) -> Result<Vec<u8>> {
            Ok(self.0.clone())
        }

        fn resume(&mut self, saved: &[u8]) -> Result<()> {
            self.0 = saved.to_vec();
            Ok(())
        }
    }

    fn search() -> MapElites<Direct> {
        let picture = Picture { height: 2, width: 1, color: Color::Gray };
        let mut search = MapElites::new(Settings {
            owner: "the test".to_owned(),
            classes: 2,
            others: 0,
            encoding: Preset::Paper.direct(picture),
            population: Population { initial: 2, children: 2, emitter: Emitter::Evolution },
            rule: ReplacementRule::EveryCell,
            keep: Keep::Genomes,
        })
        .unwrap();
        search.tell(search.ask(&seeded(5)), &[0.25, 0.75, 0.5, 0.5]).unwrap();
        search
    }

    fn saved() -> Vec<u8> {
        let resume_history = ResumeHistory { seconds: 1.5, devices: vec!["cpu".to_owned()] };
        let point = GenerationPoint {
            generation: 1,
            evaluations: 2,
            min: 0.5,
            lower_quartile: 0.5,
            median: 0.625,
            upper_quartile: 0.75,
            max: 0.75,
            mean: 0.625,
            at_least_99: 0.0,
            at_least_9999: 0.0,
            predicted: 1.0,
            individuals: 2,
            jumps: 3,
        };
        let head = Head::new(vec![point], resume_history, BTreeMap::new());
        with_digest(&written(head, &Anything(b"[1, 2, 3]".to_vec()), &search()).unwrap())
    }

    fn read(bytes: &[u8]) -> Result<(Vec<u8>, MapElites<Direct>, Head)> {
        let mut source = Anything(Vec::new());
        let none = BTreeMap::new();
        let (search, head) = resumed(bytes, search().settings(), 2, &none, &mut source)?;
        Ok((source.0, search, head))
    }

    #[test]
    fn what_was_saved_is_read_and_without_its_digest_it_is_refused() {
        let bytes = saved();
        let (source, found, head) = read(&bytes).unwrap();
        assert_eq!((&source[..], found), (&b"[1, 2, 3]"[..], search()));
        assert_eq!((head.curve.len(), head.curve[0].jumps), (1, 3));
        assert_eq!(head.resume_history.devices, ["cpu"]);
        let seal = bytes.iter().position(|&byte| byte == b'\n').unwrap();
        assert!(read(&bytes[seal + 1..]).is_err());
    }

    #[test]
    fn any_single_byte_that_is_lost_or_changed_is_found() {
        let bytes = saved();
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            assert!(read(&changed).is_err(), "byte {place} changed");
            changed.remove(place);
            assert!(read(&changed).is_err(), "byte {place} lost");
        }
    }
}
