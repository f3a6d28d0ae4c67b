//! Where data sets come from: listed in `datasets/SOURCES.toml`, fetched, compared with their digests.

mod digest;
mod download;
mod fetch;
mod unpack;

use std::fmt;
use std::path::Path;
use std::sync::LazyLock;

use serde::Deserialize;

pub use fetch::{Checked, FileState, Progress, check, fetch};

use crate::DataError;
use digest::Algorithm;

/// One data set: what it is, whose it is, and the files it comes in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The name it is opened and fetched by.
    pub name: String,
    /// What it is, in a line.
    pub title: String,
    /// Where its authors describe it.
    pub homepage: String,
    /// Under which licence, as far as its authors say.
    pub licence: String,
    /// What to cite.
    pub citation: String,
    /// How it lies on disk.
    pub layout: String,
    /// How to get it where it cannot be fetched.
    pub by_hand: Option<String>,
    /// The files to fetch.
    #[serde(default, rename = "file")]
    pub files: Vec<SourceFile>,
    /// What archives among the files, or packed files, unpack to.
    #[serde(default)]
    pub unpacked: Vec<UnpackedFile>,
}

/// A file to fetch.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceFile {
    /// Where it goes, relative to the folder of downloaded data.
    pub path: String,
    /// Its length, where known.
    pub bytes: Option<u64>,
    /// Its SHA-256, hex, where known.
    pub sha256: Option<String>,
    /// Its MD5, hex, where its authors publish that.
    pub md5: Option<String>,
    /// Where to get it, to be tried in this order.
    pub urls: Vec<String>,
    /// The folder that this archive unpacks to; `None` for a file to leave as it is.
    pub unpacks_to: Option<String>,
    /// A folder that stands for it as well, such as one of a clone of its repository.
    pub or_folder: Option<String>,
}

/// A file that an archive or a packed file unpacks to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnpackedFile {
    /// Where it is, relative to the folder of downloaded data.
    pub path: String,
    /// Its SHA-256, hex.
    pub sha256: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sources {
    source: Vec<Source>,
}

static SOURCES: LazyLock<Vec<Source>> = LazyLock::new(|| {
    let text = include_str!("../../../datasets/SOURCES.toml");
    toml::from_str::<Sources>(text)
        .expect("SOURCES.toml comes with the program and is tested")
        .source
});

/// All sources.
#[must_use]
pub fn list() -> &'static [Source] {
    &SOURCES
}

/// The source of this name; `cifar100-coarse` is `cifar100`.
///
/// # Errors
/// [`DataError::Unknown`] naming what there is.
pub fn source(name: &str) -> Result<&'static Source, DataError> {
    let wanted = if name == "cifar100-coarse" { "cifar100" } else { name };
    list().iter().find(|source| source.name == wanted).ok_or_else(|| {
        let names: Vec<&str> = list().iter().map(|source| source.name.as_str()).collect();
        DataError::Unknown(format!("no source is called '{name}'; there are {}", names.join(", ")))
    })
}

impl fmt::Display for Source {
    /// Name, title, homepage, licence, citation and layout, a line each.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.name, self.title)?;
        writeln!(f, "  homepage: {}", self.homepage)?;
        writeln!(f, "  licence:  {}", self.licence)?;
        writeln!(f, "  cite:     {}", self.citation)?;
        write!(f, "  layout:   {}", self.layout)?;
        match &self.by_hand {
            Some(how) => write!(f, "\n  to get:   {how}"),
            None => Ok(()),
        }
    }
}

/// The SHA-256 that the file at `path`, relative to the folder of downloaded data, is known by.
fn known_sha256(path: &str) -> Option<&'static str> {
    list().iter().find_map(|source| {
        let files = source.files.iter().map(|file| (&file.path, file.sha256.as_deref()));
        let unpacked = source.unpacked.iter().map(|file| (&file.path, Some(&*file.sha256)));
        files.chain(unpacked).find(|(known, _)| *known == path).and_then(|(_, sha256)| sha256)
    })
}

/// A warning where `bytes` are not those the file at `path`, relative to the folder of downloaded
/// data, is known to have.
pub(crate) fn unofficial_bytes(path: &str, bytes: &[u8]) -> Option<String> {
    let known = known_sha256(path)?;
    warning(path, known, &digest::of_bytes(Algorithm::Sha256, bytes))
}

/// As [`unofficial_bytes`], of the bytes in `file`.
pub(crate) fn unofficial_file(path: &str, file: &Path) -> Result<Option<String>, DataError> {
    let Some(known) = known_sha256(path) else { return Ok(None) };
    Ok(warning(path, known, &digest::of_file(Algorithm::Sha256, file)?))
}

fn warning(path: &str, known: &str, found: &str) -> Option<String> {
    (known != found).then(|| {
        format!(
            "{path} is laid out as it should be, but is not the published file: its sha256 is \
             {found}, not {known}"
        )
    })
}

#[cfg(test)]
mod tests;
