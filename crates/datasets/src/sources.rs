//! Sources of the data sets, from `datasets/SOURCES.toml`: downloading and verifying files.

mod digest;
mod download;
mod fetch;
mod unpack;

use std::fmt;
use std::path::Path;
use std::sync::LazyLock;

use serde::Deserialize;
use sha2::Sha256;

pub use fetch::{CheckedSource, FileState, Progress, check, fetch};

use crate::DataError;

/// The source of a data set: description and files.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The name in commands and profiles.
    pub name: String,
    /// One-line description.
    pub title: String,
    /// URL of the authors' description.
    pub homepage: String,
    /// License, as stated by the authors.
    pub licence: String,
    /// What to cite.
    pub citation: String,
    /// Layout of the files on disk.
    pub layout: String,
    /// Instructions, if it cannot be downloaded automatically.
    pub by_hand: Option<String>,
    /// The files to download.
    #[serde(default, rename = "file")]
    pub files: Vec<SourceFile>,
    /// Files that are unpacked from archives or compressed files.
    #[serde(default)]
    pub unpacked: Vec<UnpackedFile>,
}

/// A file to download.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceFile {
    /// Path relative to the folder of downloaded data.
    pub path: String,
    /// Size in bytes, if known.
    pub bytes: Option<u64>,
    /// SHA-256 (hexadecimal), if known.
    pub sha256: Option<String>,
    /// MD5 (hexadecimal), if the authors publish it.
    pub md5: Option<String>,
    /// Mirrors, in the order to try them.
    pub urls: Vec<String>,
    /// The folder that this archive contains; `None` for a file that is not unpacked.
    pub unpacks_to: Option<String>,
    /// An alternative folder, such as one in a clone of its repository.
    pub or_folder: Option<String>,
}

/// A file that is unpacked from an archive or a compressed file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnpackedFile {
    /// Path relative to the folder of downloaded data.
    pub path: String,
    /// SHA-256 (hexadecimal).
    pub sha256: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sources {
    source: Vec<Source>,
}

static SOURCES: LazyLock<Sources> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../datasets/SOURCES.toml"))
        .expect("SOURCES.toml comes with the program and is tested")
});

/// All sources.
#[must_use]
pub fn list() -> &'static [Source] {
    &SOURCES.source
}

/// The source of a data set; `cifar100-coarse` has the source of `cifar100`.
///
/// # Errors
/// [`DataError::Unknown`] with the available names.
pub fn source(name: &str) -> Result<&'static Source, DataError> {
    let name_or_alias = if name == "cifar100-coarse" { "cifar100" } else { name };
    list().iter().find(|source| source.name == name_or_alias).ok_or_else(|| {
        let known: Vec<&str> = list().iter().map(|source| source.name.as_str()).collect();
        let known = known.join(", ");
        DataError::Unknown(format!("there is no source '{name}'; the available ones are {known}"))
    })
}

impl fmt::Display for Source {
    /// Name, title, homepage, license, citation and layout, one per line.
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

/// The published SHA-256 of the file at `path`, relative to the folder of downloaded data.
fn published_sha256(path: &str) -> Option<&'static str> {
    let mut files = list().iter().flat_map(|source| {
        let files = source.files.iter().map(|file| (&file.path, file.sha256.as_deref()));
        files.chain(source.unpacked.iter().map(|file| (&file.path, Some(&*file.sha256))))
    });
    files.find(|(published, _)| *published == path)?.1
}

/// A warning if `bytes` are not those of the published file at `path`, relative to the folder of
/// downloaded data.
pub(crate) fn unofficial_bytes(path: &str, bytes: &[u8]) -> Option<String> {
    let published = published_sha256(path)?;
    unofficial_warning(path, published, &digest::digest_bytes::<Sha256>(bytes))
}

/// Like [`unofficial_bytes`], for the content of `file`.
pub(crate) fn unofficial_file(path: &str, file: &Path) -> Result<Option<String>, DataError> {
    let Some(published) = published_sha256(path) else { return Ok(None) };
    Ok(unofficial_warning(path, published, &digest::digest_file::<Sha256>(file)?))
}

fn unofficial_warning(path: &str, published: &str, actual: &str) -> Option<String> {
    let warning = format!(
        "{path} is valid, but is not the published file: its sha256 is {actual}, not {published}"
    );
    Some(warning).filter(|_| published != actual)
}

#[cfg(test)]
mod tests;
