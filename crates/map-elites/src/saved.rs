//! A search as bytes.
//!
//! Three lines of JSON: a header with the format, its version and the digest of what follows; the
//! settings; the state.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ancestry::{Individual, Individuals};
use crate::archive::{Archive, Elite, ReplacementRule};
use crate::encoding::Encoding;
use crate::error::MapElitesError;
use crate::metrics::Threshold;
use crate::search::{MapElites, Settings};

const FORMAT: &str = "assay-map-elites";
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Header {
    format: String,
    version: u32,
    /// BLAKE3 of all that follows the header's line.
    digest: String,
}

/// The state as it is read; [`StateToWrite`] has the same fields.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct State<G> {
    generation: u32,
    evaluations: u64,
    cells: Vec<Option<Elite>>,
    reached: Vec<[Option<u64>; Threshold::ALL.len()]>,
    individuals: BTreeMap<u64, Individual<G>>,
}

#[derive(Serialize)]
struct StateToWrite<'a, G> {
    generation: u32,
    evaluations: u64,
    cells: &'a [Option<Elite>],
    reached: &'a [[Option<u64>; Threshold::ALL.len()]],
    individuals: BTreeMap<u64, &'a Individual<G>>,
}

impl<E: Encoding> MapElites<E> {
    /// The whole search; equal searches have equal bytes.
    ///
    /// # Panics
    /// If the encoding's settings or genomes cannot be written as JSON.
    #[must_use]
    pub fn save(&self) -> Vec<u8> {
        let archive = &self.archive;
        let state = StateToWrite {
            generation: self.generation,
            evaluations: archive.evaluations,
            cells: &archive.cells,
            reached: &archive.reached,
            individuals: archive.individuals.iter().collect(),
        };
        let mut body = json(&self.settings);
        body.push(b'\n');
        body.append(&mut json(&state));
        body.push(b'\n');
        let digest = blake3::hash(&body).to_hex().to_string();
        let mut bytes = json(&Header { format: FORMAT.to_string(), version: VERSION, digest });
        bytes.push(b'\n');
        bytes.append(&mut body);
        bytes
    }

    /// The search that was saved as `bytes`, with the settings it was saved with.
    ///
    /// # Errors
    /// If the bytes are no saved search, of another version, corrupted, or of another kind of
    /// genome.
    pub fn load(bytes: &[u8]) -> Result<Self, MapElitesError> {
        let (settings, state) = parts(bytes)?;
        let settings: Settings<E> =
            serde_json::from_slice(settings).map_err(|error| MapElitesError::Foreign {
                what: "settings",
                saved: String::from_utf8_lossy(settings).into_owned(),
                wanted: format!("those of this kind of genome ({error})"),
            })?;
        settings.check()?;
        let state: State<E::Genome> = serde_json::from_slice(state)
            .map_err(|error| MapElitesError::Corrupted(error.to_string()))?;
        let generation = state.generation;
        let archive = restored(state, &settings).map_err(MapElitesError::Corrupted)?;
        Ok(Self { settings, archive, generation })
    }

    /// The search that was saved as `bytes`, if it has these settings, owner and classes among
    /// them.
    ///
    /// # Errors
    /// As for [`MapElites::load`], or if a setting differs.
    pub fn resume(bytes: &[u8], settings: &Settings<E>) -> Result<Self, MapElitesError> {
        let saved: Value = value(parts(bytes)?.0)?;
        let wanted: Value = value(&json(settings))?;
        for what in ["owner", "classes", "others", "encoding", "population", "rule", "keep"] {
            if saved[what] != wanted[what] {
                return Err(MapElitesError::Foreign {
                    what,
                    saved: saved[what].to_string(),
                    wanted: wanted[what].to_string(),
                });
            }
        }
        Self::load(bytes)
    }
}

/// The lines of the settings and of the state, after the header has been checked.
fn parts(bytes: &[u8]) -> Result<(&[u8], &[u8]), MapElitesError> {
    let no_search = |reason: &str| MapElitesError::NotASearch(reason.to_string());
    let (header, body) = line(bytes).ok_or_else(|| no_search("it has no header"))?;
    let header: Header =
        serde_json::from_slice(header).map_err(|error| no_search(&error.to_string()))?;
    if header.format != FORMAT {
        return Err(no_search(&format!("its format is {:?}, not {FORMAT:?}", header.format)));
    }
    if header.version != VERSION {
        return Err(MapElitesError::Version { found: header.version, expected: VERSION });
    }
    if blake3::hash(body).to_hex().as_str() != header.digest {
        let reason = "its digest does not fit; it was cut short or changed";
        return Err(MapElitesError::Corrupted(reason.to_string()));
    }
    let two_lines = || MapElitesError::Corrupted("it has no settings or no state".to_string());
    let (settings, rest) = line(body).ok_or_else(two_lines)?;
    let (state, _) = line(rest).ok_or_else(two_lines)?;
    Ok((settings, state))
}

/// The first line of `bytes`, and what follows it.
fn line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|&byte| byte == b'\n')?;
    Some((&bytes[..end], &bytes[end + 1..]))
}

fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("settings and state can be written as JSON")
}

fn value(json: &[u8]) -> Result<Value, MapElitesError> {
    serde_json::from_slice(json).map_err(|error| MapElitesError::Corrupted(error.to_string()))
}

/// The archive of `state`; the digest fits, so what is found here was wrong when it was saved.
fn restored<E: Encoding>(
    state: State<E::Genome>,
    settings: &Settings<E>,
) -> Result<Archive<E::Genome>, String> {
    let classes = settings.classes as usize;
    if state.cells.len() != classes || state.reached.len() != classes {
        let cells = state.cells.len();
        return Err(format!("it has {cells} cells, but its settings have {classes} classes"));
    }
    let empty = state.cells.iter().all(Option::is_none);
    // All genomes of the first generations may have been predicted to be of no class.
    let may_be_empty = settings.rule == ReplacementRule::PredictedCell && settings.others > 0;
    let fits = if state.generation == 0 { empty } else { !empty || may_be_empty };
    if !fits {
        return Err(format!("its cells do not fit its generation, {}", state.generation));
    }
    if let Some(elite) = state.cells.iter().flatten().find(|elite| !elite.confidence.is_finite()) {
        return Err(format!("the confidence of elite {} is not finite", elite.individual));
    }
    let others = settings.others as usize;
    for (number, individual) in &state.individuals {
        if *number >= state.evaluations || individual.predicted as usize >= classes + others {
            return Err(format!("individual {number} is out of range"));
        }
        if let Some(genome) = &individual.genome {
            let wrong = |reason| format!("the genome of individual {number}: {reason}");
            settings.encoding.check_genome(genome).map_err(wrong)?;
        }
    }
    let holders = state.cells.iter().flatten().map(|elite| elite.individual);
    let best = |cell: &Option<Elite>| cell.map_or(f32::NEG_INFINITY, |elite| elite.confidence);
    Ok(Archive {
        rule: settings.rule,
        others,
        best: state.cells.iter().map(best).collect(),
        individuals: Individuals::restored(settings.keep, state.individuals, holders)?,
        cells: state.cells,
        evaluations: state.evaluations,
        reached: state.reached,
    })
}
