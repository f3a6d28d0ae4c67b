//! Content that carries its own digest, so that what was damaged or edited is told from what was written.
//!
//! The digest is the BLAKE3 of everything that follows it in the file.

use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::files::{read_regular, write_pieces};
use crate::{RunError, digest};

/// Hexadecimal digits of a digest.
const DIGITS: usize = 64;
/// How sealed bytes begin: a line of JSON.
const OF_BYTES: &str = "{\"digest\":\"";
/// How a sealed file of JSON begins.
const OF_JSON: &str = "{\n  \"digest\": \"";
/// The rest of the first line of sealed bytes.
const END_OF_LINE: &[u8] = b"\"}\n";

/// Content that is not what was sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// There is no digest where it would be.
    #[error(
        "it does not begin with its digest: it was damaged, edited, or written by an earlier version of assay"
    )]
    NoDigest,
    /// The digest is of other content.
    #[error("its digest is of other content: it was damaged or edited")]
    OtherContent,
}

/// Bytes behind a line with their digest; [`unsealed`] gives them back.
#[must_use]
pub fn sealed(content: &[u8]) -> Vec<u8> {
    let digest = digest_of(&[END_OF_LINE, content]);
    [OF_BYTES.as_bytes(), digest.as_bytes(), END_OF_LINE, content].concat()
}

/// Writes to `path` what [`sealed`] gives, without a copy of it in memory, and so that the file is always whole.
///
/// # Errors
/// When the folder cannot be written to, or the disk is full; the old file is then still there.
pub fn write_sealed(path: &Path, content: &[u8]) -> Result<(), RunError> {
    let digest = digest_of(&[END_OF_LINE, content]);
    write_pieces(path, &[OF_BYTES.as_bytes(), digest.as_bytes(), END_OF_LINE, content])
}

/// What was [`sealed`].
///
/// # Errors
/// When a byte of it was lost or changed.
pub fn unsealed(bytes: &[u8]) -> Result<&[u8], SealError> {
    let rest = without_digest(OF_BYTES, bytes)?;
    rest.strip_prefix(END_OF_LINE).ok_or(SealError::NoDigest)
}

/// Of content in several pieces.
fn digest_of(pieces: &[&[u8]]) -> String {
    let mut hasher = blake3::Hasher::new();
    for piece in pieces {
        hasher.update(piece);
    }
    hasher.finalize().to_hex().to_string()
}

fn without_digest<'a>(beginning: &str, bytes: &'a [u8]) -> Result<&'a [u8], SealError> {
    let behind = bytes.strip_prefix(beginning.as_bytes());
    let parts = behind.and_then(|behind| behind.split_at_checked(DIGITS));
    let (found, rest) = parts.ok_or(SealError::NoDigest)?;
    if found == digest(rest).as_bytes() { Ok(rest) } else { Err(SealError::OtherContent) }
}

#[derive(Serialize)]
struct Sealed<'a, T> {
    digest: &'static str,
    #[serde(flatten)]
    value: &'a T,
}

/// Writes a value as a file of JSON whose first field is its digest.
pub(crate) fn write_sealed_json(path: &Path, value: &impl Serialize) -> Result<(), RunError> {
    let text = serde_json::to_string_pretty(&Sealed { digest: "", value });
    let text = text.expect("what a run keeps is plain data");
    let rest = text.strip_prefix(OF_JSON).expect("the digest comes first");
    let digest = digest_of(&[rest.as_bytes(), b"\n"]);
    write_pieces(path, &[OF_JSON.as_bytes(), digest.as_bytes(), rest.as_bytes(), b"\n"])
}

/// Reads a file that [`write_sealed_json`] wrote.
pub(crate) fn read_sealed_json<T: DeserializeOwned>(
    path: &Path,
    what: &'static str,
) -> Result<T, RunError> {
    let bytes = read_regular(path)?;
    without_digest(OF_JSON, &bytes).map_err(|reason| match reason {
        SealError::NoDigest if is_json_without_digest(&bytes) => {
            RunError::EarlierVersion(path.to_owned())
        }
        _ => RunError::damaged(path, reason.to_string()),
    })?;
    serde_json::from_slice(&bytes)
        .map_err(|error| RunError::other_version(path, what, error.to_string()))
}

/// Whether this is what versions of assay wrote that knew of no digests.
fn is_json_without_digest(bytes: &[u8]) -> bool {
    let value = serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(bytes);
    value.is_ok_and(|value| !value.contains_key("digest"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Read {
        share: f32,
    }

    #[test]
    fn any_single_byte_of_sealed_content_that_is_lost_or_changed_is_found() {
        let bytes = sealed(b"some content");
        assert_eq!(unsealed(&bytes), Ok(&b"some content"[..]));
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            assert!(unsealed(&changed).is_err(), "byte {place} changed");
            changed.remove(place);
            assert!(unsealed(&changed).is_err(), "byte {place} lost");
        }
        assert_eq!(unsealed(b"some content"), Err(SealError::NoDigest));
    }

    #[test]
    fn what_is_written_is_what_was_sealed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.checkpoint");
        write_sealed(&path, b"some content").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), sealed(b"some content"));
    }

    #[test]
    fn sealed_json_of_another_version_is_told_from_damaged_json() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        let read = || read_sealed_json::<Read>(&path, "test").err().unwrap();
        write_sealed_json(&path, &std::collections::BTreeMap::from([("part", 0.1)])).unwrap();
        let error = read();
        assert!(!error.is_damage() && error.to_string().contains("share"), "{error}");
        std::fs::write(&path, r#"{"share": 0.5}"#).unwrap();
        let error = read();
        assert!(!error.is_damage() && error.to_string().contains("earlier version"), "{error}");
        std::fs::write(&path, r#"{"share": 0."#).unwrap();
        assert!(read().is_damage());
    }

    #[test]
    fn sealed_json_is_json_and_any_changed_byte_of_it_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        let value = std::collections::BTreeMap::from([("share", 0.1_f32), ("other", 7.0)]);
        write_sealed_json(&path, &value).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let plain: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(
            (plain["share"].to_string().as_str(), plain["digest"].is_string()),
            ("0.1", true)
        );
        let read = |path| read_sealed_json::<Read>(path, "test");
        assert_eq!(read(&path).unwrap().share.to_bits(), 0.1_f32.to_bits());
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            std::fs::write(&path, &changed).unwrap();
            let error = read(&path).err().map(|error| error.to_string());
            assert!(error.is_some_and(|error| error.contains("a.json: ")), "byte {place}");
        }
    }
}
