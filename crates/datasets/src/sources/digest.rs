//! Digests of files, in hexadecimal.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use sha2::Digest;

use crate::DataError;

/// The digest of bytes in memory.
pub fn digest_bytes<D: Digest>(bytes: &[u8]) -> String {
    hex(&D::digest(bytes))
}

/// The digest of a file.
///
/// # Errors
/// [`DataError::Io`].
pub fn digest_file<D: Digest>(path: &Path) -> Result<String, DataError> {
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

fn hex(digest: &[u8]) -> String {
    let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}
