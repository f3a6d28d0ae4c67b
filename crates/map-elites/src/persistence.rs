//! Saving and resuming a search.
//!
//! A saved search is three lines of JSON: a header with the format, its version and a digest of the
//! other two lines; the settings; and the state.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ancestry::{Individual, Individuals};
use crate::archive::{Archive, Elite, ReplacementRule};
use crate::encoding::Encoding;
use crate::error::MapElitesError;
use crate::search::{MapElites, Settings};
use crate::threshold::Threshold;

const FORMAT: &str = "assay-map-elites";
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Header {
    format: String,
    version: u32,
    /// BLAKE3 of everything after the header's line, in hexadecimal.
    digest: String,
}

/// The state as it is read. [`StateRef`] has the same fields.
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
struct StateRef<'a, G> {
    generation: u32,
    evaluations: u64,
    cells: &'a [Option<Elite>],
    reached: &'a [[Option<u64>; Threshold::ALL.len()]],
    individuals: BTreeMap<u64, &'a Individual<G>>,
}

impl<E: Encoding> MapElites<E> {
    /// Serializes the search. Equal searches give equal bytes.
    ///
    /// # Panics
    /// If the encoding's settings or genomes cannot be written as JSON.
    #[must_use]
    pub fn save(&self) -> Vec<u8> {
        let archive = &self.archive;
        let state = StateRef {
            generation: self.generation,
            evaluations: archive.evaluations,
            cells: &archive.cells,
            reached: &archive.reached,
            individuals: archive.individuals.iter().collect(),
        };
        let mut body = to_json(&self.settings);
        body.push(b'\n');
        body.append(&mut to_json(&state));
        body.push(b'\n');
        let digest = blake3::hash(&body).to_hex().to_string();
        let mut bytes = to_json(&Header { format: FORMAT.to_string(), version: VERSION, digest });
        bytes.push(b'\n');
        bytes.append(&mut body);
        bytes
    }

    /// Restores a saved search with the settings it was saved with.
    ///
    /// # Errors
    /// The bytes are not a saved search, are corrupted, or are of another format version or another
    /// encoding.
    pub fn load(bytes: &[u8]) -> Result<Self, MapElitesError> {
        let (settings, state) = settings_and_state(bytes)?;
        let settings: Settings<E> =
            serde_json::from_slice(settings).map_err(|error| MapElitesError::SettingsMismatch {
                what: "settings",
                saved: String::from_utf8_lossy(settings).into_owned(),
                wanted: format!("those of this encoding ({error})"),
            })?;
        settings.check()?;
        let state: State<E::Genome> = serde_json::from_slice(state)
            .map_err(|error| MapElitesError::Corrupted(error.to_string()))?;
        let generation = state.generation;
        let archive = restore_archive(state, &settings).map_err(MapElitesError::Corrupted)?;
        Ok(Self { settings, archive, generation })
    }

    /// Restores a saved search, provided that it was saved with these settings.
    ///
    /// # Errors
    /// As for [`MapElites::load`], or a setting differs.
    pub fn resume(bytes: &[u8], settings: &Settings<E>) -> Result<Self, MapElitesError> {
        let saved: Value = from_json(settings_and_state(bytes)?.0)?;
        let wanted: Value = from_json(&to_json(settings))?;
        for setting in ["owner", "classes", "others", "encoding", "population", "rule", "keep"] {
            if saved[setting] != wanted[setting] {
                return Err(MapElitesError::SettingsMismatch {
                    what: setting,
                    saved: saved[setting].to_string(),
                    wanted: wanted[setting].to_string(),
                });
            }
        }
        Self::load(bytes)
    }
}

/// Verifies the header, and returns the lines of the settings and of the state.
fn settings_and_state(bytes: &[u8]) -> Result<(&[u8], &[u8]), MapElitesError> {
    let not_a_search = |reason: &str| MapElitesError::NotASavedSearch(reason.to_string());
    let (header, body) = split_line(bytes).ok_or_else(|| not_a_search("it has no header"))?;
    let header: Header =
        serde_json::from_slice(header).map_err(|error| not_a_search(&error.to_string()))?;
    if header.format != FORMAT {
        return Err(not_a_search(&format!("its format is {:?}, not {FORMAT:?}", header.format)));
    }
    if header.version != VERSION {
        return Err(MapElitesError::UnsupportedVersion {
            found: header.version,
            expected: VERSION,
        });
    }
    if blake3::hash(body).to_hex().as_str() != header.digest {
        let reason = "its digest does not match; it was changed or cut short";
        return Err(MapElitesError::Corrupted(reason.to_string()));
    }
    let missing = || MapElitesError::Corrupted("it has no settings or no state".to_string());
    let (settings, rest) = split_line(body).ok_or_else(missing)?;
    let (state, _) = split_line(rest).ok_or_else(missing)?;
    Ok((settings, state))
}

/// Splits off the first line.
fn split_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|&byte| byte == b'\n')?;
    Some((&bytes[..end], &bytes[end + 1..]))
}

fn to_json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("settings and state can be written as JSON")
}

fn from_json(json: &[u8]) -> Result<Value, MapElitesError> {
    serde_json::from_slice(json).map_err(|error| MapElitesError::Corrupted(error.to_string()))
}

/// Restores the archive of `state`. The digest already matches, so an error here means that the
/// state was wrong when it was saved.
fn restore_archive<E: Encoding>(
    state: State<E::Genome>,
    settings: &Settings<E>,
) -> Result<Archive<E::Genome>, String> {
    let classes = settings.classes as usize;
    if state.cells.len() != classes || state.reached.len() != classes {
        let cells = state.cells.len();
        return Err(format!("it has {cells} cells, but its settings have {classes} classes"));
    }
    let is_empty = state.cells.iter().all(Option::is_none);
    // All genomes so far may have been predicted as an output without a cell.
    let may_be_empty = settings.rule == ReplacementRule::PredictedCell && settings.others > 0;
    let fits = if state.generation == 0 { is_empty } else { !is_empty || may_be_empty };
    if !fits {
        return Err(format!("its cells do not fit its generation, {}", state.generation));
    }
    if let Some(elite) = state.cells.iter().flatten().find(|elite| !elite.confidence.is_finite()) {
        return Err(format!("the confidence of elite {} is not finite", elite.individual));
    }
    check_individuals(&state, settings)?;
    let holders = state.cells.iter().flatten().map(|elite| elite.individual);
    let best = |cell: &Option<Elite>| cell.map_or(f32::NEG_INFINITY, |elite| elite.confidence);
    Ok(Archive {
        rule: settings.rule,
        extra_outputs: settings.others as usize,
        best: state.cells.iter().map(best).collect(),
        individuals: Individuals::restore(settings.keep, state.individuals, holders)?,
        cells: state.cells,
        evaluations: state.evaluations,
        reached: state.reached,
    })
}

/// Checks the numbers, predictions and genomes of all individuals.
fn check_individuals<E: Encoding>(
    state: &State<E::Genome>,
    settings: &Settings<E>,
) -> Result<(), String> {
    let outputs = settings.classes as usize + settings.others as usize;
    for (number, individual) in &state.individuals {
        if *number >= state.evaluations || individual.predicted as usize >= outputs {
            return Err(format!("individual {number} is out of range"));
        }
        if let Some(genome) = &individual.genome {
            let invalid = |reason| format!("the genome of individual {number}: {reason}");
            settings.encoding.check_genome(genome).map_err(invalid)?;
        }
    }
    Ok(())
}
