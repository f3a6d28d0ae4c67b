//! The checkpoint of an attack in progress.
//!
//! After a seal with a digest come a line of JSON (the [`Header`]), the state of the source of
//! images, and the saved search.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use assay_classifier_cells::GenerationPoint;
use assay_map_elites::{Encoding, MapElites, Settings};
use assay_runs::{CellId, Provenance, verify_digest};
use serde::{Deserialize, Serialize};

use super::batch_source::BatchSource;
use super::metrics::is_recorded;
use assay_engine::worker::STALE_INPUTS;

/// The first line of a checkpoint.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct Header {
    /// The points recorded so far.
    pub curve: Vec<GenerationPoint>,
    /// The sessions so far.
    pub resume_history: ResumeHistory,
    /// The digests of the results that the attack depends on, as in a record.
    pub made_from: BTreeMap<CellId, String>,
    /// Number of bytes of the source's state; set by [`encode`].
    pub source: usize,
}

/// The sessions that worked on an attack before the current one.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ResumeHistory {
    /// Seconds spent in total.
    pub seconds: f64,
    /// The device of each session.
    pub devices: Vec<String>,
}

impl ResumeHistory {
    /// Adds the earlier sessions to the provenance of the last one.
    pub fn provenance(self, last: Provenance) -> Provenance {
        let resumed = self.devices.len() as u32;
        let mut earlier = self.devices;
        earlier.retain(|device| *device != last.device);
        Provenance { resumed, earlier_devices: earlier, ..last }
    }
}

/// Encodes a checkpoint, without its seal.
///
/// # Errors
/// The state of the source cannot be serialized.
pub fn encode<E: Encoding>(
    header: Header,
    source: &impl BatchSource<E>,
    search: &MapElites<E>,
) -> Result<Vec<u8>> {
    let source = source.save()?;
    let mut bytes = serde_json::to_vec(&Header { source: source.len(), ..header })?;
    bytes.push(b'\n');
    bytes.extend(source);
    bytes.extend(search.save());
    Ok(bytes)
}

/// Decodes a sealed checkpoint of an attack of `generations` generations, and restores `source`.
///
/// # Errors
/// - The bytes are damaged.
/// - The attack had other settings, or depended on other results.
/// - The search has no generation left, or the curve does not fit its generation.
pub fn decode<E: Encoding>(
    bytes: &[u8],
    settings: &Settings<E>,
    generations: u32,
    made_from: &BTreeMap<CellId, String>,
    source: &mut impl BatchSource<E>,
) -> Result<(MapElites<E>, Header)> {
    let (header, rest) = split_line(verify_digest(bytes)?)?;
    let header: Header = serde_json::from_slice(header)?;
    ensure!(header.made_from == *made_from, STALE_INPUTS);
    let (source_bytes, search_bytes) =
        rest.split_at_checked(header.source).context("it was cut short")?;
    let search = MapElites::resume(search_bytes, settings)?;
    let done = search.generation();
    ensure!(done < generations, "it has done {done} generations of {generations}");
    let recorded = (1..=done).filter(|&generation| is_recorded(generation, generations));
    ensure!(
        recorded.eq(header.curve.iter().map(|point| point.generation)),
        "its curve does not fit {done} generations"
    );
    source.resume(source_bytes)?;
    Ok((search, header))
}

/// Splits off the first line.
fn split_line(bytes: &[u8]) -> Result<(&[u8], &[u8])> {
    let end = bytes.iter().position(|&byte| byte == b'\n').context("it has no first line")?;
    Ok((&bytes[..end], &bytes[end + 1..]))
}

#[cfg(test)]
mod tests {
    use anyhow::bail;
    use assay_map_elites::{
        Batch, Color, Direct, DirectGenome, Emitter, ImageSpec, LineageRetention, Population,
        Preset, ReplacementRule, seeded_streams,
    };
    use assay_runs::with_digest;

    use super::super::batch_source::Streams;
    use super::super::classifier::Classifier;
    use super::*;

    /// A source whose state is any bytes.
    struct RawState(Vec<u8>);

    impl BatchSource<Direct> for RawState {
        fn ask(
            &mut self,
            _search: &MapElites<Direct>,
            _classifier: &Classifier,
            _streams: &Streams,
        ) -> Result<(Batch<DirectGenome>, Vec<f32>)> {
            bail!("it generates no images")
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
        let image = ImageSpec { height: 2, width: 1, color: Color::Gray };
        let mut search = MapElites::new(Settings {
            owner: "the test".to_owned(),
            classes: 2,
            others: 0,
            encoding: Preset::Paper.direct(image),
            population: Population { initial: 2, children: 2, emitter: Emitter::Evolution },
            rule: ReplacementRule::EveryCell,
            keep: LineageRetention::Genomes,
        })
        .unwrap();
        search.tell(search.ask(&seeded_streams(5)), &[0.25, 0.75, 0.5, 0.5]).unwrap();
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
            replacements: 3,
        };
        let header = Header { curve: vec![point], resume_history, ..Header::default() };
        with_digest(&encode(header, &RawState(b"[1, 2, 3]".to_vec()), &search()).unwrap())
    }

    fn read(bytes: &[u8]) -> Result<(Vec<u8>, MapElites<Direct>, Header)> {
        let mut source = RawState(Vec::new());
        let none = BTreeMap::new();
        let (search, header) = decode(bytes, search().settings(), 2, &none, &mut source)?;
        Ok((source.0, search, header))
    }

    #[test]
    fn a_checkpoint_is_decoded_but_not_without_its_seal() {
        let bytes = saved();
        let (source, search_read, header) = read(&bytes).unwrap();
        assert_eq!((&source[..], search_read), (&b"[1, 2, 3]"[..], search()));
        assert_eq!((header.curve.len(), header.curve[0].replacements), (1, 3));
        assert_eq!(header.resume_history.devices, ["cpu"]);
        let seal = bytes.iter().position(|&byte| byte == b'\n').unwrap();
        assert!(read(&bytes[seal + 1..]).is_err());
    }

    #[test]
    fn any_changed_or_lost_byte_is_detected() {
        let bytes = saved();
        for index in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[index] ^= 1;
            assert!(read(&changed).is_err(), "byte {index} changed");
            changed.remove(index);
            assert!(read(&changed).is_err(), "byte {index} lost");
        }
    }
}
