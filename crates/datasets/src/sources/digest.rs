//! Digests of files, in hexadecimal.

use std::fmt::Write;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use md5::Md5;
use sha2::{Digest, Sha256};

use crate::DataError;

/// The hash function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// SHA-256.
    Sha256,
    /// MD5: insecure, but the only digest that some authors publish.
    Md5,
}

impl Algorithm {
    /// The name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Md5 => "md5",
        }
    }
}

/// The digest of bytes in memory.
pub fn digest_bytes(algorithm: Algorithm, bytes: &[u8]) -> String {
    match algorithm {
        Algorithm::Sha256 => hex(&Sha256::digest(bytes)),
        Algorithm::Md5 => hex(&Md5::digest(bytes)),
    }
}

/// The digest of a file.
///
/// # Errors
/// [`DataError::Io`].
pub fn digest_file(algorithm: Algorithm, path: &Path) -> Result<String, DataError> {
    match algorithm {
        Algorithm::Sha256 => read_through::<Sha256>(path),
        Algorithm::Md5 => read_through::<Md5>(path),
    }
}

fn read_through<D: Digest>(path: &Path) -> Result<String, DataError> {
    let mut file = File::open(path).map_err(DataError::io(path))?;
    let mut digest = D::new();
    let mut buffer = vec![0; 1 << 18];
    loop {
        match file.read(&mut buffer).map_err(DataError::io(path))? {
            0 => return Ok(hex(&digest.finalize())),
            length => digest.update(&buffer[..length]),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
