//! Files that begin with their own digest, so that damaged or edited files are detected.
//!
//! The digest is the BLAKE3 of everything after it in the file.

use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::files::{read_regular, write_chunks};
use crate::{RunError, digest};

/// Hexadecimal digits of a digest.
const DIGITS: usize = 64;
/// Start of a binary file with a digest: a line of JSON.
const BYTES_HEADER: &str = "{\"digest\":\"";
/// Start of a JSON file with a digest.
const JSON_HEADER: &str = "{\n  \"digest\": \"";
/// End of the first line of a binary file with a digest.
const HEADER_END: &[u8] = b"\"}\n";

/// The content does not match its digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DigestError {
    /// The content does not begin with a digest.
    #[error(
        "it does not begin with its digest: it was damaged, edited, or written by an earlier version of assay"
    )]
    NoDigest,
    /// The digest belongs to other content.
    #[error("its digest is of other content: it was damaged or edited")]
    OtherContent,
}

/// Puts a line with the digest in front of `content`; [`verify_digest`] checks and removes it.
#[must_use]
pub fn with_digest(content: &[u8]) -> Vec<u8> {
    let digest = digest_file(&[HEADER_END, content]);
    [BYTES_HEADER.as_bytes(), digest.as_bytes(), HEADER_END, content].concat()
}

/// Writes the bytes of [`with_digest`] to `path` atomically, without copying the content.
///
/// # Errors
/// When the folder cannot be written to, or the disk is full. The old file then remains.
pub fn write_with_digest(path: &Path, content: &[u8]) -> Result<(), RunError> {
    let digest = digest_file(&[HEADER_END, content]);
    write_chunks(path, &[BYTES_HEADER.as_bytes(), digest.as_bytes(), HEADER_END, content])
}

/// The content that was given to [`with_digest`].
///
/// # Errors
/// When any byte is missing or has changed.
pub fn verify_digest(bytes: &[u8]) -> Result<&[u8], DigestError> {
    let rest = check_and_strip_digest(BYTES_HEADER, bytes)?;
    rest.strip_prefix(HEADER_END).ok_or(DigestError::NoDigest)
}

/// The digest of the concatenated chunks.
fn digest_file(pieces: &[&[u8]]) -> String {
    let mut hasher = blake3::Hasher::new();
    for piece in pieces {
        hasher.update(piece);
    }
    hasher.finalize().to_hex().to_string()
}

fn check_and_strip_digest<'a>(header: &str, bytes: &'a [u8]) -> Result<&'a [u8], DigestError> {
    let rest = bytes.strip_prefix(header.as_bytes());
    let parts = rest.and_then(|rest| rest.split_at_checked(DIGITS));
    let (found, rest) = parts.ok_or(DigestError::NoDigest)?;
    if found == digest(rest).as_bytes() { Ok(rest) } else { Err(DigestError::OtherContent) }
}

#[derive(Serialize)]
struct WithDigest<'a, T> {
    digest: &'static str,
    #[serde(flatten)]
    value: &'a T,
}

/// Writes a value as a JSON object whose first field is the digest.
pub(crate) fn write_json_with_digest(path: &Path, value: &impl Serialize) -> Result<(), RunError> {
    let text = serde_json::to_string_pretty(&WithDigest { digest: "", value });
    let text = text.expect("the value can be written as JSON");
    let rest = text.strip_prefix(JSON_HEADER).expect("the digest comes first");
    let digest = digest_file(&[rest.as_bytes(), b"\n"]);
    write_chunks(path, &[JSON_HEADER.as_bytes(), digest.as_bytes(), rest.as_bytes(), b"\n"])
}

/// Reads a file that was written by [`write_json_with_digest`].
pub(crate) fn read_json_with_digest<T: DeserializeOwned>(
    path: &Path,
    what: &'static str,
) -> Result<T, RunError> {
    let bytes = read_regular(path)?;
    check_and_strip_digest(JSON_HEADER, &bytes).map_err(|reason| match reason {
        DigestError::NoDigest if is_json_without_digest(&bytes) => {
            RunError::EarlierVersion(path.to_owned())
        }
        _ => RunError::damaged(path, reason.to_string()),
    })?;
    serde_json::from_slice(&bytes)
        .map_err(|error| RunError::other_version(path, what, error.to_string()))
}

/// Whether this is a JSON file of an early version of assay, which did not write digests.
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
    fn any_lost_or_changed_byte_is_detected() {
        let bytes = with_digest(b"some content");
        assert_eq!(verify_digest(&bytes), Ok(&b"some content"[..]));
        for index in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[index] ^= 1;
            assert!(verify_digest(&changed).is_err(), "byte {index} changed");
            changed.remove(index);
            assert!(verify_digest(&changed).is_err(), "byte {index} lost");
        }
        assert_eq!(verify_digest(b"some content"), Err(DigestError::NoDigest));
    }

    #[test]
    fn write_with_digest_writes_with_digest() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.checkpoint");
        write_with_digest(&path, b"some content").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), with_digest(b"some content"));
    }

    #[test]
    fn other_versions_and_damage_are_distinguished() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        let read = || read_json_with_digest::<Read>(&path, "test").err().unwrap();
        write_json_with_digest(&path, &std::collections::BTreeMap::from([("part", 0.1)])).unwrap();
        let error = read();
        assert!(!error.is_damage() && error.to_string().contains("share"), "{error}");
        std::fs::write(&path, r#"{"share": 0.5}"#).unwrap();
        let error = read();
        assert!(!error.is_damage() && error.to_string().contains("earlier version"), "{error}");
        std::fs::write(&path, r#"{"share": 0."#).unwrap();
        assert!(read().is_damage());
    }

    #[test]
    fn json_with_digest_detects_changed_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        let value = std::collections::BTreeMap::from([("share", 0.1_f32), ("other", 7.0)]);
        write_json_with_digest(&path, &value).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let plain: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(
            (plain["share"].to_string().as_str(), plain["digest"].is_string()),
            ("0.1", true)
        );
        let read = |path| read_json_with_digest::<Read>(path, "test");
        assert_eq!(read(&path).unwrap().share.to_bits(), 0.1_f32.to_bits());
        for index in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[index] ^= 1;
            std::fs::write(&path, &changed).unwrap();
            let error = read(&path).err().map(|error| error.to_string());
            assert!(error.is_some_and(|error| error.contains("a.json: ")), "byte {index}");
        }
    }
}
